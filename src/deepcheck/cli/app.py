"""The verbs, put together."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import deepcheck
from deepcheck.cli.attack import attack
from deepcheck.cli.check import check
from deepcheck.cli.completion import offer
from deepcheck.cli.demo import demo
from deepcheck.cli.examples import epilog
from deepcheck.cli.explore import explore
from deepcheck.cli.grade import grade
from deepcheck.cli.importance import importance
from deepcheck.cli.info import info
from deepcheck.cli.labels import labels
from deepcheck.cli.map import map_
from deepcheck.cli.report import report
from deepcheck.cli.reproduce import reproduce
from deepcheck.cli.run import run
from deepcheck.cli.text import text_verbs
from deepcheck.cli.translate import translate

VERBS = (demo, info, importance, attack, labels, explore, map_, run, report, check, grade, translate, reproduce)

PURPOSES = {
    "Start here": ("demo", "info"),
    "About one input": ("importance", "attack", "labels", "explore", "map"),
    "About texts": ("text",),
    "About many inputs": ("run", "report"),
    "To check, to compare, to pass on": ("check", "grade", "translate", "reproduce"),
}
"""What the verbs are for, in the order in which a newcomer meets them."""


class ByPurpose(TyperGroup):
    """The verbs, listed by what they are for."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        known = [(title, [verb for verb in verbs if verb in self.commands]) for title, verbs in PURPOSES.items()]
        widest = max(map(len, self.commands))
        for title, verbs in known:
            rows = [(verb, self.commands[verb].get_short_help_str(formatter.width - widest - 6)) for verb in verbs]
            with formatter.section(title):
                formatter.write_dl([(verb.ljust(widest), said) for verb, said in rows])


def command() -> Any:
    """Build the command; it is called with the words of the command line."""
    app = typer.Typer(cls=ByPurpose, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback(invoke_without_command=True)(_deepcheck)
    for verb in VERBS:
        app.command(verb.__name__.rstrip("_"))(verb)
    app.add_typer(text_verbs(), name="text")
    made = typer.main.get_command(app)
    for words, verb in verbs_of(made):
        verb.epilog = epilog(words)
        verb.short_help = (verb.help or "").strip().partition("\n")[0]
        offer(words, verb)
    return made


def verbs_of(made: Any, words: str = "") -> Iterator[tuple[str, Any]]:
    """Every verb with the words that call it: first the command itself."""
    yield words, made
    for name, verb in getattr(made, "commands", {}).items():
        yield from verbs_of(verb, f"{words} {name}".strip())


def _deepcheck(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Which inputs decide a network's prediction, and which few of them, changed, overturn it: or a proof that none do.

    Exit status: 0 answered (attack or proved), 1 undecided or a check that failed, 2 bad usage or bad input, 130
    stopped by Ctrl-C.
    """
    if version:
        typer.echo(f"deepcheck {deepcheck.__version__}")
        raise typer.Exit()
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)
