"""What autodoc is told about the package: references, signatures, and how a property's sentence is read."""

import importlib
import re
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

CONSTRUCTED = ("deepcheck.Pixels", "deepcheck.Features", "deepcheck.Choices")
"""Classes that users construct. All others are answers: how they are built is of no interest."""

ARRAY = re.compile(r"~?numpy\.ndarray\[tuple\[~?typing\.Any, \.\.\.\], ~?numpy\.dtype\[~?typing\.Any\]\]")


def _found(target: str) -> Any:
    """What a dotted name names, or None."""
    module, _, name = target.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name, None) if module else None
    except ImportError:
        return None


def resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement) -> nodes.Node | None:
    """Resolve ``deepcheck.attacks.result.Result`` or ``Result`` as ``deepcheck.Result``, where it is documented.

    A name that exists in the package without being public is shown and has no page to lead to.
    """
    import deepcheck

    target = node.get("reftarget", "")
    if node.get("refdomain") != "py":
        return None
    name, found = target.rpartition(".")[2], _found(target)
    if name in deepcheck.__all__ and (found is None or found is getattr(deepcheck, name)):
        kind = node.get("reftype", "obj")
        return env.get_domain("py").resolve_xref(
            env, node["refdoc"], app.builder, kind, f"deepcheck.{name}", node, content
        )
    return content if found is not None and target.startswith("deepcheck.") else None


def sign(
    app: Sphinx, what: str, name: str, _object: Any, _options: Any, arguments: str | None, answer: str | None
) -> tuple[str | None, str | None]:
    """Leave the constructor's signature out where users do not construct; call arrays arrays."""
    if what == "class" and name not in CONSTRUCTED:
        return "", None
    short = (part and ARRAY.sub("numpy.ndarray", part) for part in (arguments, answer))
    return next(short), next(short)


def separate(app: Sphinx, what: str, name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Keep napoleon from reading "Which value: that" in a property as a type and its description."""
    if what in ("property", "attribute", "data") and lines:
        lines[:0] = ["..", ""]


def dash(_app: Sphinx, doctree: nodes.document) -> None:
    """Make the two hyphens between a parameter and its meaning a dash."""
    for text in list(doctree.findall(nodes.Text)):
        if text == " -- ":
            text.parent.replace(text, nodes.Text(" \N{EN DASH} "))


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.connect("missing-reference", resolve)
    app.connect("autodoc-process-signature", sign)
    app.connect("doctree-read", dash)
    app.connect("autodoc-process-docstring", separate, priority=100)
    return {"parallel_read_safe": True}
