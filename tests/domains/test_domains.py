"""Bounds and levels in the units of the model, and features as groups of elements."""

import numpy as np
import pytest
from strategies import Graph, dense_network

import deepcheck
from deepcheck import Features, Pixels
from deepcheck.errors import InputError, OptionError


def program(shape=(2,), dtype=np.float32, **options):
    net = Graph(np.random.default_rng(0), "normal", shape, 17, np.dtype(dtype))
    if len(shape) > 1:
        net.node("Flatten", shape=(int(np.prod(shape)),))
    net.node("MatMul", net.store(net.numbers(net.shape[0], 2)), shape=(2,))
    return deepcheck.load(net.model(shape), **options)


def test_levels_are_the_numbers_that_the_model_receives():
    box = Pixels(levels=256).box(program())
    assert box.tables.shape == (1, 256)
    assert (box.tables[0].astype(np.float32) == np.arange(256, dtype=np.float32) / np.float32(255)).all()
    # float32(v) / 255 differs from the rounded v / 255 nowhere, and from v / 255 itself nearly everywhere.
    assert np.count_nonzero(box.tables[0] != np.arange(256) / 255) == 254


def test_levels_go_through_the_preprocessing_in_its_own_type():
    box = Pixels(levels=256).box(program(mean=0.1307, std=0.3081))
    pixels = np.arange(256, dtype=np.float32) / np.float32(255)
    assert (box.tables[0] == ((pixels - np.float32(0.1307)) / np.float32(0.3081)).astype(np.float64)).all()
    assert (box.lower == box.tables[0][0]).all()
    assert (box.upper == box.tables[0][-1]).all()


def test_levels_of_each_channel():
    box = Pixels(levels=3).box(program((2, 1, 2), mean=[0.0, 0.5], std=[1.0, 0.5]))
    assert box.tables.tolist() == [[0, 0.5, 1], [-1, 0, 1]]
    assert box.channel.tolist() == [0, 0, 1, 1]
    assert box.lower.tolist() == [0, 0, -1, -1]


def test_levels_of_whole_numbers():
    box = Pixels(0, 255, levels=256).box(program())
    assert box.tables[0].tolist() == list(range(256))
    assert Pixels(0, 16, levels=17).scale == 16
    with pytest.raises(OptionError, match="levels"):
        Pixels(-1.0, 300.0, levels=256).box(program())


def test_bounds_that_hold_some_levels():
    box = Pixels(0.2, 0.8, levels=5).box(program())
    assert box.tables[0].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert (box.lower[0], box.upper[0]) == (0.25, 0.75)
    with pytest.raises(OptionError, match="at least one"):
        Pixels(0.3, 0.4, levels=5).box(program())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_end_of_a_box_is_a_number_of_the_model(dtype):
    box = Pixels(-0.1, 0.7).box(program(dtype=dtype))
    for end, bound, outwards in ((box.lower, -0.1, -np.inf), (box.upper, 0.7, np.inf)):
        assert end[0] == end[1] == float(dtype(end[0]))
        assert -0.1 <= end[0] <= 0.7
        beyond = float(np.nextafter(dtype(end[0]), dtype(outwards)))
        assert beyond < bound if outwards < 0 else beyond > bound
    assert box.bounded
    free = Pixels(unbounded=True).box(program(dtype=dtype))
    assert free.lower.tolist() == [-np.inf] * 2
    assert not free.bounded


def test_the_element_outside_is_named():
    made, domain = program((3,), mean=0.5, std=0.25), Pixels()
    box = domain.box(made)
    domain.check(made, np.array([[-2.0, 0.0, 2.0]]), box)
    with pytest.raises(InputError, match=r"1\.25 at element 2 of input 1"):
        domain.check(made, np.array([[-2.0, 0.0, 2.0], [0, 0, 3.0]]), box)


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        (Pixels(), r"[0, 1]"),
        (Pixels(-0.5, 2.5), "[-0.5, 2.5]"),
        (Pixels(levels=256), "256 levels"),
        (Pixels(unbounded=True), "any real"),
    ],
)
def test_a_domain_says_what_it_is(domain, words):
    assert words in domain.describe()


@pytest.mark.parametrize(
    ("shape", "grouping", "layout", "expected", "owner"),
    [
        ((4,), None, "nchw", (4,), [0, 1, 2, 3]),
        ((2, 2), None, "nchw", (2, 2), [0, 1, 2, 3]),
        ((1, 2, 2), None, "nchw", (2, 2), [0, 1, 2, 3]),
        ((2, 1, 2), None, "nchw", (1, 2), [0, 1, 0, 1]),
        ((1, 2, 2), "pixel", "nhwc", (1, 2), [0, 0, 1, 1]),
        ((2, 1, 2), "element", "nchw", (2, 1, 2), [0, 1, 2, 3]),
        ((2, 2), "word", "nchw", (2,), [0, 0, 1, 1]),
    ],
)
def test_features_own_elements(shape, grouping, layout, expected, owner):
    features = Features.of(shape, grouping, layout)
    assert features.shape == expected
    assert features.owner.tolist() == owner
    assert features.count == int(np.prod(expected))
    assert features.single == (len(set(owner)) == len(owner))
    scores = np.array([[1.0, 2, 4, 8]])
    sums = [sum(s for s, o in zip(scores[0], owner, strict=True) if o == f) for f in range(features.count)]
    assert features.sum(scores)[0].tolist() == sums


@pytest.mark.parametrize(("shape", "grouping"), [((4,), "pixel"), ((4,), "word"), ((2, 2), "pixel"), ((4,), "voxel")])
def test_groupings_without_meaning(shape, grouping):
    with pytest.raises(OptionError):
        Features.of(shape, grouping)


def test_the_default_bounds_hold_pixels_of_unsigned_bytes_only_if_they_fit():
    made = deepcheck.load(dense_network([(np.eye(2), np.zeros(2))]))
    with pytest.raises(InputError, match="bounds"):
        deepcheck.attack(made, np.array([0, 255], np.uint8))
    assert deepcheck.attack(made, np.array([0, 255], np.uint8), domain=Pixels(0, 255, levels=256)).tried == 2
