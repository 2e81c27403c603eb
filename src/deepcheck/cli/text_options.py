"""Arguments and options that the verbs about texts share."""

from pathlib import Path
from typing import Annotated

import typer

Text = Annotated[
    str | None, typer.Argument(metavar="TEXT", help="The text, in quotes; or --file for many.", show_default=False)
]
Model = Annotated[
    str,
    typer.Option(
        metavar="NAME|FILE",
        help="imdb_tuned or imdb_frozen, which come along with their words; or an ONNX file that reads word vectors, "
        "with --vocabulary and --vectors.",
    ),
]
Vocabulary = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The words of a model of your own: UTF-8, one a line.")
]
Vectors = Annotated[Path | None, typer.Option(metavar="FILE.npy", help="Their vectors: row i is the vector of line i.")]
Labels = Annotated[str | None, typer.Option(metavar="NAME,NAME", help="What the labels are called.")]
Read = Annotated[
    str, typer.Option(metavar="last|first", help="Which words are read of a text that is too long for the network.")
]
Pad = Annotated[str, typer.Option(metavar="left|right", help="Where a text that is too short is filled.")]
File = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="One text a line, UTF-8; - for standard input. Blank lines are skipped."),
]
Html = Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page that needs nothing else.")]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Keep what was found in this run's folder, beside what is there: deepcheck report shows it."
    ),
]
Paths = Annotated[
    str, typer.Option(metavar="all|same", help="Any path through the network, or only the one that the text takes.")
]
SomePaths = Annotated[
    str | None,
    typer.Option(
        "--paths",
        metavar="all|same",
        help="Any path through the network (by default), or only the one that the text takes.",
    ),
]
Apart = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=1,
        help="Words replaced together stand at least N places apart: decided exactly for any number of them, from the "
        "width of the network's convolution on (3).",
    ),
]
Keep = Annotated[str | None, typer.Option(metavar="WORD,WORD", help="These words stay, wherever they stand.")]
Positions = Annotated[
    str | None,
    typer.Option(metavar="I,J,...", help="Only the words at these places may change, counted from 1 among those read."),
]
Nearest = Annotated[
    int | None, typer.Option(metavar="N", help="Put in only the N words nearest to the one replaced, by cosine.")
]
Similar = Annotated[
    float | None, typer.Option(metavar="S", help="Put in only words with at least this cosine to the one replaced.")
]
NoStopWords = Annotated[
    bool, typer.Option("--no-stop-words", help="Words of grammar (the, of, not ...) stay, and are not put in.")
]
NoUnknown = Annotated[
    bool, typer.Option("--no-unknown", help="Do not put in <UNK>, a word that the network does not know.")
]
Only = Annotated[str | None, typer.Option(metavar="WORD,WORD", help="Put in only these words.")]
Rank = Annotated[
    str,
    typer.Option(metavar="margin|similarity", help="Which single words are listed first: the largest lead, or cosine."),
]
Limit = Annotated[int, typer.Option(metavar="N", help="List at most N new sentences.")]
Timeout = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Stop then; of each text with --file. By default never.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on standard output.")]
