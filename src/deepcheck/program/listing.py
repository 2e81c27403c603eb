"""A program as text, in the style of the paper's figure 2: loops, sums, and explicit branches."""

from fractions import Fraction
from typing import TYPE_CHECKING

from deepcheck.program.affine import Affine
from deepcheck.program.branches import Branch, Largest, Piecewise
from deepcheck.program.maps import Contract, Gather, Primitive, Reshape, Scale, parts_of

if TYPE_CHECKING:
    from deepcheck.program.program import Program


def listing(program: "Program") -> str:
    """The whole program; weights by name, since a network has too many to print."""
    decision = "none (regression)" if program.decision is None else program.decision.kind
    lines = [
        f"program {program.origin.name}(x)    # x: {program.dtype} {program.input_shape}; decision: {decision}",
    ]
    if not program.preprocessing.is_identity:
        mean, std = (_numbers(v) for v in (program.preprocessing.mean, program.preprocessing.std))
        lines.append(f"x := (x - {mean}) / {std}    # preprocessing, from pixels to what the model receives")
    names = ["x", *(f"s{i}" for i in range(1, len(program.shapes)))]
    for result, instruction in enumerate(program.instructions, start=1):
        operands = [names[operand] for operand in instruction.operands]
        lines.append("")
        lines.append(f"# {names[result]}: {instruction.kind} {instruction.shape}")
        if isinstance(instruction, Branch):
            lines += _branch(instruction, names[result], operands[0])
        else:
            lines += _affine(instruction, result, names[result], operands)
    lines += ["", f"return {names[program.output]}"]
    return "\n".join(lines)


def _affine(instruction: Affine, number: int, name: str, operands: list[str]) -> list[str]:
    lines: list[str] = []
    parts = []
    for position, (term, operand) in enumerate(zip(instruction.terms, operands, strict=True)):
        weight = f"w{number}" + (f"_{position}" if len(instruction.terms) > 1 else "")
        current = operand
        maps = list(parts_of(term.maps))
        for step, linear in enumerate(maps):
            target = name if len(instruction.terms) == 1 and step == len(maps) - 1 else f"{name}_{position}"
            lines += _map(linear, target, current, weight)
            current = target
        parts.append(current)
    if len(parts) > 1:
        lines.append(f"{name} := {' + '.join(parts)}")
    elif parts[0] != name:
        lines.append(f"{name} := {parts[0]}")
    if instruction.offset is not None:
        lines.append(f"{name} := {name} + b{number}    # {instruction.offset.shape}")
    return lines


def _map(linear: Primitive, target: str, source: str, weight: str) -> list[str]:
    match linear:
        case Reshape():
            return [f"{target} := reshape({source}, {linear.shape})"]
        case Gather():
            absent = "; 0 in the padding" if linear.padded else ""
            return [f"{target} := {source}[index]    # index map {linear.source_shape} -> {linear.shape}{absent}"]
        case Scale():
            return [f"{target} := {weight} * {source}    # element by element, {linear.factor.shape}"]
        case Contract():
            groups, rows, width = linear.source_shape
            return [
                f"for g, p, i in range({groups}, {rows}, {linear.shape[2]}):",
                "    val := 0",
                f"    for j in range({width}):",
                f"        val := val + {weight}[g, j, i] * {source}[g, p, j]",
                f"    {target}[g, p, i] := val",
            ]


def _branch(branch: Branch, name: str, operand: str) -> list[str]:
    match branch:
        case Piecewise():
            lines = [f"for i in range({_count(branch.shape)}):"]
            pieces = list(zip(branch.slopes, branch.intercepts, strict=True))
            for arm in range(len(pieces) - 1, 0, -1):
                word = "if" if arm == len(pieces) - 1 else "elif"
                lines.append(f"    {word} {operand}[i] > {_number(branch.breakpoints[arm - 1])}:")
                lines.append(f"        {name}[i] := {_piece(*pieces[arm], f'{operand}[i]')}")
            return [*lines, "    else:", f"        {name}[i] := {_piece(*pieces[0], f'{operand}[i]')}"]
        case Largest():
            return [
                f"for i in range({_count(branch.shape)}):",
                f"    win := window[i, 0]    # up to {branch.windows.shape[-1]} candidates; padding is absent",
                "    for j in window[i, 1:]:",
                f"        if {operand}[j] > {operand}[win]:",
                "            win := j",
                f"    {name}[i] := {operand}[win]",
            ]
    raise AssertionError(branch)


def _piece(slope: Fraction, intercept: Fraction, z: str) -> str:
    if slope == 0:
        return _number(intercept)
    linear = z if slope == 1 else f"{_number(slope)} * {z}"
    return linear if intercept == 0 else f"{linear} + {_number(intercept)}"


def _number(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else repr(float(value))


def _numbers(values: tuple[float, ...]) -> str:
    return f"{values[0]:g}" if len(values) == 1 else "[" + ", ".join(f"{v:g}" for v in values) + "]"


def _count(shape: tuple[int, ...]) -> str:
    return ", ".join(str(length) for length in shape)
