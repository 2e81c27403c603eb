"""Verdicts as SARIF 2.1.0, the OASIS format of results of static analysis.

An attack is a result of kind "fail" and level "error"; a proof is one of kind "pass", an open question one of kind
"open", both of level "none", as the standard demands. Readers that heed no kinds (GitHub's code scanning is one) show
every result as an alert: give them ``passes=False``.

Source: OASIS, "Static Analysis Results Interchange Format Version 2.1.0", sections 3.13 to 3.27.
"""

import json
import posixpath
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from deepcheck.report.checked import VERDICTS, Checked

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RULES = {"attack": "DC001", "undecided": "DC002", "proved": "DC003"}
KINDS = {"attack": ("fail", "error"), "undecided": ("open", "none"), "proved": ("pass", "none")}
_TEXTS = {
    "attack": ("FewFeaturesChangeTheLabel", "Few features, changed within the domain, change the label."),
    "undecided": ("QuestionIsOpen", "Whether few features can change the label was not decided."),
    "proved": ("NoFewFeaturesChangeTheLabel", "No change of so few features changes the label, within what was asked."),
}
_HELP = {
    "attack": "A witness was found and replayed on the untouched model. The message names it, its scope and domain.",
    "undecided": "The message says why. A longer time limit, fewer features or a smaller size may decide it.",
    "proved": "Proved for the scope, the domain, the features and the size that the message names, and nothing else.",
}


def sarif(
    checks: Sequence[Checked],
    *,
    version: str,
    command: str,
    exit_status: int,
    started: str = "",
    ended: str = "",
    passes: bool = True,
) -> bytes:
    """Write verdicts as one run of one tool.

    Args:
        checks: The questions and their verdicts.
        version: Of the tool.
        command: The command line that asked.
        exit_status: What the command returns.
        started: When, in ISO 8601, UTC; "" to leave it out.
        ended: When, likewise.
        passes: Write the proofs too.

    Returns:
        The file's content: JSON, ASCII.
    """
    shown = [check for check in checks if passes or check.verdict != "proved"]
    artifacts = _artifacts(shown)
    times = {"startTimeUtc": started, "endTimeUtc": ended}
    run = {
        "tool": {"driver": _driver(version)},
        "invocations": [
            {
                "commandLine": _clean(command),
                "executionSuccessful": exit_status in (0, 1),
                "exitCode": exit_status,
                **{name: time for name, time in times.items() if time},
            }
        ],
        "artifacts": list(artifacts.values()),
        "results": [_result(check, list(artifacts)) for check in shown],
        "columnKind": "unicodeCodePoints",
    }
    return (json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n").encode("ascii")


def uri_of(file: str) -> str:
    """A file's name as a URI: a relative reference, or ``file:`` where it is absolute."""
    if re.match(r"[A-Za-z]:[\\/]", file):
        return "file:///" + quote(file.replace("\\", "/"), safe="/:")
    plain = quote(file.encode("utf-8", "surrogateescape"), safe="/")
    return f"file://{posixpath.normpath('/' + plain.lstrip('/'))}" if plain.startswith("/") else plain


def _driver(version: str) -> dict[str, Any]:
    rules = [
        {
            "id": RULES[verdict],
            "name": _TEXTS[verdict][0],
            "shortDescription": {"text": _TEXTS[verdict][1]},
            "fullDescription": {"text": f"{_TEXTS[verdict][1]} {_HELP[verdict]}"},
            "help": {"text": _HELP[verdict]},
            "defaultConfiguration": {"level": KINDS[verdict][1]},
        }
        for verdict in sorted(VERDICTS, key=RULES.__getitem__)
    ]
    return {"name": "deepcheck", "version": version, "semanticVersion": version, "rules": rules}


def _artifacts(checks: Sequence[Checked]) -> dict[str, dict[str, Any]]:
    """Every model and input file once, by URI."""
    found: dict[str, dict[str, Any]] = {}
    for check in checks:
        model = uri_of(check.model)
        found[model] = {
            "location": {"uri": model},
            "roles": ["analysisTarget"],
            "hashes": {"sha-256": check.model_sha256},
        }
        if check.input_file:
            found.setdefault(uri_of(check.input_file), {"location": {"uri": uri_of(check.input_file)}})
    return found


def _result(check: Checked, uris: Sequence[str]) -> dict[str, Any]:
    kind, level = KINDS[check.verdict]
    rules = sorted(RULES.values())
    found: dict[str, Any] = {
        "ruleId": RULES[check.verdict],
        "ruleIndex": rules.index(RULES[check.verdict]),
        "kind": kind,
        "level": level,
        "message": {"text": _clean(_message(check))},
        "locations": [_location(check.model, uris) | {"logicalLocations": [{"name": _clean(check.name)}]}],
        "partialFingerprints": {"deepcheckQuestion/v1": check.identity},
        "properties": {_clean(name): _clean(value) for name, value in _facts(check).items()},
    }
    if check.input_file:
        found["relatedLocations"] = [
            {"id": 1, **_location(check.input_file, uris), "message": {"text": "the input asked about"}}
        ]
    return found


def _facts(check: Checked) -> dict[str, str]:
    fixed = {"question": check.question, "verdict": check.verdict, "seconds": f"{check.seconds:.6f}"}
    return {**fixed, "model sha256": check.model_sha256, "input": check.name, **check.facts}


def _message(check: Checked) -> str:
    name = check.name or "the input"
    return f"{name}: {check.said}." + (f" {check.witness[0].upper()}{check.witness[1:]}." if check.witness else "")


def _location(file: str, uris: Sequence[str]) -> dict[str, Any]:
    """A file as a whole: its first line, since some readers show no result without one."""
    uri = uri_of(file)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "index": uris.index(uri)},
            "region": {"startLine": 1},
        }
    }


def _clean(text: str) -> str:
    """A text without halves of surrogate pairs, which are in names of files that are not UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
