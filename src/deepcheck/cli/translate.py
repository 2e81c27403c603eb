"""``deepcheck translate``: the program as source code."""

from pathlib import Path
from typing import Annotated

import typer

from deepcheck.cli.options import Budget, Data, Decision, InputShape, Layout, Mean, Model, NoBatch, Output, Std


def translate(
    model: Model,
    x: Annotated[
        str | None,
        typer.Argument(metavar="INPUT", help="Only the path of this input, straight-line; as in 'deepcheck attack'."),
    ] = None,
    to: Annotated[str, typer.Option(metavar="LANGUAGE", help="The language: 'python' or 'c'.")] = "python",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file, whole or not at all.")
    ] = None,
    mean: Mean = None,
    std: Std = None,
    bounds: Annotated[
        str | None, typer.Option(metavar="A:B", help="0:255 where an image's pixels are levels; by default 0:1.")
    ] = None,
    layout: Layout = "nchw",
    decision: Decision = None,
    output_tensor: Output = None,
    input_shape: InputShape = None,
    no_batch_axis: NoBatch = False,
    budget: Budget = None,
    data: Data = None,
) -> None:
    """Print a network as a program with explicit branches, in Python or C; or the path of one input, straight-line."""
    import deepcheck
    from deepcheck.cli import inputs, showing, values
    from deepcheck.errors import OptionError
    from deepcheck.source import LANGUAGES

    if to not in LANGUAGES:
        raise OptionError(f"expected --to {' or '.join(LANGUAGES)}, got '{to}'")
    program = inputs.read_program(
        model, inputs.ModelOptions(mean, std, decision, output_tensor, input_shape, no_batch_axis, budget)
    )
    domain, channels = values.domain(bounds, unbounded=False, levels=None), values.layout(layout)
    pixels = None
    if x is not None:
        pixels = inputs.read_input(x, program, domain=domain, layout=channels, data=data).pixels
    source = deepcheck.translate(program, to, pixels)
    if output is None:
        print(source, end="")
        return
    from deepcheck.report.files import write_atomically

    write_atomically(output, lambda stream: stream.write(source.encode("ascii")))
    showing.say(f"wrote {output}")
