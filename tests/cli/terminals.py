"""A terminal for tests: a process whose standard error, and standard output if asked, is one."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Seen:
    status: int
    terminal: str
    out: str


def on_a_terminal(words: Sequence[str], *, answer_too: bool = False, **options: object) -> Seen:
    """Run Python with these words; what its terminal got, and its standard output where that is not the terminal."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo terminals")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    environment.pop("NO_COLOR", None)
    with tempfile.TemporaryFile() as answer:
        process = subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.DEVNULL,
            stdout=theirs if answer_too else answer,
            stderr=theirs,
            env=environment,
            **options,  # type: ignore[call-overload]
        )
        os.close(theirs)
        seen = _everything(ours)
        status = process.wait()
        answer.seek(0)
        return Seen(status, seen.decode(), answer.read().decode())


def _everything(terminal: int) -> bytes:
    seen = b""
    try:
        while chunk := os.read(terminal, 65536):
            seen += chunk
    except OSError:  # Linux says so when the other end is closed
        pass
    finally:
        os.close(terminal)
    return seen
