"""The report page in a real browser: Chromium, driven by Playwright, and what tests read there."""

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from page_samples import exhibit
from requirements import absent

from deepcheck.report.page_parts import Grid, Section
from deepcheck.report.page_whole import report_html

sync_api: Any = None
try:
    from playwright import sync_api
except ImportError:
    absent("browser", "no browser: playwright is not installed")

NAMES = ("chromium", "chromium-browser", "google-chrome")


def opened_browser() -> Iterator[Any]:
    """The browser of this machine; without one the calling tests skip."""
    place = next((found for name in NAMES if (found := shutil.which(name))), None)
    if place is None:
        absent("browser", f"no browser: none of {', '.join(NAMES)} is on the path")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playing:
        opened = playing.chromium.launch(executable_path=place, args=arguments)
        yield opened
        opened.close()


def visits(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens a page of exhibits from disk; when the test ends, nothing may have gone wrong or left the page."""
    troubles: list[str] = []
    contexts = []

    def go(
        *held: dict[str, Any], tables: tuple[Grid, ...] = (), width: int = 1200, idle: bool = True, **options: Any
    ) -> Any:
        file = tmp_path / "report.html"
        file.write_bytes(report_html("A title", [Section("All", {}, [exhibit(each) for each in held], tables)]))
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error('policy ' + e.blockedURI))"
        )
        if not idle:
            context.add_init_script("requestIdleCallback = () => 0")
        page = context.new_page()
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda asked: _watch(asked.url, file.as_uri(), troubles))
        page.goto(file.as_uri())
        if options.get("java_script_enabled", True):
            page.locator("#x1").scroll_into_view_if_needed()
            page.wait_for_selector("#x1[data-opened]")
        return page

    yield go
    for context in contexts:
        context.close()
    assert troubles == []


def _watch(address: str, own: str, troubles: list[str]) -> None:
    if address.partition("#")[0] != own and not address.startswith(("data:", "blob:")):
        troubles.append(f"asked for {address}")


def array(held: dict[str, Any], *path: str) -> np.ndarray:
    """An array of an exhibit."""
    found: Any = held
    for name in path:
        found = found[name]
    return np.frombuffer(base64.b64decode(found), dtype="<f4")


def top(held: dict[str, Any], metric: str, percent: int) -> set[int]:
    """The features that a shortlist holds, by NumPy."""
    scores = array(held, "scores", metric)
    return set(np.argsort(-scores, kind="stable")[: len(scores) * percent // 100].tolist())


def tally(page: Any) -> dict[str, tuple[int, int]]:
    """How many features are marked attackable by each answer, and how many of these are important."""
    spans = page.locator("#x1 .tally span[data-answer]")
    return {
        spans.nth(at).get_attribute("data-answer"): tuple(
            int(spans.nth(at).get_attribute(name)) for name in ("data-marked", "data-inside")
        )
        for at in range(spans.count())
    }


def colour(page: Any, figure: int, feature: int, columns: int = 5, rows: int = 4) -> list[int]:
    """The colour near a corner of a pixel of the input in a picture."""
    return page.evaluate(
        """([figure, column, row, columns, rows]) => {
          const canvas = document.querySelectorAll('#x1 figure')[figure].querySelector('canvas');
          const [x, y] = [(column + 0.06) * canvas.width / columns, (row + 0.06) * canvas.height / rows];
          return Array.from(canvas.getContext('2d').getImageData(x, y, 1, 1).data);
        }""",
        [figure, feature % columns, feature // columns, columns, rows],
    )


def click(page: Any, figure: int, feature: int, columns: int = 5, rows: int = 4) -> None:
    """Click on a pixel of the input."""
    canvas = page.locator("#x1 figure").nth(figure).locator("canvas")
    box = canvas.bounding_box()
    at = {
        "x": (feature % columns + 0.5) * box["width"] / columns,
        "y": (feature // columns + 0.5) * box["height"] / rows,
    }
    canvas.click(position=at)


CONTRASTS = """() => {
  const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
  const over = ([r, g, b, a], under) => [r, g, b].map((part, at) => a * part + (1 - a) * under[at]);
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => part / 255)
      .map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (element) => {
    const chain = [];
    for (let at = element; at; at = at.parentElement) chain.unshift(parse(getComputedStyle(at).backgroundColor));
    return chain.reduce((under, colour) => over(colour, under), [255, 255, 255]);
  };
  const weak = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || element.closest('script, style, svg, .hidden, .skip, option') || !element.checkVisibility()) continue;
    const ground = groundOf(element), style = getComputedStyle(element);
    let opacity = 1;
    for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
    const ink = parse(style.color);
    const shown = over([ink[0], ink[1], ink[2], ink[3] * opacity], ground);
    const [one, other] = [light(shown), light(ground)];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) weak.push(`${element.className || element.tagName}: ${ratio.toFixed(2)} ${text.slice(0, 30)}`);
  }
  return weak;
}"""
