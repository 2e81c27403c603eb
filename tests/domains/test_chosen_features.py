"""Which features are asked about: lists, masks, and what is neither."""

import numpy as np
import pytest

from deepcheck import Features
from deepcheck.errors import OptionError
from deepcheck.verbs.questions import chosen_features

GRID = Features.of((1, 2, 3))
MASK = np.array([[True, False, False], [False, True, True]])


@pytest.mark.parametrize(
    ("chosen", "exclude", "expected"),
    [
        (None, None, [0, 1, 2, 3, 4, 5]),
        ([3, 1, 3], None, [1, 3]),
        (range(2, 4), None, [2, 3]),
        (np.array([5, 0], np.uint8), None, [0, 5]),
        ((4,), None, [4]),
        (MASK, None, [0, 4, 5]),
        (MASK.ravel(), None, [0, 4, 5]),
        (MASK.tolist(), None, [0, 4, 5]),
        (None, MASK, [1, 2, 3]),
        (None, [0, 0, 5], [1, 2, 3, 4]),
        (None, [], [0, 1, 2, 3, 4, 5]),
        (None, ~MASK & MASK, [0, 1, 2, 3, 4, 5]),
        (MASK, [4, 2], [0, 5]),
        ([4, 2], MASK, [2]),
    ],
)
def test_features_asked_about(chosen, exclude, expected):
    found = chosen_features(GRID, chosen, exclude)
    assert found.tolist() == expected
    assert found.dtype == np.int64


def test_a_mask_of_positions():
    mask = np.array([[True, False]])
    assert chosen_features(Features.of((3, 1, 2)), mask).tolist() == [0]
    assert chosen_features(Features.of((3, 1, 2), "element"), mask).tolist() == [0, 2, 4]
    assert chosen_features(Features.of((2, 1, 3), "element"), mask.T).tolist() == [0, 1, 2]  # channels last
    assert chosen_features(Features.of((6,)), MASK).tolist() == [0, 4, 5]
    with pytest.raises(OptionError, match="shape"):
        chosen_features(Features.of((2, 2, 2), "element"), np.ones((2, 2), bool))  # first or last?


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ([], r"expected features from 0 to 5, got \[\]"),
        ([6], r"got \[6\]"),
        ([-1], r"got \[-1\]"),
        ([0.5], r"got \[0\.5\]"),
        ([10**30], "from 0 to 5"),
        ([None], "from 0 to 5"),
        ([[1, 2]], "from 0 to 5"),
        ([[1], [2, 3]], "from 0 to 5"),
        (3, "from 0 to 5"),
        ("1,2", "from 0 to 5"),
        (list(range(1000)), r"\.\.\.$"),
        ([True], r"mask of shape \(2, 3\) for features, got \(1,\)"),
        (MASK.T, r"mask of shape \(2, 3\)"),
        (MASK & ~MASK, "lets none"),
    ],
)
def test_no_features_at_all(chosen, words):
    with pytest.raises(OptionError, match=words) as caught:
        chosen_features(GRID, chosen)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 160


@pytest.mark.parametrize(
    ("exclude", "words"),
    [([9], r"expected exclude from 0 to 5, got \[9\]"), (range(6), "all are excluded"), (MASK[:1], "for exclude")],
)
def test_exclusions_without_meaning(exclude, words):
    with pytest.raises(OptionError, match=words):
        chosen_features(GRID, None, exclude)


@pytest.mark.parametrize(
    ("features", "members"),
    [
        (Features.of((4,)), [[0], [1], [2], [3]]),
        (Features.of((3, 1, 2)), [[0, 2, 4], [1, 3, 5]]),
        (Features.of((1, 2, 3), layout="nhwc"), [[0, 1, 2], [3, 4, 5]]),
        (Features.of((2, 3), "word"), [[0, 1, 2], [3, 4, 5]]),
        (Features.of((3, 1, 2), "element"), [[0], [1], [2], [3], [4], [5]]),
    ],
)
def test_the_elements_of_each_feature(features, members):
    assert features.members.tolist() == members
    assert all((features.owner[row] == i).all() for i, row in enumerate(features.members))
