"""Bounds of every element: boxes worked out by hand, and what is refused."""

import numpy as np
import pytest
from test_domains import program

import deepcheck
from deepcheck import Pixels
from deepcheck.errors import InputError, OptionError
from deepcheck.program import Preprocessing


def inner(number, dtype, towards):
    """The nearest number of a type on one side of a real one, found by walking."""
    found = dtype(number)
    while (float(found) - number) * towards < 0:
        found = np.nextafter(found, dtype(towards * np.inf))
    return float(found)


def test_a_box_has_the_bounds_of_each_element():
    box = Pixels([0.0, -1.5, 3], [0.5, 2.25, 4]).box(program((3,)))
    assert box.lower.tolist() == [0, -1.5, 3]
    assert box.upper.tolist() == [0.5, 2.25, 4]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bounds_move_inwards_to_numbers_of_the_model(dtype):
    lower, upper = np.array([0.1, 0.7, -0.1]), np.array([0.3, 0.9, 0.6])
    box = Pixels(lower, upper).box(program((3,), dtype))
    assert box.lower.tolist() == [inner(a, dtype, +1) for a in lower]
    assert box.upper.tolist() == [inner(b, dtype, -1) for b in upper]
    assert (box.lower >= lower).all()
    assert (box.upper <= upper).all()
    # float32(0.1) lies above 0.1 and float32(0.7) below: the one stays, the other moves.
    if dtype is np.float32:
        assert box.lower[:2].tolist() == [float(np.float32(0.1)), float(np.nextafter(np.float32(0.7), np.float32(1)))]


def test_bounds_go_through_mean_and_std_of_their_channel():
    made = program((2, 1, 2), mean=[0.5, 0.25], std=[0.25, 0.5])
    lower = np.array([[[0.0, 0.5]], [[0.25, 0.0]]])
    upper = np.array([[[1.0, 0.75]], [[0.25, 1.0]]])
    box = Pixels(lower, upper).box(made)
    assert box.lower.tolist() == [-2, 0, 0, -0.5]
    assert box.upper.tolist() == [2, 1, 0, 1.5]


def test_an_end_is_what_the_model_receives_for_a_number_of_its_type():
    box = Pixels(np.array([0.1, 0.2]), np.array([0.3, 0.9])).box(program(mean=0.1307, std=0.3081))
    pixels = np.array([inner(0.1, np.float32, 1), inner(0.2, np.float32, 1)], np.float32)
    assert (box.lower == (pixels - np.float32(0.1307)) / np.float32(0.3081)).all()


@pytest.mark.parametrize(
    ("shape", "given", "expected"),
    [
        ((2, 1, 3), (1, 3), [0, 1, 2, 0, 1, 2]),
        ((1, 3, 2), (1, 3), [0, 0, 1, 1, 2, 2]),
        ((1, 2, 3), (2, 3), [0, 1, 2, 3, 4, 5]),
        ((2, 1, 3), (6,), [0, 1, 2, 3, 4, 5]),
        ((2, 3), (6,), [0, 1, 2, 3, 4, 5]),
        ((6,), (2, 3), [0, 1, 2, 3, 4, 5]),
    ],
)
def test_one_bound_for_every_position_or_flat(shape, given, expected):
    bounds = np.arange(np.prod(given), dtype=float).reshape(given)
    box = Pixels(bounds, bounds + 1).box(program(shape))
    assert box.lower.tolist() == expected
    assert (box.upper == box.lower + 1).all()


@pytest.mark.parametrize(("shape", "given"), [((2, 2, 2), (2, 2)), ((3,), (2,)), ((2, 3), (2,)), ((2, 1, 3), (3, 1))])
def test_bounds_that_do_not_fit_or_fit_twice(shape, given):
    with pytest.raises(OptionError, match=r"expected bounds of the input's shape \(.*, got"):
        Pixels(np.zeros(given), np.ones(given)).box(program(shape))


def test_a_number_stands_for_every_element():
    box = Pixels(0, np.array([0.5, 1.0])).box(program())
    assert box.lower.tolist() == [0, 0]
    assert box.upper.tolist() == [0.5, 1]


def test_bounds_move_inwards_to_levels():
    domain = Pixels(np.array([0.2, 0.25, 0.0]), np.array([0.8, 0.25, 1.0]), levels=5)
    box = domain.box(program((3,)))
    assert box.lower.tolist() == [0.25, 0.25, 0]
    assert box.upper.tolist() == [0.75, 0.25, 1]
    assert box.tables.tolist() == [[0, 0.25, 0.5, 0.75, 1]]
    behind = domain.box(program((3,), mean=0.5, std=0.25))
    assert behind.lower.tolist() == [-1, -1, -2]
    assert behind.upper.tolist() == [1, -1, 2]
    with pytest.raises(OptionError, match=r"at least one of 5 levels, got 0\.3:0\.4 at element 1"):
        Pixels(np.array([0, 0.3]), np.array([1, 0.4]), levels=5).box(program())


def test_levels_of_whole_numbers_within_bounds_of_each_element():
    box = Pixels(np.array([10.5, 0]), np.array([20, 255]), levels=256).box(program())
    assert (box.lower.tolist(), box.upper.tolist()) == ([11, 0], [20, 255])


@pytest.mark.parametrize("levels", [None, 256])
def test_an_element_frozen_at_the_input_stays_there_in_any_type(levels):
    x = np.array([25, 51]) / 255
    box = Pixels(x, x, levels=levels).box(program())
    assert (box.lower == x.astype(np.float32)).all()
    assert (box.upper == box.lower).all()


def test_bounds_between_two_numbers_of_the_type():
    with pytest.raises(OptionError, match=r"hold some float32 number, got .* at element 1"):
        Pixels(np.array([0, 1 + 1e-12]), np.array([1, 1 + 2e-12])).box(program())
    with pytest.raises(OptionError, match="some float32 number"):
        Pixels(np.array([0, 1e300]), np.array([1, 1e300])).box(program())


@pytest.mark.parametrize(
    ("lower", "upper", "words"),
    [
        ([0, 0.5], [1, 0.4], r"got 0\.5:0\.4 at \[1\]"),
        ([[0, 0], [0, np.nan]], [[1, 1], [1, 1]], r"nan:1 at \[1, 1\]"),
        ([0, 0], [1, np.inf], r"0:inf at \[1\]"),
        ([0, 0], [1, 1, 1], r"one shape, got \(2,\) and \(3,\)"),
        (np.zeros((1, 2)), np.ones(2), "one shape"),
        ([], [], "at least one element"),
        (["a", "b"], [1, 2], "numbers"),
        ([[0], [0, 0]], [1, 2], "numbers"),
        ([0j, 0], [1, 1], "numbers"),
        (np.array([False, True]), [1, 2], "numbers"),
        (0, 0, "A < B"),
        ("0", "1", "numbers"),
    ],
)
def test_bounds_without_meaning(lower, upper, words):
    with pytest.raises(OptionError, match=words) as caught:
        Pixels(lower, upper)
    assert "\n" not in str(caught.value)


def test_one_array_alone_or_with_unbounded():
    with pytest.raises(OptionError, match="both bounds or none"):
        Pixels(np.zeros(2))
    with pytest.raises(OptionError, match="got both"):
        Pixels(np.zeros(2), np.ones(2), unbounded=True)


def test_arrays_are_copied_and_read_only():
    lower, upper = np.zeros(2), np.ones(2)
    domain = Pixels(lower, upper)
    lower[0] = 0.5
    assert domain.lower.tolist() == [0, 0]
    with pytest.raises(ValueError, match="read-only"):
        domain.lower[0] = 1


def test_equal_domains_are_equal_and_hash_alike():
    first, second = Pixels(np.zeros(2), np.ones(2)), Pixels([-0.0, 0], [1, 1])
    assert first == second
    assert hash(first) == hash(second)
    others = [Pixels(), Pixels(0, 1), Pixels([0, 0.5], [1, 1]), Pixels([0, 0], [1, 1], levels=2), Pixels([[0, 0]], 1)]
    assert len({first, second, *others}) == 6
    assert first != "bounds"
    assert Pixels(0, 1) == Pixels(0.0, 1.0)


def test_what_is_said_of_bounds_per_element():
    domain = Pixels([0.25, 0], [0.5, 0.75], levels=256)
    assert domain.per_element
    assert not Pixels(0, 1).per_element
    assert domain.bounds == (0, 0.75)
    assert domain.describe() == "values within per-element bounds in [0, 0.75], 256 levels"
    assert domain.element_bounds((2,)).tolist() == [[0.25, 0], [0.5, 0.75]]
    assert Pixels(0, 2).element_bounds((2,)).tolist() == [[0, 0], [2, 2]]


def test_the_element_outside_its_own_bounds_is_named():
    made = program((3,), mean=0.5, std=0.25)
    domain = Pixels([0, 0.25, 0], [1, 0.5, 1])
    box = domain.box(made)
    domain.check(made, np.array([[-2.0, 0.0, 2.0]]), box)
    with pytest.raises(InputError, match=r"element 1 of input 1 within its bounds 0\.25:0\.5, got 0\.75"):
        domain.check(made, np.array([[-2.0, 0.0, 2.0], [0, 1, 0]]), box)


@pytest.mark.parametrize("levels", [None, 5])
def test_where_every_element_is_frozen_everything_is_proved(levels):
    made, x = program((2, 2)), np.array([[0.25, 0.5], [0.75, 1]])
    domain = Pixels(x, x, levels=levels)
    result = deepcheck.attack(made, x, domain=domain)
    assert (result.verdict, result.counts["proved"]) == ("proved", 4)
    reach = deepcheck.importance(made, x, metric="reach", domain=domain)
    scores = np.sort(made(x))
    assert reach == pytest.approx(np.full((2, 2), scores[0] - scores[1]))
    assert deepcheck.as_json(result)["domain"] == {"lower": 0.25, "upper": 1, "levels": levels, "per_element": True}


def test_the_preprocessing_never_turns_bounds_round():
    """Each of its operations is monotone, roundings included."""
    rng = np.random.default_rng(3)
    lower = rng.random((1000, 3)).astype(np.float32)
    upper = np.nextafter(lower, np.float32(2))
    steps = Preprocessing((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert (steps.model_input(lower, lower.dtype) <= steps.model_input(upper, lower.dtype)).all()
