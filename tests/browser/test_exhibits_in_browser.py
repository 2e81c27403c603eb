"""What a reader does with an exhibit, in a real browser."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_looking import array, click, colour, opened_browser, tally, top, visits
from page_samples import answer, features, pair, text


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    yield from opened_browser()


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    yield from visits(browser, tmp_path)


def test_metric_and_threshold_change_what_is_marked(visit: Callable[..., Any]) -> None:
    held = features()
    page = visit(held)
    for metric in ("coi", "co", "abs", "reach"):
        page.locator(f"#x1 input[value={metric}]").check(force=True)
        for percent in (5, 30, 50, 100, 1):
            page.locator("#x1 .percent").fill(str(percent))
            wanted = top(held, metric, percent)
            assert page.locator("#x1 .tally [data-top]").get_attribute("data-top") == str(len(wanted))
            assert tally(page) == {"0": (1, len({3} & wanted)), "1": (2, len({3, 7} & wanted))}
            assert page.locator("#x1 .range").input_value() == str(percent)
    page.locator("#x1 .range").fill("40")
    assert page.locator("#x1 .percent").input_value() == "40"


def test_pictures_show_important_and_attackable_pixels(visit: Callable[..., Any]) -> None:
    held = features()
    page = visit(held)
    click(page, 0, 19)  # away from the pixels that are looked at
    page.locator("#x1 .percent").fill("30")
    important = top(held, "coi", 30)
    values = array(held, "values")
    for feature in range(18):
        grey = round(255 * float(values[feature]))
        assert colour(page, 0, feature)[:3] == pytest.approx([grey] * 3, abs=2)
        green = [0.3 * grey, 0.3 * grey + 0.7 * 158, 0.3 * grey + 0.7 * 115]
        assert colour(page, 1, feature)[:3] == pytest.approx(green if feature in important else [grey] * 3, abs=2)
    middle = page.evaluate(
        """() => { const canvas = document.querySelectorAll('#x1 figure')[2].querySelector('canvas');
          const at = [(2 + 0.5) * canvas.width / 5, (1 + 0.2) * canvas.height / 4];
          return Array.from(canvas.getContext('2d').getImageData(...at, 1, 1).data); }"""
    )
    assert middle[:3] == [213, 94, 0]  # feature 7 over all paths


def test_a_click_shows_what_is_known_about_a_pixel(visit: Callable[..., Any]) -> None:
    held = features()
    page = visit(held)
    click(page, 2, 7)
    panel = page.locator("#x1 .detail")
    assert panel.get_attribute("data-feature") == "7"
    assert "row 1, column 2" in panel.inner_text()
    for metric in ("coi", "co", "abs", "reach"):
        cell = panel.locator(f"[data-score={metric}]")
        scores = array(held, "scores", metric)
        assert float(cell.get_attribute("data-value")) == float(scores[7])
        rank = 1 + np.argsort(-scores, kind="stable").tolist().index(7)
        assert f"{rank} of 20" in cell.locator("xpath=..").inner_text()
    coefficients = array(held, "coefficients", "values").reshape(3, 20)
    for label in range(3):
        cell = panel.locator(f"[data-coefficient='{label}']")
        assert float(cell.get_attribute("data-value")) == float(coefficients[label, 7])
    along, anyhow = panel.locator("[data-answer='0']"), panel.locator("[data-answer='1']")
    assert "proved (this path)" in along.inner_text()
    assert "No value in [0, 1] of this alone changes the label, along this path." in along.inner_text()
    assert json.loads(anyhow.locator(".interval").get_attribute("data-ends")) == [[0.0, 0.125]]
    assert "[0, 0.125]" in anyhow.inner_text()
    assert "flips 4 activations" in anyhow.inner_text()
    assert "zero → two, another path" in page.locator("#x1 figure[data-view=changed]").inner_text()
    click(page, 0, 11)
    assert page.locator("#x1 figure[data-view=changed] .empty").is_visible()


def test_the_picture_with_the_change_has_the_value_of_the_witness(visit: Callable[..., Any]) -> None:
    page = visit(features())
    click(page, 2, 7)
    shade = page.evaluate(
        """() => { const canvas = document.querySelectorAll('#x1 figure')[3].querySelector('canvas');
          const at = [2.5 * canvas.width / 5, 1.5 * canvas.height / 4];
          return Array.from(canvas.getContext('2d').getImageData(...at, 1, 1).data); }"""
    )
    assert shade[:3] == [round(255 * 0.0625)] * 3


def test_pixels_are_reached_by_keyboard(visit: Callable[..., Any]) -> None:
    page = visit(features())
    assert page.locator("#x1 .cursor").count() == 4  # one stop for each picture
    cursor = page.locator("#x1 .cursor").nth(1)
    cursor.focus()
    for key in ("Home", "PageUp", "ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert re.match(r"row 1, column 2, value .*, rank \d+ by coi", cursor.get_attribute("aria-label"))
    assert "attackable, all paths" in page.locator("#live").inner_text()
    assert page.locator("#x1 .detail").get_attribute("data-feature") == "3"
    page.keyboard.press("Enter")
    assert page.locator("#x1 .detail").get_attribute("data-feature") == "7"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert "row 0, column 2" in cursor.get_attribute("aria-label")
    outline = cursor.evaluate("each => getComputedStyle(each).outlineStyle")
    assert outline == "solid"


def test_tab_reaches_every_control(visit: Callable[..., Any]) -> None:
    page = visit(features())
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.className + ' ' + document.activeElement.tagName"))
    for wanted in ("skip A", "find INPUT", "range INPUT", "percent INPUT", "show SELECT", "cursor BUTTON"):
        assert wanted in seen
    assert " SUMMARY" in seen


def test_coefficients_of_another_label_can_be_shown(visit: Callable[..., Any]) -> None:
    held = features()
    page = visit(held)
    click(page, 0, 19)
    page.locator("#x1 .show").select_option("2")
    own = array(held, "coefficients", "values").reshape(3, 20)[2]
    for feature in range(14):
        share = float(own[feature]) / float(np.abs(own).max())
        end = np.array([204, 121, 167] if share < 0 else [0, 158, 115])
        ground = np.array([34, 37, 42])
        wanted = ground + abs(share) * (end - ground)
        assert colour(page, 1, feature)[:3] == pytest.approx(wanted.tolist(), abs=1.5)
    assert "coefficients of two" in page.locator("#x1 figure").nth(1).inner_text()


def test_attacks_to_one_label_can_be_shown(visit: Callable[..., Any]) -> None:
    page = visit(features())
    page.locator("#x1 .reached").select_option("2")
    assert {name: marked for name, (marked, _) in tally(page).items()} == {"0": 0, "1": 1}


def test_a_set_of_several_pixels_is_framed_and_shown(visit: Callable[..., Any]) -> None:
    held = features()
    held["answers"].append(answer(20, [pair(2, 9)], size=2, untried=100))
    page = visit(held)
    page.locator("#x1 .sets").select_option("2 0")
    panel = page.locator("#x1 .detail")
    assert panel.get_attribute("data-feature") == "2 9"
    assert "0.25" in panel.inner_text()
    assert "0.75" in panel.inner_text()
    for feature, share in ((2, 0.25), (9, 0.75)):
        shade = page.evaluate(
            """([column, row]) => { const canvas = document.querySelectorAll('#x1 figure')[3].querySelector('canvas');
              const at = [(column + 0.5) * canvas.width / 5, (row + 0.5) * canvas.height / 4];
              return canvas.getContext('2d').getImageData(...at, 1, 1).data[0]; }""",
            [feature % 5, feature // 5],
        )
        assert shade == pytest.approx(255 * share, abs=1)


def test_where_no_pixel_alone_changes_the_label_a_set_is_shown_first(visit: Callable[..., Any]) -> None:
    answers = [answer(20, []), answer(20, [pair(2, 9)], size=2, untried=100)]
    page = visit(features(answers=answers))
    assert page.locator("#x1 .detail").get_attribute("data-feature") == "2 9"
    assert page.locator("#x1 .sets").input_value() == "1 0"
    assert "zero → one" in page.locator("#x1 figure[data-view=changed]").inner_text()
    page.locator("#x1 .sets").select_option("")
    assert "Choose a set from the list." in page.locator("#x1 figure[data-view=changed]").inner_text()


def test_a_table_of_features_is_marked_and_chosen(visit: Callable[..., Any]) -> None:
    held = features("sensors", grid=None)
    page = visit(held)
    page.locator("#x1 .percent").fill("25")
    marked = page.locator("#x1 tr.important").evaluate_all("rows => rows.map(row => Number(row.dataset.feature))")
    assert set(marked) == top(held, "coi", 25)
    page.locator("#x1 .features button", has_text="sensor 7").first.click()
    panel = page.locator("#x1 .detail")
    assert panel.get_attribute("data-feature") == "7"
    assert "proved (this path)" in panel.inner_text()
    page.locator("#x1 .features th button", has_text="abs").click()
    order = page.locator("#x1 .features tbody tr").evaluate_all("rows => rows.map(row => Number(row.dataset.feature))")
    assert order == np.argsort(-array(held, "scores", "abs"), kind="stable").tolist()


def test_words_are_shaded_by_the_metric_and_answer_a_click(visit: Callable[..., Any]) -> None:
    page = visit(text())
    words = page.locator("#x1 .sentence button.word")
    assert words.all_inner_texts() == ["A", "fine", "film", "and", "short"]
    assert words.nth(1).get_attribute("class") == "word for s5"
    assert words.nth(2).get_attribute("class") == "word against s3"  # a share of -0.5: step 3
    page.locator("#x1 input[value=abs]").check(force=True)
    classes = [words.nth(at).get_attribute("class") for at in range(5)]
    assert classes == [f"word much s{step}" for step in (5, 4, 3, 2, 1)]
    words.nth(1).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator("#x1 .detail").get_attribute("data-position") == "3"
    words.nth(1).click()
    assert "dull → negative (margin 2.5)" in page.locator("#x1 .detail").inner_text()


def test_unbounded_values_have_no_ends(visit: Callable[..., Any]) -> None:
    held = features(bounds={"lower": None, "upper": None})
    del held["scores"]["reach"]
    for own in held["answers"]:
        own["domain"], own["domain_said"] = {"lower": None, "upper": None}, "any real value"
    held["answers"][0]["attacks"][0]["intervals"] = {"1": [[None, -4.5], [2.0, None]]}
    page = visit(held)
    click(page, 1, 3)
    assert (
        "(~∞, ~4.5] or [2, ∞)".replace("~", "\N{MINUS SIGN}")
        in page.locator("#x1 .detail [data-answer='0']").inner_text()
    )
    click(page, 1, 5)
    assert "No real value of this alone changes the label" in page.locator("#x1 .detail [data-answer='0']").inner_text()


def test_what_is_open_about_a_pixel_is_told(visit: Callable[..., Any]) -> None:
    opened = answer(20, [], undecided=1, untried=1)
    opened["open"] = {"untried": [3], "tie": [7]}
    page = visit(features("open", answers=[opened]))
    said = {}
    for pixel in (3, 7, 8):
        click(page, 0, pixel)
        said[pixel] = page.locator("#x1 .detail .block[data-answer='0']").inner_text().split("\n\n")
    assert said[3][-2:] == ["untried", "It was not tried."]
    assert said[7][-2:] == ["undecided", "Why: tie."]
    assert said[8][-2] == "proved (this path)"


def test_features_of_sets_that_are_not_listed_are_marked_too(visit: Callable[..., Any]) -> None:
    sets = answer(20, [pair(2, 9)], size=2)
    sets["members"] = [2, 5, 9, 11]
    page = visit(features("pairs", answers=[sets]))
    assert page.locator("#x1 .tally span[data-answer='0']").get_attribute("data-marked") == "4"
    assert "4 in attackable sets" in page.locator("#x1 .tally").inner_text()
