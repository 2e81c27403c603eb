"""MODEL and INPUT: from words on the command line to a program and what it is asked about."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import deepcheck
from deepcheck.cli.reading import opened_image, read_arrays, refuse_transparency
from deepcheck.cli.showing import working
from deepcheck.cli.values import lengths, numbers
from deepcheck.errors import InputError, OptionError

if TYPE_CHECKING:
    from PIL import Image

    from deepcheck.datasets import ImageSet, TableSet
    from deepcheck.domains import Pixels
    from deepcheck.domains.features import Layout
    from deepcheck.program import Array, Program

GREY_OR_RGB = {"1": "L", "L": "L", "LA": "LA", "P": "RGB", "RGB": "RGB", "RGBA": "RGBA"}
"""Pillow's modes of at most 8 bits, and what is left of them; others (16 bits, CMYK) would lose something silently."""

TABLES = ("breast-cancer",)
"""Data sets of measurements, by their names on the command line."""


@dataclass(frozen=True)
class Question:
    """What is asked about.

    Attributes:
        pixels: One input in the user's units, ``program.input_shape``, in the model's type.
        is_image: Did it come as 8-bit levels?
        domain: Where its features may go: as asked; for a row of a table, where nothing was asked, the range of each
            measurement in the training samples, widened where it has to be to hold the row.
        feature_names: What its features are called, where the data set says so.
        label_names: What labels are called, likewise.
        true_label: Its true label, where it is a row of a table.
    """

    pixels: "Array"
    is_image: bool
    domain: "Pixels"
    feature_names: tuple[str, ...] = ()
    label_names: tuple[str, ...] = ()
    true_label: int | None = None


@dataclass(frozen=True)
class ModelOptions:
    """How MODEL is to be read, as the options say."""

    mean: str | None = None
    std: str | None = None
    decision: str | None = None
    output: str | None = None
    input_shape: str | None = None
    whole: bool = False
    budget: float | None = None


def read_program(model: str, options: ModelOptions) -> "Program":
    """Read MODEL: a file, or the name of a network of the zoo.

    Raises:
        OptionError: If there is neither.
    """
    zoo = deepcheck.zoo
    named, seeds = (*zoo.names(), *zoo.table_names(), *zoo.text_names()), zoo.seeds()
    if not Path(model).exists() and model not in named + seeds:
        known = ", ".join((*named, f"{seeds[0]} to {seeds[-1]}"))
        raise OptionError(f"expected an ONNX or .nnet file, or one of {known}, but there is no file '{model}'")
    path = deepcheck.zoo.path(model) if not Path(model).exists() else Path(model)
    with working("reading the model"):
        return _loaded(path, options)


def _loaded(path: Path, options: ModelOptions) -> "Program":
    return deepcheck.load(
        path,
        mean=numbers(options.mean, "--mean"),
        std=numbers(options.std, "--std"),
        decision=options.decision,
        output=options.output,
        input_shape=lengths(options.input_shape),
        batch_axis=False if options.whole else None,
        budget_bytes=None if options.budget is None else options.budget * 2**30,
    )


def read_input(text: str, program: "Program", *, domain: "Pixels", layout: "Layout", data: Path | None) -> Question:
    """Read INPUT: an array, an image, or one image or row of a data set.

    An image's pixels are level / 255 in the model's type; the levels themselves where the bounds are in such units.

    Raises:
        InputError: If it cannot be read, or does not fit the program.
    """
    named = None if Path(text).exists() else re.fullmatch(r"([\w-]+):(\w+):(\d+)", text)
    if named and named.group(1) in TABLES:
        return _row(table_set(named.group(1), named.group(2)), int(named.group(3)), program, domain)
    if named:
        images = image_set(named.group(1), named.group(2), data)
        levels, full = images.pixels(int(named.group(3)))[0] * images.max_level, images.max_level
        return Question(fitted(scaled(levels, full, domain, program), program, layout, text), True, domain)
    path = Path(text)
    if not path.is_file():
        raise InputError(f"expected a .npy or .npz file, an image, or a sample such as mnist:test:7, got '{text}'")
    if path.suffix.lower() in (".npy", ".npz"):
        return Question(_one(next(iter(read_arrays(path).values())), program), False, domain)
    levels = _levels(path, program, layout)
    return Question(fitted(scaled(levels, 255, domain, program), program, layout, text), True, domain)


def image_set(name: str, split: str, data: Path | None) -> "ImageSet":
    """Read a data set by its name on the command line.

    Raises:
        OptionError: If there is none of this name.
    """
    readers: dict[str, Callable[[], ImageSet]] = {
        "mnist": lambda: deepcheck.datasets.mnist(split, data),
        "fashion-mnist": lambda: deepcheck.datasets.fashion_mnist(split, data),
        "cifar10": lambda: deepcheck.datasets.cifar10(split, data),
        "digits": lambda: deepcheck.datasets.digits(split),
    }
    if name not in readers:
        raise OptionError(f"expected a data set of {', '.join(readers)}, got '{name}'")
    return readers[name]()


def table_set(name: str, split: str) -> "TableSet":
    """Read a table by its name on the command line, one of `TABLES`."""
    return {"breast-cancer": deepcheck.datasets.breast_cancer}[name](split)


def _row(table: "TableSet", index: int, program: "Program", domain: "Pixels") -> Question:
    """One row of a table, in the program's own shape.

    Raises:
        InputError: If the program reads another number of values.
        OptionError: If levels were asked for: measurements have none.
    """
    row, name = table.values(index)[0], table.name.replace("_", "-")
    if len(row) != program.size:
        raise InputError(f"expected an input of shape {program.input_shape}, got a row of {len(row)} values of {name}")
    if domain.levels is not None:
        raise OptionError(f"expected no --levels for {name}: its measurements are no levels of an image")
    if domain == deepcheck.Pixels():
        lower, upper = (end.reshape(program.input_shape) for end in table.range_holding(row))
        domain = deepcheck.Pixels(lower, upper)
    pixels = np.asarray(program.batch(row.reshape(program.input_shape))[0])
    labels = table.classes if len(table.classes) == program.decided().labels else ()
    return Question(pixels, False, domain, table.feature_names, labels, int(table.labels[index]))


def full_scale(domain: "Pixels") -> float:
    """The value of white: 255 where the bounds are 0:255, or per element and not all within 0:1; else 1."""
    lower, upper = domain.bounds
    levels = lower >= 0 and 1 < upper <= 255 if domain.per_element else (lower, upper) == (0.0, 255.0)
    return 255.0 if levels else 1.0


def scaled(levels: "Array", max_level: int, domain: "Pixels", program: "Program") -> "Array":
    """The pixels of levels, in the model's type: level / max_level, or the levels where white is 255."""
    numbers = np.rint(levels).astype(program.dtype)
    return numbers if full_scale(domain) != 1 else np.asarray(numbers / program.dtype.type(max_level))


def _one(array: "Array", program: "Program") -> "Array":
    if array.ndim == len(program.input_shape) + 1 and len(array) != 1:
        raise InputError(f"expected one input, got a batch of {len(array)}: save one of them")
    return np.asarray(program.batch(array)[0])


def _levels(path: Path, program: "Program", layout: "Layout") -> "Array":
    """The levels of an image file, ``(channels, rows, columns)``, in as many channels as the program has."""
    with opened_image(path) as image:
        width, height = image.size
        channels = _channels(program, layout, height * width, f"{path} of {height} rows, {width} columns")
        return _converted(image, channels, path)


def _converted(image: "Image.Image", channels: int, path: Path) -> "Array":
    if image.mode not in GREY_OR_RGB:
        raise InputError(f"expected an 8-bit grey or RGB image, got {path} of mode {image.mode}: convert it first")
    refuse_transparency(image, path)
    levels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return levels[None] if channels == 1 else levels.transpose(2, 0, 1)


def _channels(program: "Program", layout: "Layout", positions: int, name: str) -> int:
    """1 or 3: how many channels the program wants from an image of so many positions."""
    if len(program.input_shape) == 3:
        channels = program.input_shape[0 if layout == "nchw" else -1]
    else:
        channels = program.size // positions if program.size % positions == 0 else 1
    if channels in (1, 3):
        return channels
    raise InputError(f"expected an input of shape {program.input_shape}, got image {name}: save it as .npy")


def fitted(pixels: "Array", program: "Program", layout: "Layout", name: str) -> "Array":
    """An image ``(channels, rows, columns)`` in the program's own shape; nothing is resized."""
    shape = program.input_shape
    given = pixels if layout == "nchw" or len(shape) != 3 else pixels.transpose(1, 2, 0)
    same_grid = given.shape == shape if len(shape) == 3 else shape in ((given.size,), given.shape[1:])
    if not same_grid or given.size != prod(shape):
        raise InputError(f"expected an image that fits an input of shape {shape}, got {name} of shape {pixels.shape}")
    return np.asarray(program.batch(np.ascontiguousarray(given).reshape(shape))[0])
