"""From the text of an option to its value."""

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

from deepcheck.errors import OptionError

if TYPE_CHECKING:
    from deepcheck.domains import Pixels
    from deepcheck.domains.features import Grouping, Layout


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


def indices(text: str | None) -> tuple[int, ...] | None:
    """Read comma-separated feature indices.

    Raises:
        OptionError: If the text is something else.
    """
    if text is None:
        return None
    if not re.fullmatch(r"\d+(,\d+)*", text):
        raise OptionError(f"expected --features as indices such as 21,44, got '{text}'")
    return tuple(int(part) for part in text.split(","))


def lengths(text: str | None) -> tuple[int, ...] | None:
    """Read comma-separated lengths of axes.

    Raises:
        OptionError: If the text is something else.
    """
    if text is None:
        return None
    if not re.fullmatch(r"\d+([,x]\d+)*", text):
        raise OptionError(f"expected --input-shape as lengths such as 3,32,32, got '{text}'")
    return tuple(int(part) for part in re.split("[,x]", text))


def domain(bounds: str | None, unbounded: bool, levels: int | None) -> "Pixels":
    """Where pixels may go.

    Raises:
        OptionError: If the bounds are not two numbers, or the options contradict each other.
    """
    import deepcheck

    if bounds is None:
        return deepcheck.Pixels(levels=levels, unbounded=unbounded)
    try:
        lower, upper = (float(part) for part in bounds.split(":"))
    except ValueError:
        raise OptionError(f"expected --bounds as two numbers A:B such as 0:1, got '{bounds}'") from None
    return deepcheck.Pixels(lower=lower, upper=upper, levels=levels, unbounded=unbounded)


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
    """Check that a picture can be written as PNG, before any work is done for it."""
    if file is not None and file.suffix.lower() != ".png":
        raise OptionError(f"expected --plot FILE.png, got '{file}': pictures are written as PNG")
    return file
