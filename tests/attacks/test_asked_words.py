"""What is said of an answer names the target, the features and the domain that it is about."""

import numpy as np
import pytest
from strategies import dense_network

import deepcheck

X = np.float32([0.5, 0, 0, 0])


@pytest.fixture(scope="module")
def program():
    """Scores ``relu(x0 + 0.5), relu(x1 + 0.6), relu(x2 - 3)``: pixel 0 or 1 alone gives label 1, nothing gives 2."""
    weight = np.zeros((4, 3), np.float32)
    weight[0, 0] = weight[1, 1] = weight[2, 2] = 1
    return deepcheck.load(dense_network([(weight, [0.5, 0.6, -3.0])]))


@pytest.mark.parametrize("paths", ["same", "all"])
def test_no_set_leads_to_a_target_does_not_say_that_none_overturns_the_label(program, paths):
    found = deepcheck.smallest(program, X, target=2, paths=paths)
    assert str(found).endswith("values in [0, 1], to label 2): no set of these 4 features turns the label 0 into 2")
    assert deepcheck.smallest(program, X, paths=paths).verdict == "attack"
    assert "overturns" not in found._repr_html_()
    assert found.asked_words == "values in [0, 1], the fewest of 4 features, to label 2"


def test_a_batch_says_what_it_is_about(program):
    found = deepcheck.attack(program, np.stack([X, X]), target=2, features=[0, 1], paths="all")
    about = "values in [0, 1], one of 2 features (of 4), to label 2"
    assert str(found) == f"2 results (all paths, {about}): 0 attack, 2 proved, 0 undecided"
    assert f"all paths; {about}" in found._repr_html_()
    along = deepcheck.attack(program, np.stack([X, X]), size=2)
    assert str(along).startswith("2 results (each input's own path, values in [0, 1], sets of 2 of 4 features): ")


def test_an_answer_that_is_open_or_found_names_the_target(program):
    assert str(deepcheck.attack(program, X, target=1)).startswith(
        "attack (this path, values in [0, 1], one of 4 features, to label 1): 2 attackable"
    )
    listed = deepcheck.attack(program, X, target=2, order="coi", shortlist=1)
    assert str(listed).startswith("undecided: untried (this path, values in [0, 1], one of 4 features, to label 2): ")


def test_bounds_that_do_not_hold_the_input_are_one_sentence(program):
    with pytest.raises(deepcheck.errors.InputError, match=r"outside these bounds; give wider ones, or 'unbounded'$"):
        deepcheck.attack(program, X, domain=deepcheck.Pixels(0, 0.25))


def test_a_certificate_about_a_target_names_it(program):
    made = deepcheck.certificate(deepcheck.attack(program, X, target=2))
    assert str(made) == "certificate: proved (this path, to label 2), 0 attacks, 0 undecided sets"
    assert "certificate (this path, at most 1 of 4 features, to label 2)" in made._repr_html_()
    assert str(deepcheck.certificate(deepcheck.attack(program, X))).startswith("certificate: attack (this path), 2 ")
