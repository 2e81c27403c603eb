"""One question about one input, as a file that other tools read."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

import numpy as np
import onnx

from deepcheck.attacks.exact_sets import ExactRows, levels_of
from deepcheck.domains import Box, Features, Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import InputError, OptionError
from deepcheck.program import Array, Program
from deepcheck.source import (
    VERSIONS,
    BoxQuestion,
    PathQuestion,
    Unknown,
    comparisons,
    facts,
    linear_file,
    negated,
    smtlib,
    vnnlib,
)
from deepcheck.symbolic import EXACT_PRODUCTS, Run, run
from deepcheck.verbs.questions import chosen_features, received_in


@dataclass(frozen=True)
class Wanted:
    """Which question is to be written.

    Attributes:
        features: The features that may change, by index or as a mask.
        target: The label to reach, or None for any other.
        domain: Where the features may go.
        version: Of the format, or None for the usual one.
        features_as: "element" or "pixel".
        layout: Where a pixel's channels are.
    """

    features: Sequence[int] | Array | None = None
    target: int | None = None
    domain: Pixels | None = None
    version: str | None = None
    features_as: Grouping | None = None
    layout: Layout = "nchw"


def export(program: Program, to: str, x: Array | None, wanted: Wanted) -> str:
    """The file.

    Raises:
        OptionError: If an option has no meaning for this format.
        InputError: If the input does not fit the program or lies outside its domain, or its path is not known.
        NoDecision: If the network is a regression.
    """
    if x is None or np.ndim(x) != len(program.input_shape):
        given = "none" if x is None else f"shape {np.shape(x)}"
        raise InputError(f"expected one input of shape {program.input_shape} for {to}, got {given}")
    if wanted.features is None:
        raise OptionError(f"expected features for {to}, such as features=[21, 44] or --features 21,44, got none")
    _check_version(to, wanted.version)
    asked = _Asked.about(program, x, wanted)
    if to == "vnnlib":
        return vnnlib(_box_question(asked), wanted.version or VERSIONS[0])
    if to == "lp":
        _check_linear(asked)
    question = _path_question(asked)
    return smtlib(question) if to == "smtlib" else linear_file(question)


@dataclass(frozen=True)
class _Asked:
    """One input, checked, and what is asked about it."""

    program: Program
    wanted: Wanted
    domain: Pixels
    received: Array
    box: Box
    outcome: Run
    features: Array
    grouped: Features

    @staticmethod
    def about(program: Program, x: Array, wanted: Wanted) -> "_Asked":
        """Check everything that the formats share."""
        labels, target = program.decided().labels, wanted.target
        whole = isinstance(target, (int, np.integer)) and not isinstance(target, bool)
        if target is not None and not (whole and 0 <= target < labels):
            raise OptionError(f"expected a target label from 0 to {labels - 1}, got {target}")
        grouped = Features.of(program.input_shape, wanted.features_as, wanted.layout)
        chosen = chosen_features(grouped, wanted.features)
        domain = wanted.domain or Pixels()
        received, box = received_in(program, x, domain)
        outcome = run(program, received, sharp=True)
        if outcome.overflow[0]:
            raise InputError("the network overflows float64 on this input: its path is not known")
        if outcome.unsettled[0]:
            raise InputError("path or label depend on rounding, and the network is too large for exact arithmetic")
        if target == outcome.labels[0]:
            raise OptionError(f"expected a target other than the label, but the input has label {target} already")
        return _Asked(program, wanted, domain, received, box, outcome, chosen, grouped)

    @property
    def label(self) -> int:
        """The input's label."""
        return int(self.outcome.labels[0])

    @property
    def elements(self) -> list[int]:
        """The elements that may change, feature by feature."""
        return [int(element) for element in self.grouped.members[self.features].ravel()]

    def facts(self, scope: str) -> tuple[str, ...]:
        """What stands at the top of the file."""
        return facts(
            self.program,
            self.received,
            label=self.label,
            features=self.features.tolist(),
            elements=self.elements,
            domain=self.domain,
            target=self.wanted.target,
            scope=scope,
        )


def _check_version(to: str, version: str | None) -> None:
    if version is not None and to != "vnnlib":
        raise OptionError(f"expected no version for {to}, got '{version}': vnnlib has versions")
    if version is not None and version not in VERSIONS:
        raise OptionError(f"expected a version of {' or '.join(VERSIONS)} for vnnlib, got '{version}'")


def _check_linear(asked: _Asked) -> None:
    if asked.wanted.target is None:
        raise OptionError("expected one target for lp (target=7 or --target 7), since its objective is one margin")
    if asked.box.tables is not None:
        raise OptionError("expected a continuous domain for lp, got levels: use smtlib")


def _path_question(asked: _Asked) -> PathQuestion:
    """Guards and goal in exact arithmetic."""
    program, target = asked.program, asked.wanted.target
    if program.products > EXACT_PRODUCTS:
        raise InputError("the network is too large for exact arithmetic: ask about all paths, --to vnnlib")
    elements = asked.elements
    every = range(len(elements))
    rows = ExactRows.of(program, asked.received, asked.outcome.path, elements)
    stays = asked.label if target is None else target
    goal = rows.goals(stays, every)
    others = [j for j in range(program.decided().labels) if j != stays]
    borders = int(asked.outcome.borders[0])
    several = f" (one of several through the input, which lies on {borders} borders)" if borders else ""
    return PathQuestion(
        facts=asked.facts(f"this path{several}"),
        unknowns=tuple(_unknown(asked, rows.origin[at], element) for at, element in enumerate(elements)),
        guards=rows.system(None, every),
        goal=negated(goal) if target is None else goal,
        leads=tuple((j, stays) if target is None else (stays, j) for j in others),
        target=target,
    )


def _unknown(asked: _Asked, origin: Fraction, element: int) -> Unknown:
    box, shape = asked.box, asked.program.input_shape
    lower, upper = (Fraction(float(e)) if np.isfinite(e) else None for e in (box.lower[element], box.upper[element]))
    levels = () if box.tables is None else tuple(step + origin for step in levels_of(box, element, origin))
    position = tuple(int(i) for i in np.unravel_index(element, shape))
    return Unknown(element, int(asked.grouped.owner[element]), position, origin, lower, upper, levels)


def _box_question(asked: _Asked) -> BoxQuestion:
    """The model's own input and output."""
    program, target, box = asked.program, asked.wanted.target, asked.box
    if box.tables is not None:
        raise OptionError("expected a continuous domain for vnnlib, got levels: its domain is a box")
    lower = asked.received[0].reshape(-1).astype(np.float64)
    upper = lower.copy()
    lower[asked.elements], upper[asked.elements] = box.lower[asked.elements], box.upper[asked.elements]
    if not (np.isfinite(lower).all() and np.isfinite(upper).all()):
        raise OptionError("expected a bounded domain for vnnlib: give bounds (domain=Pixels(A, B) or --bounds A:B)")
    decision = program.decided()
    return BoxQuestion(
        facts=asked.facts("all paths"),
        lower=tuple(lower.tolist()),
        upper=tuple(upper.tolist()),
        goal=comparisons(decision.kind, decision.labels, asked.label, target),
        every=target is not None,
        threshold=0.5 if program.origin.stripped == "Sigmoid" and decision.kind == "sign" else 0.0,
        input_shape=program.origin.input_shape,
        output_shape=_output_shape(program),
        dtype=program.dtype.name,
    )


def _output_shape(program: Program) -> tuple[int, ...]:
    """The shape of the model's only output.

    Raises:
        OptionError: If the model has other inputs or outputs, or takes several inputs at once.
    """
    origin = program.origin
    graph = onnx.load_model_from_string(origin.model).graph
    if origin.copies != 1:
        raise OptionError(
            f"expected a model of one input at a time for vnnlib, got one of {origin.copies}: export it so"
        )
    if origin.given or [output.name for output in graph.output] != [origin.output_name]:
        raise OptionError(
            "expected a model of one input whose only output are the scores for vnnlib, since other verifiers read the "
            f"file itself; here the scores are '{origin.output_name}'"
        )
    shape = program.shapes[program.output]
    dims = [d.dim_value for d in graph.output[0].type.tensor_type.shape.dim]
    if dims and all(n > 0 for n in dims) and prod(dims) == prod(shape):
        return tuple(dims)
    return shape if len(dims) == len(shape) else (1, *shape)
