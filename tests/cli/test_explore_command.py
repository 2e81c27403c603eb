"""``deepcheck explore`` on a network whose answers are worked out by hand."""

import json

import numpy as np
import pytest
from test_attack_command import ATTACKED, PROVED, stored

# Scores relu(x0 + x1) and relu(x2 + x3): in [0, 1] both sums are at least 0, so one path; in [-1, 1] with x0, x1 free,
# x0 + x1 = 0 cuts the square in two. Label 1 wins where x2 + x3 > x0 + x1.


def found(answer):
    assert answer.err == ""
    return json.loads(answer.out)


def test_two_features_at_once(command, model, tmp_path):
    answer = command("explore", model, stored(tmp_path, PROVED), "--features", "0,1", "--json")
    parsed = found(answer)
    assert answer.status == 0
    assert (parsed["verdict"], parsed["scope"], parsed["complete"], parsed["paths"]) == ("attack", "all paths", True, 1)
    assert parsed["counts"]["replayed"] == 1
    assert parsed["nearest"]["flips"] == 0
    assert parsed["attacks"][0]["witness"]["label"] == 1


def test_one_feature_alone_is_proved(command, model, tmp_path):
    answer = command("explore", model, stored(tmp_path, PROVED), "--features", "0")
    assert answer.status == 0
    assert answer.out.startswith("proved (all paths, values in [0, 1], 1 feature): no values")
    assert "the default; --bounds" in answer.out


def test_both_sides_of_a_border(command, model, tmp_path):
    words = ["--features", "0,1", "--bounds=-1:1", "--json"]
    parsed = found(command("explore", model, stored(tmp_path, PROVED), *words))
    assert parsed["paths"] == 2
    assert parsed["domain"] == {"lower": -1.0, "upper": 1.0, "levels": None}
    assert sorted(attack["flips"] for attack in parsed["attacks"]) == [0, 1]


def test_a_mask_levels_a_target_and_the_table(command, model, tmp_path):
    np.save(tmp_path / "mask.npy", np.array([[True, True], [False, True]]))
    x = (np.array(ATTACKED) * 255).round().astype(np.uint8).reshape(1, 2, 2) / np.float32(255)
    np.save(tmp_path / "levels.npy", x.astype(np.float32))
    words = ["--mask", tmp_path / "mask.npy", "--levels", 256, "--target", 1, "--order", "depth"]
    answer = command("explore", model, tmp_path / "levels.npy", *words)
    assert answer.status == 0
    assert "attack (all paths, values in [0, 1], 256 levels, 3 features)" in answer.out
    assert "flips" in answer.out
    assert " yes" in answer.out


def test_a_budget_leaves_the_answer_open(command, model, tmp_path):
    words = ["--features", "0", "--bounds=-2:2", "--limit", 1, "--json"]
    answer = command("explore", model, stored(tmp_path, PROVED), *words)
    parsed = found(answer)
    if parsed["verdict"] == "undecided":
        assert (answer.status, parsed["reason"], parsed["scope"]) == (1, "limit of paths", "1 path, of more")
    assert not parsed["complete"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "expected the features that change: --features I,J,... or --mask FILE"),
        (("--features", "0,9"), "expected features from 0 to 3, got [0, 9]"),
        (("--features", "0", "--order", "widest"), "expected an order of nearest, depth, got 'widest'"),
        (("--features", "0", "--timeout", "0"), "expected a timeout above 0 seconds, got 0"),
        (("--features", "0", "--target", "0"), "expected a target other than the label"),
    ],
)
def test_bad_words_are_one_line(command, model, tmp_path, words, message):
    answer = command("explore", model, stored(tmp_path, PROVED), *words)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(f"error: {message}")
    assert answer.err.count("\n") == 1
