"""Chunks of a batch on all cores: NumPy releases the interpreter lock, and each thread keeps its own BLAS call."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from deepcheck.program.rationals import Array

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

CORES = os.cpu_count() or 1
SMALL = 64
"""Fewer items than this are not worth a thread."""

T = TypeVar("T")
R = TypeVar("R")


def chunks_of(items: int, bytes_each: int, budget: int) -> list[Array]:
    """Split a batch into even chunks: as few as the memory budget and the cores allow, since each has a fixed cost."""
    count = max(-(-items * bytes_each // budget), min(CORES, items // SMALL), 1)
    return list(np.array_split(np.arange(items), min(count, items)))


def in_parallel(work: Callable[[T], R], chunks: Sequence[T]) -> list[R]:
    """Do the work on every chunk, in threads where there are several; results in the order of the chunks.

    While it runs, BLAS uses one thread a call: two levels of threads would wait for each other.
    """
    workers = min(len(chunks), CORES)
    if workers < 2:
        return [work(chunk) for chunk in chunks]
    with _controller().limit(limits=1, user_api="blas"):
        return list(_pool(workers).map(work, chunks))


@contextmanager
def one_thread_a_product() -> Iterator[None]:
    """BLAS uses one thread a call: for many small products its own threads mostly wait for each other."""
    with _controller().limit(limits=1, user_api="blas"):
        yield


@lru_cache(maxsize=1)
def _pool(workers: int) -> ThreadPoolExecutor:
    """Threads that stay, with the memory that they have touched."""
    return ThreadPoolExecutor(workers, thread_name_prefix="deepcheck")


if sys.platform != "win32":
    # A child process has none of its parent's threads.
    os.register_at_fork(after_in_child=_pool.cache_clear)


@lru_cache(maxsize=1)
def _controller() -> "ThreadpoolController":
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
