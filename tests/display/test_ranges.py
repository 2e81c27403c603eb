"""The picture of a table: where its colours are, in dots."""

import io

import numpy as np
import pytest
from PIL import Image

from deepcheck.display.ranges import Ranges, ranges_picture
from deepcheck.errors import OptionError

BARS = 134
"""So many rows of dots from the top hold the title and two bars; below them are the legend and the caption."""
GREY, BLUE, ORANGE, INK = (224, 224, 224), (0, 114, 178), (230, 159, 0), (38, 38, 38)


def sample(**changed: object) -> Ranges:
    fields: dict[str, object] = {
        "title": "one",
        "lower": np.float32([0, 100]),
        "upper": np.float32([1, 300]),
        "values": np.float32([0.25, 200]),
        "anywhere": {0: [(0.5, 0.75)]},
        "along": {},
    }
    return Ranges(**(fields | changed))


def drawn(*samples: Ranges, names=("a", "b")) -> np.ndarray:
    stream = io.BytesIO()
    ranges_picture(samples, names).savefig(stream, format="png", dpi=150)
    return np.asarray(Image.open(stream).convert("RGB"))[:BARS]


def count(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int(np.count_nonzero((picture == np.array(colour)).all(axis=2)))


def test_an_interval_takes_its_share_of_the_range():
    none, quarter, half = (
        count(drawn(sample(anywhere=spans)), ORANGE) for spans in ({}, {0: [(0.5, 0.75)]}, {1: [(200, 300)]})
    )
    assert (half - none) / (quarter - none) == pytest.approx(2, rel=0.05)


def test_two_pieces_are_drawn_apart():
    one, two = (count(drawn(sample(anywhere={0: spans})), ORANGE) for spans in ([(0, 0.5)], [(0, 0.25), (0.75, 1)]))
    assert one == pytest.approx(two, rel=0.05)


def test_the_own_path_lies_over_any_path():
    only, both = drawn(sample()), drawn(sample(along={0: [(0.5, 0.75)]}))
    assert count(both, BLUE) > count(only, BLUE)
    assert count(both, ORANGE) < count(only, ORANGE)


def test_a_value_stands_where_it_is_in_its_range():
    picture = drawn(sample(anywhere={}, values=np.float32([0, 300])))
    bar = np.argwhere((picture == np.array(GREY)).all(axis=2) & (np.arange(picture.shape[1]) < 250))
    ink = np.argwhere((picture == np.array(INK)).all(axis=2))
    rows = bar[:, 0]
    first, last = ink[np.abs(ink[:, 0] - rows.min()) < 15], ink[np.abs(ink[:, 0] - rows.min() - 28) < 8]
    left, right = bar[:, 1].min(), bar[:, 1].max()
    assert abs(np.median(first[:, 1]) - left) < 5
    assert abs(np.median(last[:, 1]) - right) < 5


def test_a_narrow_interval_and_one_without_width_are_still_seen():
    none = count(drawn(sample(anywhere={})), ORANGE)
    assert count(drawn(sample(anywhere={0: [(1, 1)]})), ORANGE) > none
    assert count(drawn(sample(anywhere={1: [(100, 100.001)]})), ORANGE) > none


def test_a_measurement_that_never_varies_is_drawn():
    drawn(sample(upper=np.float32([0, 300]), values=np.float32([0, 100]), anywhere={}))


def test_more_samples_make_it_wider_and_names_are_no_formulas():
    assert drawn(sample(), sample()).shape[1] > drawn(sample()).shape[1]
    drawn(sample(title="$\\frac{$"), names=("$x_{$", "<b>"))


def test_another_number_of_names_is_refused():
    with pytest.raises(OptionError, match="expected 3 measurements of each sample, got 2"):
        ranges_picture([sample()], ["a", "b", "c"])
