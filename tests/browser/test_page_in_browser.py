"""The report page as a whole, in a real browser."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_looking import CONTRASTS, click, opened_browser, visits
from page_reading import data_of
from page_samples import answer, attack, features, packed, text

from deepcheck.report.page_parts import Grid

HOSTILE = "<img src=x onerror=\"document.title='broken'\"></script><script>document.title='broken'</script>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    yield from opened_browser()


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    yield from visits(browser, tmp_path)


def test_tables_sort_both_ways(visit: Callable[..., Any]) -> None:
    grid = Grid("Sizes", ["name", "size"], [["b", 10], ["a", 9], ["c", None], ["d", 100.5]])
    page = visit(features("late"), features("early"), tables=(grid,))
    table = page.locator(".table-part table")
    heading = table.locator("th").nth(1)
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert table.locator("tbody td:nth-child(1)").all_inner_texts() == ["a", "b", "d", "c"]
    heading.locator("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert table.locator("tbody td:nth-child(1)").all_inner_texts() == ["d", "b", "a", "c"]
    page.locator("#overview th button", has_text="Input").click()
    assert page.locator("#overview tbody td:nth-child(2)").all_inner_texts() == ["early", "late"]


def test_the_overview_is_filtered(visit: Callable[..., Any]) -> None:
    safe = features("safe", answers=[answer(20, []), answer(20, [], paths="all")])
    page = visit(features("flips"), safe)
    page.locator("#overview .find").fill("fli")
    assert page.locator("#overview tbody tr:visible").count() == 1
    assert page.locator("#overview .matches").inner_text() == "1 of 2 inputs"
    page.locator("#overview .find").fill("")
    page.locator("#overview select.verdict").select_option("proved")
    assert page.locator("#overview tbody tr:visible").all_inner_texts()[0].split()[0] == "safe"


def test_pictures_are_saved_as_png_and_svg(visit: Callable[..., Any]) -> None:
    page = visit(features("mnist:test:0 <b>"), accept_downloads=True)
    with page.expect_download() as png:
        page.locator("#x1 .save-png").click()
    assert png.value.suggested_filename == "mnist-test-0-b-coi-5.png"
    assert Path(png.value.path()).read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as svg:
        page.locator("#x1 .save-svg").press("Enter")
    drawn = Path(svg.value.path()).read_text()
    assert drawn.startswith("<svg xmlns=")
    assert drawn.count("rgb(") >= 4 * 20
    assert "<script" not in drawn


def test_copying_a_command_says_so(visit: Callable[..., Any]) -> None:
    page = visit(features())
    page.locator("#x1 summary").first.click()
    page.locator("#x1 button.copy").first.click()
    page.locator("#x1 button.copy", has_text=re.compile("^(Copied|Selected)$")).first.wait_for()


def test_nothing_in_an_exhibit_runs(visit: Callable[..., Any]) -> None:
    one = features(HOSTILE, labels=[HOSTILE, "b", "c"])
    table = features("t", grid=None)
    table["features"]["names"] = [f"{HOSTILE} {at}" for at in range(20)]
    words = text(HOSTILE)
    words["answers"][0]["attacks"][0]["words"][0]["after"] = HOSTILE
    page = visit(one, table, words)
    for place in ("#x1", "#x2", "#x3"):
        page.locator(place).scroll_into_view_if_needed()
        page.wait_for_selector(f"{place}[data-opened]")
    click(page, 0, 7)
    assert page.title() == "A title"
    assert page.locator("article img[src=x], section img[src=x]").count() == 0
    assert page.locator("#x1 h3").inner_text() == HOSTILE


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_ground(visit: Callable[..., Any], dark: bool) -> None:
    held = features("wrong", true_label=1)
    page = visit(held, features("sensors", grid=None), text(), color_scheme="dark" if dark else "light")
    for place in ("#x1", "#x2", "#x3"):
        page.locator(place).scroll_into_view_if_needed()
        page.wait_for_selector(f"{place}[data-opened]")
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    weak = page.evaluate(CONTRASTS)
    assert weak == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is not dark


@pytest.mark.parametrize("scripted", [True, False])
def test_a_narrow_window_does_not_scroll_sideways(visit: Callable[..., Any], scripted: bool) -> None:
    long = features("a-name-without-any-space-" * 8)
    long["answers"][0]["command"] = "deepcheck attack " + "x" * 300
    page = visit(long, features("sensors", grid=None), text(), width=360, java_script_enabled=scripted)
    if scripted:
        for place in ("#x1", "#x2", "#x3"):
            page.locator(place).scroll_into_view_if_needed()
            page.wait_for_selector(f"{place}[data-opened]")
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    boxes = page.locator(".stage").first.bounding_box()
    assert boxes["x"] + boxes["width"] <= 360


def test_without_a_script_statements_are_open_and_controls_are_not_there(visit: Callable[..., Any]) -> None:
    page = visit(features(), java_script_enabled=False)
    assert page.locator("#x1 .stage img").first.is_visible()
    facts = page.locator("#x1 .statement .facts").first
    assert facts.is_visible()
    assert "onnxruntime 1.20" in facts.text_content()
    assert not page.locator("#x1 .controls").is_visible()


def test_on_paper_every_statement_is_there(visit: Callable[..., Any], tmp_path: Path) -> None:
    held = [features(f"image {at}", grid=(28, 28)) for at in range(30)]
    page = visit(*held, text(), idle=False)
    printed = page.evaluate(
        """() => { dispatchEvent(new Event('beforeprint'));
          return ['details:not([open])', 'details'].map(each => document.querySelectorAll(each).length); }"""
    )
    assert printed == [0, 30 * 3 + 2]
    page.emulate_media(media="print")
    for hidden in (".controls", ".choices", ".save", ".jump"):
        assert not page.locator(hidden).first.is_visible()
    assert page.get_by_text("onnxruntime 1.20").first.is_visible()
    assert page.locator("#x29 .stage img").nth(2).is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    page.pdf(path=tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_page_of_a_hundred_images_draws_what_is_seen_only(visit: Callable[..., Any]) -> None:
    attacks = [attack(at, 1, 0.5, 1.0, 0.75) for at in range(20)]
    both = [answer(784, attacks), answer(784, attacks, paths="all")]
    page = visit(*(features(f"image {at}", grid=(28, 28), seed=at, answers=both) for at in range(100)))
    assert page.locator(".exhibit").count() == 100
    assert page.locator(".exhibit[data-opened]").count() < 10
    page.locator("#x100").scroll_into_view_if_needed()
    page.wait_for_selector("#x100[data-opened]")
    assert page.locator(".exhibit[data-opened]").count() < 20
    page.wait_for_selector("noscript", state="detached")
    assert page.locator("#x50 .statement").count() == 3  # there for a search in the page, before anyone comes near


def test_the_data_of_the_page_is_what_the_browser_reads(visit: Callable[..., Any]) -> None:
    held = features("a </script> & <b> \u2028 b", values=packed(np.linspace(0, 1, 20)))
    page = visit(held)
    read = page.evaluate("JSON.parse(document.querySelector('#x1 script.data').textContent)")
    assert read == data_of(page.content())[0]
    assert read["name"] == held["name"]
