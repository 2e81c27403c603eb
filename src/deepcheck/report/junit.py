"""Verdicts as JUnit XML, as Jenkins, GitLab and GitHub actions read it."""

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from deepcheck.report.checked import Checked, Verdict

Outcome = Literal["passed", "failure", "error"]

ALLOWED = {0x9, 0xA, 0xD}
"""Control characters that XML 1.0 allows."""


def junit(
    checks: Sequence[Checked], *, required: Verdict = "proved", suite: str = "deepcheck", date: str = ""
) -> bytes:
    """Write verdicts as one test suite, one test case for each question.

    A case passes with the verdict that is required. Else an open question is an error, since the test could not be
    carried out, and another verdict is a failure.

    Args:
        checks: The questions and their verdicts.
        required: The verdict that passes.
        suite: The suite's name.
        date: When it was run, in ISO 8601; "" to leave it out.

    Returns:
        The file's content, UTF-8. What XML cannot hold is U+FFFD.
    """
    outcomes = [outcome(check.verdict, required) for check in checks]
    counts = Counter(outcomes)
    totals = {
        "tests": str(len(checks)),
        "failures": str(counts["failure"]),
        "errors": str(counts["error"]),
        "skipped": "0",
        "time": f"{sum(check.seconds for check in checks):.6f}",
    }
    root = ET.Element("testsuites", {"name": _clean(suite), **totals})
    inside = ET.SubElement(
        root, "testsuite", {"name": _clean(suite), **totals, **({"timestamp": date} if date else {})}
    )
    shared = _shared(checks)
    _properties(inside, shared)
    for check, became in zip(checks, outcomes, strict=True):
        _case(inside, check, became, required, shared)
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def outcome(verdict: Verdict, required: Verdict = "proved") -> Outcome:
    """What a verdict is to a test."""
    if verdict == required:
        return "passed"
    return "error" if verdict == "undecided" else "failure"


def _case(suite: ET.Element, check: Checked, became: Outcome, required: Verdict, shared: Mapping[str, str]) -> None:
    named = {"name": _clean(f"{check.name}: {check.question}"), "classname": _clean(_dotted(check.model))}
    case = ET.SubElement(suite, "testcase", {**named, "time": f"{check.seconds:.6f}"})
    _properties(case, {name: value for name, value in _facts(check).items() if name not in shared})
    details = "\n".join(line for line in (check.said, check.witness) if line)
    if became == "passed":
        ET.SubElement(case, "system-out").text = _clean(details)
        return
    message = check.witness if check.verdict == "attack" and check.witness else check.said
    found = ET.SubElement(case, became, {"type": check.verdict, "message": _clean(message)})
    found.text = _clean(f"{details}\nrequired: {required}")


def _facts(check: Checked) -> dict[str, str]:
    fixed = {"verdict": check.verdict, "model": check.model, "model sha256": check.model_sha256, "input": check.name}
    return {**fixed, **check.facts}


def _shared(checks: Sequence[Checked]) -> dict[str, str]:
    """The facts that all checks have in common; a verdict is always the case's own."""
    if not checks:
        return {}
    first, *others = (_facts(check) for check in checks)
    return {
        name: value
        for name, value in first.items()
        if name != "verdict" and all(other.get(name) == value for other in others)
    }


def _properties(parent: ET.Element, facts: Mapping[str, str]) -> None:
    if not facts:
        return
    inside = ET.SubElement(parent, "properties")
    for name, value in facts.items():
        ET.SubElement(inside, "property", {"name": _clean(name), "value": _clean(value)})


def _dotted(model: str) -> str:
    """A model as a class: without the folders, since readers split a class at its dots."""
    return "deepcheck." + model.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".onnx").replace(".", "_")


def _clean(text: str) -> str:
    """A text without what XML 1.0 cannot hold: control characters, halves of surrogate pairs, U+FFFE, U+FFFF."""
    return "".join(letter if _holds(ord(letter)) else "\ufffd" for letter in text)


def _holds(code: int) -> bool:
    if code < 0x20:
        return code in ALLOWED
    return not (0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF) or 0x7F <= code <= 0x9F)
