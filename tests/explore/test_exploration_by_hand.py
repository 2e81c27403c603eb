"""Exploration of networks whose regions are counted by hand; budgets, borders, and hidden attacks."""

import json

import numpy as np
import pytest
from plain_networks import FLATTEN, RELU, Net, clip, convolve, dense, pool
from planted import plant
from strategies import dense_network

import deepcheck
from deepcheck import Pixels
from deepcheck.errors import InputError, OptionError
from deepcheck.explore.crossings import Known, cross
from deepcheck.explore.polytopes import polytopes
from deepcheck.explore.slices import Slice, regions_at
from deepcheck.symbolic import run
from deepcheck.verbs.questions import received_in

CENTRE = np.full(2, 0.5, np.float32)
CORNER = np.array([0.125, 0.0625], np.float32)


def lines(weight, bias, last=None, end=(1.0, 0.0)):
    """Neurons of two inputs, columns of ``weight``; by default the label is 0 everywhere."""
    width = len(bias)
    last = np.zeros((width, 2)) if last is None else last
    return deepcheck.load(dense_network([(np.array(weight, float), np.array(bias, float)), (last, np.array(end))]))


def count(program, x=CORNER, **options):
    options = {"features": [0, 1]} | options
    return deepcheck.explore_paths(program, x, **options)


def test_three_lines_make_seven_regions_and_six_through_one_point():
    # x = 1/2, y = 1/2 and x + y = 3/4 meet pairwise inside the square: 1 + 3 + 3 regions.
    seven = count(lines([[1, 0, 1], [0, 1, 1]], [-0.5, -0.5, -0.75]))
    assert (seven.paths, seven.complete, seven.verdict, seven.scope) == (7, True, "proved", "all paths")
    # x + y = 1 goes through their common point: the two quadrants that it does not enter stay whole.
    six = count(lines([[1, 0, 1], [0, 1, 1]], [-0.5, -0.5, -1.0]))
    assert (six.paths, six.complete) == (6, True)
    assert sorted(visit.flips for visit in six.visits) == [0, 1, 1, 2, 2, 3]


def test_neurons_with_one_hyperplane_make_one_wall():
    # x >= 1/2 three times, once with the other sign, once scaled: two regions, five flips between them.
    found = count(lines([[1, 1, 1, -1, 4], [0, 0, 0, 0, 0]], [-0.5, -0.5, -0.5, 0.5, -2]))
    assert (found.paths, found.complete) == (2, True)
    assert sorted(visit.flips for visit in found.visits) == [0, 5]


def test_dead_neurons_and_neurons_of_nothing_make_no_wall():
    # -1, 0 and 1 everywhere; x + y = 0 and x + y = 2 touch the square in a corner; x = 1 along a side.
    found = count(lines([[0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0]], [-1, 0, 1, 0, -2, -1]))
    assert (found.paths, found.complete) == (1, True)


@pytest.mark.parametrize("x", [(0.5, 0.5), (0.5, 0.25), (0.0, 0.0), (1.0, 0.5)])
def test_an_input_on_borders_is_explored_all_around(x):
    weight = [[1, -1, 1, 0], [0, 0, 1, 1]]  # x <= 1/2, x >= 1/2, x + y >= 1, y >= 1/2
    found = count(lines(weight, [-0.5, 0.5, -1, -0.5]), np.array(x, np.float32))
    assert (found.paths, found.complete) == (6, True)


def test_two_breakpoints_make_three_pieces():
    # clip(4 x - 1, 0, 1) bends at 1/4 and 1/2, and so does the other in y: nine squares.
    net = Net((2,), (dense(4 * np.eye(2), [-1, -1]), clip(0.0, 1.0), dense(np.zeros((2, 2)), [1, 0])))
    found = count(deepcheck.load(net.model), np.zeros(2, np.float32))
    assert (found.paths, found.complete) == (9, True)
    assert sorted(visit.flips for visit in found.visits) == [0, 1, 1, 1, 1, 2, 2, 2, 2]


def test_the_largest_of_four_pixels():
    # Four pixels, each the largest somewhere; behind a ReLU (x - 1/2) all four may be 0: tied, and the first wins.
    # With all active the same four; with some dead the largest is one of the active ones.
    plain = Net((1, 2, 2), (pool(2, 1), FLATTEN, dense(np.zeros((1, 2)), [1, 0])))
    x = np.full((1, 2, 2), 0.25, np.float32)
    found = deepcheck.explore_paths(deepcheck.load(plain.model), x, features=range(4), features_as="element")
    assert (found.paths, found.complete) == (4, True)
    shifted = Net((1, 2, 2), (FLATTEN, dense(np.eye(4), np.full(4, -0.5)), RELU))
    behind = Net((1, 2, 2), (*shifted.steps, dense(np.zeros((4, 2)), [1, 0])))
    assert deepcheck.explore_paths(deepcheck.load(behind.model), x, features=range(4)).paths == 16


def test_dead_elements_tie_in_a_max_pooling():
    # relu(x_i - 1/2) by a convolution of one weight, then the largest of four. With j of four active there are
    # j choices of the largest: sum of C(4, j) j = 4 * 2^3 = 32, and one more where all are dead.
    steps = (convolve(np.ones((1, 1, 1, 1)), [-0.5]), RELU, pool(2, 1), FLATTEN, dense(np.zeros((1, 2)), [1, 0]))
    program = deepcheck.load(Net((1, 2, 2), steps).model)
    found = deepcheck.explore_paths(program, np.full((1, 2, 2), 0.25, np.float32), features=range(4))
    assert (found.paths, found.complete, found.verdict) == (33, True, "proved")


def test_the_nearest_attack_and_what_is_proved_without_it():
    # Score 1 is relu(x - 1/2) + relu(y - 1/2) - 3/4 against 0: only where both are active, two flips away.
    program = lines(np.eye(2), [-0.5, -0.5], last=[[0, 1], [0, 1]], end=(0.0, -0.75))
    found = count(program)
    assert (found.verdict, found.scope, found.paths) == ("attack", "all paths", 4)
    assert found.counts == {"attackable": 1, "replayed": 1, "proved": 3, "undecided": 0, "ahead": 0, "open": 0}
    assert (found.nearest.flips, found.nearest.label, found.nearest.features) == (2, 1, (0, 1))
    assert found.labels == {0: 4, 1: 1}
    assert count(program, features=[0]).verdict == "proved"
    # At (1, 1) it leads by 1/4.
    assert 0 < found.nearest.witness.margin <= 0.25


def test_a_tie_is_neither_attack_nor_proof():
    # Score 0 reaches score 1, but no more, in one corner: the label would change to the lower index.
    program = lines(np.eye(2), [-0.5, -0.5], last=[[1, 0], [1, 0]], end=(0.0, 1.0))
    found = count(program)
    assert (found.verdict, found.reason, found.complete) == ("undecided", "tie", True)
    # The other way round the lower index keeps the label: proved.
    other = lines(np.eye(2), [-0.5, -0.5], last=[[0, 1], [0, 1]], end=(1.0, 0.0))
    assert count(other).verdict == "proved"


def test_attacks_between_levels_are_none_on_levels():
    # A hat of height 1 at x = 1/2, 1/8 wide, against 1/2: on 3 levels it is met, on 4 levels (0, 1/3, 2/3, 1) not.
    hat = [[1, 1, 1], [0, 0, 0]], [-0.375, -0.5, -0.625]
    program = lines(*hat, last=[[0, 8], [0, -16], [0, 8]], end=(0.5, 0.0))
    x = np.zeros(2, np.float32)
    assert count(program, x, domain=Pixels(levels=3)).verdict == "attack"
    missed = count(program, x, domain=Pixels(levels=4))
    assert (missed.verdict, missed.complete, missed.paths) == ("proved", True, 4)
    assert count(program, x, domain=Pixels(0, 1)).verdict == "attack"


def needle(height):
    """A hat that is 1 at 1/2 + 2^-60, and 0 but between 1/2 and 1/2 + 2^-59: between two neighbouring floats."""
    scale = 2.0**60
    layers = [
        ([[1.0], [0.0]], [-0.5]),
        ([[scale, scale, scale]], [0.0, -1.0, -2.0]),
        ([[0, 1], [0, -2], [0, 1]], [height, 0.0]),
    ]
    return deepcheck.load(dense_network([(np.array(w, float), np.array(b)) for w, b in layers]))


def test_regions_between_two_neighbouring_floats():
    # The hat reaches 1: against 2 it is proved; against 1/2 it wins, but at no number of the model's type.
    proved = count(needle(2.0))
    assert (proved.paths, proved.complete, proved.verdict) == (4, True, "proved")
    found = count(needle(0.5))
    assert (found.paths, found.complete, found.verdict) == (4, True, "undecided")
    assert found.reason == "no value of the model's type inside the region"
    assert found.counts["undecided"] == 2
    assert count(needle(1.0)).verdict == "proved"  # a tie keeps the lower label
    assert count(needle(1.0), features=[1]).paths == 1


def test_the_neighbour_is_the_next_region_and_not_one_behind_it():
    # a = relu(x - 1/2), then a - 1/64: on the left the second is no wall, so half of the way leads two regions on.
    layers = [([[1.0], [0.0]], [-0.5]), ([[1.0]], [-1 / 64]), ([[0, 0]], [1.0, 0.0])]
    program = deepcheck.load(dense_network([(np.array(w, float), np.array(b)) for w, b in layers]))
    received, box = received_in(program, CORNER, Pixels())
    own = Slice.of(program, received, run(program, received, sharp=True), box, np.array([0, 1]))
    (left,) = regions_at(own, own.origin[None])
    (crossed,) = cross(own, polytopes(own, [left]), Known({left.key}), lambda: None)
    assert [region.flips for region in crossed.regions] == [1]
    assert 0.5 < crossed.regions[0].point[0] <= 0.5 + 1 / 64


def chain():
    return lines([[1] * 9, [0] * 9], -np.arange(1, 10) / 10)


def test_budgets_say_what_is_left():
    whole = count(chain())
    assert (whole.paths, whole.complete) == (10, True)
    part = count(chain(), limit=4)
    assert (part.paths, part.complete, part.verdict) == (4, False, "undecided")
    assert part.reason == "limit of paths"
    assert part.counts["ahead"] > 0
    assert part.scope == "4 paths, of more"
    assert [visit.flips for visit in part.visits] == [0, 1, 1, 2]  # 0.125 lies in the second of ten
    assert count(chain(), limit=10).complete
    late = count(chain(), timeout=1e-9)
    assert (late.complete, late.reason) == (False, "time limit")


@pytest.mark.parametrize("order", ["nearest", "depth"])
def test_an_interrupt_ends_the_search_with_what_is_known(order):
    def interrupt(visited, ahead):
        if visited >= 3:
            raise KeyboardInterrupt

    found = count(chain(), order=order, progress=interrupt)
    assert 3 <= found.paths < 10
    assert (found.complete, found.verdict, found.reason) == (False, "undecided", "interrupted")


def test_nothing_can_move_where_bounds_leave_no_room():
    found = count(chain(), domain=Pixels(CORNER, CORNER))
    assert (found.paths, found.complete, found.verdict) == (1, True, "proved")
    upper = np.array([CORNER[0], 1], np.float32)
    assert count(chain(), domain=Pixels(CORNER, upper)).paths == 1


def test_unbounded_features():
    found = count(lines([[1, 0, 1], [0, 1, 1]], [-0.5, -0.5, -7]), domain=Pixels(unbounded=True))
    assert (found.paths, found.complete) == (7, True)


@pytest.mark.parametrize("kind", ["dense", "convolution", "pool"])
def test_hidden_attacks_are_found_and_their_absence_proved(kind):
    made = plant(kind, 2, "reaches", count=4)
    program = deepcheck.load(made.net.model)
    for pair in [*made.sets, (0, 1)]:
        found = deepcheck.explore_paths(program, made.x, features=pair)
        assert found.complete
        assert found.verdict == ("attack" if tuple(pair) in made.sets else "proved")


def test_json_can_be_written():
    program = lines(np.eye(2), [-0.5, -0.5], last=[[0, 1], [0, 1]], end=(0.0, -0.75))
    found = json.loads(json.dumps(deepcheck.exploration_as_json(count(program)), allow_nan=False))
    assert (found["schema"], found["verdict"], found["paths"], found["complete"]) == (1, "attack", 4, True)
    assert found["nearest"]["flips"] == 2
    assert found["labels"] == {"0": 4, "1": 1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"features": [2]}, "expected features from 0 to 1, got [2]"),
        ({"order": "random"}, "expected an order of nearest, depth, got 'random'"),
        ({"limit": 0}, "expected a limit of 1 or more paths, got 0"),
        ({"timeout": 0}, "expected a timeout above 0 seconds, got 0"),
        ({"target": 0}, "expected a target other than the label"),
    ],
)
def test_options_without_meaning(options, message):
    with pytest.raises(OptionError) as error:
        count(chain(), **options)
    assert message in str(error.value)


def test_one_input_at_a_time():
    with pytest.raises(InputError, match="expected one input of shape"):
        count(chain(), np.zeros((2, 2), np.float32))
