"""Kernels: loops that numba compiles, and that Python runs itself while there is little to do.

A compiler takes seconds, and loading what it made half a second; a small question is answered before that. So a kernel
is interpreted until it has been asked for enough work, then compiled once; what was compiled is kept on disk.
"""

import time
from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from types import FunctionType
from typing import Any

PATIENCE = 0.25
"""How many seconds a kernel may be interpreted in all before it is worth a compiler."""
STEP = 2e-6
"""How long one step of a kernel takes when it is interpreted, roughly, in seconds."""


class Kernel:
    """A function over arrays and numbers, in the part of Python that numba compiles.

    Args:
        function: The function. It releases the interpreter lock once compiled.
        helpers: Functions of the same module that it calls.
    """

    def __init__(self, function: Callable[..., Any], *helpers: Callable[..., Any]) -> None:
        self._function = function
        self._helpers = helpers
        self._compiled: Callable[..., Any] | None = None
        self._interpreted = 0.0
        self._lock = Lock()

    def __call__(self, *args: Any, steps: float) -> Any:
        """Run it.

        Args:
            *args: The function's arguments.
            steps: About how many elementary steps this call takes.
        """
        if self._compiled is None:
            if self._interpreted + steps * STEP < PATIENCE:
                started = time.perf_counter()
                found = self._function(*args)
                self._interpreted += time.perf_counter() - started
                return found
            self.compile()
        assert self._compiled is not None
        return self._compiled(*args)

    def compile(self) -> None:
        """Compile it now, or load what was compiled before."""
        with self._lock:
            if self._compiled is None:
                from numba import njit  # half a second, and small questions never need it

                version = _version(self._function, *self._helpers)
                made = [_copied(function, version) for function in (self._function, *self._helpers)]
                compiled = [njit(cache=True, nogil=True)(function) for function in made]
                names = {helper.__name__: one for helper, one in zip(self._helpers, compiled[1:], strict=True)}
                for function in made:
                    function.__globals__.update(names)  # found when the first call compiles
                self._compiled = compiled[0]


def _version(*functions: Callable[..., Any]) -> str:
    """A name for this code: what numba kept of other code, possibly in another file, must not be taken for it."""
    digest = sha256()
    for function in functions:
        assert isinstance(function, FunctionType)
        digest.update(function.__code__.co_code + repr(function.__code__.co_consts).encode())
    return digest.hexdigest()[:12]


def _copied(function: Callable[..., Any], version: str) -> FunctionType:
    """The same code with names of its own, behind which compiled helpers can be put."""
    assert isinstance(function, FunctionType)
    made = FunctionType(
        function.__code__, dict(function.__globals__), function.__name__, function.__defaults__, function.__closure__
    )
    made.__qualname__, made.__module__ = f"{function.__qualname__}_{version}", function.__module__
    return made
