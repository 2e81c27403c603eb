"""Several features on the command line, on a network whose answers are worked out by hand."""

import json

import numpy as np
import onnxruntime
import pytest
from PIL import Image
from test_attack_command import ATTACKED, PROVED, label_of, stored
from tiny_models import rgb_sum

# Label 1 wins where x2 + x3 > x0 + x1. PROVED is x = (1, 1, 0.1, 0): no single pixel closes the gap of 1.9. Both of x0
# and x1 at 0 leave 0 against 0.1; x3 at 1 and one of them at 0 leave 1 against 1.1; all other pairs only tie, and a tie
# goes to label 0.


def found(answer):
    assert answer.err == ""
    return json.loads(answer.out)


def test_every_pair_by_hand(command, model, tmp_path):
    answer = found(command("attack", model, stored(tmp_path, ATTACKED), "--size", 2, "--json"))
    assert answer["counts"] == {"attackable": 6, "replayed": 6, "proved": 0, "undecided": 0, "untried": 0}
    assert [tuple(sorted(pair)) for pair in answer["attackable"]] == [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
    assert (answer["new"], answer["first"], answer["first_features"]) == (0, 1, 2)
    assert answer["labels_reached"] == {"1": 6}
    for attack in answer["attacks"]:
        assert len(attack["witness"]["values"][0]) == 2
        assert attack["witness"]["margin"] > 0


def test_pairs_triples_and_the_smallest_set_by_hand(command, model, tmp_path):
    x = stored(tmp_path, PROVED)
    pairs = found(command("attack", model, x, "--size", 2, "--json"))
    assert [tuple(sorted(pair)) for pair in pairs["attackable"]] == [(0, 1), (0, 3), (1, 3)]
    assert pairs["counts"] == {"attackable": 3, "replayed": 3, "proved": 3, "undecided": 0, "untried": 0}
    assert pairs["new"] == 3
    triples = found(command("attack", model, x, "--size", 3, "--json"))
    assert (triples["counts"]["attackable"], triples["new"]) == (4, 0)
    least = found(command("attack", model, x, "--size", "smallest", "--json"))
    assert (least["verdict"], least["size"], least["smallest"]["bound"], least["smallest"]["optimal"]) == (
        "attack", 2, 2, True
    )  # fmt: skip


def test_the_table_of_pairs_names_both_features(command, model, tmp_path):
    answer = command("attack", model, stored(tmp_path, ATTACKED), "--size", 2)
    lines = [" ".join(line.split()) for line in answer.out.splitlines()]
    assert any(line.startswith("0, 1 (0, 0) (0, 1) ") and line.endswith(" yes yes -") for line in lines)
    assert "sets of 2 of 4 features" in answer.out
    assert "labels reached: 1 by 6" in answer.out


def test_only_some_features_may_change(command, model, tmp_path):
    x = stored(tmp_path, ATTACKED)
    np.save(tmp_path / "mask.npy", np.array([[True, False], [True, True]]))
    masked = found(command("attack", model, x, "--size", 2, "--mask", tmp_path / "mask.npy", "--json"))
    assert [tuple(sorted(pair)) for pair in masked["attackable"]] == [(0, 2), (0, 3), (2, 3)]
    left = found(command("attack", model, x, "--size", 2, "--exclude", 1, "--json"))
    assert left["attackable"] == masked["attackable"]


def test_all_chosen_features_are_one_set(command, model, tmp_path):
    answer = found(command("attack", model, stored(tmp_path, ATTACKED), "--size", "all", "--features", "0,2", "--json"))
    assert (answer["size"], answer["attackable"], answer["tried"]) == (2, [[0, 2]], 1)


@pytest.mark.parametrize("solver", ["lp", "milp", "smt", "polygon"])
def test_every_solver_says_the_same(command, model, tmp_path, solver):
    if solver == "smt":
        pytest.importorskip("z3", reason="needs Z3: pip install 'deepcheck-nn[smt]'")
    x = stored(tmp_path, ATTACKED)
    usual = found(command("attack", model, x, "--size", 2, "--json"))
    other = found(command("attack", model, x, "--size", 2, "--solver", solver, "--json"))
    assert other["counts"] == usual["counts"]
    assert other["attackable"] == usual["attackable"]


def test_saved_images_are_8_bit_and_change_the_label(command, model, tmp_path):
    Image.fromarray(np.array([[128, 128], [100, 50]], dtype=np.uint8)).save(tmp_path / "x.png")
    words = ["--size", 2, "--levels", 256, "--json", "--save", tmp_path / "w"]
    answer = command("attack", model, tmp_path / "x.png", *words)
    assert "6 PNG files read back and replayed: 6 change the label" in answer.err
    assert "rounded" not in answer.err
    files = sorted((tmp_path / "w").glob("features-*.png"))
    assert len(files) == 6
    for file in files:
        levels = np.asarray(Image.open(file))
        assert levels.dtype == np.uint8
        assert label_of(model, (levels / np.float32(255)).astype(np.float32)[None]) == 1


def test_colour_pixels_are_features_of_three(command, tmp_path):
    model = rgb_sum(tmp_path / "rgb.onnx")
    Image.new("RGB", (1, 2), (255, 51, 102)).save(tmp_path / "x.png")
    answer = command("attack", model, tmp_path / "x.png", "--levels", 256, "--save", tmp_path / "w", "--json")
    parsed = json.loads(answer.out)
    assert parsed["feature_count"] == 2
    assert sum(parsed["counts"].values()) - parsed["counts"]["replayed"] == 2
    session = onnxruntime.InferenceSession(model.read_bytes(), providers=["CPUExecutionProvider"])
    for file, attack in zip(sorted((tmp_path / "w").glob("*.png")), parsed["attacks"], strict=True):
        x = (np.asarray(Image.open(file)).transpose(2, 0, 1) / np.float32(255)).astype(np.float32)
        assert int(session.run(None, {session.get_inputs()[0].name: x[None]})[0].argmax()) == attack["labels"][0]


def test_labels_and_how_many_features_they_take(command, model, tmp_path):
    answer = command("labels", model, stored(tmp_path, ATTACKED))
    assert answer.status == 0
    lines = [" ".join(line.split()) for line in answer.out.splitlines()]
    assert any(line.startswith("1 4 6 yes ") for line in lines)
    parsed = found(command("labels", model, stored(tmp_path, ATTACKED), "--size", 2, "--json"))
    assert parsed["labels"][0]["sets"] == [4, 6]
    assert parsed["labels"][0]["within"] == {"1": True, "2": True}


def test_the_picture_of_pairs_is_written(command, model, tmp_path):
    command("attack", model, stored(tmp_path, ATTACKED), "--size", 2, "--plot", tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.size[0] > 100


@pytest.mark.parametrize("option", [("--first",), ("--order", "coi"), ("--objective", "l1"), ("--solver", "lp")])
def test_the_smallest_set_takes_no_order(command, model, tmp_path, option):
    answer = command("attack", model, stored(tmp_path, ATTACKED), "--size", "smallest", *option)
    assert answer.status == 2
    assert answer.err.startswith(f"error: expected no {option[0]} with --size smallest")
