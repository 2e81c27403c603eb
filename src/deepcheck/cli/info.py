"""``deepcheck info``: what a model is, read as a program."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcheck.cli.options import Budget, Decision, InputShape, Json, Mean, Model, NoBatch, Output, Std

if TYPE_CHECKING:
    from deepcheck.program import Program

SCHEMA = 1


def info(
    model: Model,
    mean: Mean = None,
    std: Std = None,
    decision: Decision = None,
    output_tensor: Output = None,
    input_shape: InputShape = None,
    no_batch_axis: NoBatch = False,
    budget: Budget = None,
    as_program: Annotated[
        bool, typer.Option("--program", help="Print the program, as in the paper's figure 2.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show a model's input, decision, instructions, and what loading changed."""
    from deepcheck.cli import inputs, showing

    program = inputs.read_program(
        model, inputs.ModelOptions(mean, std, decision, output_tensor, input_shape, no_batch_axis, budget)
    )
    found = describe(program)
    if as_json:
        showing.print_json(found | ({"program": str(program)} if as_program else {}))
    elif as_program:
        print(program)
    else:
        _print(found)


def describe(program: "Program") -> dict[str, Any]:
    """What is known about a program, ready for JSON."""
    from math import prod

    from deepcheck.program import Branch

    origin = program.origin
    branches: dict[str, int] = {}
    for branch in program.branches:
        branches[branch.kind] = branches.get(branch.kind, 0) + prod(branch.shape)
    instructions = [
        {
            "value": result,
            "kind": instruction.kind,
            "reads": list(instruction.operands),
            "shape": list(instruction.shape),
            "parameters": 0 if isinstance(instruction, Branch) else instruction.parameters,
        }
        for result, instruction in enumerate(program.instructions, start=1)
    ]
    return {
        "schema": SCHEMA,
        "name": origin.name,
        "sha256": origin.sha256,
        "input": {"name": origin.input_name, "shape": list(program.input_shape), "dtype": str(program.dtype)},
        "output": {"name": origin.output_name, "shape": list(program.shapes[program.output])},
        "decision": None
        if program.decision is None
        else {"kind": program.decision.kind, "labels": program.decision.labels},
        "preprocessing": {"mean": list(program.preprocessing.mean), "std": list(program.preprocessing.std)},
        "parameters": sum(instruction["parameters"] for instruction in instructions),
        "branches": branches,
        "stripped": origin.stripped or None,
        "folded": origin.folded,
        "rounded_constants": list(origin.rounded),
        "instructions": instructions,
    }


def _print(found: dict[str, Any]) -> None:
    from deepcheck.display.tables import print_table

    decision, preprocessing = found["decision"], found["preprocessing"]
    identity = preprocessing == {"mean": [0.0], "std": [1.0]}
    branches = [f"{count:,} {kind}" for kind, count in found["branches"].items()]
    facts = [
        ("model", found["name"]),
        ("sha256", found["sha256"]),
        ("input", f"{found['input']['name']}: {found['input']['dtype']} {_shape(found['input']['shape'])}"),
        ("output", f"{found['output']['name']}: {_shape(found['output']['shape'])}"),
        ("decision", f"{decision['kind']} of {decision['labels']} labels" if decision else "none: a regression"),
        ("preprocessing", "none" if identity else f"(pixel - {preprocessing['mean']}) / {preprocessing['std']}"),
        ("parameters", f"{found['parameters']:,}"),
        ("branches", ", ".join(branches) or "none: the network is affine"),
        ("stripped", found["stripped"] or "nothing"),
        ("computed on loading", f"{found['folded']} nodes"),
        ("rounded constants", "; ".join(found["rounded_constants"]) or "none"),
    ]
    print_table(["", ""], facts, left=2)
    rows = [
        (f"s{i['value']}", i["kind"], _reads(i["reads"]), _shape(i["shape"]), f"{i['parameters']:,}")
        for i in found["instructions"]
    ]
    print_table(["value", "instruction", "reads", "shape", "parameters"], rows, left=4)


def _shape(shape: list[int]) -> str:
    return " x ".join(str(length) for length in shape) or "scalar"


def _reads(operands: list[int]) -> str:
    return ", ".join(f"s{operand}" if operand else "x" for operand in operands)
