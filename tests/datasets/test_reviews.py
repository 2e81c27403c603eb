import gzip
import json
import lzma
import struct
import sys
import tracemalloc
import zlib

import numpy as np
import pytest

from deepcheck.datasets import ReviewSet, imdb
from deepcheck.datasets.imdb import read_reviews
from deepcheck.errors import DataError, OptionError


def row(split, label, text="It rains.", **changed):
    return {"split": split, "label": label, "id": 3, "rating": 1 + 9 * label, "text": text, **changed}


FOUR = [
    row("train", 0, "A dull walk."),
    row("train", 1, "A fine walk."),
    row("test", 0, "Grey <br /> rain."),
    row("test", 1, "Été ☀ again."),
]


def lines(rows):
    return b"".join(json.dumps(stored, ensure_ascii=False).encode() + b"\n" for stored in rows)


@pytest.fixture
def file(tmp_path):
    """A function that writes bytes, compressed with xz, and gives the path."""

    def written(content, compress=lzma.compress):
        path = tmp_path / "reviews.jsonl.xz"
        path.write_bytes(compress(content))
        return path

    return written


# What is read


def test_one_split_is_kept_in_the_order_of_the_file(file):
    path = file(lines([FOUR[3], FOUR[0], FOUR[2], FOUR[1]]))
    test, training = read_reviews(path, "test", 1), read_reviews(path, "train", 1)
    assert (test.texts, test.labels.tolist()) == (("Été ☀ again.", "Grey <br /> rain."), [1, 0])
    assert (training.texts, training.labels.tolist()) == (("A dull walk.", "A fine walk."), [0, 1])
    assert (test.name, test.split, training.split) == ("imdb", "test", "train")
    assert (test.classes, test.labels.dtype, len(test)) == (("negative", "positive"), np.int64, 2)


def test_lines_that_chunks_cut_are_put_together(file):
    noise = np.random.default_rng(0)
    texts = ["".join(chr(code) for code in noise.integers(0x3B1, 0x3C9, 20_000)) for _ in range(8)]
    rows = [row(split, label, texts[4 * part + 2 * label + copy]) for part, split in enumerate(("train", "test"))
            for label in (0, 1) for copy in (0, 1)]  # fmt: skip
    assert read_reviews(file(lines(rows)), "test", 2).texts == tuple(texts[4:])


def test_the_labels_cannot_be_written(file):
    with pytest.raises(ValueError, match="read-only"):
        read_reviews(file(lines(FOUR)), "test", 1).labels[0] = 1


@pytest.mark.parametrize("labels", [[0], [0, 1, 1], [0, 2], [-1, 0]])
def test_labels_that_do_not_fit_the_texts_are_refused(labels):
    with pytest.raises(DataError, match="few test: expected"):
        ReviewSet(name="few", split="test", texts=("a", "b"), labels=np.array(labels), classes=("off", "on"))


@pytest.mark.parametrize("split", ["validation", "", "Train"])
def test_an_unknown_split_is_refused(split):
    with pytest.raises(OptionError, match=f"'train' or 'test', got '{split}'"):
        imdb(split)


# The true data, as the README of the data folder describes them


@pytest.mark.parametrize("split", ["train", "test"])
def test_imdb(data_folder, split):
    reviews = imdb(split, data=data_folder)
    assert (len(reviews), len(reviews.texts), reviews.split) == (25_000, 25_000, split)
    np.testing.assert_array_equal(reviews.labels, np.repeat([0, 1], 12_500))
    assert all(reviews.texts)
    assert not any("\n" in text for text in reviews.texts)


def test_the_labels_of_imdb_belong_to_its_texts(data_folder):
    reviews = imdb(data=data_folder)
    says = np.array(["wonderful" in text for text in reviews.texts])
    assert says[reviews.labels == 1].sum() > 3 * says[reviews.labels == 0].sum()


def test_the_two_splits_are_different_reviews(data_folder):
    training, test = set(imdb("train", data_folder).texts), set(imdb("test", data_folder).texts)
    # By an independent count of the file: 24,904 and 24,801 texts, 123 in both.
    assert (len(training), len(test), len(training & test)) == (24_904, 24_801, 123)


def test_imdb_is_read_from_the_environments_folder(data_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPCHECK_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"aclImdb_labelled\.jsonl\.xz .*DEEPCHECK_DATA names.* cannot be downloaded"):
        imdb()
    monkeypatch.setenv("DEEPCHECK_DATA", str(data_folder))
    assert len(imdb()) == 25_000


# Damage


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (row("validation", 0), "line 2: expected the split 'train' or 'test', got 'validation'"),
        (row(["train"], 0), "line 2: expected the split 'train' or 'test', got a list"),
        (row(None, 0), "line 2: expected the split 'train' or 'test', got None"),
        (row("train", 2), "line 2: expected the label 0 or 1, got 2"),
        (row("train", -1), "line 2: expected the label 0 or 1, got -1"),
        ({**FOUR[1], "label": True}, "line 2: expected the label 0 or 1, got True"),
        ({**FOUR[1], "label": 1.0}, r"line 2: expected the label 0 or 1, got 1\.0"),
        ({**FOUR[1], "label": {}}, "line 2: expected the label 0 or 1, got a dict"),
        (row("train", 1, 7), "line 2: expected a text"),
        (row("train", 1, None), "line 2: expected a text"),
        (row("train", 1, more=1), "line 2: expected an object with the keys id, label, rating, split, text"),
        ({"split": "train", "label": 1, "text": ""}, "line 2: expected an object with the keys"),
        ([1], "line 2: expected an object"),
        ("text", "line 2: expected an object"),
        (row("test", 1), "expected 1 positive reviews of the train split, got 0"),
        (row("train", 0), "expected 1 negative reviews of the train split, got 2"),
    ],
)
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_line_that_is_no_review_is_refused_whatever_split_is_asked(file, changed, message, split):
    path = file(lines([FOUR[0], changed, *FOUR[2:]]))
    with pytest.raises(DataError, match=message) as caught:
        read_reviews(path, split, 1)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"9" * 5000,
        json.dumps(row("train", 1, "x" * 40)).encode()[:-1],
        json.dumps(row("train", 1, "cut \ud83d in half")).encode(),
    ],
)
def test_a_line_that_is_no_json_text_is_refused(file, line):
    with pytest.raises(DataError, match="line 2: expected a") as caught:
        read_reviews(file(lines(FOUR[:1]) + line + b"\n" + lines(FOUR[2:])), "test", 1)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lzma.compress(lines(FOUR[:3])), "expected 1 positive reviews of the test split, got 0"),
        (lzma.compress(lines(FOUR + FOUR[3:])), "expected 1 positive reviews of the test split, got 2"),
        (lzma.compress(lines(FOUR)[:-1]), "expected a line end behind the last review"),
        (lzma.compress(lines(FOUR))[:-4], "unfinished"),
        (lzma.compress(lines(FOUR))[:-40], "unfinished"),
        (lzma.compress(lines(FOUR)) + b"more", "more behind it"),
        (lzma.compress(lines(FOUR[:2])) + lzma.compress(lines(FOUR[2:])), "more behind it"),
        (lzma.compress(b""), "expected 1 negative reviews of the train split, got 0"),
        (b"", "unfinished"),
        (b"this is no xz file", "expected a whole xz file"),
        (gzip.compress(lines(FOUR), mtime=0), "expected a whole xz file"),
        (lines(FOUR), "expected a whole xz file"),
    ],
)
def test_a_damaged_file_is_refused(file, content, message):
    with pytest.raises(DataError, match=message):
        read_reviews(file(content, bytes), "test", 1)


def test_every_flipped_byte_is_noticed(file):
    whole = lzma.compress(lines(FOUR), check=lzma.CHECK_CRC64)
    for position in range(len(whole)):
        damaged = whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :]
        with pytest.raises(DataError, match=r"reviews\.jsonl\.xz: expected"):
            read_reviews(file(damaged, bytes), "test", 1)


def peak_bytes(path, message):
    """How much Python held at most while it refused a file."""
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=message):
            read_reviews(path, "test", 1)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_line_without_end_is_not_unpacked(file):
    path = file(lines(FOUR) + bytes(2**26), lambda content: lzma.compress(content, preset=0))
    assert peak_bytes(path, "expected lines of at most 262144 bytes") < 2**22


def test_lines_without_end_are_not_unpacked(file, monkeypatch):
    path = file(lines(FOUR[:1] * 400_000), lambda content: lzma.compress(content, preset=0))
    monkeypatch.setattr(sys.modules[read_reviews.__module__], "TOTAL_BYTES", 2**20)
    assert peak_bytes(path, "expected at most 1048576 bytes, got more") < 2**22


def test_a_header_that_asks_for_gigabytes_of_memory_is_refused(file):
    whole = bytearray(lzma.compress(lines(FOUR), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 2**20}]))
    at = 12  # the block header: its size, flags, the filter's id, one byte of properties: the size of the dictionary
    assert whole[at + 2 : at + 4] == bytes([lzma.FILTER_LZMA2, 1])
    whole[at + 4] = 40  # 4 GiB
    end = at + 4 * whole[at]
    whole[end : end + 4] = struct.pack("<I", zlib.crc32(whole[at:end]))
    with pytest.raises(DataError, match=r"[Mm]emory"):
        read_reviews(file(bytes(whole), bytes), "test", 1)
