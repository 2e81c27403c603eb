"""Measurements last: what is stored comes back as it was, and only what is asked again is made again."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from deepcheck.datasets import ImageSet
from deepcheck.errors import DataError
from deepcheck.reproduce.kept import FILE, Kept, digest_of
from deepcheck.runs import Source

SOURCE = Source("model", "data", "question")
ARRAYS = {
    "flags": np.array([[True, False], [False, False]]),
    "counts": np.arange(6, dtype=np.int64).reshape(2, 3),
    "shares": np.array([0.5, np.nan, np.inf]),
    "words": np.array(["onnxruntime 1.0", "x"]),
    "nothing": np.zeros((0, 4), np.float32),
}


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    Kept(tmp_path).arrays(SOURCE, 7, lambda: ARRAYS)
    found = Kept(tmp_path).arrays(SOURCE, 7, lambda: {})
    assert set(found) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
        found[name][...] = found[name]  # writeable, as what was made is


@pytest.mark.parametrize(
    "other", [(SOURCE, 8), (Source("other", "data", "question"), 7), (Source("model", "data", "other"), 7)]
)
def test_another_question_is_another_answer(other: tuple[Source, int], tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.content(SOURCE, 7, lambda: {"n": 1})
    assert kept.content(*other, lambda: {"n": 2}) == {"n": 2}
    assert kept.content(SOURCE, 7, lambda: {"n": 3}) == {"n": 1}


def test_content_is_the_same_the_first_time_and_after(tmp_path: Path) -> None:
    first = Kept(tmp_path).content(SOURCE, 7, lambda: {"pair": (1, 2), "by digit": {3: 4}})
    assert first == Kept(tmp_path).content(SOURCE, 7, dict) == {"pair": [1, 2], "by digit": {"3": 4}}


def test_what_is_damaged_is_made_again(tmp_path: Path) -> None:
    Kept(tmp_path).arrays(SOURCE, 7, lambda: ARRAYS)
    for payload in ('{"counts": {"dtype": "|O", "shape": [1], "data": ""}}', '{"counts": 5}'):
        with sqlite3.connect(tmp_path / FILE) as file:
            file.execute("UPDATE answers SET payload = ?", (payload,))
        file.close()
        assert set(Kept(tmp_path).arrays(SOURCE, 7, lambda: {"counts": ARRAYS["counts"]})) == {"counts"}


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no store of ours, whatever it is")
    with pytest.raises(DataError, match="is not a store of answers"):
        Kept(tmp_path).content(SOURCE, 7, lambda: {})


def test_a_digest_tells_images_apart() -> None:
    images = ImageSet("made", "test", np.zeros((2, 28, 28), np.uint8), np.array([0, 1]), tuple("0123456789"))
    other = ImageSet("made", "test", np.ones((2, 28, 28), np.uint8), np.array([0, 1]), tuple("0123456789"))
    found = {digest_of(images, np.array([0])), digest_of(images, np.array([1])), digest_of(other, np.array([0]))}
    assert len(found) == 3
