"""From the text of an option to its value."""

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from deepcheck.cli.reading import opened_image, read_arrays, refuse_transparency
from deepcheck.errors import OptionError

if TYPE_CHECKING:
    from deepcheck.domains import Pixels
    from deepcheck.domains.bounds import Bound
    from deepcheck.domains.features import Grouping, Layout
    from deepcheck.program import Array, Program


def numbers(text: str | None, option: str) -> tuple[float, ...] | None:
    """Read comma-separated finite numbers.

    Raises:
        OptionError: If the text is something else.
    """
    if text is None:
        return None
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = (math.nan,)
    if not all(math.isfinite(value) for value in found):
        raise OptionError(f"expected {option} as numbers such as 0.5 or 0.49,0.48,0.45, got '{text}'")
    return found


def indices(text: str | None, option: str = "--features") -> tuple[int, ...] | None:
    """Read comma-separated feature indices.

    Raises:
        OptionError: If the text is something else.
    """
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}(,[0-9]{1,18})*", text):
        raise OptionError(f"expected {option} as indices such as 21,44, got '{text}'")
    return tuple(int(part) for part in text.split(","))


def mask(path: Path | None, option: str = "--mask") -> "Array | None":
    """Read which features may change: a ``.npy`` file of booleans or of 0 and 1, or a grey PNG file (0 may not).

    Returns:
        Booleans, of the file's own shape.

    Raises:
        OptionError: If there is no such file, or it holds something else.
        InputError: If it cannot be read.
    """
    if path is None:
        return None
    if not path.is_file():
        raise OptionError(f"expected {option} as a .npy or .png file, got '{path}'")
    if path.suffix.lower() != ".npy":
        return np.asarray(_grey_levels(path, option) != 0)
    found = next(iter(read_arrays(path).values()))
    if found.dtype != np.bool_ and not (found.dtype.kind in "iuf" and np.isin(found, (0, 1)).all()):
        raise OptionError(f"expected {option} as booleans, or 0 and 1, got other values of {found.dtype} in {path}")
    return found.astype(np.bool_)


def _grey_levels(path: Path, option: str) -> "Array":
    with opened_image(path, formats=("PNG",)) as image:
        if image.mode not in ("1", "L"):
            raise OptionError(f"expected {option} as an 8-bit grey PNG, got {path} of mode {image.mode}")
        refuse_transparency(image, path)
        return np.asarray(image)


def mebibytes(count: float | None) -> int | None:
    """MiB as bytes.

    Raises:
        OptionError: If they are no number of MiB, or more than any machine has.
    """
    if count is not None and not 0 < count < 2.0**40:
        raise OptionError(f"expected --memory above 0 MiB and below {2**40}, got {count}")
    return None if count is None else max(1, int(count * 2**20))


def size(text: str) -> int | str:
    """Read how many features a set has.

    Raises:
        OptionError: If it is neither a whole number from 1 nor "all" or "smallest".
    """
    if text in ("all", "smallest"):
        return text
    if not re.fullmatch(r"[1-9]\d{0,5}", text):
        raise OptionError(f"expected --size as a whole number from 1, all or smallest, got '{text}'")
    return int(text)


def features(text: str | None, file: Path | None) -> "tuple[int, ...] | Array | None":
    """The features that may change: a list, or a mask file.

    Raises:
        OptionError: If both are given, or one cannot be read.
    """
    if text is not None and file is not None:
        raise OptionError("expected --features or --mask, got both")
    return mask(file) if file is not None else indices(text)


def lengths(text: str | None) -> tuple[int, ...] | None:
    """Read comma-separated lengths of axes.

    Raises:
        OptionError: If the text is something else.
    """
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}([,x][0-9]{1,18})*", text):
        raise OptionError(f"expected --input-shape as lengths such as 3,32,32, got '{text}'")
    return tuple(int(part) for part in re.split("[,x]", text))


def domain(bounds: str | None, unbounded: bool, levels: int | None, program: "Program | None" = None) -> "Pixels":
    """Where pixels may go.

    Args:
        bounds: ``A:B``; a ``.npz`` file with arrays named lower and upper; or "model", the input ranges that the
            program's model carries.
        unbounded: Any real number goes.
        levels: How many levels the full scale has.
        program: The program, for "model".

    Raises:
        OptionError: If the bounds are something else, or the options contradict each other.
        InputError: If a file cannot be read.
    """
    import deepcheck

    lower, upper = (None, None) if bounds is None else _ends(bounds, program)
    return deepcheck.Pixels(lower=lower, upper=upper, levels=levels, unbounded=unbounded)


def _ends(bounds: str, program: "Program | None") -> "tuple[Bound, Bound]":
    if bounds == "model":
        return _input_ranges(program)
    if bounds.lower().endswith(".npz"):
        path = Path(bounds)
        if not path.is_file():
            raise OptionError(f"expected --bounds as numbers A:B or a .npz file, but there is no file '{path}'")
        found = read_arrays(path, ("lower", "upper"))
        return found["lower"], found["upper"]
    try:
        lower, upper = (float(part) for part in bounds.split(":"))
    except ValueError:
        raise OptionError(
            f"expected --bounds as two numbers A:B such as 0:1, a .npz file, or 'model', got '{bounds}'"
        ) from None
    return lower, upper


def _input_ranges(program: "Program | None") -> "tuple[Array, Array]":
    """The input ranges that a model carries."""
    import onnx

    from deepcheck.frontends import input_ranges

    if program is None:
        raise OptionError("expected --bounds as two numbers A:B or a .npz file here, got 'model'")
    if not program.preprocessing.is_identity:
        raise OptionError("expected --bounds model without --mean and --std: a model's ranges are of what it receives")
    ranges = input_ranges(onnx.load_model_from_string(program.origin.model))
    if ranges is None:
        raise OptionError(
            f"expected a model with input ranges (a .nnet file) for --bounds model, but {program.origin.name} has none"
        )
    return ranges


def grouping(text: str | None) -> "Grouping | None":
    """Check what a feature is."""
    if text not in (None, "element", "pixel", "word"):
        raise OptionError(f"expected --features-as element, pixel or word, got '{text}'")
    return cast("Grouping | None", text)


def layout(text: str) -> "Layout":
    """Check where a pixel's channels are."""
    if text not in ("nchw", "nhwc"):
        raise OptionError(f"expected --layout nchw or nhwc, got '{text}'")
    return cast("Layout", text)


def picture(file: Path | None) -> Path | None:
    """Check that a picture can be written as PNG or SVG, before any work is done for it."""
    if file is not None and file.suffix.lower() not in (".png", ".svg"):
        raise OptionError(f"expected --plot FILE.png or FILE.svg, got '{file}': pictures are written as PNG or SVG")
    return file
