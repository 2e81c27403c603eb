"""Files of arrays and images, read as if they were hostile."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepcheck.errors import DeepCheckError, InputError

if TYPE_CHECKING:
    from PIL import Image

    from deepcheck.program import Array


def read_arrays(path: Path, names: Sequence[str] | None = None) -> "dict[str, Array]":
    """The arrays of a ``.npy`` file (its only one is named "") or a ``.npz`` file, by name, without pickle.

    Args:
        path: The file.
        names: What the arrays must be called; by default there must be one, of any name.

    Raises:
        InputError: If numpy cannot read it, or it holds other arrays.
    """
    try:
        with path.open("rb") as stream:  # numpy leaves a damaged archive open
            loaded = np.load(stream, allow_pickle=False)
            archive = {"": loaded} if isinstance(loaded, np.ndarray) else loaded
            held = list(archive)
            wanted = held[:1] if names is None else [name for name in held if name in names]
            found = {name: np.asarray(archive[name]) for name in wanted}
    except Exception as problem:  # zipfile, zlib and numpy raise many classes
        raise InputError(f"{path} is not an array that numpy can read without pickle: {problem}") from None
    if names is None and len(held) != 1:
        raise InputError(f"expected 1 array in {path}, got {len(held)}: save only the input")
    if names is not None and sorted(held) != sorted(names):
        listed = ", ".join(held[:5]) or "none"
        raise InputError(f"expected arrays named {' and '.join(names)} in {path}, got {listed}")
    return found


@contextmanager
def opened_image(path: Path, formats: tuple[str, ...] | None = None) -> "Iterator[Image.Image]":
    """An image file, not decoded yet; whatever goes wrong while it is used is one clear line.

    Raises:
        InputError: If it is no image of these formats, damaged, or too large to be honest.
    """
    from PIL import Image  # slow, and only images need it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=formats) as image:
                yield image
    except DeepCheckError:
        raise
    except Exception as problem:  # each of Pillow's readers raises classes of its own
        raise InputError(f"{path} is not an image that can be read: {problem}") from None


def refuse_transparency(image: "Image.Image", path: Path) -> None:
    """Raise `InputError` if any pixel of an image is not opaque."""
    if image.has_transparency_data and image.convert("RGBA").getchannel("A").tobytes().strip(b"\xff"):
        raise InputError(f"expected an image without transparency, got {path}: flatten it first")
