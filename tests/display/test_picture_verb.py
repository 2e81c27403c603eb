"""`deepcheck.picture` and its kind: what is drawn, and how it is written."""

import io
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image
from shown_examples import HOSTILE, examples, lit, square, table

import deepcheck
from deepcheck import zoo
from deepcheck.errors import DeepCheckError, OptionError

DRAWN = {
    "features": ["input: 0", "important (coi, top 3)", "attackable: 2", "attacked: now 1"],
    "proved": ["input: 0", "important (coi, top 3)", "attackable: 0"],
    "smallest": ["input: 0", "important (coi, top 3)", "attackable: the smallest set", "attacked: now 1"],
    "all paths": ["input: 0", "important (coi, top 4)", "attackable: 1, 60 open", "attacked: now 1"],
    "attack": ["input: 0", "changed: now 1"],
    "exploration of an image": ["input: 0", "nearest attack: now 1"],
}


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn(name):
    figure = deepcheck.picture(examples()[name])
    assert [axes.get_title() for axes in figure.axes] == DRAWN[name]


def test_what_is_open_is_not_taken_for_proved():
    """Sixty-four pixels, one of them tried: the others' number stands beside what was found."""
    program = deepcheck.load(zoo.path("digits_10x4"))
    result = deepcheck.attack(program, np.zeros(program.input_shape), order="coi", shortlist=1)
    assert result.counts["untried"] == 63
    titles = [axes.get_title() for axes in deepcheck.picture(result).axes]
    assert titles[2] == f"attackable: {result.counts['attackable']}, 63 open"


def test_pairs_are_counted():
    """Pixel 5 or pixel 9 with any of the others, and both: 63 + 62."""
    titles = [axes.get_title() for axes in deepcheck.picture(examples()["sets"]).axes]
    assert titles[2] == "attackable: 125 sets of 2"


def test_a_batch_is_a_row_for_each_of_twenty_inputs():
    figure = deepcheck.picture(examples()["batch"], shortlist=1)
    assert len(figure.axes) == 20 * 4
    assert any("And 5 more inputs" in text.get_text() for text in figure.texts)


@pytest.mark.parametrize("order", ["abs", "co", "coi", "reach"])
def test_any_order(order):
    title = deepcheck.picture(examples()["features"], order=order, shortlist=2).axes[1].get_title()
    assert title == f"important ({order}, top 2)"


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("features", {"order": "size"}, "abs, co, coi, reach"),
        ("features", {"shortlist": "0%"}, "shortlist"),
        ("table", {}, "rows and columns"),
        ("program", {}, "got Program"),
    ],
)
def test_what_cannot_be_drawn_is_said(name, options, said):
    with pytest.raises(OptionError, match=said) as caught:
        deepcheck.picture(examples()[name], **options)
    assert "\n" not in str(caught.value)


def test_the_importance_of_an_image_and_of_colours():
    scores = deepcheck.importance(square(), lit(), metric="co")
    figure = deepcheck.importance_picture(square(), lit(), scores, shortlist=1, title="co")
    assert [axes.get_title() for axes in figure.axes] == ["input", "scores", "co, top 1"]
    assert "Label 0; green: the 1 most important of 64 features, by co." in [text.get_text() for text in figure.texts]
    colours = square(color=True)
    assert len(deepcheck.importance_picture(colours, lit(True), deepcheck.importance(colours, lit(True))).axes) == 3


def test_scores_that_do_not_fit_are_refused():
    for scores in (np.zeros((4, 4)), np.full((8, 8), np.nan)):
        with pytest.raises(DeepCheckError):
            deepcheck.importance_picture(square(), lit(), scores)
    with pytest.raises(OptionError, match="rows and columns"):
        deepcheck.importance_picture(table(), np.ones(5, np.float32), np.zeros(5))


@pytest.mark.parametrize("name", ["features", "batch", "region map"])
@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_same_picture_is_the_same_file(tmp_path, name, kind):
    for file in ("a", "b"):
        deepcheck.save_picture(deepcheck.picture(examples()[name]), tmp_path / f"{file}.{kind}")
    content = (tmp_path / f"a.{kind}").read_bytes()
    assert content == (tmp_path / f"b.{kind}").read_bytes()
    assert content.startswith(b"\x89PNG" if kind == "png" else b"<?xml")


def test_the_text_of_an_svg_stays_text_and_names_no_date(tmp_path):
    deepcheck.save_picture(deepcheck.picture(examples(HOSTILE)["features"]), tmp_path / "a.svg")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    words = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "attackable: 2" in words
    assert any(word.startswith("attack (this path") for word in words)
    assert b"<dc:date>" not in (tmp_path / "a.svg").read_bytes()


@pytest.mark.parametrize("name", ["a.jpg", "a.pdf", "a", "a.png.txt"])
def test_other_files_are_refused(tmp_path, name):
    with pytest.raises(OptionError, match=r"end in \.png or \.svg"):
        deepcheck.save_picture(deepcheck.picture(examples()["features"]), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_notebooks_show_figures():
    figure = deepcheck.picture(examples()["features"])
    assert Image.open(io.BytesIO(figure._repr_png_())).size[0] > 800
