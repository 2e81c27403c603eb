"""Table I and figure 3 as pictures."""

from pathlib import Path

import numpy as np

from deepcheck.display.files import make_folder
from deepcheck.display.pictures import Picture, picture_grid, save_figure
from deepcheck.errors import DataError
from deepcheck.program import Array
from deepcheck.ranking import shortlist_length
from deepcheck.reproduce.measure import ranks_of
from deepcheck.reproduce.pairs.measure import TOP
from deepcheck.reproduce.pairs.rows import shortlisted
from deepcheck.reproduce.rules import DOMAINS, PAPER_METRICS, PIXELS, SHORTLISTS
from deepcheck.reproduce.study import Study


def draw_table1(study: Study, path: Path) -> Path:
    """Draw the most important pixels of the ten images in green, by metric and shortlist."""
    x = study.train.pixels(_items(study))
    ranks = {metric: ranks_of(study.program, x, metric, DOMAINS["bounded"]) for metric in PAPER_METRICS}
    lengths = {shortlist: shortlist_length(shortlist, PIXELS) for shortlist in SHORTLISTS}
    rows = [
        [
            Picture(image, green=(ranks[metric][row] <= length).reshape(image.shape))
            for length in lengths.values()
            for metric in PAPER_METRICS
        ]
        for row, image in enumerate(x[:, 0])
    ]
    columns = [f"{s} ({length})\n{metric}" for s, length in lengths.items() for metric in PAPER_METRICS]
    caption = "Important pixels green, with a dot. " + _images(study)
    return _draw(rows, path, row_titles=_digits(study), column_titles=columns, caption=caption)


def draw_figure3(study: Study, path: Path) -> Path:
    """Draw the pixels of attacks on the ten images in red: alone, then in pairs, a row for each domain."""
    items = _items(study)
    images = study.train.pixels(items)[:, 0]
    top = shortlisted(study, items).reshape(images.shape)
    rows, titles = [], []
    for domain, words in (("bounded", "[0, 1]"), ("unbounded", "any")):
        red = study.store.measured(study.train, items, domain).attackable.reshape(images.shape)
        rows.append([Picture(image, red=mask) for image, mask in zip(images, red, strict=True)])
        titles.append(f"(a) {words}")
    for domain, words in (("bounded", "[0, 1]"), ("unbounded", "any")):
        pairs = study.chosen_pairs(domain, TOP)
        assert pairs is not None
        red = (pairs.partners > 0).reshape(images.shape)
        rows.append([Picture(*drawn) for drawn in zip(images, top, red, strict=True)])
        titles.append(f"(b) {words}")
    caption = (
        "(a) Crosses: pixels attackable alone. (b) Green dots: the top 5 % by coi; crosses: those of them that are in "
        "an attackable pair. Pixels stay in [0, 1], or take any value. " + _images(study)
    )
    return _draw(rows, path, row_titles=titles, column_titles=_digits(study), caption=caption)


def _draw(
    rows: list[list[Picture]], path: Path, *, row_titles: list[str], column_titles: list[str], caption: str
) -> Path:
    make_folder(path.parent)
    save_figure(picture_grid(rows, row_titles=row_titles, column_titles=column_titles, caption=caption), path)
    return path


def _items(study: Study) -> Array:
    items = [item for item in study.picked if item is not None]
    if not items:
        raise DataError(
            f"expected an image with an attackable pixel, found none in {len(study.train)}: nothing to draw"
        )
    return np.array(items, dtype=np.int64)


def _digits(study: Study) -> list[str]:
    return [str(label) for label, item in enumerate(study.picked) if item is not None]


def _images(study: Study) -> str:
    known = ", ".join(f"{label}: {item}" for label, item in enumerate(study.picked) if item is not None)
    missing = [str(label) for label, item in enumerate(study.picked) if item is None]
    return f"Training images {known}." + (f"\nNo image qualifies for {', '.join(missing)}." if missing else "")
