"""What is measured for RQ5: one chunk of images under every attack."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from deepcheck.attacks import Attacks, FeatureAttacks, SetAttacks
from deepcheck.attacks.columns import witnesses
from deepcheck.attacks.gradient import Start
from deepcheck.attacks.gradient_result import GradientAttacks
from deepcheck.attacks.set_rows import best_rows, changed_inputs, set_starts
from deepcheck.datasets import ImageSet
from deepcheck.program import Array, Program
from deepcheck.reproduce.gradients.rules import ATTACKS, HALF_LEVEL
from deepcheck.symbolic import run
from deepcheck.verbs import attack, fgsm, pgd

NORMS = ("l0", "visible", "l1", "l2", "linf")


@final
@dataclass(frozen=True)
class Compared:
    """Images under all attacks; columns are those of `ATTACKS`.

    Attributes:
        items: Indices in the data set, ``(n,)``.
        truth: Labels in the data set, ``(n,)``.
        labels: Labels by the network, exactly, ``(n,)``.
        lit: How many pixels are above 0, ``(n,)``.
        found: Is there an attack? ``(n, attacks)``.
        proved: Is it proved that there is none? Never for gradients, ``(n, attacks)``.
        new_labels: The attacks' labels, exactly; the old label where there is no attack, ``(n, attacks)``.
        replayed: Do both labels survive replay? False where there is no attack, ``(n, attacks)``.
        epsilon: NaN but for gradients, ``(n, attacks)``.
        norms: Of the change, as `NORMS`; 0 where there is no attack, ``(n, attacks, norms)``.
        lit_changed: How many lit pixels differ at all, and by more than half a level, ``(n, attacks, 2)``.
        flips: How many ReLUs differ in each layer, ``(n, attacks, layers)``.
        seconds: Of each attack, the replay of its own search included, and of looking at all of them again and
            replaying them, for each call, ``(calls, attacks + 1)``.
        runtime: What replayed, for each call, ``(calls,)``.
    """

    items: Array
    truth: Array
    labels: Array
    lit: Array
    found: Array
    proved: Array
    new_labels: Array
    replayed: Array
    epsilon: Array
    norms: Array
    lit_changed: Array
    flips: Array
    seconds: Array
    runtime: Array

    def __len__(self) -> int:
        return len(self.items)


@final
@dataclass(frozen=True)
class Answer:
    """What one attack says about a batch: adversarial pixels (the images where there are none), and its verdicts."""

    pixels: Array
    found: Array
    proved: Array
    epsilon: Array


def answers(program: Program, x: Array) -> dict[str, Callable[[], Answer]]:
    """The attacks of `ATTACKS` on images, ``(n, 1, 28, 28)``; each is made when it is called."""
    calls = {
        "fgsm": lambda: _of_gradients(fgsm(program, x)),
        "pgd": lambda: _of_gradients(pgd(program, x)),
        "pixel_path": lambda: _of_pixels(x, attack(program, x, objective="l1")),
        "pair_path": lambda: _of_sets(x, attack(program, x, size=2, order="coi", first=True, objective="l1")),
        "pixel_all": lambda: _of_pixels(x, attack(program, x, paths="all")),
        "pair_all": lambda: _of_sets(x, attack(program, x, size=2, order="coi", first=True, paths="all")),
    }
    assert tuple(calls) == ATTACKS
    return calls


def compare(program: Program, images: ImageSet, items: Array) -> Compared:
    """Measure some images under every attack."""
    x = images.pixels(items)
    made, seconds = [], []
    for make in answers(program, x).values():
        started = time.perf_counter()
        made.append(make())
        seconds.append(time.perf_counter() - started)
    labels = run(program, x, borders=False).labels
    bounds = np.stack([np.zeros_like(x[0]), np.ones_like(x[0])])
    start = Start(program, x, labels, bounds)
    started = time.perf_counter()
    seen = [GradientAttacks.of(start, answer.epsilon, answer.pixels) for answer in made]
    seconds.append(time.perf_counter() - started)
    for answer, looked in zip(made, seen, strict=True):
        if (answer.found != looked.changed).any():
            raise AssertionError("an attack's own label and the label of a run in exact arithmetic differ")
    changes = [_changes(x, answer.pixels) for answer in made]
    return Compared(
        items=np.asarray(items),
        truth=images.labels[items],
        labels=labels,
        lit=np.count_nonzero(x.reshape(len(x), -1) > 0, axis=1),
        found=np.stack([answer.found for answer in made], axis=1),
        proved=np.stack([answer.proved for answer in made], axis=1),
        new_labels=np.stack([looked.new_labels for looked in seen], axis=1),
        replayed=np.stack([looked.replayed & looked.changed for looked in seen], axis=1),
        epsilon=np.stack([answer.epsilon for answer in made], axis=1),
        norms=np.stack([norms for norms, _ in changes], axis=1),
        lit_changed=np.stack([lit for _, lit in changes], axis=1),
        flips=np.stack([looked.flips for looked in seen], axis=1),
        seconds=np.array([seconds]),
        runtime=np.array([seen[0].runtime]),
    )


def _changes(x: Array, pixels: Array) -> tuple[Array, Array]:
    """The norms of changes, ``(n, norms)``, and how many lit pixels they reach, ``(n, 2)``."""
    before = x.reshape(len(x), -1).astype(np.float64)
    step = np.abs(pixels.reshape(len(x), -1).astype(np.float64) - before)
    reached = np.stack([step > 0, step > HALF_LEVEL], axis=1)
    sums = [reached.sum(axis=2), step.sum(axis=1)[:, None], np.sqrt((step**2).sum(axis=1))[:, None]]
    norms = np.concatenate([*sums, step.max(axis=1)[:, None]], axis=1)
    return norms, np.count_nonzero(reached & (before > 0)[:, None], axis=2)


def _of_gradients(found: object) -> Answer:
    assert isinstance(found, GradientAttacks)
    return Answer(found.model_input, found.changed, np.zeros(len(found), dtype=bool), found.epsilon)


def _of_pixels(x: Array, found: object) -> Answer:
    """Of each image the attackable pixel whose witness changes least."""
    assert isinstance(found, FeatureAttacks)
    columns, pixels = found.columns, np.array(x)
    rows = columns.chosen
    changed = witnesses(columns, rows)
    item = columns.regions.item[rows]
    step = np.abs(changed.astype(np.float64) - x[item]).sum(axis=tuple(range(1, x.ndim)))
    order = np.lexsort((step, item))
    hit, first = np.unique(item[order], return_index=True)
    pixels[hit] = changed[order[first]]
    return _answer(x, pixels, found, hit)


def _of_sets(x: Array, found: object) -> Answer:
    """Of each image the first set that was found."""
    assert isinstance(found, SetAttacks)
    pixels, hit = np.array(x), []
    for result in found.results:
        starts = set_starts(result.family.wins)
        if len(starts) < 2:
            continue
        study, order = result.study, result.order
        first = result.family.wins.take(np.arange(starts[1]))
        best = best_rows(first, starts[:2], study, result.item, order)
        pixels[result.item] = changed_inputs(first.take(best), x[result.item], study.features, order)[0]
        hit.append(result.item)
    return _answer(x, pixels, found, np.array(hit, dtype=np.int64))


def _answer(x: Array, pixels: Array, found: Attacks, hit: Array) -> Answer:
    attackable = np.zeros(len(x), dtype=bool)
    attackable[hit] = True
    proved = np.array([result.counts["proved"] == result.asked for result in found])
    return Answer(pixels, attackable, proved, np.full(len(x), np.nan))
