"""Arguments and options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="An ONNX or .nnet file, or a network that comes along: digits_10x4, mnist_10x4, fashion_10x4, cancer_16x2 "
        "(a table), or mnist_10x4 from another seed, mnist_10x4_00 to mnist_10x4_09.",
    ),
]
Input = Annotated[
    str,
    typer.Argument(
        metavar="INPUT",
        help="A .npy or .npz file (the model's own input; pixels where --mean or --std is given), an image file, or "
        "a sample of a data set, such as mnist:test:7 (mnist, fashion-mnist, cifar10, digits, breast-cancer).",
    ),
]
Mean = Annotated[
    str | None, typer.Option(metavar="M[,M...]", help="The model receives (pixel - mean) / std; one, or one a channel.")
]
Std = Annotated[str | None, typer.Option(metavar="S[,S...]", help="See --mean.")]
Decision = Annotated[
    str | None, typer.Option(metavar="RULE", help="How scores become a label: 'arg max', 'arg min' or 'sign'.")
]
Data = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder of the data sets; by default DEEPCHECK_DATA, or the cache.")
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output-tensor", metavar="NAME", help="The scores are this tensor of the model; by default its output."
    ),
]
InputShape = Annotated[
    str | None,
    typer.Option(metavar="N,N,...", help="The input's shape without its batch axis, where the model leaves it free."),
]
NoBatch = Annotated[bool, typer.Option("--no-batch-axis", help="The model's input has no batch axis: take it whole.")]
Budget = Annotated[
    float | None,
    typer.Option(metavar="GIB", min=0, help="How many GiB the model's constants may take; by default 2."),
]
Bounds = Annotated[
    str | None,
    typer.Option(
        metavar="A:B|FILE|model",
        help="Pixels stay within these; by default 0:1 where the input does, and for a sample of a table the range of "
        "the training samples. A .npz file with arrays named lower and "
        "upper: each within its own. 'model': the input ranges of a .nnet file.",
    ),
]
Mask = Annotated[
    Path | None,
    typer.Option(
        "--mask", metavar="FILE", help="Only these features may change: a .npy file of booleans, or a grey PNG (not 0)."
    ),
]
Exclude = Annotated[str | None, typer.Option("--exclude", metavar="I,J,...", help="None of these features.")]
Unbounded = Annotated[bool, typer.Option("--unbounded", help="Pixels may be any real number.")]
Levels = Annotated[
    int | None, typer.Option(metavar="N", help="Pixels stay on N levels: 256 for 8-bit images, 17 for the digits.")
]
FeaturesAs = Annotated[
    str | None,
    typer.Option(metavar="KIND", help="A feature is an 'element', a 'pixel' (all channels) or a 'word' (a vector)."),
]
Layout = Annotated[str, typer.Option(metavar="ORDER", help="Where a pixel's channels are: 'nchw' or 'nhwc'.")]
Plot = Annotated[Path | None, typer.Option(metavar="FILE", help="Draw it: a PNG or SVG file, by its name.")]
Limit = Annotated[
    int | None,
    typer.Option(metavar="N", min=0, help="List at most N; by default 20 in tables; in JSON all, or 1000 sets."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")]

TABLE_ROWS = 20
"""How many rows a table lists where --limit does not say."""
