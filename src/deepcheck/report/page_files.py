"""The files that every page holds: templates, one style sheet, one script, and the policy that admits no other."""

import base64
import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from deepcheck.report.page_facts import cell, interval, label_name, number, thousands

if TYPE_CHECKING:
    from jinja2 import Environment

STYLES = ("page.css", "exhibits.css", "print.css")
SCRIPTS = ("numbers.js", "drawing.js", "tables.js", "detail.js", "marks.js", "features.js", "words.js", "start.js")
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What HTML or UTF-8 has no place for."""

_DATA = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


@cache
def source(name: str) -> str:
    """The text of one of the files."""
    return files("deepcheck.report").joinpath("page", name).read_text(encoding="utf-8")


@cache
def style() -> str:
    """The style sheet of a page."""
    return "\n".join(source(name) for name in STYLES)


@cache
def script() -> str:
    """The script of a page, in a scope of its own."""
    inside = "\n".join(source(name) for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{inside}\n}})();\n'


CALL = 'document.dispatchEvent(new Event("deepcheck"))'
"""The script that stands between parts of a page: it wakes those above it, before the rest has been read."""


def policy() -> str:
    """What a browser may load and run: this style sheet and this script, and images that stand in the page."""
    return (
        f"default-src 'none'; style-src '{_digest(style())}'; script-src '{_digest(script())}' '{_digest(CALL)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def data(value: object) -> str:
    """JSON as it may stand inside a script element: nothing in it can end the element."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).translate(_DATA)


@cache
def environment() -> "Environment":
    """The templates: whatever they print is escaped and free of what HTML has no place for."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    made = Environment(
        loader=FunctionLoader(source),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_fit,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"number": number, "counted": thousands, "interval": interval, "cell": cell, "named": label_name}
    return made


def render(template: str, **said: object) -> str:
    """A template with its values."""
    return environment().get_template(template).render(**said)


def _fit(value: Any) -> Any:
    from markupsafe import Markup

    if value is None:
        return ""
    return value if isinstance(value, Markup) or not isinstance(value, str) else _UNFIT.sub("\ufffd", value)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
