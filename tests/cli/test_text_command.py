"""``deepcheck text``, on a network whose logit is the sum of the words' first numbers: all is worked out by hand."""

import json
import math
import re
import sys

import numpy as np
import pytest
from conftest import Command
from tiny_text import tiny_text

FOUR = {"attackable", "proved", "undecided", "untried"}


@pytest.fixture
def files(tmp_path):
    return tiny_text(tmp_path)


@pytest.fixture
def text(command: Command, files):
    """``deepcheck text VERB ...`` on the tiny network."""
    return lambda verb, *words: command("text", verb, *files.options, *words)


def probability(logit):
    return 1 / (1 + math.exp(-logit))


def finite(found):
    """Every number of a JSON object."""
    if isinstance(found, dict | list):
        for part in found.values() if isinstance(found, dict) else found:
            yield from finite(part)
    elif isinstance(found, float):
        yield found


def test_importance_gives_the_scores_worked_out_by_hand(text):
    found = json.loads(text("importance", "A good, BAD great film!", "--json").out)
    assert found["kept"] == "the last 4 of 5 words"
    assert [word["known"] for word in found["words"]] == ["good", "bad", "great", "film"]
    assert [word["score"] for word in found["words"]] == pytest.approx([1, -1.5, 2, 0], abs=1e-6)
    assert found["order"] == [3, 1, 4, 2]
    assert (found["schema"], found["label"], found["label_name"], found["metric"]) == (1, 1, "likes", "coi")
    assert found["output"] == pytest.approx([1.5])
    assert found["probability"] == pytest.approx([1 - probability(1.5), probability(1.5)])


def test_for_the_other_label_the_same_words_speak_the_other_way(text):
    found = json.loads(text("importance", "bad good film", "--json").out)
    assert found["label_name"] == "dislikes"
    assert [word["score"] for word in found["words"]] == pytest.approx([1.5, -1, 0], abs=1e-6)


def test_importance_lists_words_without_colour_where_no_terminal_is(text):
    answer = text("importance", "a good bad zork", "--top", 2)
    assert answer.status == 0
    assert "\x1b" not in answer.out
    lines = [line.split() for line in answer.out.splitlines()]
    assert ["dislikes", "(62.2%)"] in lines
    assert ["3", "bad", "1.5", "1"] in lines
    assert ["4", "zork", "(<UNK>)", "0", "3"] in lines
    assert "top words: bad 1.5, a (<UNK>) 0" in answer.out


def test_importance_colours_words_on_a_terminal(text, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    answer = text("importance", "great bad film", "--top", 1)
    grounds = dict(re.findall(r"\x1b\[[0-9;]*48;2;(\d+;\d+;\d+)m(\w+)\x1b", answer.out))
    grounds = {word: tuple(map(int, colour.split(";"))) for colour, word in grounds.items()}
    assert set(grounds) == {"great", "bad"}
    assert grounds["great"][1] > 1.5 * max(grounds["great"][0], grounds["great"][2])
    assert grounds["bad"][0] > 1.5 * max(grounds["bad"][1:])
    monkeypatch.setenv("NO_COLOR", "1")
    assert "48;2" not in text("importance", "great bad film").out


def test_an_escape_sequence_in_a_text_does_not_reach_the_terminal(text):
    for verb in ("importance", "attack"):
        assert "\x1b" not in text(verb, "good \x1b[31m film \x1b]0;title\x07").out


def test_attack_finds_the_fewest_words_and_says_so(text):
    found = json.loads(text("attack", "Great, great good!", "--json").out)
    assert (found["verdict"], found["found"], found["bound"], found["optimal"]) == ("attack", 2, 2, True)
    assert (found["scope"], found["paths"], found["size"]) == ("all paths", "all", None)
    assert (found["vocabulary"], found["places"], found["replacements_asked"]) == (7, 3, 15)
    assert found["counts"] == {"attackable": 2, "proved": 1, "undecided": 0, "untried": 0}
    assert found["singles"] == {"attackable": 0, "proved": 15, "undecided": 0, "untried": 0}
    best = found["attacks"][0]
    assert best["rewritten"] == "bad, bad good!"
    assert [(word["position"], word["before"], word["after"]) for word in best["words"]] == [
        (1, "great", "bad"),
        (2, "great", "bad"),
    ]
    cosine = -1.5 / math.hypot(1.5, 0.25)
    assert [word["similarity"] for word in best["words"]] == pytest.approx([cosine, cosine])
    assert (best["label_name"], best["replayed"], best["same_path"], best["flips"]) == ("dislikes", True, False, 2)
    assert (best["output"], best["margin"]) == (pytest.approx([-2]), pytest.approx(4))
    assert best["probability"][0] == pytest.approx(probability(2))


def test_attack_shows_the_text_before_and_after(text):
    answer = text("attack", "The good film, GOOD!", "--keep", "film")
    assert answer.status == 0
    assert "attack (all paths): 1 word put in changes the label" in answer.out
    assert "before: likes (88.1%)\nThe [good] film, GOOD!" in answer.out
    assert "after: dislikes (62.2%), margin 1\nThe [bad] film, GOOD!" in answer.out
    assert "asked: 15 replacements at 3 places (kept: film)" in answer.out
    assert "words changed: 1; the fewest there can be" in answer.out
    assert "single words: 15 asked about: 2 change the label, 13 proved not to" in answer.out
    rows = [line.split() for line in answer.out.splitlines() if " -> " in line]
    assert rows == [["good", "->", "bad", "-0.99", "dislikes", "62.2%", "1", "no", "yes"]] * 2


@pytest.mark.parametrize(
    ("words", "counts", "asked"),
    [
        (["--only", "bad"], (2, 0, 0), 2),
        (["--only", "bad", "--positions", "2"], (1, 0, 0), 1),
        (["--no-unknown"], (2, 4, 2), 8),
        (["--no-stop-words"], (2, 4, 2), 8),
        (["--similar", "0.3"], (0, 2, 0), 2),
        (["--nearest", "1"], (0, 2, 0), 2),
        ([], (2, 5, 3), 10),
        (["--paths", "same"], (0, 7, 3), 10),
    ],
)
def test_constraints_and_paths_reach_the_search(text, words, counts, asked):
    """In "good film" only "bad" changes the label, at either place, on another path; words without a number in place
    of "good" make the logit 0, where no label leads.
    """
    found = json.loads(text("attack", "good film", "--most", 1, *words, "--json").out)
    singles = found["singles"]
    assert (singles["attackable"], singles["proved"], singles["undecided"]) == counts
    assert found["replacements_asked"] == sum(singles.values()) == asked


def test_rank_and_limit(text):
    listed = json.loads(text("attack", "good film", "--rank", "similarity", "--limit", 1, "--json").out)["attacks"]
    assert [attack["words"][0]["before"] for attack in listed] == ["film"]
    listed = json.loads(text("attack", "good film", "--json").out)["attacks"]
    assert [attack["margin"] for attack in listed] == pytest.approx([3, 1])


def test_prove_says_what_is_proved(text):
    answer = text("prove", "great great good")
    assert answer.status == 0
    assert answer.out.startswith(
        "proved (all paths): no 1 of the vocabulary's words, put in anywhere, changes the label\n"
    )
    assert "at least: 2 words would have to change" in answer.out
    assert "places: 3 asked about: 3 proved not to" in answer.out
    along = text("prove", "great good", "--paths", "same", "--no-unknown")
    assert along.out.startswith(
        "proved (this path): no 1 allowed word, put in anywhere, changes the label as long as every activation stays\n"
    )


@pytest.mark.parametrize(("size", "verdict", "kind"), [(1, "proved", 4), (2, "proved", 6), (3, "attack", 3)])
def test_prove_counts_places_pairs_and_numbers(text, size, verdict, kind):
    """From 8 on, two words take away 7, three 10.5."""
    answer = text("prove", "great great great great", "--size", size, "--json")
    found = json.loads(answer.out)
    assert (answer.status, found["verdict"], found["size"]) == (0, verdict, size)
    assert set(found["counts"]) == FOUR
    assert sum(found["counts"].values()) == kind
    assert found["bound"] == min(size + 1, 3)


def test_a_tie_is_undecided_and_the_status_says_so(text):
    """Without "good" the logit is 0: no label leads."""
    answer = text("prove", "good", "--only", "film")
    assert answer.status == 1
    assert answer.out.startswith("undecided (all paths): tie\n")
    assert json.loads(text("attack", "good", "--only", "film", "--json").out)["verdict"] == "undecided"


def test_json_adds_up_and_holds_finite_numbers(text):
    for words in (["attack", "good film the"], ["prove", "good bad film great", "--size", 2], ["importance", "good"]):
        found = json.loads(text(*words, "--json").out)
        assert np.isfinite(list(finite(found))).all()
        assert found["model"]["sha256"].isalnum()
        if words[0] != "importance":
            assert sum(found["singles"].values()) == found["replacements_asked"]
            assert found["places"] == len(found["words"])
            assert all(sum(attack["probability"]) == pytest.approx(1) for attack in found["attacks"])


def test_a_network_that_comes_along_answers(command):
    found = json.loads(command("text", "attack", "a dull and awful film", "--limit", 2, "--json").out)
    assert (found["label_name"], found["verdict"]) == ("negative", "attack")
    assert all(attack["replayed"] and attack["label_name"] == "positive" for attack in found["attacks"])
