import io

import numpy as np
import pytest
from PIL import Image

from deepcheck.display.images import shown
from deepcheck.display.marks import GREEN, RED, Picture, mask_of
from deepcheck.display.thumbnails import LARGE, SMALL, drawn, image_tag, png_bytes, strip
from deepcheck.errors import OptionError

BLACK = np.zeros((8, 8))
ONE = mask_of([27], (8, 8))
"""Row 3, column 3."""


def cell(colours, row, column):
    scale = len(colours) // 8
    return colours[row * scale : (row + 1) * scale, column * scale : (column + 1) * scale].astype(int)


def grey_print(colours):
    return colours @ [0.299, 0.587, 0.114]


def test_the_colours_are_those_of_okabe_and_ito():
    assert (np.rint(GREEN * 255).tolist(), np.rint(RED * 255).tolist()) == ([0, 158, 115], [213, 94, 0])


def test_marks_are_told_apart_in_grey_print():
    """A dot is darker than its cell, a cross lighter; both can be seen, and only on their own cell."""
    dot = grey_print(cell(drawn(Picture(BLACK + 0.5, green=ONE)), 3, 3))
    cross = grey_print(cell(drawn(Picture(BLACK + 0.5, red=ONE)), 3, 3))
    middle = len(dot) // 2
    assert dot[0, 0] - dot[middle, middle] > 60
    assert cross[middle, middle] - cross[0, 0] > 60
    assert np.ptp(cell(drawn(Picture(BLACK, red=ONE)), 4, 3)) == 0


def test_a_cross_is_as_strong_as_its_mark():
    strong, weak = (cell(drawn(Picture(BLACK, red=ONE * share)), 3, 3).max() for share in (1.0, 0.3))
    assert strong == 255
    assert 60 < weak < 160
    assert cell(drawn(Picture(BLACK, red=ONE * 0.01)), 3, 3).max() < 10


def test_a_frame_goes_around_its_cell_and_leaves_it():
    picture = drawn(Picture(BLACK, framed=ONE))
    scale = len(picture) // 8
    assert picture[3 * scale - 1, 3 * scale + 2].tolist() == [213, 94, 0]
    assert picture[3 * scale + 2, 4 * scale].tolist() == [213, 94, 0]
    assert cell(picture, 3, 3).max() == 0
    corner = drawn(Picture(BLACK, framed=mask_of([0], (8, 8))))
    assert corner.shape == picture.shape


@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (5, 40), (300, 200), (1000, 3)])
@pytest.mark.parametrize("width", [LARGE, SMALL])
def test_pictures_of_any_size_stay_small(shape, width):
    found = drawn(Picture(np.ones(shape), framed=mask_of([0], shape), red=mask_of([1], shape)), width)
    assert max(found.shape[:2]) <= width
    assert len(png_bytes(found)) < 20_000


def test_a_block_of_a_large_picture_is_marked_if_one_of_its_pixels_is():
    large = Picture(np.zeros((344, 344)), red=mask_of([0], (344, 344)))
    assert drawn(large)[0, 0].tolist() == [170, 75, 0]
    assert drawn(large)[0, 1].tolist() == [0, 0, 0]


def test_an_image_tag_holds_its_picture_and_escapes_what_is_said():
    tag = image_tag(Picture(BLACK), '"><script>')
    assert "<script" not in tag
    assert 'src="data:image/png;base64,' in tag


def test_a_strip_has_all_pictures_and_survives_any_title():
    content = strip(
        [Picture(BLACK, title="\u2192 caf\u00e9"), Picture(BLACK, title="two")], "heading\nand more \U0001f600"
    )
    image = Image.open(io.BytesIO(content)).convert("RGB")
    assert image.size[0] >= 2 * LARGE
    assert content == strip(
        [Picture(BLACK, title="\u2192 caf\u00e9"), Picture(BLACK, title="two")], "heading\nand more \U0001f600"
    )


class TestShown:
    def test_bounds_are_black_and_white(self):
        assert shown(np.array([[0.0, 5.0, 10.0, 12.0]]), (1, 4), nhwc=False, black=0, white=10).tolist() == [
            [0, 0.5, 1, 1]
        ]

    def test_without_bounds_the_ends_of_the_input_are(self):
        found = shown(np.array([2.0, 3.0, 4.0, 4.0]), (4,), nhwc=False, black=-np.inf, white=np.inf)
        assert found.tolist() == [[0, 0.5], [1, 1]]

    def test_three_channels_are_colours_first_or_last(self):
        first = np.arange(12.0).reshape(3, 2, 2) / 11
        last = first.transpose(1, 2, 0)
        assert np.array_equal(shown(first, (2, 2), nhwc=False, black=0, white=1), last)
        assert np.array_equal(shown(last, (2, 2), nhwc=True, black=0, white=1), last)

    def test_two_channels_are_their_mean(self):
        two = np.stack([np.zeros((2, 2)), np.ones((2, 2))])
        assert shown(two, (2, 2), nhwc=False, black=0, white=1).tolist() == [[0.5, 0.5]] * 2

    def test_no_spread_and_no_grid(self):
        assert shown(np.full((2, 2), 3.0), (2, 2), nhwc=False, black=-np.inf, white=np.inf).tolist() == [[0, 0]] * 2
        with pytest.raises(OptionError, match="rows and columns"):
            shown(np.zeros(5), (5,), nhwc=False, black=0, white=1)
