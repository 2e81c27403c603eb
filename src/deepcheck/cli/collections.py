"""DATASET: from words on the command line to a batch of inputs, with their true labels where there are any."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepcheck.cli.inputs import fitted, image_set, read_input, scaled
from deepcheck.cli.reading import read_arrays
from deepcheck.errors import InputError

if TYPE_CHECKING:
    from deepcheck.domains import Pixels
    from deepcheck.domains.features import Layout
    from deepcheck.program import Array, Program

READ = (".npy", ".npz", ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
"""What is taken for an input in a folder, by the end of its name."""


@dataclass(frozen=True)
class Collection:
    """Inputs to ask about.

    Attributes:
        name: What they are called.
        pixels: In the user's units, ``(items, *input_shape)``.
        labels: The true labels, ``(items,)``, or None.
        names: What each is called.
        inputs: Each as INPUT on the command line; empty where that cannot be said.
    """

    name: str
    pixels: "Array"
    labels: "Array | None"
    names: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


def read_collection(
    text: str, program: "Program", *, domain: "Pixels", layout: "Layout", data: Path | None, count: int | None
) -> Collection:
    """Read DATASET: a data set by name, a folder of inputs, or a file of arrays.

    Args:
        text: ``mnist`` or ``mnist:train``; a folder; a ``.npy`` file, or a ``.npz`` file of x and, if there are, y.
        program: What the inputs must fit.
        domain: Says whether pixels are levels.
        layout: Where a pixel's channels are.
        data: The folder of all data sets.
        count: Only so many, the first; None for all.

    Raises:
        InputError: If there is no such data set, it cannot be read, or does not fit the program.
    """
    path = Path(text)
    if path.is_dir():
        return _folder(path, program, domain, layout, count)
    if path.is_file():
        return _arrays(path, program, count)
    named = re.fullmatch(r"([\w-]+)(?::(\w+))?", text)
    if named is None:
        raise InputError(f"expected a data set such as mnist or mnist:train, a folder, or a .npz file, got '{text}'")
    split = named.group(2) or "test"
    images = image_set(named.group(1), split, data)
    levels = images.pixels(slice(0, count)) * images.max_level
    pixels = [fitted(scaled(each, images.max_level, domain, program), program, layout, text) for each in levels]
    name = f"{named.group(1)}:{split}"
    names = tuple(f"{name}:{item}" for item in range(len(pixels)))
    return Collection(name, np.stack(pixels), images.labels[: len(pixels)], names, names)


def _folder(path: Path, program: "Program", domain: "Pixels", layout: "Layout", count: int | None) -> Collection:
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in READ and file.is_file())[:count]
    if not files:
        raise InputError(f"expected images, .npy or .npz files in {path}, found none")
    found = [read_input(str(file), program, domain=domain, layout=layout, data=None).pixels for file in files]
    names, inputs = tuple(file.name for file in files), tuple(str(file) for file in files)
    return Collection(path.resolve().name, np.stack(found), None, names, inputs)


def _arrays(path: Path, program: "Program", count: int | None) -> Collection:
    if path.suffix.lower() not in (".npy", ".npz"):
        raise InputError(f"expected a .npy or .npz file, or a folder, got '{path}'")
    try:
        found = read_arrays(path, ("x", "y"))
    except InputError:
        found = {"x": next(iter(read_arrays(path).values()))}
    inputs, labels = found["x"][:count], found["y"][:count] if "y" in found else None
    if labels is not None and (labels.dtype.kind not in "iu" or labels.ndim != 1):
        raise InputError(
            f"expected y in {path} as whole numbers, one for each input, got {labels.dtype} {labels.shape}"
        )
    if inputs.ndim != len(program.input_shape) + 1:
        raise InputError(f"expected inputs of shape (n, {str(program.input_shape)[1:]} in {path}, got {inputs.shape}")
    names = tuple(f"{path.name}:{item}" for item in range(len(inputs)))
    return Collection(path.resolve().stem, np.asarray(program.batch(inputs)), labels, names)
