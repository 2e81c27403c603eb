"""``deepcheck text attack --method lp`` and ``--apart``: the paper's attack, and words that stand apart."""

import itertools
import json

import onnxruntime
import pytest

from deepcheck import load_text, zoo

TEXT = "An excellent film with a wonderful story, one of the best of the year and great fun!"


@pytest.fixture
def parsed(command):
    def run(*words):
        answer = command("text", "attack", TEXT, *words, "--json")
        assert answer.status in (0, 1), answer.err
        return answer.status, json.loads(answer.out)

    return run


@pytest.mark.parametrize("order", ["coi", "co", "abs", "reach", "random"])
def test_the_new_sentence_has_another_label_in_onnxruntime(parsed, order):
    status, found = parsed("--method", "lp", "--model", "imdb_frozen", "--order", order)
    assert status == 0
    assert found["verdict"] == "attack"
    assert (found["method"], found["order"], found["scope"]) == ("lp", order, "this path")
    (attack,) = found["attacks"]
    model = load_text("imdb_frozen")
    rows = [model.sentence(each).rows for each in (TEXT, attack["rewritten"])]
    session = onnxruntime.InferenceSession(zoo.text_files("imdb_frozen").model)
    before, after = (session.run(None, {"input": model.inputs(row[None])})[0][0, 0] > 0.5 for row in rows)
    assert before != after
    assert len(attack["words"]) == found["found"] <= found["symbolic"] == len(found["tries"])
    assert [len(each["positions"]) for each in found["tries"]] == list(range(1, found["symbolic"] + 1))
    assert [each["attack"] for each in found["tries"]] == [False] * (found["symbolic"] - 1) + [True]
    assert all(change["after"] != "<UNK>" for change in attack["words"])


def test_a_table_of_the_sets_tried(command):
    answer = command("text", "attack", TEXT, "--method", "lp", "--model", "imdb_frozen")
    assert answer.status == 0
    for said in ("1: excellent", "none (proved)", "nearest words"):
        assert said in answer.out


def test_too_few_words_are_undecided_with_status_1(parsed):
    status, found = parsed("--method", "lp", "--model", "imdb_frozen", "--most", "1")
    assert status == 1
    assert found["verdict"] == "undecided"
    assert found["reason"]
    assert found["attacks"] == []


def test_words_that_stand_apart_say_so(parsed, command):
    status, found = parsed("--apart", "3")
    assert status == 0
    assert found["apart"] == 3
    assert found["optimal"]
    places = [change["position"] for change in found["attacks"][0]["words"]]
    assert all(b - a >= 3 for a, b in itertools.pairwise(places))
    assert "at least 3 places apart" in command("text", "attack", TEXT, "--apart", "3", "--nearest", "2").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--order", "co"], "expected --order with --method lp only"),
        (["--unbounded"], "expected --unbounded with --method lp only"),
        (["--method", "lp", "--paths", "all"], "expected --paths with --method words only"),
        (["--method", "lp", "--apart", "3"], "expected --apart with --method words only"),
        (["--method", "lp", "--order", "size"], "expected an order of"),
        (["--method", "z3"], "expected a method of words or lp"),
        (["--apart", "2"], "expected words at least 3 places apart"),
    ],
)
def test_options_without_meaning_get_one_line(command, words, message):
    answer = command("text", "attack", TEXT, *words)
    assert (answer.status, answer.out) == (2, "")
    assert message in answer.err
    assert answer.err.strip().count("\n") == 0


def test_a_page(command, tmp_path):
    page = tmp_path / "page.html"
    words = ("--method", "lp", "--model", "imdb_frozen", "--html", page)
    assert command("text", "attack", TEXT + " <b>&", *words).status == 0
    content = page.read_text(encoding="utf-8")
    assert "<ins>" in content
    assert "&lt;b&gt;&amp;" in content
