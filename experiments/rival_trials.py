"""One trial: one rival, one image, one seed, one budget of queries; judged by the untouched model."""

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from rival import Rival
from rival_network import BudgetSpent, Counted, Judge, changed_pixels
from torch import nn


@dataclass(frozen=True)
class Trial:
    """What came of one.

    Attributes:
        item: The image's index.
        fewest: The fewest pixels of a candidate that the judge accepts, or None.
        claimed: The fewest pixels of a candidate that has another label in the torch network as it came, or None.
        runs: Candidates that came back.
        forward_passes: Of single images.
        backward_passes: Of single images.
        crashes: Runs that ended by an error of the library.
        seconds: Of the processor, for the attack without the judge.
    """

    item: int
    fewest: int | None
    claimed: int | None
    runs: int
    forward_passes: int
    backward_passes: int
    crashes: int
    seconds: float

    @property
    def queries(self) -> int:
        """Forward and backward passes."""
        return self.forward_passes + self.backward_passes

    def content(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def attempt(
    rival: Rival, network: nn.Module, judge: Judge, image: np.ndarray, *,
    item: int, label: int, pixels: int, budget: int, seed: int,
) -> Trial:  # fmt: skip
    """Let a rival run until the judge accepts a candidate with at most so many pixels, or its budget is spent.

    Args:
        rival: The attack; one that does not take a size aims at as few pixels as it can.
        network: The scores, in torch.
        judge: The same network, untouched.
        image: ``(1, rows, columns)`` float32 in [0, 1].
        item: Which image it is; a part of the seed.
        label: The network's label.
        pixels: How many pixels may change.
        budget: The most queries.
        seed: Of everything that is drawn.
    """
    counted = Counted(network, budget)
    accepted: list[int] = []
    claimed: list[int] = []
    runs = crashes = 0
    seconds = 0.0
    with seeded(seed, item) as rng:
        produced = rival.candidates(counted, torch.from_numpy(image[None].copy()), label, pixels=pixels, rng=rng)
        while not any(count <= pixels for count in accepted):
            before, started = counted.spent, time.process_time()
            try:
                candidate = next(produced, None)
            except BudgetSpent:
                candidate = None
            except Exception:
                crashes, candidate = crashes + 1, None
            seconds += time.process_time() - started
            if candidate is None:
                break
            runs += 1
            proposed = np.asarray(candidate, dtype=np.float32).reshape(image.shape)
            if label_in(network, proposed) != label:
                claimed.append(int(changed_pixels(image, proposed).sum()))
            count = judge.changed(image, label, proposed)
            accepted += [] if count is None else [count]
            if counted.spent == before:
                break
    spent = counted.forward_passes, counted.backward_passes
    return Trial(item, min(accepted, default=None), min(claimed, default=None), runs, *spent, crashes, seconds)


@torch.no_grad()
def label_in(network: nn.Module, image: np.ndarray) -> int:
    """The label in torch; not a query."""
    return int(network(torch.from_numpy(image[None]))[0].argmax())


@contextmanager
def seeded(seed: int, item: int) -> Iterator[np.random.Generator]:
    """A generator for one trial; the libraries' global ones are seeded alike, and their warnings kept quiet."""
    sequence = np.random.SeedSequence([seed, item])
    words = sequence.generate_state(2)
    torch.manual_seed(int(words[0]))
    np.random.seed(int(words[1]))  # noqa: NPY002 - the libraries draw from it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield np.random.default_rng(sequence)
