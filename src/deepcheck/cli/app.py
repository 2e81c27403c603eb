"""The verbs, put together."""

from typing import Annotated, Any

import typer

import deepcheck
from deepcheck.cli.attack import attack
from deepcheck.cli.check import check
from deepcheck.cli.demo import demo
from deepcheck.cli.explore import explore
from deepcheck.cli.grade import grade
from deepcheck.cli.importance import importance
from deepcheck.cli.info import info
from deepcheck.cli.labels import labels
from deepcheck.cli.map import map_
from deepcheck.cli.reproduce import reproduce
from deepcheck.cli.run import run
from deepcheck.cli.text import text_verbs
from deepcheck.cli.translate import translate

VERBS = (demo, info, importance, attack, explore, labels, map_, translate, check, grade, reproduce, run)


def command() -> Any:
    """Build the command; it is called with the words of the command line."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback(invoke_without_command=True)(_deepcheck)
    for verb in VERBS:
        app.command(verb.__name__.rstrip("_"))(verb)
    app.add_typer(text_verbs(), name="text")
    return typer.main.get_command(app)


def _deepcheck(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Which inputs decide a network's prediction, and which few of them, changed, overturn it: or a proof that none do.

    Exit status: 0 answered (attack or proved), 1 undecided or a check that failed, 2 bad usage or bad input.
    """
    if version:
        typer.echo(f"deepcheck {deepcheck.__version__}")
        raise typer.Exit()
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)
