"""What notebooks show of answers: valid, escaped, self-contained, small, and drawn where it has to be."""

import inspect
import io

import numpy as np
import pytest
from PIL import Image
from shown_examples import HOSTILE, TAGS, Reader, examples, lit, square

import deepcheck
from deepcheck.attacks import columns, set_result
from deepcheck.attacks.views import strongest_of

KINDS = list(examples())
NO_RESULTS = {"Choices", "Comparison", "Features", "Pixels", "TextModel", "Witness"}
"""Public classes that are questions, or parts of answers that show themselves."""

VERMILLION, GREEN = (170, 75, 0), (0, 126, 92)
"""Four fifths of the colours, on black."""


def test_every_public_class_of_results_shows_itself():
    classes = {name for name in deepcheck.__all__ if inspect.isclass(getattr(deepcheck, name))}
    errors = {name for name in classes if issubclass(getattr(deepcheck, name), Exception | Warning)}
    shown = {name for name in classes if hasattr(getattr(deepcheck, name), "_repr_html_")}
    assert classes - errors - NO_RESULTS == shown
    covered = [type(each).__mro__ for each in examples().values()]
    assert all(any(getattr(deepcheck, name) in mro for mro in covered) for name in shown)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_shown_is_whole_small_and_needs_nothing_else(name):
    html = examples()[name]._repr_html_()
    read = Reader(html)
    assert set(read.tags) <= TAGS
    assert "http" not in html
    assert all(value.startswith("data:image/png;base64,") for key, value in read.attributes if key in ("src", "href"))
    assert all(value for key, value in read.attributes if key == "alt")
    assert len(html) < 120_000


@pytest.mark.parametrize("name", KINDS)
def test_nothing_of_a_model_or_a_text_becomes_markup(name):
    html = examples(HOSTILE)[name]._repr_html_()
    read = Reader(html)
    assert set(read.tags) <= TAGS
    assert not any(key.startswith("on") for key, _ in read.attributes)
    assert all(value.startswith("data:") for key, value in read.attributes if key == "src")
    assert "<img/" not in html


def test_the_hostile_name_is_there_as_text():
    for name in ("program", "features", "batch", "table", "region map", "worst margins", "certificate", "minimal"):
        assert HOSTILE in Reader(examples(HOSTILE)[name]._repr_html_()).text


@pytest.mark.parametrize("name", [name for name in KINDS if hasattr(examples()[name], "_repr_png_")])
def test_pictures_for_exporters_open(name):
    content = examples()[name]._repr_png_()
    if "table" in name or name == "exploration":
        assert content is None
    else:
        assert Image.open(io.BytesIO(content)).size[0] > 100
        assert content == examples()[name]._repr_png_()


@pytest.mark.parametrize("name", KINDS)
def test_showing_runs_no_analysis(name, monkeypatch):
    """Whether proofs hold for the deployed network may take seconds; so may all the views of attacks."""

    def refuse(*arguments, **options):
        raise AssertionError("an analysis was run")

    monkeypatch.setattr(columns, "deployed_features", refuse)
    monkeypatch.setattr(set_result, "deployed_sets", refuse)
    monkeypatch.setattr("deepcheck.attacks.feature_result.margin_at", refuse)
    monkeypatch.setattr("deepcheck.attacks.set_result.margin_at", refuse)
    fresh = {
        "features": lambda: deepcheck.attack(square(), lit()),
        "proved": lambda: deepcheck.attack(square(), lit(), features=[0, 1]),
        "sets": lambda: deepcheck.attack(square(), lit(), size=2),
        "batch": lambda: deepcheck.attack(square(), np.stack([lit()] * 2)),
    }
    shown = fresh[name]() if name in fresh else examples()[name]
    assert shown._repr_html_()


def test_pixels_are_marked_where_they_are_by_hand():
    """Important: pixel 5, and of the others, which score 0, the first two. Attackable: 5 and 9; 5 is drawn over."""
    read = Reader(examples()["features"]._repr_html_())
    whole, important, attackable, changed = read.pictures
    scale = len(whole) // 8
    corner = [picture[::scale, ::scale] for picture in (whole, important, attackable, changed)]
    assert np.argwhere(corner[0].sum(axis=2) > 700).tolist() == [[0, 5]]
    assert (corner[1][0, :2] == GREEN).all()
    assert np.argwhere((corner[2] == VERMILLION).all(axis=2)).tolist() == [[1, 1]]
    assert corner[2][0, 5].tolist() == [181, 111, 29]  # four fifths of vermillion on four fifths of green on white
    middle = attackable[scale // 2 :: scale, scale // 2 :: scale]
    assert middle[1, 1].min() > 200, "a cross is white in the middle"
    assert middle[0, 0].max() < 60, "a dot is dark"
    assert "attackable: 2" in read.text


def test_the_change_is_framed_and_its_interval_is_exact():
    read = Reader(examples()["attack"]._repr_html_())
    before, after = read.pictures
    scale = len(before) // 8
    row, column = 0, 5 * scale
    for picture in (before, after):
        assert (picture[row, column + scale // 2] == (213, 94, 0)).all()
    assert before[scale // 2, column + scale // 2].min() == 255
    assert after[scale // 2, column + scale // 2].max() < 128
    assert "1: [0, 0.5]" in read.text
    assert "5 (0, 5)" in read.text


def test_a_table_has_its_features_listed_and_no_picture():
    read = Reader(examples()["table"]._repr_html_())
    assert not read.pictures
    rows = read.text[read.text.index("coi") :]
    assert rows.startswith("coi" + "0attackable10 to 11" + "1attackable0.250 to 10" + "2proved0.1250 to 10")
    assert "1: [0, 0.75]" in rows
    assert "1: [0.5, 1]" in rows


def test_a_batch_lists_twenty_inputs_and_says_how_many_more():
    read = Reader(examples()["batch"]._repr_html_())
    assert read.tags.count("tr") == 21
    assert "and 5 more" in read.text
    assert "25: 25 attack" in read.text


def test_colours_are_shown_as_colours_and_marks_on_grey():
    whole, _, attackable, _ = Reader(examples()["colours"]._repr_html_()).pictures
    scale = len(whole) // 8
    assert whole[0, 5 * scale].tolist() == [255, 0, 0]
    assert len(set(attackable[7 * scale, 7 * scale].tolist())) == 1


def test_the_map_has_a_path_and_a_name_for_each_label():
    """Label 1 where ``x9 > x5 - 1/2``: seven eighths of the square."""
    read = Reader(examples()["region map"]._repr_html_())
    assert read.tags.count("path") == 2
    assert "187.5%" in read.text.replace(" ", "")
    assert "012.5%" in read.text.replace(" ", "")


def test_terminals_show_a_sentence():
    class Printer:
        def text(self, said):
            self.said = said

    for name in ("features", "sets", "smallest", "batch", "certificate", "exploration", "region map", "text"):
        printer = Printer()
        examples()[name]._repr_pretty_(printer, False)
        assert 10 < len(printer.said) < 400
    assert len(repr(examples()["program"])) < 200
    assert len(repr(examples()["text"])) < 1000


def test_an_empty_family_and_a_closed_notebook():
    """Nothing attackable of several features: no attack to frame, no table of attacks."""
    found = deepcheck.attack(square(), lit(), size=2, features=[0, 1, 2])
    read = Reader(found._repr_html_())
    assert len(read.pictures) == 2
    assert "replayed" not in read.text
    assert found.attacks.strongest is None


def test_the_circle_is_the_input():
    """Pixel 5 is 1: at the right; pixel 9 is 0: at the bottom."""
    read = Reader(examples()["region map"]._repr_html_())
    assert {("cx", "320.0"), ("cy", "320.0")} <= set(read.attributes)


def test_the_strongest_is_one_that_survives_replay():
    margins = np.array([1.0, 3.0, 2.0])
    assert strongest_of(margins, np.array([True, False, True])) == 2
    assert strongest_of(margins, np.zeros(3, bool)) == 1
    assert strongest_of(np.zeros(0), np.zeros(0, bool)) is None


@pytest.mark.parametrize("order", [None, "coi", "reach"])
def test_each_feature_is_counted_in_its_pairs_whatever_the_order(order):
    """Pixels 5 and 9 change the label with any other; the others only with one of these."""
    counts = deepcheck.attack(square(), lit(), size=2, order=order).attacks.memberships()
    assert counts.tolist() == [63 if feature in (5, 9) else 2 for feature in range(64)]
