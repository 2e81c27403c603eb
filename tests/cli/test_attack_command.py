import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from conftest import Command
from PIL import Image
from tiny_models import rgb_sum, two_sums

import deepcheck

ATTACKED = [[[0.5, 0.5], [0.4, 0.2]]]
"""Scores 1.0 and 0.6: x2 > 0.8, x3 > 0.6, x0 < 0.1 or x1 < 0.1 makes it label 1."""
PROVED = [[[1.0, 1.0], [0.1, 0.0]]]
TIED = [[[0.5, 0.0], [0.5, 0.5]]]
"""Scores 0.5 and 1.0: x0 = 1 only ties, and a tie goes to label 0."""


def stored(folder: Path, values: object, name: str = "x.npy") -> Path:
    np.save(folder / name, np.array(values, dtype=np.float32))
    return folder / name


def label_of(model: Path, x: np.ndarray) -> int:
    session = onnxruntime.InferenceSession(model.read_bytes(), providers=["CPUExecutionProvider"])
    return int(session.run(None, {"x": x[None].astype(np.float32)})[0].argmax())


def test_json_is_one_object_with_the_answer_worked_out_by_hand(command: Command, model, tmp_path):
    answer = command("attack", model, stored(tmp_path, ATTACKED), "--json")
    found = json.loads(answer.out)
    assert (answer.status, answer.err, answer.out.count("\n")) == (0, "", 1)
    assert (found["verdict"], found["scope"], found["label"], found["size"]) == ("attack", "this path", 0, 1)
    assert found["domain"] == {"lower": 0.0, "upper": 1.0, "levels": None}
    assert found["counts"] == {"attackable": 4, "replayed": 4, "proved": 0, "undecided": 0, "untried": 0}
    intervals = [attack["intervals"]["1"][0] for attack in found["attacks"]]
    np.testing.assert_allclose(intervals, [[0.0, 0.1], [0.0, 0.1], [0.8, 1.0], [0.6, 1.0]], atol=1e-6)


def test_the_table_lists_what_json_lists(command: Command, model, tmp_path):
    answer = command("attack", model, stored(tmp_path, ATTACKED))
    assert answer.status == 0
    assert "attack (this path" in answer.out
    assert "values in [0, 1] (the default" in answer.out
    lines = [" ".join(line.split()) for line in answer.out.splitlines()]
    # Real arithmetic, float32, and no 8-bit image: the input is on no 8-bit level.
    assert any(line.startswith("2 (1, 0) 1: [0.8, 1] ") and line.endswith(" yes yes -") for line in lines)
    assert any(line.startswith("3 (1, 1) 1: [0.6, 1] ") and line.endswith(" yes yes -") for line in lines)


def test_bounds_that_were_given_are_not_called_the_default(command: Command, model, tmp_path):
    answer = command("attack", model, stored(tmp_path, ATTACKED), "--bounds", "-1:1")
    assert "values in [-1, 1]" in answer.out
    assert "default" not in answer.out


def test_limit_says_how_many_more_there_are(command: Command, model, tmp_path):
    x = stored(tmp_path, ATTACKED)
    assert "and 3 more" in command("attack", model, x, "--limit", 1).out
    assert len(json.loads(command("attack", model, x, "--limit", 1, "--json").out)["attacks"]) == 1


def test_a_proof_prints_its_scope_and_exits_with_0(command: Command, model, tmp_path):
    answer = command("attack", model, stored(tmp_path, PROVED))
    assert answer.status == 0
    assert answer.out.startswith("proved (this path): changing any single one of these 4 features")
    assert "in real arithmetic and in float32" in answer.out
    assert "proved (real and float32): all 4, in any order of summation" in answer.out


def test_an_open_question_exits_with_1(command: Command, model, tmp_path):
    answer = command("attack", model, stored(tmp_path, TIED), "--features", 0)
    assert answer.status == 1
    assert answer.out.startswith("undecided: tie")


@pytest.mark.parametrize(
    ("words", "attackable"),
    [
        (["--order", "reach"], [[3], [2], [0], [1]]),
        (["--order", "coi", "--shortlist", "50%"], [[0], [1]]),
        (["--order", "coi", "--shortlist", "1"], [[0]]),
        (["--order", "reach", "--first"], [[3]]),
        (["--features", "1,2"], [[1], [2]]),
        (["--target", "1"], [[0], [1], [2], [3]]),
        (["--bounds", "0:0.7"], [[0], [1], [3]]),
        (["--unbounded"], [[0], [1], [2], [3]]),
    ],
)
def test_options_choose_what_is_tried(command: Command, model, tmp_path, words, attackable):
    answer = command("attack", model, stored(tmp_path, ATTACKED), "--json", *words)
    assert json.loads(answer.out)["attackable"] == attackable


def test_preprocessing_keeps_values_in_pixels(command: Command, model, tmp_path):
    words = ["attack", model, stored(tmp_path, ATTACKED), "--mean", "0.1", "--std", "0.5", "--json"]
    found = json.loads(command(*words).out)
    np.testing.assert_allclose(found["attacks"][2]["intervals"]["1"], [[0.8, 1.0]], atol=1e-6)


def test_an_image_file_gives_levels_and_saved_witnesses_that_are_attacks(command: Command, model, tmp_path):
    Image.fromarray(np.array([[128, 128], [100, 50]], dtype=np.uint8)).save(tmp_path / "x.png")
    folder = tmp_path / "made" / "witnesses"
    answer = command("attack", model, tmp_path / "x.png", "--levels", 256, "--save", folder, "--json")
    found = json.loads(answer.out)
    assert found["attacks"][2]["levels"] == {"1": [[207, 255]]}  # v + 50 > 256
    assert sorted(file.suffix for file in folder.iterdir()) == [".npy"] * 4 + [".png"] * 4
    for file in folder.glob("*.npy"):
        x = np.load(file)
        assert label_of(model, x) == 1
        levels = np.asarray(Image.open(file.with_suffix(".png")))
        assert np.array_equal(levels.astype(np.float32) / np.float32(255), x[0])
    assert "rounded" not in answer.err


@pytest.mark.parametrize(
    ("shape", "dtype", "words"),
    [
        ((4,), np.float32, []),
        ((2, 2), np.float32, []),
        ((2, 2, 1), np.float32, ["--layout", "nhwc"]),
        ((1, 2, 2), np.float64, []),
    ],
)
def test_images_fit_every_shape_of_the_same_pixels(command: Command, tmp_path, shape, dtype, words):
    model = two_sums(tmp_path / "other.onnx", shape, dtype)
    Image.fromarray(np.array([[128, 128], [100, 50]], dtype=np.uint8)).save(tmp_path / "x.png")
    options = ["--levels", 256, "--save", tmp_path / "w", "--plot", tmp_path / "p.png", "--json", *words]
    answer = command("attack", model, tmp_path / "x.png", *options)
    ((first, last),) = json.loads(answer.out)["attacks"][3]["levels"]["1"]
    assert first in (156, 157)  # level 156 ties but for the rounding of v / 255
    assert last == 255
    assert "rounded" not in answer.err
    for file in (tmp_path / "w").glob("*.png"):
        assert json.loads(command("attack", model, file, "--json", *words).out)["label"] == 1


def test_the_channels_of_a_colour_image_keep_their_order(command: Command, tmp_path):
    model = two_sums(tmp_path / "colours.onnx", (4, 1, 1))
    Image.new("RGB", (1, 1), (1, 2, 3)).save(tmp_path / "x.png")
    assert "(4, 1, 1)" in command("importance", model, tmp_path / "x.png").err
    sums = rgb_sum(tmp_path / "rgb.onnx")
    Image.new("RGB", (1, 2), (255, 51, 102)).save(tmp_path / "x.png")
    found = json.loads(command("importance", sums, tmp_path / "x.png", "--features-as", "element", "--json").out)
    np.testing.assert_allclose(found["scores"], [[[1.0], [1.0]], [[0.4], [0.4]], [[1.2], [1.2]]], atol=1e-6)
    assert json.loads(command("attack", sums, tmp_path / "x.png", "--json").out)["feature_count"] == 2


def test_a_png_that_had_to_be_rounded_is_announced(command: Command, model, tmp_path):
    Image.fromarray(np.array([[128, 128], [100, 50]], dtype=np.uint8)).save(tmp_path / "x.png")
    assert "4 of the PNG files are rounded" in command("attack", model, tmp_path / "x.png", "--save", tmp_path).err


def test_whole_numbers_from_0_to_255_are_asked_for_by_the_bounds(command: Command, model, tmp_path):
    Image.fromarray(np.array([[128, 128], [100, 50]], dtype=np.uint8)).save(tmp_path / "x.png")
    words = ["--bounds", "0:255", "--levels", "256", "--json", "--save", tmp_path / "w"]
    answer = command("attack", model, tmp_path / "x.png", *words)
    assert json.loads(answer.out)["attacks"][2]["intervals"]["1"] == [[206.0, 255.0]]
    assert "rounded" not in answer.err
    levels = np.asarray(Image.open(next((tmp_path / "w").glob("feature-0002-*.png"))))
    assert levels[0].tolist() == [128, 128]
    assert 207 <= levels[1, 0] <= 255


def test_the_picture_is_written_and_shows_red(command: Command, model, tmp_path):
    answer = command("attack", model, stored(tmp_path, ATTACKED), "--plot", tmp_path / "a.png", "--json")
    json.loads(answer.out)
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB")).astype(int)
    red = (pixels[..., 0] > 150) & (pixels[..., 1] < 120) & (pixels[..., 2] < 120)
    assert red.sum() > 10_000
    assert f"wrote {tmp_path / 'a.png'}" in answer.err


def test_a_data_set_names_an_image(command: Command):
    found = json.loads(command("attack", "digits_10x4", "digits:test:3", "--levels", 17, "--json").out)
    assert found["label"] == int(deepcheck.datasets.digits("test").labels[3]) == 5


def test_mnist_by_name(command: Command, data_folder):
    answer = command("attack", "mnist_10x4", "mnist:test:0", "--data", data_folder, "--json")
    found = json.loads(answer.out)
    assert (answer.status, found["label"], found["feature_count"]) == (0, 7, 784)
