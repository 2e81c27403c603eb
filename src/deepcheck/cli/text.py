"""``deepcheck text``: the words of a sentence that decide its label, and the few that, replaced, overturn it."""

import typer

from deepcheck.cli.text_attack import attack, prove
from deepcheck.cli.text_importance import importance

VERBS = (importance, attack, prove)


def text_verbs() -> typer.Typer:
    """The verbs about texts, put together."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback(invoke_without_command=True)(_text)
    for verb in VERBS:
        app.command(verb.__name__)(verb)
    return app


def _text(context: typer.Context) -> None:
    """Which words decide a text's label, and which few of them, replaced, overturn it: or a proof that none do."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)
