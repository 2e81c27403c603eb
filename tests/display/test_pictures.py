import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from deepcheck.display.images import save_image
from deepcheck.display.pictures import (
    Picture,
    attack_picture,
    grid_shape,
    importance_picture,
    mask_of,
    picture_grid,
    save_figure,
)
from deepcheck.errors import OptionError

BLACK = np.zeros((2, 2))


def rendered(figure) -> np.ndarray:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=150)
    return np.asarray(Image.open(stream).convert("RGB")).astype(int)


def box(mask: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def is_red(pixels: np.ndarray) -> np.ndarray:
    """Vermillion, on black too: (213, 94, 0) and four fifths of it."""
    return (pixels[..., 0] > 150) & (np.abs(pixels[..., 1] - 0.44 * pixels[..., 0]) < 25) & (pixels[..., 2] < 60)


def is_green(pixels: np.ndarray) -> np.ndarray:
    """Bluish green, on black too: (0, 158, 115) and four fifths of it."""
    return (pixels[..., 1] > 120) & (pixels[..., 0] < 60) & (pixels[..., 2] < 120)


def test_unmarked_pixels_are_grey_and_cut_off_at_black_and_white():
    colours = Picture(np.array([[0.0, 0.25], [1.5, -3.0]])).colours
    assert colours.tolist() == [[[0.0] * 3, [0.25] * 3], [[1.0] * 3, [0.0] * 3]]


def test_red_lies_over_green_and_nothing_else_is_coloured():
    green, red = mask_of([0, 1], (2, 2)), mask_of([1], (2, 2))
    colours = Picture(BLACK, green=green, red=red).colours
    assert colours[0, 0].argmax() == 1
    assert colours[0, 1].argmax() == 0
    assert colours[1].sum() == 0


def test_a_red_pixel_is_drawn_where_it_is_attackable():
    pixels = rendered(picture_grid([[Picture(BLACK, red=mask_of([2], (2, 2)))]], inches=2.0))
    top, bottom, left, right = box(pixels.sum(axis=2) < 600)  # not the white paper
    found = box(is_red(pixels))
    expected = ((top + bottom) / 2, bottom, left, (left + right) / 2)
    np.testing.assert_allclose(found, expected, atol=3)


def test_a_green_pixel_is_drawn_where_it_is_important():
    pixels = rendered(picture_grid([[Picture(BLACK, green=mask_of([1], (2, 2)))]], inches=2.0))
    top, bottom, left, right = box(pixels.sum(axis=2) < 600)
    np.testing.assert_allclose(box(is_green(pixels)), (top, (top + bottom) / 2, (left + right) / 2, right), atol=3)


def test_all_pixels_of_an_image_are_drawn_alike():
    board = np.indices((28, 28)).sum(axis=0) % 2 * 1.0
    pixels = rendered(picture_grid([[Picture(board), Picture(board)]], inches=0.8))
    row = pixels[pixels.shape[0] // 2, :, 0]
    changes = np.diff(np.flatnonzero(np.abs(np.diff(row)) > 128))
    assert set(changes[2:24].tolist()) == {4}
    assert set(changes[-24:-2].tolist()) == {4}


def test_the_attack_picture_has_the_attack_only_where_there_is_one():
    image = np.full((4, 4), 0.5)
    witness = image.copy()
    witness[3, 3] = 1.0
    attacked = attack_picture(image, [0], [15], label="7", witness=witness, changed=[15], new_label="3")
    proved = attack_picture(image, [0], [], label="7")
    assert [axes.get_title() for axes in attacked.axes] == [
        "input: 7",
        "important",
        "attackable: 1",
        "attacked: now 3",
    ]
    assert len(proved.axes) == 3
    assert is_red(rendered(attacked)).any()
    assert not is_red(rendered(proved)).any()


def test_the_importance_picture_marks_the_shortlist():
    figure = importance_picture(BLACK, np.array([[1.0, 2.0], [3.0, 4.0]]), [3])
    assert is_green(rendered(figure)).any()
    assert len(importance_picture(BLACK, BLACK, [0]).axes) == 3  # equal scores


def test_long_captions_are_wrapped_inside_the_figure():
    figure = picture_grid([[Picture(BLACK)] * 3], caption="a caption of some words " * 20)
    canvas = FigureCanvasAgg(figure)
    for text in figure.texts:
        extent = text.get_window_extent(canvas.get_renderer())
        assert extent.x0 >= 0
        assert extent.x1 <= figure.bbox.x1
        assert extent.y0 >= 0


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        save_figure(picture_grid([[Picture(BLACK, title="one")]], row_titles=["1"]), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize(("shape", "grid"), [((3, 4), (3, 4)), ((784,), (28, 28)), ((1,), (1, 1))])
def test_features_in_rows_and_columns(shape, grid):
    assert grid_shape(shape) == grid


@pytest.mark.parametrize("shape", [(10,), (3, 4, 5), ()])
def test_features_that_form_no_grid(shape):
    with pytest.raises(OptionError, match="rows and columns"):
        grid_shape(shape)


@pytest.mark.parametrize("shape", [(2, 3), (1, 2, 3), (3, 2, 3)])
def test_images_keep_every_8_bit_level(tmp_path, shape):
    levels = np.random.default_rng(0).integers(0, 256, shape)
    pixels = (levels / 255).astype(np.float32)
    assert np.array_equal(np.rint(save_image(pixels, tmp_path / "a.png") * 255), levels)
    read = np.asarray(Image.open(tmp_path / "a.png"))
    assert np.array_equal(read.transpose(2, 0, 1) if read.ndim == 3 else read.reshape(levels.shape), levels)


def test_images_of_two_channels_are_refused(tmp_path):
    with pytest.raises(OptionError, match="grey or RGB"):
        save_image(np.zeros((2, 4, 4)), tmp_path / "a.png")
    assert not list(tmp_path.iterdir())
