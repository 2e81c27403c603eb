"""A page claims no more than was decided: targets, chosen features, domains, models, borders, replay."""

import copy
import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from page_reading import cells, data_of, written
from page_samples import answer, attack, features, pair, text

from deepcheck.errors import DataError

ASKED = ("attackable", "proved", "undecided", "untried")
NONE = "\N{EN DASH}"


def targeted(**more: Any) -> dict[str, Any]:
    """A proof for one new label only."""
    return answer(20, [], paths="all", **more) | {"target": 2}


def chosen(*places: int) -> dict[str, Any]:
    """A proof about some features only."""
    return answer(len(places), [], paths="all") | {"features_asked": list(places), "feature_count": 20}


def overview(html: str) -> dict[str, list[str]]:
    return {row[1]: row for row in cells(html, "overview")}


def test_a_proof_for_one_label_or_of_some_features_says_so_wherever_it_stands() -> None:
    html = written(features("aimed", answers=[targeted()]), features("few", answers=[chosen(1, 2, 3)]))
    rows = overview(html)
    assert rows["aimed"][6] == "proved (all paths)one pixel, all paths, to label 2"
    assert rows["few"][6] == "proved (all paths)one pixel, all paths, only 3 features"
    assert [row[8] for row in rows.values()] == [NONE, NONE]  # no bound for all features and labels follows
    assert "<strong>All paths, to label 2</strong>" in html
    assert "<strong>All paths, only 3 features</strong>" in html
    assert {row[0]: row[4] for row in cells(html, "totals")} == {
        "one pixel, all paths, to label 2": "1",
        "one pixel, all paths, only 3 features": "1",
    }
    table = written(features("sensors", grid=None, answers=[targeted()]))
    assert "All paths, to label 2</th>" in table


def test_the_answer_about_everything_is_shown_before_one_that_is_limited() -> None:
    whole = answer(20, [attack(3, 1, 0.75, 1.0, 0.875)], paths="all")
    html = written(features("both", answers=[targeted(), chosen(1), whole]))
    assert overview(html)["both"][6] == "attack"
    assert "<strong>All paths</strong>" in html


def test_the_fewest_known_are_of_an_attack_that_replays() -> None:
    lost = attack(3, 1, 0.75, 1.0, 0.875, replayed=False)
    both = answer(20, [pair(1, 2)], size=2, paths="all")
    both["attacks"] = [lost, *both["attacks"]]
    both["attackable"] = [[3], [1, 2]]
    html = written(features("some", answers=[both]))
    assert overview(html)["some"][8] == "2 (≥ 1)"


def test_an_attack_that_does_not_replay_is_not_called_one() -> None:
    lost = attack(3, 1, 0.75, 1.0, 0.875, replayed=False)
    along = answer(20, [lost]) | {"verdict": "undecided", "reason": "does not replay"}
    along["counts"]["replayed"] = 0
    html = written(features("sensors", grid=None, answers=[along]))
    assert "undecided (does not replay)</span>" in html
    assert "attack</span>" not in html


def test_one_of_several_paths_is_said_beside_the_verdict() -> None:
    border = answer(20, []) | {"scope": "this path (one of several through x)", "borders": 1}
    assert overview(written(features("edge", answers=[border])))["edge"][4] == "proved (this path, one of several)"


def test_domains_and_models_are_not_added_up() -> None:
    levels = answer(20, []) | {"domain_said": "values in [0, 1], 256 levels"}
    other = features("third", answers=[answer(20, [])])
    other["model"] = other["model"] | {"name": "other.onnx", "sha256": "cd" * 32}
    html = written(features("first", answers=[answer(20, [])]), features("second", answers=[levels]), other)
    assert [row[:3] for row in cells(html, "totals")] == [
        ["one pixel, this path, model.onnx (abababab)", "values in [0, 1]", "1"],
        ["one pixel, this path, model.onnx (abababab)", "values in [0, 1], 256 levels", "1"],
        ["one pixel, this path, other.onnx (cdcdcdcd)", "values in [0, 1]", "1"],
    ]
    assert "secondvalues in [0, 1], 256 levels" in overview(html)


def test_where_each_input_has_its_own_domain_their_number_is_said() -> None:
    each = [features(str(at), answers=[answer(20, []) | {"domain_said": f"values in [0, {at}]"}]) for at in range(9)]
    ((_, domain, asked, *_rest),) = cells(written(*each), "totals")
    assert (domain, asked) == ("9 domains: see each input", "9")


def test_texts_that_count_different_things_are_not_added_up() -> None:
    one, two = text("one"), text("two")
    two["answers"][0] |= {"counted": "sets of words", "choices": {"positions": None}}
    html = written(one, two)
    assert [row[2] for row in cells(html, "totals")] == ["1", "1"]
    some = text("some")
    some["answers"][0] |= {"bound": 3, "found": None, "verdict": "proved", "attacks": []}
    some["answers"][0] |= {"counts": {"attackable": 0, "proved": 5, "undecided": 0, "untried": 0}}
    assert overview(written(some))["some"][8] == "≥ 3"
    some["answers"][0]["choices"] = {"positions": [1, 2]}
    html = written(some)
    assert overview(html)["some"][8] == NONE
    assert "fewest words, all paths, only 2 places" in html


def test_totals_of_random_mixtures_are_those_of_a_count_by_hand() -> None:
    draw = random.Random(20)
    for _ in range(10):
        held, sums, inputs = [], Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for number in range(draw.randint(1, 6)):
            answers = []
            for paths in draw.sample(["same", "all"], draw.randint(1, 2)):
                hits = draw.sample(range(20), draw.randint(0, 3))
                left = [draw.randint(0, 3), draw.randint(0, 3)]
                found = [attack(at, 1, 0.0, 0.5, 0.25) for at in hits]
                made = answer(20, found, paths=paths, undecided=left[0], untried=left[1])
                answers.append(made)
                said = "one pixel, all paths" if paths == "all" else "one pixel, this path"
                parts = (len(hits), 20 - len(hits) - sum(left), *left)
                sums.update({(said, name): count for name, count in zip(ASKED, parts, strict=True)})
                verdict = "attack" if hits else "undecided" if any(left) else "proved"
                inputs[said, verdict] += 1
            held.append(features(f"input {number}", answers=answers))
        for title, _, asked, *counts, _unit in cells(written(*held), "totals"):
            by_verdict = [inputs[title, verdict] for verdict in ("attack", "proved", "undecided")]
            assert counts == [str(count) for count in (*by_verdict, *(sums[title, name] for name in ASKED))]
            assert asked == str(sum(by_verdict))


def places(held: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where there is something in an exhibit; of a list the first two."""
    inside = held.items() if isinstance(held, dict) else list(enumerate(held))[:2] if isinstance(held, list) else ()
    for name, value in inside:
        yield (*at, name)
        yield from places(value, (*at, name))


@pytest.mark.parametrize("value", [None, [], {}, [[]], "x", 0, 10**18, 1e308, float("nan"), "\u202e\x00"])
def test_whatever_passes_the_check_can_be_shown(value: Any) -> None:
    many = features(answers=[chosen(1), targeted(), answer(20, [pair(1, 2)], size=2)])
    many["answers"][0] |= {"open": {}, "comparison": {"along_path": 1, "any_path": 2, "whole": True, "flips": 3}}
    many["answers"][1] |= {"smallest": {"features": None, "bound": 2, "optimal": False}, "size": 20}
    many["answers"][1]["domain"]["levels"] = 16
    words = text()
    words["answers"][0] |= {"choices": {"positions": [1]}, "kept": "all", "singles": dict.fromkeys(ASKED, 1)}
    for held in (many, features(grid=None), words):
        written(held)
        for place in places(held):
            new = inner = copy.deepcopy(held)
            for name in place[:-1]:
                inner = inner[name]
            inner[place[-1]] = value
            with suppress(DataError):
                written(new)


def test_a_certificate_that_cannot_be_read_is_not_in_the_page(tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    folder.mkdir()
    (tmp_path.parent / "secret").write_text("secret")
    (folder / "loop").symlink_to("loop")
    (folder / "link").symlink_to(tmp_path.parent / "secret")
    os.mkfifo(folder / "pipe")
    for name in ("loop", "link", "pipe", "none", "a" * 5000):
        held = features()
        held["answers"][0]["certificate"] = {
            "file": f"certificates/{name}", "sha256": "0", "bytes": 1, "said": "", "command": "",
        }  # fmt: skip
        assert "data:application" not in written(held, folder=tmp_path)


def test_the_script_of_a_page_is_told_what_an_answer_leaves_out() -> None:
    (held,) = data_of(written(features(answers=[targeted(), chosen(1, 2)])))
    assert [(each["target"], each["asked"]) for each in held["answers"]] == [(2, None), (None, [1, 2])]
