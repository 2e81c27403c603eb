"""Small pictures as PNG, drawn without a plotting library: for notebooks, where they must come at once."""

import base64
import io
from collections.abc import Sequence
from math import ceil

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deepcheck.display.images import Array
from deepcheck.display.marks import CROSS, DOT, RED, Picture
from deepcheck.display.markup import escaped

LARGE, SMALL = 172, 60
"""About how many dots wide a picture is, by itself and in a row of a table."""

SIGNED = 5
"""From so many dots a cell on, its sign can be seen."""

GAP, LINE = 12, 18
"""Dots between pictures that stand side by side, and for a line of text."""


def drawn(picture: Picture, width: int = LARGE) -> Array:
    """A picture with its marks as 8-bit red, green and blue, ``(height, width, 3)``.

    Args:
        picture: The picture; one that is larger than ``width`` is made smaller, block by block.
        width: About how many dots its longer side has.
    """
    picture = _reduced(picture, max(width, SMALL))
    rows, columns = picture.image.shape[:2]
    scale = max(1, width // max(rows, columns))
    colours = np.repeat(np.repeat(picture.colours, scale, axis=0), scale, axis=1)
    if scale >= SIGNED:
        for strength, sign, colour in (
            (picture.dots * 1.0, _dot(scale), DOT),
            (picture.strengths, _cross(scale), CROSS),
        ):
            cover = np.kron(strength, sign)[:, :, None]
            colours = cover * colour + (1 - cover) * colours
    if picture.framed is not None:
        for row, column in np.argwhere(picture.framed):
            _frame(colours, int(row) * scale, int(column) * scale, scale)
    return np.asarray(np.rint(colours * 255).astype(np.uint8))


def image_tag(picture: Picture, said: str, width: int = LARGE) -> str:
    """A picture as an HTML image that holds its own data.

    Args:
        picture: The picture.
        said: What it shows, for those who do not see it.
        width: About how many dots its longer side has.
    """
    return png_tag(png_bytes(drawn(picture, width)), said)


def png_tag(content: bytes, said: str) -> str:
    """A PNG file as an HTML image."""
    return (
        f'<img class="dc-img" alt="{escaped(said)}" src="data:image/png;base64,{base64.b64encode(content).decode()}">'
    )


def png_bytes(colours: Array) -> bytes:
    """8-bit red, green and blue as a PNG file; the same colours give the same bytes."""
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(colours)).save(stream, format="PNG")
    return stream.getvalue()


def strip(pictures: Sequence[Picture], heading: str, width: int = LARGE) -> bytes:
    """Pictures side by side with their titles, below a heading, as a PNG file.

    Args:
        pictures: The pictures.
        heading: Above them, in one or more lines; a line that is too long is cut off.
        width: About how many dots a picture's longer side has.
    """
    parts = [drawn(picture, width) for picture in pictures]
    lines = [line for line in heading.splitlines() if line]
    across = max(sum(part.shape[1] for part in parts) + GAP * (len(parts) + 1), 3 * width)
    top = GAP + LINE * (len(lines) + 1)
    sheet = Image.new("RGB", (across, top + max(part.shape[0] for part in parts) + GAP), "white")
    pen, font, left = ImageDraw.Draw(sheet), ImageFont.load_default(), GAP
    for number, line in enumerate(lines):
        pen.text((GAP, GAP // 2 + LINE * number), _ascii(line), fill="black", font=font)
    for part, picture in zip(parts, pictures, strict=True):
        pen.text((left, top - LINE), _ascii(picture.title), fill="black", font=font)
        sheet.paste(Image.fromarray(part), (left, top))
        left += part.shape[1] + GAP
    stream = io.BytesIO()
    sheet.save(stream, format="PNG")
    return stream.getvalue()


def _ascii(text: str) -> str:
    """What the simplest font can write."""
    return text.encode("ascii", "replace").decode()


def _reduced(picture: Picture, most: int) -> Picture:
    """A picture of at most so many rows and columns; a block is marked if one of its pixels is."""
    block = ceil(max(picture.image.shape[:2]) / most)
    if block == 1:
        return picture
    green, red, framed = (
        None if mask is None else _blocks(mask, block).max(axis=(1, 3))
        for mask in (picture.green, picture.red, picture.framed)
    )
    return Picture(_blocks(picture.image, block, edge=True).mean(axis=(1, 3)), green, red, framed, picture.title)


def _blocks(values: Array, block: int, *, edge: bool = False) -> Array:
    """Rows and columns in blocks, ``(rows, block, columns, block, ...)``; what is missing at the end is filled up."""
    short = [(0, -length % block) for length in values.shape[:2]] + [(0, 0)] * (values.ndim - 2)
    whole = np.pad(values, short, mode="edge") if edge else np.pad(values, short)
    rows, columns = whole.shape[:2]
    return whole.reshape(rows // block, block, columns // block, block, *whole.shape[2:])


def _dot(scale: int) -> Array:
    """A dot in the middle of a cell, ``(scale, scale)`` of bool."""
    away = np.arange(scale) - (scale - 1) / 2
    return np.asarray(away[:, None] ** 2 + away**2 <= (0.2 * scale) ** 2 + 0.3)


def _cross(scale: int) -> Array:
    """A cross in the middle of a cell, ``(scale, scale)`` of bool."""
    away = np.arange(scale) - (scale - 1) / 2
    thick = max(0.5, 0.09 * scale)
    lines = np.minimum(np.abs(away[:, None] - away), np.abs(away[:, None] + away)) <= thick
    inside = np.maximum(np.abs(away[:, None]), np.abs(away)) <= 0.3 * scale + 0.3
    return np.asarray(lines & inside)


def _frame(colours: Array, top: int, left: int, scale: int) -> None:
    """Draw a frame around a cell, no smaller than can be seen."""
    thick = 2 if scale > 3 else 1
    grown = thick + max(0, 3 - scale // 2)
    height, width = colours.shape[:2]
    ends = max(0, top - grown), min(height, top + scale + grown), max(0, left - grown), min(width, left + scale + grown)
    first, last, start, stop = ends
    inner = colours[first + thick : last - thick, start + thick : stop - thick].copy()
    colours[first:last, start:stop] = RED
    colours[first + thick : last - thick, start + thick : stop - thick] = inner
