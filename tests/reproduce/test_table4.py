"""Table IV: the paper's figures, our statistics by hand, and a small run on its sentences."""

import sqlite3
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from deepcheck import attack_vectors, load_text, zoo
from deepcheck.datasets import ReviewSet
from deepcheck.errors import DataError
from deepcheck.reproduce import run
from deepcheck.reproduce.kept import FILE
from deepcheck.reproduce.paper import SENTENCES
from deepcheck.reproduce.statistics import sign_test
from deepcheck.reproduce.study import Study
from deepcheck.reproduce.words import store as text_store
from deepcheck.reproduce.words.claims import judged, on_the_papers_table
from deepcheck.reproduce.words.markdown import reviews_text
from deepcheck.reproduce.words.measure import Grown, measure_text
from deepcheck.reproduce.words.remarks import review_remarks, sentence_remarks
from deepcheck.reproduce.words.statistics import (
    Compared,
    average,
    compared,
    figures,
    interval,
    middle,
    share_at_most,
)
from deepcheck.reproduce.words.study import TextStudy
from deepcheck.reproduce.words.table import lengths_of, table4
from deepcheck.reproduce.words.table import reviews as reviews_of

NONE = np.nan


def again(study: TextStudy, out: Path | None = None) -> TextStudy:
    """A fresh study in the same folder."""
    return TextStudy(study.model, study.reviews, out or study.out, progress=False, draws=study.draws, most=study.most)


def labelled_anew(rows: list[np.ndarray]) -> list[bool]:
    """The labels of sentences, given as rows of the vocabulary, by onnxruntime and NumPy alone."""
    files = zoo.text_files("imdb_frozen")
    session = onnxruntime.InferenceSession(str(files.model), providers=["CPUExecutionProvider"])
    (entry,), vectors = session.get_inputs(), np.load(files.vectors).astype(np.float32)
    outputs = [session.run(None, {entry.name: vectors[row][None]})[0].reshape(-1) for row in rows]
    return [bool(output[0] > 0.5) for output in outputs]


def test_the_paper_prints_eleven_sentences_of_thirty_words() -> None:
    assert [len(sentence.text.split()) for sentence in SENTENCES] == [30] * 11
    assert [s.importance for s in SENTENCES] == [4, 13, 9, 6, 17, 5, 2, 5, 3, 7, 3]
    assert [s.random for s in SENTENCES] == [26, 27, 21, 24, 9, 3, 5, 2, 14, 5, 22]
    assert [at for at, s in enumerate(SENTENCES, 1) if s.original != s.network] == [1, 6, 8]


def test_random_beats_importance_on_four_of_the_papers_eleven() -> None:
    assert [at for at, s in enumerate(SENTENCES, 1) if s.random < s.importance] == [5, 6, 8, 10]


def test_what_the_text_says_about_sentences_7_and_9() -> None:
    seven, nine = SENTENCES[6], SENTENCES[8]
    assert (seven.importance, seven.random, seven.network) == (2, 5, "negative")
    assert "irritating" in seven.text.split()
    assert (nine.importance, nine.random, nine.text.split()[0]) == (3, 14, "good")


def test_sign_test_by_hand() -> None:
    """7 against 4: twice (1 + 11 + 55 + 165 + 330) of 2048."""
    assert sign_test(7, 4) == sign_test(4, 7) == Fraction(1124, 2048)
    assert sign_test(3, 0) == Fraction(1, 4)
    assert sign_test(2, 2) == sign_test(0, 0) == 1


def test_shares_and_middles_by_hand() -> None:
    lengths = np.array([[1.0, 3.0], [NONE, 2.0], [NONE, NONE]])
    assert share_at_most(lengths, 1) == 1 / 6
    assert share_at_most(lengths, 2) == 2 / 6
    assert share_at_most(lengths, np.inf) == 3 / 6
    assert (middle(lengths), average(lengths)) == (2, 2)
    assert np.isnan(middle(lengths[2:]))
    found = figures(lengths)
    assert found["at_most"]["1"]["value"] == 0.1667
    assert figures(lengths[2:])["median"] == {"value": None, "low": None, "high": None}


def test_an_interval_is_as_wide_as_the_binomial_law_says() -> None:
    """A share of 0.5 of 400 texts has a standard deviation of 0.025."""
    lengths = np.where(np.arange(400)[:, None] < 200, 1.0, NONE)
    low, high = interval(lambda some: share_at_most(some, 1), lengths)
    assert low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.006)
    assert high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.006)
    assert interval(average, np.full((9, 1), 4.0)) == (4.0, 4.0)


def test_a_failure_is_longer_than_any_success() -> None:
    """Means of two draws: 4, (11 + 9) / 2 = 10, and 11 twice."""
    one = np.array([[3.0], [10.0], [NONE], [NONE]])
    other = np.array([[2.0, 6.0], [NONE, 9.0], [NONE, NONE], [1.0, NONE]])
    assert compared(one, other) == Compared(better=1, equal=2, worse=1, p=1.0)


@pytest.mark.parametrize(
    ("better", "worse", "holds"), [(9, 1, True), (1, 9, False), (7, 4, None), (5, 0, None), (6, 0, True)]
)
def test_verdicts_at_five_per_cent(better: int, worse: int, holds: bool | None) -> None:
    """By hand: 9 to 1 is 22 / 1024; 5 to 0 is 2 / 32; 6 to 0 is 2 / 64."""
    one = np.repeat([1.0, 3.0], [better, worse])[:, None]
    assert judged(compared(one, np.full_like(one, 2.0)))["holds"] is holds


def test_the_papers_table_against_itself(text_content: dict[str, Any]) -> None:
    assert on_the_papers_table(text_content["rows"]) == Compared(7, 0, 4, 1124 / 2048)
    claim = text_content["claims"][1]["found"]["paper"]
    assert claim == {"holds": None, "detail": "shorter on 7, as long on 0, longer on 4; p = 0.55"}


def test_lengths_count_words_that_differ() -> None:
    grown = Grown(((3, "dull", "grand"), (9, "poor", "rich")), tried=4, vectors=3, moved=3, undecided=0, replayed=True)
    assert (grown.length, grown.lost) == (2, 2)
    nothing = Grown((), tried=4, vectors=3, moved=1, undecided=0, replayed=False)
    assert (nothing.length, nothing.lost) == (None, 3)


def test_every_attack_on_the_papers_sentences_changes_the_label(text_content: dict[str, Any]) -> None:
    """Replaced words are put in and run by onnxruntime, without deepcheck."""
    words = zoo.text_files("imdb_frozen").vocabulary.read_text(encoding="utf-8").splitlines()
    found = 0
    for row, sentence in zip(text_content["rows"], SENTENCES, strict=True):
        old = sentence.text.split()
        for attack in row["orders"].values():
            new = list(old)
            for at, before, after in attack["replaced"]:
                assert new[at - 1] == before != after
                new[at - 1] = after
            assert len(attack["replaced"]) == (attack["length"] or 0) <= attack["symbolic"] <= 2
            if attack["length"]:
                rows = [np.array([words.index(word) for word in some]) for some in (old, new)]
                labels = labelled_anew(rows)
                assert labels == [row["label"] == "positive", row["label"] != "positive"]
                found += 1
    assert found > 11


def test_orders_and_draws_are_those_of_attack_vectors(text_study: TextStudy) -> None:
    sentence, measured = SENTENCES[6], text_study.sentences()[6]
    model = load_text("imdb_frozen")
    for order, grown in measured.orders.items():
        alone = attack_vectors(model, sentence.text, order=order, most=2)
        assert grown.length == (None if alone.replacement is None else len(alone.replacement.words))
        assert (grown.tried, grown.lost) == (len(alone.tries), alone.lost)
    for seed, grown in enumerate(measured.random):
        alone = attack_vectors(model, sentence.text, order="random", seed=seed, most=2)
        assert (grown.tried, grown.length is None) == (len(alone.tries), alone.replacement is None)


def test_the_smallest_is_no_larger_than_any_order(text_content: dict[str, Any]) -> None:
    for row in text_content["rows"]:
        assert row["exact"]["bound"] <= row["exact"]["found"]
        lengths = [attack["length"] for attack in row["orders"].values()] + row["random"]["lengths"]
        assert all(length is None or length >= row["exact"]["bound"] for length in lengths)
    assert text_content["replay"]["replayed"] == text_content["replay"]["attacks"] > 11


def test_a_second_run_measures_nothing(
    text_study: TextStudy,
    text_content: dict[str, Any],
    reviews_content: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(text_store, "measure_text", refuse)
    assert table4(again(text_study))["rows"] == text_content["rows"]
    assert reviews_of(again(text_study))["reviews"] == reviews_content["reviews"]
    assert again(text_study).sentences() == text_study.sentences()


def test_only_what_is_gone_is_measured_again(
    text_study: TextStudy, reviews_content: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(text_study.out / FILE) as file:
        assert file.execute("DELETE FROM answers WHERE item = 1 AND dataset LIKE 'madeup test%'").rowcount == 1
    file.close()
    asked: list[str] = []

    def measured(model: Any, text: str, plan: Any) -> Any:
        asked.append(text)
        return measure_text(model, text, plan)

    monkeypatch.setattr(text_store, "measure_text", measured)
    assert reviews_of(again(text_study))["reviews"]["orders"] == reviews_content["reviews"]["orders"]
    assert asked == [text_study.reviews.texts[1]]


def test_no_review_is_in_what_is_written(text_content: dict[str, Any], reviews_content: dict[str, Any]) -> None:
    text = reviews_text(reviews_content) + str(reviews_content) + " ".join(review_remarks(reviews_content))
    assert "quokkahouse" not in text
    assert "lifeless" not in text
    assert "replaced" not in str(reviews_content["reviews"])
    assert "irritating" in str(text_content["rows"])
    assert "irritating" not in " ".join([*sentence_remarks(text_content), reviews_text(reviews_content)])


def test_lengths_of_reviews_in_the_json(text_study: TextStudy, reviews_content: dict[str, Any]) -> None:
    found, stored = text_study.drawn(), reviews_content["reviews"]["measured"]
    assert stored["items"].split() == [str(item) for item in np.random.default_rng(2018).permutation(3)]
    for order in ("coi", "co", "abs", "reach"):
        assert stored[order] == " ".join(str(each.orders[order].length or 0) for each in found)
    assert lengths_of(found, "random").shape == (3, 2)


def test_which_reviews_are_asked_about() -> None:
    whole = ReviewSet("madeup", "test", ("Fine.",) * 2000, np.zeros(2000, np.int64), ("negative", "positive"))
    order = np.random.default_rng(2018).permutation(2000)
    for quick, count in ((False, 1000), (True, 50)):
        study = TextStudy(None, whole, Path(), quick=quick)  # type: ignore[arg-type]
        assert study.items.tolist() == order[:count].tolist()


def test_table_4_needs_reviews_and_no_images(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="aclImdb_labelled"):
        run(("table4",), tmp_path, tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_table_4_is_written(text_study: TextStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Study, "of", None)
    monkeypatch.setattr(TextStudy, "of", lambda *_: again(text_study))
    written = run(("table4",), None, text_study.out, progress=False)
    assert [path.name for path in written] == ["table4.md", "table4.json"]
    text = written[0].read_text(encoding="utf-8")
    assert "| 7 | NEG / NEG / NEG |" in text
    assert "| 4 | 26 |" in text
