"""What `importance_benchmark.py` measures of a few images: all rankings' scores, exact truth, and grades."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from time import process_time

import attributions
import numpy as np
import torch

import deepcheck
from deepcheck import Program
from deepcheck.datasets import ImageSet
from deepcheck.reproduce.contest.curves import areas
from deepcheck.reproduce.contest.grading import Margins, grades_of
from deepcheck.reproduce.contest.rules import APART, CONTESTANTS, DOMAINS, EXPECTED_RANDOM, NEEDS, PATHS, SCOPES, SEED
from deepcheck.reproduce.kept import Kept, digest_of
from deepcheck.runs import Source

Arrays = Mapping[str, np.ndarray]
OCCLUSIONS = {"occlusion to 0": np.zeros_like, "occlusion to 1": np.ones_like, "flip": lambda v: 1 - v}
TRUTH = ("margins", "gains", "attackable", "undecided")
TOLERANCE = 1e-4
"""Of the laws: 8-bit levels and bounds are float32 numbers behind preprocessing."""
VERSION = 1
"""Goes up when what is measured changes."""


class NotMeasured(Exception):
    """Something is not known, and may not be measured now."""


@dataclass(frozen=True)
class Subject:
    """A network and the images it is asked about.

    Attributes:
        name: The network.
        program: As a program.
        module: As a torch module.
        images: The data set.
        kept: Where measurements are kept.
        may_measure: Measure what is not known yet; else it raises `NotMeasured`.
    """

    name: str
    program: Program
    module: torch.nn.Module
    images: ImageSet
    kept: Kept
    may_measure: bool = True

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The rankings that can be had here."""
        every = [*CONTESTANTS, *(name for name in APART if name != EXPECTED_RANDOM)]
        return tuple(name for name in every if name not in NEEDS or find_spec(NEEDS[name]))

    def source(self, items: np.ndarray, question: str) -> Source:
        """What a measurement of some images is about."""
        step = self.program.preprocessing
        words = f"contest of rankings {VERSION}: {question}; {list(self.names)}; {step}"
        return Source(self.program.origin.sha256, f"{self.images.name} {digest_of(self.images, items)}", words)

    def scores(self, items: np.ndarray) -> Arrays:
        """Every ranking's scores ``(names, n, size)``, the network's labels ``(n,)``, CPU seconds ``(names,)``."""
        return self._known(items, "scores", lambda: scores_of(self, items))

    def truth(self, items: np.ndarray, domain: str, paths: str) -> Arrays:
        """The worst margins of every pixel, and the CPU seconds they took."""
        question = f"worst margins, {domain}, {paths}, {DOMAINS[domain]}"
        return self._known(items, question, lambda: truth_of(self, items, domain, paths))

    def grades(self, items: np.ndarray) -> Arrays:
        """The grades of every ranking in every setting."""
        return self._known(items, "grades", lambda: _grades(self, items))

    def areas(self, items: np.ndarray) -> np.ndarray:
        """Areas under deletion and insertion curves, ``(n, names, curves)``."""
        return self._known(items, "curves", lambda: {"areas": _areas(self, items)})["areas"]

    def seconds_an_image(self, images: int) -> float:
        """The CPU seconds that an image takes by the first few, asked a second time, when all is compiled; kept."""
        items = np.arange(images)
        known = self._known(items, "time when warm", lambda: {"seconds": np.array([_timed(self, items)])})
        return float(known["seconds"][0])

    def _known(self, items: np.ndarray, question: str, make: Callable[[], Arrays]) -> Arrays:
        def made() -> Arrays:
            if not self.may_measure:
                raise NotMeasured(f"{self.name}: {question} of images {items[0]} to {items[-1]}")
            return make()

        return self.kept.arrays(self.source(items, question), 0, made)


def scores_of(subject: Subject, items: np.ndarray) -> dict[str, np.ndarray]:
    """Score all pixels of some images by every ranking."""
    program, module, x = subject.program, subject.module, subject.images.pixels(items)
    labels = attributions.scores_of(module, x).argmax(axis=1)
    found, seconds = {}, {}

    def put(name: str, made: np.ndarray, since: float) -> None:
        found[name], seconds[name] = made.reshape(len(x), -1), process_time() - since

    for metric in ("abs", "co", "coi", "ig", "reach"):
        start = process_time()
        put(metric, deepcheck.importance(program, x, metric=metric), start)
    for metric in ("coi", "ig"):
        put(f"|{metric}|", np.abs(found[metric]), process_time() - seconds[metric])
    start = process_time()
    put("difference", attributions.class_difference(module, x, labels), start)
    put("|difference|", np.abs(found["difference"]), start)
    put("difference x value", found["difference"] * x.reshape(len(x), -1), start)
    for name, attribute in (("ig, 50 steps", attributions.integrated_in_steps), ("deeplift", attributions.deeplift)):
        if name in subject.names:
            start = process_time()
            put(name, attribute(module, x, labels), start)
    start = process_time()
    put("random", np.stack([np.random.default_rng((SEED, int(item))).random(x[0].size) for item in items]), start)
    start = process_time()
    falls, margins = attributions.occlusions(module, x, labels, OCCLUSIONS.values())
    each = (process_time() - start) / len(OCCLUSIONS)
    for name, fall in zip(OCCLUSIONS, falls, strict=True):
        put(name, fall, process_time() - each)
    put("ends", margins[:2].max(axis=0), process_time() - 2 * each)
    return {
        "scores": np.stack([found[name] for name in subject.names]),
        "labels": labels,
        "seconds": np.array([seconds[name] for name in subject.names]),
    }


def truth_of(subject: Subject, items: np.ndarray, domain: str, paths: str) -> dict[str, np.ndarray]:
    start = process_time()
    x = subject.images.pixels(items)
    found = deepcheck.worst_margins(subject.program, x, paths=paths, domain=DOMAINS[domain])
    seconds = np.array([process_time() - start])
    return {name: getattr(found, name) for name in (*TRUTH, "errors")} | {"seconds": seconds}


def _timed(subject: Subject, items: np.ndarray) -> float:
    for _ in range(2):
        start = process_time()
        scores_of(subject, items)
        for paths in PATHS:
            for domain in DOMAINS:
                truth_of(subject, items, domain, paths)
    return (process_time() - start) / len(items)


def _grades(subject: Subject, items: np.ndarray) -> dict[str, np.ndarray]:
    known = subject.scores(items)
    lit = subject.images.pixels(items).reshape(len(items), -1) > 0
    scopes = np.stack([np.ones_like(lit), lit])
    assert len(scopes) == len(SCOPES)
    grades, attackable, seconds, margins = [], [], [], {}
    for paths in PATHS:
        for domain in DOMAINS:
            made = subject.truth(items, domain, paths)
            truth = Margins(*(made[name] for name in TRUTH))
            margins[f"{domain}, {paths}"] = truth.margins
            grades.append(grades_of(known["scores"], truth, scopes))
            attackable.append((truth.attackable & scopes).sum(axis=2).T)
            seconds.append(made["seconds"][0])
    return {
        "grades": np.stack(grades),
        "attackable": np.stack(attackable),
        "tied": _tied(known["scores"], scopes),
        "lit": lit.sum(axis=1),
        "right": known["labels"] == subject.images.labels[items],
        "truth_seconds": np.array(seconds),
        "score_seconds": known["seconds"],
        "laws": _excess(dict(zip(subject.names, known["scores"], strict=True)), margins),
    }


def _excess(scores: Arrays, margins: Arrays) -> np.ndarray:
    """By how much the laws between scores and margins are broken, one number each: rounding, or truth is wrong."""
    laws = [(scores["ends"], margins["bounded, all"]), (margins["bounded, same"], scores["reach"])]
    laws += [(margins[f"{domain}, same"], margins[f"{domain}, all"]) for domain in DOMAINS]
    for paths in PATHS:
        laws += [(margins[f"8-bit, {paths}"], margins[f"bounded, {paths}"])]
        laws += [(margins[f"bounded, {paths}"], margins[f"unbounded, {paths}"])]
    found = np.array([_largest(less, more) for less, more in laws])
    if found.max() > TOLERANCE:
        raise ArithmeticError(f"expected smaller margins below larger ones, got an excess of {found.tolist()}")
    return found


def _largest(less: np.ndarray, more: np.ndarray) -> float:
    """The largest excess; what is not known, or infinite on both sides, breaks no law."""
    with np.errstate(invalid="ignore"):
        return float(max(np.nan_to_num(less - more, nan=0.0).max(), 0.0))


def _tied(scores: np.ndarray, scopes: np.ndarray) -> np.ndarray:
    """The share of a scope's pixels whose score another one has too, ``(n, scopes, names)``."""
    found = np.zeros((scores.shape[1], len(scopes), len(scores)))
    for n, s, i in np.ndindex(*found.shape):
        of = scores[i, n][scopes[s, n]]
        counts = np.unique(of + 0.0, return_counts=True)[1]
        found[n, s, i] = counts[counts > 1].sum() / max(len(of), 1)
    return found


def _areas(subject: Subject, items: np.ndarray) -> np.ndarray:
    known, x = subject.scores(items), subject.images.pixels(items)
    shape = x.shape[1:]

    def run(images: np.ndarray) -> np.ndarray:
        return attributions.scores_of(subject.module, images.reshape(-1, *shape))

    found = []
    for position in range(len(items)):
        image, label = x[position].ravel().astype(np.float64), int(known["labels"][position])
        found.append([areas(run, image, deepcheck.order_of(one[position]), label) for one in known["scores"]])
    return np.array(found)
