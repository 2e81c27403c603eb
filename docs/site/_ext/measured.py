"""Figures of `benchmarks/results/*.json`, read when the site is built.

    {measured}`pairs: ms, all pairs of an image, median [.1f ms]`
    {measured}`smallest: s an image, median [1000 * .0f ms]`
    {measured}`few_pixels: mnist_10x4, size 2 > proved [d]`

A file, a key (``>`` goes into a nested object), and in brackets the format, with a factor before and a unit behind it.
A name with a slash is another JSON file of the repository, from its top:

    {measured}`docs/reproduction/importance: networks > 0 > images [d]`

A figure that is missing is a warning, and so an error.
"""

import json
import re
from math import comb
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

ROOT = Path(__file__).parents[3]
FIGURE = re.compile(r"([\w/]+): (.+) \[(?:([\d.]+) \* )?([^\] ]+)( [^\]]+)?\]")


def file_of(name: str) -> Path:
    """Where a name's figures are."""
    return ROOT / f"{name if '/' in name else f'benchmarks/results/{name}'}.json"


def load(name: str) -> dict[str, Any]:
    """One benchmark's result, or another JSON file."""
    found: dict[str, Any] = json.loads(file_of(name).read_text(encoding="utf-8"))
    return found


def figure(asked: str) -> str:
    """The figure that a role asks for, as it is printed.

    Raises:
        KeyError, ValueError, OSError: If there is no such figure.
    """
    parts = FIGURE.fullmatch(asked)
    if parts is None:
        raise ValueError(f"expected 'file: key [format unit]', got '{asked}'")
    name, keys, factor, form, unit = parts.groups()
    found: Any = load(name) if "/" in name else load(name)["figures"]
    for key in keys.split(" > "):
        found = found[int(key)] if isinstance(found, list) else found[key]
    value = found if factor is None else float(factor) * found
    return f"{value:{form}}{(unit or '').replace(' ', chr(0xA0), 1)}"


class Measured(SphinxRole):
    """A figure in a sentence."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            shown = figure(self.text)
        except (KeyError, IndexError, ValueError, OSError) as error:
            message = self.inliner.reporter.warning(f"no such figure: {self.text} ({error})", line=self.lineno)
            return [nodes.literal(text=self.text)], [message]
        name = self.text.partition(":")[0]
        self.env.note_dependency(str(file_of(name)))
        return [nodes.inline(shown, shown, classes=["measured"])], []


class Sets(SphinxRole):
    """How many sets of k there are among n, from ``n k``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        count, size = map(int, self.text.split())
        return [nodes.Text(f"{comb(count, size):,}")], []


class Benchmarks(SphinxDirective):
    """Where the figures of a page are from: a list with command, machine, threads and date of each benchmark named."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        listed = nodes.bullet_list()
        for name in self.arguments[0].split():
            made = load(name)
            self.env.note_dependency(str(file_of(name)))
            item = nodes.paragraph("", "", nodes.literal(text=made["command"]))
            item += nodes.Text(f": {made['machine']}, {made['date']}; threads: {made['threads']}")
            listed += nodes.list_item("", item)
        return [listed]


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.add_role("measured", Measured())
    app.add_role("sets", Sets())
    app.add_directive("benchmarks", Benchmarks)
    return {"parallel_read_safe": True}
