"""How long a run over 100 MNIST images and its report take, the report to open from disk, and how large it is.

Opening: Chromium in a fresh context each time, from the start of the navigation until something is to be seen, until
the page has been read, and until the first exhibit has been drawn. Needs Playwright and Chromium.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from measure import store
from playwright.sync_api import sync_playwright

IMAGES = 100
REPEATS = 7
READ = """() => {
  const [page] = performance.getEntriesByType('navigation');
  const named = (name) => performance.getEntriesByName(name)[0]?.startTime;
  return [named('first-contentful-paint'), page.domContentLoadedEventEnd, named('first-exhibit')];
}"""


def opened(browser: Any, address: str) -> list[float]:
    """Milliseconds until something is painted, the page is read, and its first exhibit is drawn."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(address)
    page.wait_for_function("performance.getEntriesByName('first-exhibit').length > 0")
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
    found = page.evaluate(READ)
    context.close()
    return found


def main() -> None:
    deepcheck = str(Path(sys.executable).parent / "deepcheck")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder:
        run, file = str(Path(folder) / "run"), Path(folder) / "report.html"
        asked = [deepcheck, "run", "mnist_10x4", "mnist", "--images", str(IMAGES), "--out", run]
        started = time.perf_counter()
        subprocess.run(asked, check=True, capture_output=True)
        ran = time.perf_counter() - started
        started = time.perf_counter()
        subprocess.run([deepcheck, "report", run, "-o", str(file)], check=True, capture_output=True)
        made = time.perf_counter() - started
        size = file.stat().st_size
        with sync_playwright() as playing:
            browser = playing.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            address = f"{file.as_uri()}#x1"
            opened(browser, address)
            times = np.median([opened(browser, address) for _ in range(REPEATS)], axis=0) / 1000
            browser.close()
    painted, read, drawn = times.tolist()
    figures = {
        "images": IMAGES,
        "MB": size / 1e6,
        "s, deepcheck run (single pixels, this path and all paths)": ran,
        "s, deepcheck report": made,
        "s, until something is painted": painted,
        "s, until the page is read": read,
        "s, until the first exhibit is drawn": drawn,
    }
    store("report_page", figures, "library defaults")


if __name__ == "__main__":
    main()
