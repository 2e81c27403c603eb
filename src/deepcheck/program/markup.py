"""A program as HTML for notebooks: its input, its decision, what loading changed, and its instructions."""

from collections import Counter
from math import prod
from typing import TYPE_CHECKING

from deepcheck.display.markup import escaped, fact_list, listing, section
from deepcheck.program.branches import Branch

if TYPE_CHECKING:
    from deepcheck.program.program import Program

LISTED = 60
"""How many instructions the table lists."""


def program_html(program: "Program") -> str:
    """Facts, and a table of the instructions."""
    return section(fact_list(_facts(program)), _instructions(program))


def _facts(program: "Program") -> list[tuple[str, str]]:
    origin, given, decision = program.origin, program.preprocessing, program.decision
    branches: Counter[str] = Counter()
    for branch in program.branches:
        branches[branch.kind] += prod(branch.shape)
    parameters = sum(each.parameters for each in program.instructions if not isinstance(each, Branch))
    facts = [
        ("program", origin.name),
        ("sha256", origin.sha256),
        ("input", f"{origin.input_name}: {program.dtype} {_shape(program.input_shape)}"),
        ("output", f"{origin.output_name}: {_shape(program.shapes[program.output])}"),
        ("decision", "none: a regression" if decision is None else f"{decision.kind} of {decision.labels} labels"),
        ("parameters", f"{parameters:,}"),
        ("branches", ", ".join(f"{count:,} {kind}" for kind, count in branches.items()) or "none: it is affine"),
    ]
    if not given.is_identity:
        facts.append(("preprocessing", f"(pixel - {list(given.mean)}) / {list(given.std)}"))
    if origin.stripped:
        facts.append(("stripped", f"{origin.stripped}, the last operator: it does not change the label"))
    if origin.rounded:
        some = "; ".join(origin.rounded[:5]) + "; ..." * (len(origin.rounded) > 5)
        facts.append(("rounded constants", f"{len(origin.rounded):,}: {some}"))
    return facts


def _instructions(program: "Program") -> str:
    rows = [
        [
            f"s{result}",
            escaped(each.kind),
            escaped(", ".join(f"s{operand}" if operand else "x" for operand in each.operands)),
            _shape(each.shape),
            "" if isinstance(each, Branch) else f"{each.parameters:,}",
        ]
        for result, each in enumerate(program.instructions[:LISTED], start=1)
    ]
    headings = ["value", "instruction", "reads", "shape", "parameters"]
    return listing(headings, rows, left=4, more=len(program.instructions) - len(rows))


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(str(length) for length in shape) or "scalar"
