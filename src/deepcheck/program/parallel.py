"""Chunks of a batch on all cores: NumPy releases the interpreter lock, and each thread keeps its own BLAS call."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(work: Callable[[T], R], chunks: Sequence[T]) -> list[R]:
    """Do the work on every chunk, in threads where there are several; results in the order of the chunks.

    While it runs, BLAS uses one thread a call: two levels of threads would wait for each other.
    """
    workers = min(len(chunks), os.cpu_count() or 1)
    if workers < 2:
        return [work(chunk) for chunk in chunks]
    with _controller().limit(limits=1, user_api="blas"):
        return list(_pool(workers).map(work, chunks))


@lru_cache(maxsize=1)
def _pool(workers: int) -> ThreadPoolExecutor:
    """Threads that stay, with the memory that they have touched."""
    return ThreadPoolExecutor(workers, thread_name_prefix="deepcheck")


@lru_cache(maxsize=1)
def _controller() -> "ThreadpoolController":
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
