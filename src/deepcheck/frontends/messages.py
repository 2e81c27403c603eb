"""Every message about a model is one printable line of bounded length, whatever names and texts the model holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deepcheck.errors import DeepCheckError, MalformedModel, UnsupportedOperator

LONGEST = 900
HEAD = 600


def one_line(text: str) -> str:
    """A text without control characters, cut in its middle: what to do stands at the end."""
    if len(text) > LONGEST:
        text = f"{text[:HEAD]} ... {text[HEAD - LONGEST :]}"
    text = "".join(c if c.isprintable() else " " if c.isspace() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= LONGEST + 99 else f"{text[:HEAD]} ... {text[HEAD - LONGEST :]}"


@contextmanager
def clear_errors(name: str | Path) -> Iterator[None]:
    """Make the errors of reading a model clear: one line each, and an error of ours where memory or the stack ends."""
    try:
        yield
    except DeepCheckError as problem:
        problem.args = (one_line(str(problem)),)
        if isinstance(problem, UnsupportedOperator):
            problem.operator, problem.reason = one_line(problem.operator), one_line(problem.reason)
        raise
    except MemoryError:
        raise MalformedModel(
            one_line(f"{name}: expected a model that fits in memory, but there is too little: lower budget_bytes")
        ) from None
    except RecursionError:
        raise MalformedModel(
            one_line(f"{name}: expected graphs and functions within each other a few levels deep: export it again")
        ) from None
