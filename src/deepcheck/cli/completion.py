"""What a shell offers for the values of arguments and options; light, since a shell asks at every keypress.

Where nothing is offered the shell completes file names itself.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODELS, ARRAYS, IMAGES = (
    (".onnx", ".nnet"),
    (".npy", ".npz"),
    (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff"),
)
DATASETS = ("digits", "mnist", "fashion-mnist", "cifar10")
TABLES = ("breast-cancer",)
METRICS = ("coi", "co", "abs", "reach")
ZOO = Path(__file__).parent.parent / "zoo"
MOST = 1000
"""So many entries of a folder are looked at."""


@dataclass(frozen=True)
class Offered:
    """One value, as the parser's shells read it."""

    value: str
    type: str = "plain"
    help: str | None = None


def networks(folder: str = "networks") -> tuple[str, ...]:
    """The names of the networks that come along, without loading anything."""
    return tuple(sorted(path.stem for path in (ZOO / folder).glob("*.onnx")))


def files(*suffixes: str) -> tuple[str, ...]:
    """The files of the working folder that end so."""
    with os.scandir() as entries:
        found = [entry.name for _, entry in zip(range(MOST), entries, strict=False) if entry.is_file()]
    return tuple(sorted(name for name in found if name.lower().endswith(suffixes)))


def _models() -> tuple[str, ...]:
    return (*networks(), *networks("tables"), *networks("seeds"), *files(*MODELS))


def _text_models() -> tuple[str, ...]:
    return (*networks("text_networks"), *files(".onnx"))


def _inputs() -> tuple[str, ...]:
    return (*(f"{name}:test:0" for name in DATASETS + TABLES), *files(*ARRAYS, *IMAGES))


def _collections() -> tuple[str, ...]:
    return (*DATASETS, *files(".npz"))


def _certificates() -> tuple[str, ...]:
    return files(".json", ".json.gz")


Values = tuple[str, ...] | Callable[[], tuple[str, ...]]

EVERYWHERE: dict[str, Values] = {
    "model": _models,
    "x": _inputs,
    "dataset": _collections,
    "certificate": _certificates,
    "metric": METRICS,
    "solver": ("auto", "interval", "polygon", "lp", "milp", "smt"),
    "paths": ("same", "all"),
    "objective": ("margin", "l1", "linf"),
    "features_as": ("element", "pixel", "word"),
    "layout": ("nchw", "nhwc"),
    "read": ("last", "first"),
    "pad": ("left", "right"),
    "rank": ("margin", "similarity"),
    "method": ("words", "lp"),
}
"""By the name of an argument or option, in every verb."""
HERE: dict[tuple[str, str], Values] = {
    ("importance", "metric"): (*METRICS, "ig"),
    ("grade", "metric"): (*METRICS, "ig"),
    ("attack", "size"): ("1", "2", "3", "all", "smallest"),
    ("attack", "order"): (*METRICS, "none"),
    ("attack", "certificate"): (),
    ("explore", "order"): ("nearest", "depth"),
    ("translate", "to"): ("python", "c", "smtlib", "lp", "vnnlib"),
    ("translate", "version"): ("1.0", "2.0"),
    ("reproduce", "parts"): (
        *("all", "table1", "table2", "table3", "table4", "figures", "figure1", "figure3", "figure4"),
        *("tracing", "gradients", "census", "rq1", "rq2", "rq3", "rq4", "rq5", "page"),
        *("more", "pairs", "reviews", "networks"),
    ),
    ("text importance", "model"): _text_models,
    ("text attack", "model"): _text_models,
    ("text attack", "order"): (*METRICS, "random"),
    ("text prove", "model"): _text_models,
}  # fmt: skip
"""By verb and name, where a verb knows others."""


def values(verb: str, name: str) -> Values:
    """What may stand there."""
    return HERE.get((verb, name), EVERYWHERE.get(name, ()))


def offer(words: str, verb: Any) -> None:
    """Tell a verb, its arguments and its options what may stand there."""
    verb.shell_complete = _without_help(verb.shell_complete)
    for parameter in verb.params:
        known = values(words, parameter.name or "")
        if known:
            parameter.shell_complete = _completing(known)


def _without_help(complete: Callable[[Any, str], list[Any]]) -> Callable[[Any, str], list[Offered]]:
    """The parser renders help for zsh and fish with rich: a third of a second at every keypress."""
    return lambda context, incomplete: [Offered(each.value) for each in complete(context, incomplete)]


def _completing(known: Values) -> Callable[[Any, str], list[Any]]:
    def complete(context: Any, incomplete: str) -> list[Any]:
        found = known() if callable(known) else known
        return [Offered(value) for value in found if value.startswith(incomplete)]

    return complete
