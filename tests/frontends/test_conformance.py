"""The ONNX project's own backend test suite, and the page that says what of it is in scope."""

import json
import warnings
from collections import Counter

import onnx
import pytest
from conformance import DOCS, KINDS, cases, judge, page

IN_SCOPE = {"node": 490, "simple": 6, "pytorch-converted": 65, "pytorch-operator": 26, "light": 6}
"""How many cases are in scope at least, with onnx 1.23; a newer onnx has more."""
MEANT = {"light_densenet121", "light_inception_v2", "light_resnet50", "light_shufflenet", "light_squeezenet"}
MEANT |= {"light_vgg19"}


@pytest.fixture(scope="module")
def outcomes():
    # onnx makes some cases by overflowing casts, and says so.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        every = list(cases())
    return [judge(case) for case in every]


def test_every_case_in_scope_passes(outcomes):
    assert [(o.name, o.reason) for o in outcomes if o.state == "fails"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_fewer_cases_are_in_scope(outcomes, kind):
    assert sum(o.kind == kind and o.state == "passes" for o in outcomes) >= IN_SCOPE[kind]


def test_every_refusal_names_an_operator_and_a_reason(outcomes):
    for outcome in outcomes:
        if outcome.state == "refused":
            assert outcome.operator, outcome.name
            assert outcome.reason, outcome.name
            assert "\n" not in outcome.reason


def test_the_real_topologies_without_local_response_normalization_load(outcomes):
    light = {o.name: o for o in outcomes if o.kind == "light"}
    assert {name for name, o in light.items() if o.state == "passes"} == MEANT
    assert {o.operator for o in light.values() if o.state == "refused"} == {"LRN"}


def test_smooth_and_jumping_operators_are_out_of_scope(outcomes):
    """Nothing that is not piecewise linear may slip in: these have no case that passes."""
    passed = {o.operator for o in outcomes if o.state == "passes"}
    assert not passed & {"Tanh", "Exp", "Sign", "Floor", "Round", "ArgMax", "HardSwish", "Gelu", "LRN", "Erf", "Less"}


def test_the_published_page_is_what_the_suite_says(outcomes):
    published = json.loads((DOCS / "conformance.json").read_text())
    if published["onnx"] != onnx.__version__:
        assert published["in_scope"]
        return
    counts = Counter(f"{o.kind}: {o.state}" for o in outcomes)
    assert published["counts"] == dict(sorted(counts.items()))
    assert (DOCS / "conformance.md").read_text() == page(outcomes)
