"""The ONNX project's own backend test suite against DeepCheck: what is in scope, what passes, what is refused and why.

    python experiments/conformance.py          # writes docs/conformance.md and docs/conformance.json

The cases ship inside the `onnx` package. A case is in scope if one of its inputs, the others given, makes a program; it
passes if every program that can be made of it computes the expected outputs.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests
from onnx.backend.test.runner import Runner
from rich.console import Console
from rich.progress import track

from deepcheck import DeepCheckError
from deepcheck.frontends.backend import DeepCheckBackend

KINDS = ("node", "simple", "pytorch-converted", "pytorch-operator", "light")
DOCS = Path(__file__).resolve().parent.parent / "docs"


@dataclass(frozen=True)
class Case:
    """One case of the suite: a model with sets of inputs and expected outputs."""

    kind: str
    name: str
    model: onnx.ModelProto
    sets: list
    rtol: float
    atol: float


@dataclass(frozen=True)
class Outcome:
    """How a case ended: "passes", "refused" or "fails"; in how many of its inputs it was a program; why not."""

    kind: str
    name: str
    state: str
    programs: int
    operator: str = ""
    reason: str = ""


def cases(kinds=KINDS) -> Iterator[Case]:
    """Every case of the suite that ships with onnx."""
    for kind in kinds:
        if kind == "light":
            yield from _light()
            continue
        for case in load_model_tests(kind=kind):
            if case.model is not None:
                sets = [([_array(x) for x in i], [_array(x) for x in o]) for i, o in case.data_sets]
                yield Case(kind, case.name, case.model, sets, case.rtol, case.atol)
            else:
                folder = Path(case.model_dir)
                sets = [(_stored(s, "input"), _stored(s, "output")) for s in sorted(folder.glob("test_data_set_*"))]
                yield Case(kind, case.name, onnx.load(folder / "model.onnx"), sets, case.rtol, case.atol)


def _light() -> Iterator[Case]:
    """Real topologies; their weights are made by ConstantOfShape, so that a file has some kilobytes."""
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    for path in sorted(folder.glob("*.onnx")):
        model = onnx.load(path)
        stored = {tensor.name for tensor in model.graph.initializer}
        inputs = [Runner.generate_dummy_data(i, name=path.stem) for i in model.graph.input if i.name not in stored]
        expected = numpy_helper.to_array(onnx.load_tensor(path.with_name(f"{path.stem}_output_0.pb")))
        yield Case("light", path.stem, model, [(inputs, [expected])], 1e-3, 1e-7)


def _array(x):
    return numpy_helper.to_array(x) if isinstance(x, onnx.TensorProto) else x


def _stored(folder: Path, what: str) -> list:
    arrays = []
    for i in range(len(list(folder.glob(f"{what}_*.pb")))):
        tensor = onnx.TensorProto()
        try:
            tensor.ParseFromString((folder / f"{what}_{i}.pb").read_bytes())
            arrays.append(numpy_helper.to_array(tensor))
        except Exception:  # a sequence or an optional, not a tensor
            arrays.append(None)
    return arrays


def judge(case: Case) -> Outcome:
    """Run a case in each input that can be a program's, the others given."""
    prepared = DeepCheckBackend.prepare(case.model)
    operators = ", ".join(dict.fromkeys(node.op_type for node in case.model.graph.node))
    refusals, programs = [], 0
    for inputs, expected in case.sets:
        feeds = prepared.feeds(inputs)
        for name in prepared.symbols(feeds):
            try:
                found = prepared.run_in(name, feeds)
            except DeepCheckError as problem:
                refusals.append(problem)
                continue
            programs += 1
            try:
                Runner.assert_similar_outputs(expected, found, case.rtol, case.atol)
            except AssertionError as problem:
                return Outcome(case.kind, case.name, "fails", programs, reason=str(problem))
        if not programs and not refusals:
            refusals.append(_no_real_input(prepared, inputs))
    if programs:
        return Outcome(case.kind, case.name, "passes", programs, operators)
    first = refusals[0]
    operator = getattr(first, "operator", "") or operators
    return Outcome(
        case.kind, case.name, "refused", 0, operator, getattr(first, "reason", "") or _independent(str(first))
    )


def _independent(message: str) -> str:
    return "its result does not depend on the values of its input" if "does not depend" in message else message


def _no_real_input(prepared, inputs) -> DeepCheckError:
    try:
        prepared.run(inputs)
    except DeepCheckError as problem:
        return problem
    raise AssertionError("a case without real inputs ran")


def page(outcomes: list[Outcome]) -> str:
    """The published page."""
    scope = [o for o in outcomes if o.state != "refused"]
    lines: list[str] = [
        "# Conformance",
        "",
        f"The backend test suite that ships inside the `onnx` package (version {onnx.__version__}), run against "
        "`deepcheck.frontends.backend.DeepCheckBackend`. Written by `python experiments/conformance.py`; "
        "`tests/frontends/test_conformance.py` runs it again and holds this page to it.",
        "",
        "A case is *in scope* if one of its inputs, the others given, makes a program: then every input that does "
        "is tried, and each must give the expected outputs. What is not continuous piecewise linear in real numbers is "
        "refused, by operator and reason.",
        "",
        "| cases | all | in scope | pass | programs compared |",
        "|---|---|---|---|---|",
    ]
    for kind in KINDS:
        mine = [o for o in outcomes if o.kind == kind]
        inside = [o for o in mine if o.state != "refused"]
        passed = sum(o.state == "passes" for o in inside)
        lines.append(f"| {kind} | {len(mine):,} | {len(inside):,} | {passed:,} | {sum(o.programs for o in inside):,} |")
    passed = sum(o.state == "passes" for o in scope)
    lines.append(f"| together | {len(outcomes):,} | {len(scope):,} | {passed:,} | {sum(o.programs for o in scope):,} |")
    lines += ["", "## In scope", "", "Operators of the cases that pass, with how many cases each is in:", ""]
    lines += [_in_scope(scope), "", "## Out of scope", "", "| operator | reason | cases |", "|---|---|---|"]
    grouped = defaultdict(list)
    for o in outcomes:
        if o.state == "refused":
            grouped[o.operator, _short(o.reason)].append(o.name.removeprefix("test_"))
    for (operator, reason), names in sorted(grouped.items()):
        lines.append(f"| {_cell(operator)} | {_cell(reason)} | {len(names)}: {', '.join(f'`{n}`' for n in names)} |")
    return "\n".join(lines) + "\n"


def _in_scope(scope: list[Outcome]) -> str:
    counts = Counter(name for o in scope for name in o.operator.split(", "))
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _short(reason: str) -> str:
    return " ".join(reason.split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    outcomes = []
    for case in track(list(cases()), description="cases", console=Console(stderr=True)):
        outcomes.append(judge(case))
    failed = [o for o in outcomes if o.state == "fails"]
    for outcome in failed:
        print(f"FAILS {outcome.name}: {outcome.reason}", file=sys.stderr)
    counts = Counter((o.kind, o.state) for o in outcomes)
    found = {"onnx": onnx.__version__, "counts": {f"{k}: {s}": n for (k, s), n in sorted(counts.items())}}
    found["in_scope"] = sorted(o.name for o in outcomes if o.state != "refused")
    (DOCS / "conformance.md").write_text(page(outcomes))
    (DOCS / "conformance.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found["counts"], indent=1))
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
