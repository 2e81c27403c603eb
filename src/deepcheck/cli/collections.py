"""DATASET: from words on the command line to a batch of inputs, with their true labels where there are any."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import deepcheck
from deepcheck.cli.inputs import TABLES, fitted, image_set, read_input, scaled, table_set
from deepcheck.cli.reading import read_arrays
from deepcheck.errors import InputError, OptionError

if TYPE_CHECKING:
    from deepcheck.datasets import TableSet
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
        domain: Where features may go: as asked; for a table, where nothing was asked, the range of each measurement in
            the training samples, widened where it has to be to hold all rows. None for what was asked.
        feature_names: What features are called, where the data set says so.
        label_names: What labels are called, likewise.
    """

    name: str
    pixels: "Array"
    labels: "Array | None"
    names: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    domain: "Pixels | None" = None
    feature_names: tuple[str, ...] = ()
    label_names: tuple[str, ...] = ()


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
    if named.group(1) in TABLES:
        return _table(table_set(named.group(1), split), f"{named.group(1)}:{split}", program, domain, count)
    images = image_set(named.group(1), split, data)
    levels = images.pixels(slice(0, count)) * images.max_level
    pixels = [fitted(scaled(each, images.max_level, domain, program), program, layout, text) for each in levels]
    name = f"{named.group(1)}:{split}"
    names = tuple(f"{name}:{item}" for item in range(len(pixels)))
    return Collection(name, np.stack(pixels), images.labels[: len(pixels)], names, names)


def _table(table: "TableSet", name: str, program: "Program", domain: "Pixels", count: int | None) -> Collection:
    """The rows of a table; an attack on one of them takes the range that holds it alone, so no INPUT says the same."""
    rows = table.values(slice(0, count))
    if rows.shape[1] != program.size:
        raise InputError(
            f"expected inputs of shape {program.input_shape}, got rows of {rows.shape[1]} values of {name}"
        )
    if domain.levels is not None:
        raise OptionError(f"expected no --levels for {name}: its measurements are no levels of an image")
    if domain == deepcheck.Pixels():
        lower, upper = (end.reshape(program.input_shape) for end in table.range_holding(rows))
        domain = deepcheck.Pixels(lower, upper)
    return Collection(
        name,
        np.asarray(program.batch(rows.reshape(-1, *program.input_shape))),
        table.labels[: len(rows)],
        tuple(f"{name}:{item}" for item in range(len(rows))),
        domain=domain,
        feature_names=table.feature_names,
        label_names=table.classes,
    )


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
