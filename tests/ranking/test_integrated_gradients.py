"""Integrated gradients: by hand, complete, and what Captum comes to with many steps."""

import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from oracles import run_exactly
from requirements import require
from strategies import ORDINARY, dense_network, networks

import deepcheck
from deepcheck.errors import DeepCheckError, InputError, OptionError


def bend():
    """Scores ``relu(x0 + x1 - 1/2)`` and 0."""
    return deepcheck.load(dense_network([([[1], [1]], [-0.5]), ([[1, 0]], [0, -1])]))


def test_by_hand():
    """From black the score starts to grow at half of the way."""
    program, x = bend(), np.array([0.75, 0.25], np.float32)
    assert deepcheck.importance(program, x, metric="ig") == pytest.approx([0.375, 0.125])
    assert deepcheck.importance(program, x, metric="ig", baseline=0.25) == pytest.approx([0.5, 0.0])
    given = np.array([0.75, 0.0])
    assert deepcheck.importance(program, x, metric="ig", baseline=given) == pytest.approx([0.0, 0.25])
    batch = deepcheck.importance(program, np.stack([x, x]), metric="ig")
    assert batch == pytest.approx(np.array([[0.375, 0.125]] * 2))


@settings(max_examples=40)
@given(networks(ORDINARY, most=4))
def test_scores_add_up_to_the_difference_of_the_label_s_score(network):
    try:
        program = deepcheck.load(network.model, **({"decision": "sign"} if network.sigmoid else {}))
        scores = deepcheck.importance(program, network.x, metric="ig", features_as="element")
    except (DeepCheckError, InputError):
        assume(False)
    outputs = [
        np.array([run_exactly(network.model, x, slopes=False).outputs[0]], object).reshape(1, -1)
        for x in (network.x, 0 * network.x)
    ]
    here, there = (program.decided().scores(output)[0].astype(np.float64) for output in outputs)
    label = int(np.argmax(here))
    assert scores.sum() == pytest.approx(here[label] - there[label], rel=1e-9, abs=1e-9)


def test_captum_with_many_steps():
    torch, attr = require("torch"), require("captum.attr")
    torch.manual_seed(1)
    layers = (
        torch.nn.Conv2d(1, 3, 3),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(12, 3),
    )
    net = torch.nn.Sequential(*layers).double().eval()
    x = torch.rand(1, 1, 6, 6, dtype=torch.float64)
    program = deepcheck.load(net, example_input=x)
    ours = deepcheck.importance(program, x.numpy()[0], metric="ig", baseline=0.1)
    label = int(net(x).argmax())
    many = attr.IntegratedGradients(net).attribute(
        x, torch.full_like(x, 0.1), target=label, n_steps=20_000, method="riemann_middle", internal_batch_size=2000
    )
    assert ours.ravel() == pytest.approx(many.numpy().ravel(), abs=2e-4 * np.abs(ours).max())


def test_options_without_meaning():
    program, x = bend(), np.array([0.75, 0.25], np.float32)
    for options, words in (
        ({"metric": "coi", "baseline": 0}, "metric='ig' only"),
        ({"metric": "ig", "baseline": np.zeros(3)}, "input's shape"),
        ({"metric": "ig", "baseline": np.inf}, "finite"),
        ({"metric": "gradient"}, "abs, co, coi, reach, ig"),
    ):
        with pytest.raises(OptionError, match=words):
            deepcheck.importance(program, x, **options)


def test_on_the_command_line(tmp_path, capsys):
    from deepcheck.__main__ import main

    model, x = tmp_path / "bend.onnx", tmp_path / "x.npy"
    model.write_bytes(dense_network([([[1], [1]], [-0.5]), ([[1, 0]], [0, -1])]).SerializeToString())
    np.save(x, np.array([0.75, 0.25], np.float32))
    assert main(["importance", str(model), str(x), "--metric", "ig", "--baseline", "0.25", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"] == pytest.approx([0.5, 0.0])
