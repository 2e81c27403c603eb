"""Importance against Captum and by hand; orders and shortlists."""

import numpy as np
import pytest
from hypothesis import given, settings
from oracles import dense_layers, label_of, label_scores, load_bytes, run_exactly
from requirements import require
from strategies import DEGENERATE, ORDINARY, dense_network, networks

import deepcheck
from deepcheck import Pixels, datasets, order_of, shortlist_length, zoo
from deepcheck.errors import OptionError


@pytest.mark.filterwarnings("ignore")  # Captum's and torch's own
def test_the_metrics_are_captum_s(data_folder):
    torch, attr = require("torch"), require("captum.attr")
    x = datasets.mnist("test", data_folder).pixels()[:60]
    layers = []
    for weight, bias in dense_layers(load_bytes(zoo.path("mnist_10x4").read_bytes())):
        dense = torch.nn.Linear(*weight.shape, dtype=torch.float64)
        dense.weight.data, dense.bias.data = torch.tensor(weight.T).double(), torch.tensor(bias).double()
        layers += [dense, torch.nn.ReLU()]
    twin = torch.nn.Sequential(torch.nn.Flatten(), *layers[:-1])
    given = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    target = twin(given).argmax(1)
    saliency, product = attr.Saliency(twin), attr.InputXGradient(twin)
    expected = {
        "abs": saliency.attribute(given, target=target, abs=True),
        "co": saliency.attribute(given, target=target, abs=False),
        "coi": product.attribute(given, target=target),
    }
    program = deepcheck.load(zoo.path("mnist_10x4"))
    for metric, theirs in expected.items():
        ours = deepcheck.importance(program, x, metric=metric)
        assert ours.shape == (60, 28, 28)
        np.testing.assert_allclose(ours.reshape(60, -1), theirs.detach().numpy().reshape(60, -1), rtol=0, atol=1e-6)
        assert np.abs(ours).max() > 0.1


@settings(max_examples=80)
@given(networks(ORDINARY + DEGENERATE))
def test_the_metrics_are_the_coefficients_of_the_predicted_label(network):
    exact = run_exactly(network.model, network.x)
    forms = label_scores(exact.outputs)
    label = label_of(forms[0])
    form = forms[1:, label].astype(np.float64)
    program = deepcheck.load(network.model)
    tolerance = {"rtol": 1e-9, "atol": 1e-12 * max(1, np.abs(forms.astype(np.float64)).max())}
    for metric, expected in (("abs", np.abs(form)), ("co", form), ("coi", form * network.x.ravel())):
        found = deepcheck.importance(program, network.x, metric=metric, features_as="element")
        # Rounding is relative to the terms of a sum, not to a sum that nearly cancels.
        if network.description.startswith(("normal", "integers")):
            np.testing.assert_allclose(found.ravel(), expected, **tolerance)
        assert found.shape == (
            network.x.shape[1:] if len(network.x.shape) == 3 and len(network.x) == 1 else network.x.shape
        )


@settings(max_examples=60)
@given(networks(ORDINARY))
def test_reach_is_the_largest_margin_of_the_form_alone(network):
    forms = label_scores(run_exactly(network.model, network.x).outputs)
    label = label_of(forms[0])
    found = deepcheck.importance(
        deepcheck.load(network.model), network.x, metric="reach", domain=Pixels(-1.0, 2.0), features_as="element"
    ).ravel()
    for i, v in enumerate(network.x.ravel().tolist()):
        lead = (forms - forms[:, label : label + 1])[:, [j for j in range(forms.shape[1]) if j != label]]
        best = max(g + max(s * (-1 - v), s * (2 - v)) for g, s in zip(lead[0], lead[1 + i], strict=True))
        assert found[i] == pytest.approx(float(best), rel=1e-9, abs=1e-9)


def test_the_metrics_by_hand():
    """f = (3 x0 - 2 x1, x2) with all ReLUs active, at (1/2, 1/4, 1/8): label 0 by 1 to 1/8."""
    model = dense_network([([[3, 0], [-2, 0], [0, 1]], [0, 0]), (np.eye(2), [0, 0])])
    program, x = deepcheck.load(model), np.array([0.5, 0.25, 0.125], np.float32)
    assert deepcheck.importance(program, x, metric="abs").tolist() == [3, 2, 0]
    assert deepcheck.importance(program, x, metric="co").tolist() == [3, -2, 0]
    assert deepcheck.importance(program, x, metric="coi").tolist() == [1.5, -0.5, 0]
    assert deepcheck.importance(program, x).tolist() == [1.5, -0.5, 0]
    # The gap is 1/8 - 1; x0 can fall by 1/2 (+3/2), x1 rise by 3/4 (+3/2), x2 rise by 7/8.
    assert deepcheck.importance(program, x, metric="reach").tolist() == [0.625, 0.625, 0.0]


def test_the_scores_of_a_single_logit():
    """The score of label 0 is minus the logit."""
    model = dense_network([([[2.0], [-1.0]], [0.0])], final="Sigmoid")
    program = deepcheck.load(model)
    positive, negative = np.array([1.0, 0.5], np.float32), np.array([0.0, 0.5], np.float32)
    assert deepcheck.importance(program, positive, metric="co").tolist() == [2, -1]
    assert deepcheck.importance(program, negative, metric="co").tolist() == [-2, 1]


def test_scores_are_in_pixel_units_behind_a_preprocessing():
    model = dense_network([([[3, 0], [-2, 0]], [0, 0])])
    program = deepcheck.load(model, mean=0.5, std=0.25)
    x = np.array([0.75, 0.625], np.float32)
    assert deepcheck.importance(program, x, metric="co").tolist() == [12, -8]
    assert deepcheck.importance(program, x, metric="coi").tolist() == [9, -5]
    # The model receives (1, 1/2): f = (2, 0); x0 can fall to 0 (-9), x1 rise by 3/8 (-3).
    assert deepcheck.importance(program, x, metric="reach").tolist() == [7.0, 1.0]


def test_the_colours_of_a_pixel_are_summed():
    weights = np.arange(1, 13).reshape(3, 2, 2).astype(np.float64)
    weights[1] *= -1
    model = dense_network([(np.stack([weights.ravel(), np.zeros(12)], axis=1), [1000, 0])], input_shape=(3, 2, 2))
    program, x = deepcheck.load(model), np.full((3, 2, 2), 0.5, np.float32)
    assert deepcheck.importance(program, x, metric="abs").tolist() == np.abs(weights).sum(axis=0).tolist()
    assert deepcheck.importance(program, x, metric="co").tolist() == weights.sum(axis=0).tolist()
    assert deepcheck.importance(program, x, metric="coi").tolist() == (weights.sum(axis=0) / 2).tolist()
    by_row = deepcheck.importance(program, x, metric="co", features_as="word")
    assert by_row.tolist() == weights.sum(axis=2).tolist()
    last = deepcheck.importance(program, x, metric="co", layout="nhwc")
    assert last.tolist() == weights.sum(axis=2).tolist()
    # The other label's score is 0, and the label leads by 1000 less the sum: a pixel can only take away.
    gaps = -(1000 + weights.sum() / 2)
    gains = np.abs(weights).sum(axis=0) / 2
    assert deepcheck.importance(program, x, metric="reach").tolist() == (gaps + gains).tolist()


@pytest.mark.parametrize(("metric", "words"), [("gradient", "abs, co, coi, reach"), ("", "abs")])
def test_an_unknown_metric_is_answered_with_the_known_ones(metric, words):
    program = deepcheck.load(dense_network([(np.eye(2), [0, 0])]))
    with pytest.raises(OptionError, match=words):
        deepcheck.importance(program, np.zeros(2, np.float32), metric=metric)
    with pytest.raises(OptionError, match="bounded"):
        deepcheck.importance(program, np.zeros(2, np.float32), metric="reach", domain=Pixels(unbounded=True))


def test_ties_go_to_the_lowest_index():
    assert order_of(np.array([1.0, 3, 1, 3, 2])).tolist() == [1, 3, 4, 0, 2]
    assert order_of(np.zeros(5)).tolist() == [0, 1, 2, 3, 4]
    assert order_of(np.array([[0.0, -0.0], [1, 2]])).tolist() == [[0, 1], [1, 0]]
    assert order_of(np.array([-np.inf, np.inf, 0])).tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("shortlist", "count", "length"),
    [
        ("5%", 784, 39),
        ("10%", 784, 78),
        ("30%", 784, 235),
        ("100%", 784, 784),
        ("0.2%", 784, 1),
        ("7%", 100, 7),
        ("29%", 100, 29),
        ("58%", 50, 29),
        (" 5 % ", 784, 39),
        (40, 784, 40),
        ("40", 784, 40),
        (784, 784, 784),
        (None, 784, 784),
    ],
)
def test_a_shortlist_is_a_rounded_down_share_or_a_count(shortlist, count, length):
    assert shortlist_length(shortlist, count) == length


@pytest.mark.parametrize(
    "shortlist", ["0%", "101%", "0.1%", "-5%", "5", 5, 0, -1, "", "%", "five", 0.5, "nan%", "1e1%"]
)
def test_a_shortlist_without_meaning(shortlist):
    with pytest.raises(OptionError, match="shortlist"):
        shortlist_length(shortlist, 4)
