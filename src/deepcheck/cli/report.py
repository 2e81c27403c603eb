"""``deepcheck report``: what a run's folder holds, as one page and as pictures."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepcheck.errors import OptionError

if TYPE_CHECKING:
    from deepcheck.verbs.reporting import Run


def report(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN", help="The folder of deepcheck run --out, or of another verb's --out.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE.html", help="Write the page: it needs nothing else.")
    ] = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="What stands above the page.")] = "",
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="Show at most N inputs of each data set.")] = 100,
    png: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the picture of each input shown as a PNG file.")
    ] = None,
    svg: Annotated[Path | None, typer.Option(metavar="DIR", help="Write these pictures as SVG files.")] = None,
) -> None:
    """Show all that a run's folder holds as one page: statements, pictures, tables, certificates.

    RUN is read and never changed; neither the model nor the data set is needed.
    """
    from deepcheck.cli import showing
    from deepcheck.verbs.reporting import read_run, save_report

    if out is None and png is None and svg is None:
        raise OptionError("expected a file to write: -o FILE.html, --png DIR or --svg DIR")
    found = read_run(folder, limit)
    if out is not None:
        save_report(found, out, title=title)
        showing.say(f"wrote {out}: {_shown(found)}")
    for kind, place in (("png", png), ("svg", svg)):
        if place is not None:
            written, skipped = _pictures(found, place, kind)
            without = f"; {skipped} inputs are no pictures" if skipped else ""
            showing.say(f"wrote {written} pictures into {place}{without}")


def _shown(found: "Run") -> str:
    parts = [f"{len(found.exhibits)} inputs"]
    if found.left:
        parts.append(f"{found.left} more are left out, --limit shows them")
    if found.tables:
        parts.append(f"{found.tables} minimal run{'s' * (found.tables != 1)}")
    return ", ".join(parts)


def _pictures(found: "Run", place: Path, kind: str) -> tuple[int, int]:
    """Write the pictures; how many there are, and how many inputs have none."""
    from deepcheck.display.files import make_folder
    from deepcheck.display.pictures import save_figure
    from deepcheck.report.exhibit_pictures import exhibit_picture

    make_folder(place)
    used: set[str] = set()
    for exhibit in found.exhibits:
        figure = exhibit_picture(exhibit)
        if figure is not None:
            name = _free(re.sub(r"[^A-Za-z0-9._-]+", "-", exhibit.name).strip("-.")[:80] or "input", used)
            save_figure(figure, place / f"{name}.{kind}")
    return len(used), len(found.exhibits) - len(used)


def _free(name: str, used: set[str]) -> str:
    """A name that no other picture has, on systems that do not tell capitals apart either."""
    free, number = name, 1
    while free.lower() in used:
        number += 1
        free = f"{name}-{number}"
    used.add(free.lower())
    return free
