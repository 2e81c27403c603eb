"""Checks of plain data that came from a file: each says in one line what was expected, where, and what came."""

import base64
import binascii
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from deepcheck.errors import DataError
from deepcheck.program import Array

Check = Callable[[Any, str], None]
"""Looks at some data; the second argument says where they stand."""
MOST_TEXT = 1_000_000
MOST_ITEMS = 1_000_000
SHOWN = 40
"""So many characters of what came are shown."""


def refuse(expected: str, where: str, got: object) -> DataError:
    """The error about something that is not as it should be."""
    return DataError(f"expected {expected} as {where}, got {_short(got)}: the run's file is damaged")


def number(held: Any, where: str) -> None:
    """A finite number."""
    try:
        fine = isinstance(held, (int, float)) and not isinstance(held, bool) and math.isfinite(held)
    except OverflowError:
        fine = False
    if not fine:
        raise refuse("a finite number", where, held)


def flag(held: Any, where: str) -> None:
    """True or false."""
    if not isinstance(held, bool):
        raise refuse("true or false", where, held)


def words(held: Any, where: str) -> None:
    """A text of some length, of characters that can be written as UTF-8."""
    if not isinstance(held, str) or len(held) > MOST_TEXT:
        raise refuse(f"a text of at most {MOST_TEXT:,} characters", where, held)
    if any(0xD800 <= ord(character) < 0xE000 for character in held):
        raise refuse("a text without lone surrogates", where, held)


def count(held: Any, where: str) -> None:
    """How many there are of something, however many."""
    if not isinstance(held, int) or isinstance(held, bool) or not 0 <= held < 10**300:
        raise refuse("a number of things", where, held)


def whole(low: int, high: int) -> Check:
    """A whole number from ``low`` to ``high``, both included."""

    def check(held: Any, where: str) -> None:
        if not isinstance(held, int) or isinstance(held, bool) or not low <= held <= high:
            raise refuse(f"a whole number from {low} to {high}", where, held)

    return check


def one_of(*values: object) -> Check:
    """One of some values."""

    def check(held: Any, where: str) -> None:
        if not any(type(held) is type(value) and held == value for value in values):
            raise refuse(" or ".join(map(str, values)), where, held)

    return check


def or_null(inner: Check) -> Check:
    """Null, or what another check lets pass."""

    def check(held: Any, where: str) -> None:
        if held is not None:
            inner(held, where)

    return check


def listed(inner: Check, *, exactly: int | None = None, most: int = MOST_ITEMS) -> Check:
    """A list, each item of which passes a check."""

    def check(held: Any, where: str) -> None:
        long = f"a list of {exactly:,}" if exactly is not None else f"a list of at most {most:,}"
        if not isinstance(held, list) or (len(held) != exactly if exactly is not None else len(held) > most):
            raise refuse(long, where, held)
        for at, item in enumerate(held):
            inner(item, f"{where}[{at}]")

    return check


def named(inner: Check, name: Check = words) -> Check:
    """An object with any names, each value of which passes a check."""

    def check(held: Any, where: str) -> None:
        if not isinstance(held, dict) or len(held) > MOST_ITEMS:
            raise refuse("an object", where, held)
        for key, value in held.items():
            name(key, f"a name in {where}")
            inner(value, f"{where}.{key[:SHOWN]}")

    return check


def record(fields: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object that has some fields, may have others, and may have more that nobody reads."""

    def check(held: Any, where: str) -> None:
        if not isinstance(held, dict):
            raise refuse("an object", where, held)
        for name, inner in fields.items():
            if name not in held:
                raise refuse(f"a field '{name}'", where, held)
            inner(held[name], f"{where}.{name}")
        for name, inner in (optional or {}).items():
            if name in held:
                inner(held[name], f"{where}.{name}")

    return check


def numeral(most: int) -> Check:
    """A whole number from 0 to ``most`` as the name of a field."""

    def check(held: Any, where: str) -> None:
        if not isinstance(held, str) or not held.isascii() or not held.isdigit() or len(held) > 12 or int(held) > most:
            raise refuse(f"a number from 0 to {most}", where, held)

    return check


def packed(count: int, *, infinite: bool = False) -> Check:
    """``count`` numbers in base64: little-endian float32, finite; or none of them NaN."""

    def check(held: Any, where: str) -> None:
        found = unpacked(held, count, where)
        if not (~np.isnan(found) if infinite else np.isfinite(found)).all():
            raise refuse("finite numbers" if not infinite else "numbers", where, "NaN or infinity")

    return check


def unpacked(held: Any, count: int, where: str) -> Array:
    """The numbers that some base64 holds, ``(count,)``, float32.

    Raises:
        DataError: If it is no base64, or of another number of numbers.
    """
    size = 4 * count
    if not isinstance(held, str) or len(held) != 4 * -(-size // 3):
        raise refuse(f"{count:,} numbers in base64", where, held)
    try:
        raw = base64.b64decode(held, validate=True)
    except (binascii.Error, ValueError):
        raise refuse(f"{count:,} numbers in base64", where, held) from None
    if len(raw) != size:
        raise refuse(f"{count:,} numbers in base64", where, held)
    return np.frombuffer(raw, dtype="<f4")


def _short(held: object) -> str:
    if isinstance(held, (list, dict)):
        return f"{'a list' if isinstance(held, list) else 'an object'} of {len(held):,}"
    said = ascii(held if not isinstance(held, (str, bytes)) else held[:SHOWN])[: 2 * SHOWN]
    return said if len(said) <= SHOWN else said[:SHOWN] + "..."
