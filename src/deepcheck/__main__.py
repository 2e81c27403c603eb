"""The command: ``deepcheck``, or ``python -m deepcheck``."""

import io
import os
import sys
from collections.abc import Sequence
from typing import Any

import typer

from deepcheck.cli.app import command
from deepcheck.cli.interrupts import noticed, words_for
from deepcheck.cli.suggesting import suggestion
from deepcheck.errors import DeepCheckError

ANSWERED, UNDECIDED, BAD_USAGE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141
COMPLETING = "_DEEPCHECK_COMPLETE"
"""Set by a shell that asks how a word may go on."""

UsageError: Any = typer.BadParameter.__mro__[1]
"""The parser's own error for bad usage; typer exports only this child of it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; a bad input or bad usage is one line on standard error, never a traceback.

    Args:
        arguments: The words behind ``deepcheck``; by default those of the process.

    Returns:
        The exit status: 0 answered, 1 undecided or a check failed, 2 bad usage or bad input, 130 Ctrl-C.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a word in letters that a terminal has not is no reason to stop
            stream.reconfigure(errors="backslashreplace")
    with noticed() as interrupts:
        status, answered = _run(words)
        if interrupts.asked and status in (ANSWERED, UNDECIDED):
            status = INTERRUPTED
        if status == INTERRUPTED:
            print(words_for(words[0] if words else "", answered), file=sys.stderr)
    return status


def _run(words: list[str]) -> tuple[int, bool]:
    """The exit status, and whether there was an answer."""
    try:
        status = int(command().main(args=words, prog_name="deepcheck", standalone_mode=False) or ANSWERED)
        sys.stdout.flush()
        return status, status != INTERRUPTED
    except DeepCheckError as problem:
        status = _complain(str(problem))
    except (BrokenPipeError, SystemExit) as left:  # the parser exits where a pipe breaks, and for shells
        if isinstance(left, SystemExit) and (not left.code or COMPLETING in os.environ):
            return int(left.code or ANSWERED), True
        # Nobody reads it: the flush at exit must not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = BROKEN_PIPE
    except OSError as problem:
        name = f"{problem.filename}: " if problem.filename is not None else ""
        status = _complain(f"{name}{problem.strerror or problem}")
    except (typer.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    except UsageError as problem:
        status = _complain(f"{problem.format_message()} See 'deepcheck --help'.")
    return status, False


def _complain(message: str) -> int:
    line = " ".join(message.split())
    print(f"error: {line}{suggestion(line)}", file=sys.stderr)
    return BAD_USAGE


if __name__ == "__main__":
    sys.exit(main())
