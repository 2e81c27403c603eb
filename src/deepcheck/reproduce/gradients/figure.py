"""Figure 4: one image, its adversaries by FGSM and PGD, and ours by one and two pixels, with what they change.

Source: Figure 4 and section IV-C, RQ5.
"""

from pathlib import Path

import numpy as np

from deepcheck.display.files import make_folder
from deepcheck.display.pictures import Picture, picture_grid, save_figure
from deepcheck.errors import DataError
from deepcheck.program import Array
from deepcheck.reproduce.gradients.measure import Compared, answers
from deepcheck.reproduce.gradients.rules import ATTACKS, RULES
from deepcheck.reproduce.gradients.study import SCHEMA, compared
from deepcheck.reproduce.kept import digest_of
from deepcheck.reproduce.rules import FIGURE_DIGIT
from deepcheck.reproduce.study import Study
from deepcheck.runs import Source

SHOWN = ("fgsm", "pgd", "pixel_path", "pair_path", "pixel_all")
TITLES = {
    "fgsm": "FGSM",
    "pgd": "PGD",
    "pixel_path": "1 pixel, same path",
    "pair_path": "2 pixels, same path",
    "pixel_all": "1 pixel, any path",
}


def draw_figure4(study: Study, path: Path) -> Path:
    """Draw the image of digit 3 and its adversaries; below each, what it adds in green and what it takes in red."""
    item = study.picked[FIGURE_DIGIT]
    if item is None:
        raise DataError(f"expected an image of {FIGURE_DIGIT} with an attackable pixel, found none: nothing to draw")
    found = compared(study, study.train, np.array([item]))
    image = study.train.pixels(np.array([item]))[0, 0].astype(np.float64)
    changed = {name: pixels[0, 0] for name, pixels in _pictures(study, item).items()}
    there = [name for name in SHOWN if found.found[0, ATTACKS.index(name)]]
    rows = [
        [Picture(image), *(_adversary(image, changed[name]) for name in there)],
        [Picture(np.zeros_like(image)), *(_difference(image, changed[name]) for name in there)],
    ]
    columns = [f"training image {item}\nlabel {int(found.labels[0])}\n\n\n", *(_title(found, name) for name in there)]
    absent = ", ".join(TITLES[name] for name in SHOWN if name not in there)
    caption = (
        "Above: the inputs; a frame marks a pixel that an attack of few pixels changes. Below: what an attack adds in "
        "green, what it takes in red, each relative to its own largest change. FGSM and PGD: at the smallest epsilon "
        "that changes the label." + f" No attack: {absent}." * bool(absent)
    )
    make_folder(path.parent)
    titles = ["input", "change"]
    save_figure(picture_grid(rows, row_titles=titles, column_titles=columns, caption=caption, inches=1.7), path)
    return path


def _pictures(study: Study, item: int) -> dict[str, Array]:
    """The adversaries of one training image; the image itself where there is none."""
    items = np.array([item])
    data = f"{study.train.name} {study.train.split} {digest_of(study.train, items)}"
    question = f"RQ5 pictures, schema {SCHEMA}, {' '.join(RULES[1:5])}"

    def make() -> dict[str, Array]:
        calls = answers(study.program, study.train.pixels(items))
        return {name: calls[name]().pixels for name in SHOWN}

    return study.kept.arrays(Source(study.program.origin.sha256, data, question), item, make)


def _adversary(image: Array, changed: Array) -> Picture:
    few = changed != image
    return Picture(changed, framed=few if np.count_nonzero(few) <= 2 else None)


def _difference(image: Array, changed: Array) -> Picture:
    step = changed.astype(np.float64) - image
    scale = np.abs(step).max()
    return Picture(np.zeros_like(image), green=np.maximum(step, 0) / scale, red=np.maximum(-step, 0) / scale)


def _title(found: Compared, name: str) -> str:
    column = ATTACKS.index(name)
    pixels, _, total, _, largest = found.norms[0, column]
    lines = (
        TITLES[name],
        f"label {int(found.new_labels[0, column])}",
        f"pixels changed: {pixels:.0f}",
        f"L1 {total:.2g}, largest {largest:.2g}",
        f"ReLUs that differ: {int(found.flips[0, column].sum())}",
    )
    return "\n".join(lines)
