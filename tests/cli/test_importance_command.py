import json

import numpy as np
import pytest
from conftest import Command
from PIL import Image
from strategies import dense_network
from test_attack_command import ATTACKED, stored

from deepcheck.symbolic import concrete


@pytest.mark.parametrize(
    ("metric", "scores", "order"),
    [
        ("abs", [[1.0, 1.0], [0.0, 0.0]], [0, 1, 2, 3]),
        ("co", [[1.0, 1.0], [0.0, 0.0]], [0, 1, 2, 3]),
        ("coi", [[0.5, 0.5], [0.0, 0.0]], [0, 1, 2, 3]),
        ("reach", [[0.1, 0.1], [0.2, 0.4]], [3, 2, 0, 1]),
    ],
)
def test_json_has_the_scores_worked_out_by_hand(command: Command, model, tmp_path, metric, scores, order):
    words = ["importance", model, stored(tmp_path, ATTACKED), "--metric", metric, "--top", "50%", "--json"]
    found = json.loads(command(*words).out)
    assert (found["schema"], found["metric"], found["label"], found["shape"]) == (1, metric, 0, [2, 2])
    np.testing.assert_allclose(found["scores"], scores, atol=1e-6)
    assert (found["order"], found["shortlist"]) == (order, order[:2])


def test_the_table_lists_the_shortlist(command: Command, model, tmp_path):
    answer = command("importance", model, stored(tmp_path, ATTACKED), "--metric", "reach", "--top", 3, "--limit", 2)
    assert answer.status == 0
    lines = [line.split() for line in answer.out.splitlines()]
    assert ["1", "3", "(1,", "1)", "0.4"] in lines
    assert ["2", "2", "(1,", "0)", "0.2"] in lines
    assert not any(line[:2] == ["3", "0"] for line in lines)
    assert "and 1 more: --limit 3" in answer.out


def test_the_picture_shows_green(command: Command, model, tmp_path):
    command("importance", model, stored(tmp_path, ATTACKED), "--plot", tmp_path / "a.png")
    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB")).astype(int)
    assert ((pixels[..., 1] > 125) & (pixels[..., 0] < 80) & (pixels[..., 2] < 150)).sum() > 10_000


def test_a_path_that_is_not_certified_is_said(command, model, tmp_path, monkeypatch):
    """Two thirds that cancel: floats cannot certify the sign of their difference."""
    thirds = [([[1 / 3, 1.0], [-1 / 3, 1.0]], [0.0, 0.0]), ([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0])]
    (tmp_path / "thirds.onnx").write_bytes(dense_network(thirds).SerializeToString())
    np.save(tmp_path / "x.npy", np.float32([0.7, 0.7]))
    words = ("importance", tmp_path / "thirds.onnx", tmp_path / "x.npy", "--json")
    certain = command(*words)
    assert (json.loads(certain.out)["certified_path"], certain.err) == (True, "")
    monkeypatch.setattr(concrete, "EXACT_PRODUCTS", -1)
    doubtful = command(*words)
    assert json.loads(doubtful.out)["certified_path"] is False
    assert doubtful.err.startswith("warning: the path and label used are those of float64")
