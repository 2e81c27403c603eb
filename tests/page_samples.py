"""Exhibits made by hand, for tests of the page that shows them; their numbers are known without the code under test."""

import base64
from typing import Any

import numpy as np

from deepcheck.report.exhibit import Exhibit

MADE = {
    "command": "deepcheck run model.onnx --data mnist --inputs 0:10",
    "versions": {"deepcheck": "0.1.0", "numpy": "2.0.0"},
    "platform": "Linux-6.1-x86_64",
    "seeds": {"order": 5},
    "date": "2026-11-30T19:40:00+00:00",
    "seconds": 0.125,
}
NAMES = ("zero", "one", "two")


def packed(values: Any) -> str:
    """An array as an exhibit holds it."""
    return base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()


def attack(feature: int, label: int, low: float, high: float, value: float, **more: Any) -> dict[str, Any]:
    """An attack by one feature."""
    witness = {"values": [[value]], "label": label, "margin": 0.5, "replayed": True, "flips": 0, "eight_bit": True}
    return {
        "features": [feature],
        "labels": [label],
        "intervals": {str(label): [[low, high]]},
        "levels": {},
        "witness": witness | more,
    }


def answer(
    count: int,
    attacks: list[dict[str, Any]],
    *,
    paths: str = "same",
    size: int = 1,
    undecided: int = 0,
    untried: int = 0,
) -> dict[str, Any]:
    """An answer with these attacks, all of which replay; what is left is proved."""
    found = len(attacks)
    asked = count if size == 1 else count * (count - 1) // 2
    verdict = "attack" if found else "undecided" if undecided or untried else "proved"
    scope = "all paths" if paths == "all" else "this path"
    counts = {
        "attackable": found,
        "replayed": found,
        "proved": asked - found - undecided - untried,
        "undecided": undecided,
        "untried": untried,
    }
    return {
        "label": 0,
        "size": size,
        "paths": paths,
        "verdict": verdict,
        "reason": "time limit" if verdict == "undecided" else "",
        "scope": scope,
        "counts": counts,
        "asked": asked,
        "said": f"{verdict} ({scope}, values in [0, 1])",
        "domain_said": "values in [0, 1]",
        "domain": {"lower": 0.0, "upper": 1.0},
        "features_asked": None,
        "timeout": 30.0,
        "command": f"deepcheck attack model.onnx --input mnist:test:0 --paths {paths}",
        "seconds": 0.25,
        "attackable": [each["features"] for each in attacks],
        "attacks": attacks,
        "certificate": None,
        "arithmetic": "exact",
        "borders": 3,
        "semantics": "real and float32",
        "proved_float32": counts["proved"],
        "runtime": "onnxruntime 1.20",
        "feature_count": count,
    }


def features(
    name: str = "sample", *, grid: tuple[int, int] | None = (4, 5), elements: int = 1, seed: int = 0, **changes: Any
) -> dict[str, Any]:
    """An exhibit about features: random numbers, feature 3 attackable along the path, 3 and 7 over all paths."""
    rng = np.random.default_rng(seed)
    rows, columns = grid or (4, 5)
    count = rows * columns
    coefficients = rng.normal(size=(len(NAMES), count)).astype(np.float32)
    values = rng.uniform(size=(count, elements)).astype(np.float32)
    co = coefficients[0]
    along = [attack(3, 1, 0.75, 1.0, 0.875)]
    anyhow = [attack(3, 1, 0.75, 1.0, 0.875), attack(7, 2, 0.0, 0.125, 0.0625, flips=4)]
    for each in along + anyhow:
        each["witness"]["values"] = [each["witness"]["values"][0] * elements]
    return {
        "schema": 1,
        "kind": "features",
        "name": name,
        "made": MADE,
        "model": {
            "name": "model.onnx",
            "sha256": "ab" * 32,
            "decision": "arg max",
            "rounded_constants": ["gamma"],
            "mean": [],
            "std": [],
        },
        "input": {"sha256": "cd" * 32, "shape": [elements, rows, columns]},
        "label": 0,
        "true_label": 0,
        "labels": list(NAMES),
        "outputs": [3.0, 1.5, -2.0],
        "features": {
            "count": count,
            "shape": [rows, columns],
            "grid": list(grid) if grid else None,
            "grouping": "pixel" if elements == 3 else "element",
            "layout": "nchw",
            "names": None if grid else [f"sensor {at}" for at in range(count)],
            "elements": elements,
        },
        "values": packed(values),
        "picture": {"channels": elements, "black": 0.0, "white": 1.0} if grid else None,
        "bounds": {"lower": 0.0, "upper": 1.0},
        "scores": {
            "coi": packed(co * values.mean(axis=1)),
            "co": packed(co),
            "abs": packed(np.abs(co)),
            "reach": packed(rng.normal(size=count)),
        },
        "coefficients": {"labels": [0, 1, 2], "values": packed(coefficients)},
        "answers": [answer(count, along), answer(count, anyhow, paths="all")],
    } | changes


def pair(first: int, second: int) -> dict[str, Any]:
    """An attack by two features."""
    found = attack(first, 1, 0.0, 1.0, 0.5) | {"features": [first, second], "intervals": {}}
    found["witness"]["values"] = [[0.25, 0.75]]
    return found


def text(name: str = "review", written: str = "A fine film, and short.", **changes: Any) -> dict[str, Any]:
    """An exhibit about words; the second one, replaced, changes the label."""
    words, at = [], 0
    for position, word in enumerate(("a", "fine", "film", "and", "short"), start=1):
        start = written.lower().index(word, at)
        at = start + len(word)
        words.append({"position": position, "word": word, "known": True, "start": start, "end": at})
    change = {"position": 2, "before": "fine", "after": "dull", "similarity": 0.25}
    return {
        "schema": 1,
        "kind": "text",
        "name": name,
        "made": MADE,
        "model": {"name": "words.onnx", "sha256": "ef" * 32},
        "label": 1,
        "labels": ["negative", "positive"],
        "outputs": [1.25],
        "text": written,
        "words": words,
        "scores": {
            "coi": [0.0, 2.0, -1.0, 0.1, 0.5],
            "co": [1.0, -2.0, 0.0, 0.25, 0.5],
            "abs": [5.0, 4.0, 3.0, 2.0, 1.0],
        },
        "answers": [
            {
                "label": 1,
                "size": None,
                "paths": "all",
                "verdict": "attack",
                "reason": "",
                "scope": "all paths",
                "counted": "numbers of words",
                "counts": {"attackable": 5, "proved": 0, "undecided": 0, "untried": 0},
                "asked": 5,
                "said": "attack (all paths): 1 word put in changes the label",
                "domain_said": "any of 10,002 words",
                "command": "deepcheck text attack words.onnx 'A fine film, and short.'",
                "timeout": None,
                "seconds": 0.5,
                "found": 1,
                "bound": 1,
                "attacks": [{"words": [change], "label": 0, "margin": 2.5, "replayed": True, "flips": 3}],
            }
        ],
    } | changes


def exhibit(held: dict[str, Any]) -> Exhibit:
    """The same, checked."""
    return Exhibit.from_json(held)
