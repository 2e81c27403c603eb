"""A box around one input as VNN-LIB, for verifiers that read the ONNX file beside it: the question along all paths."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import product

from deepcheck.source.asked import BoxQuestion, Comparison

VERSIONS = ("1.0", "2.0")
"""What can be written."""

MEANING = """
{inputs} is the model's input and {outputs} its output, row by row, in the model's own units; decimals are exact.
Behind a last softmax, log-softmax or sigmoid the outputs are what that makes of the scores, in the same order; a
single output behind a sigmoid is compared with 0.5.

unsat     proved, along all paths
sat       some input in the box reaches the goal{ties}
""".strip("\n").splitlines()  # fmt: skip
TIES = {
    "1.0": ", or ties with it: comparisons of this format are all closed",
    "2.0": "; a tie counts where it goes to the other label",
}


def vnnlib(question: BoxQuestion, version: str) -> str:
    """The file.

    Law: satisfiable iff some input in the box reaches the goal; in version 1.0 a tie counts as reached.

    Source: https://www.vnnlib.org, the VNN-LIB standard, versions 1.0 (as VNN-COMP reads it) and 2.0.
    """
    words = {"inputs": "X", "outputs": "Y", "ties": TIES[version]}
    told = (*question.facts, "", *(text.format(**words) for text in MEANING))
    lines = [*(f"; {line}".rstrip() for line in told), ""]
    old = version == "1.0"
    inputs = [f"X_{i}" for i in range(len(question.lower))] if old else list(_places("X", question.input_shape))
    count = len(list(_places("Y", question.output_shape)))
    outputs = [f"Y_{j}" for j in range(count)] if old else list(_places("Y", question.output_shape))
    lines += _declared_one_by_one(inputs, outputs) if old else _declared(question)
    lines += ["", "; the domain"]
    for name, low, high in zip(inputs, question.lower, question.upper, strict=True):
        lines += [f"(assert (<= {name} {decimal(high)}))", f"(assert (>= {name} {decimal(low)}))"]
    goal = [_condition(comparison, outputs, question.threshold, closed=old) for comparison in question.goal]
    lines += ["", "; the goal", *(_all(goal) if question.every or len(goal) == 1 else _any(goal, old))]
    return "\n".join(lines) + "\n"


def _declared_one_by_one(inputs: list[str], outputs: list[str]) -> Iterator[str]:
    yield from (f"(declare-const {name} Real)" for name in (*inputs, *outputs))


def _declared(question: BoxQuestion) -> Iterator[str]:
    given, made = (",".join(map(str, shape)) for shape in (question.input_shape, question.output_shape))
    yield "(vnnlib-version <2.0>)"
    yield "(declare-network N"
    yield f"  (declare-input X {question.dtype} [{given}])"
    yield f"  (declare-output Y {question.dtype} [{made}]))"


def _places(name: str, shape: tuple[int, ...]) -> Iterator[str]:
    """The elements of a tensor, row by row."""
    for place in product(*map(range, shape)):
        yield f"{name}[{','.join(map(str, place))}]" if place else name


def _condition(comparison: Comparison, outputs: list[str], threshold: float, *, closed: bool) -> str:
    """A comparison with an output on its left."""
    equal = "=" if closed or not comparison.strict else ""
    if comparison.above < 0:
        return f"(<{equal} {outputs[comparison.below]} {decimal(threshold)})"
    other = decimal(threshold) if comparison.below < 0 else outputs[comparison.below]
    return f"(>{equal} {outputs[comparison.above]} {other})"


def _all(goal: list[str]) -> Iterator[str]:
    yield from (f"(assert {condition})" for condition in goal)


def _any(goal: list[str], old: bool) -> Iterator[str]:
    """One of the conditions; older readers want each in a conjunction of its own."""
    yield "(assert (or"
    yield from (f"  (and {condition})" if old else f"  {condition}" for condition in goal)
    yield "))"


def decimal(value: float) -> str:
    """A float in exact decimals, without an exponent."""
    text = format(Decimal(value + 0.0), "f")
    return text if "." in text else f"{text}.0"
