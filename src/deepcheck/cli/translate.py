"""``deepcheck translate``: the program as source code, or a question about it as a file for other tools."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deepcheck.cli.options import (
    Bounds,
    Budget,
    Data,
    Decision,
    FeaturesAs,
    InputShape,
    Layout,
    Levels,
    Mask,
    Mean,
    Model,
    NoBatch,
    Output,
    Std,
    Unbounded,
)

QUESTION = ("--features", "--mask", "--target", "--unbounded", "--levels", "--features-as", "--vnnlib-version")
"""Options that only a question has a use for."""


def translate(
    model: Model,
    x: Annotated[
        str | None,
        typer.Argument(metavar="INPUT", help="Only the path of this input, straight-line; as in 'deepcheck attack'."),
    ] = None,
    to: Annotated[
        str,
        typer.Option(
            metavar="LANGUAGE",
            help="The language: 'python' or 'c'. Or the format of a question about INPUT: 'smtlib' and 'lp' along its "
            "path, 'vnnlib' along all.",
        ),
    ] = "python",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file, whole or not at all.")
    ] = None,
    features: Annotated[str | None, typer.Option(metavar="I,J,...", help="Only these features may change.")] = None,
    mask: Mask = None,
    target: Annotated[
        int | None, typer.Option(metavar="LABEL", help="The label to reach; by default any other; lp needs one.")
    ] = None,
    mean: Mean = None,
    std: Std = None,
    bounds: Bounds = None,
    unbounded: Unbounded = False,
    levels: Levels = None,
    version: Annotated[
        str | None, typer.Option("--vnnlib-version", metavar="1.0|2.0", help="Of VNN-LIB; by default 1.0.")
    ] = None,
    features_as: FeaturesAs = None,
    layout: Layout = "nchw",
    decision: Decision = None,
    output_tensor: Output = None,
    input_shape: InputShape = None,
    no_batch_axis: NoBatch = False,
    budget: Budget = None,
    data: Data = None,
) -> None:
    """Print a network as a program with explicit branches, in Python or C; or the path of one input, straight-line.

    Or write the question whether some features can change an input's label, for other solvers and verifiers.
    """
    import deepcheck
    from deepcheck.cli import inputs, showing, values
    from deepcheck.errors import OptionError
    from deepcheck.source import FORMATS, LANGUAGES

    known = (*LANGUAGES, *FORMATS)
    if to not in known:
        raise OptionError(f"expected --to {', '.join(known[:-1])} or {known[-1]}, got '{to}'")
    given = (features, mask, target, unbounded or None, levels, features_as, version)
    for name, value in zip(QUESTION, given, strict=True):
        if to in LANGUAGES and value is not None:
            raise OptionError(f"expected no {name} with --to {to}, which asks no question: use {' or '.join(FORMATS)}")
    program = inputs.read_program(
        model, inputs.ModelOptions(mean, std, decision, output_tensor, input_shape, no_batch_axis, budget)
    )
    domain, channels = values.domain(bounds, unbounded, levels, program), values.layout(layout)
    asked: dict[str, Any] = {}
    if to in FORMATS:
        asked = {
            "features": values.features(features, mask),
            "target": target,
            "domain": domain,
            "version": version,
            "features_as": values.grouping(features_as),
            "layout": channels,
        }
    pixels = None
    if x is not None:
        question = inputs.read_input(x, program, domain=domain, layout=channels, data=data)
        pixels, asked = question.pixels, asked | ({"domain": question.domain} if asked else {})
    with showing.working("writing the program down"):
        source = deepcheck.translate(program, to, pixels, **asked)
    if output is None:
        print(source, end="")
        return
    from deepcheck.display.files import write_atomically

    write_atomically(output, lambda stream: stream.write(source.encode("ascii")))
    showing.say(f"wrote {output}")
