"""Is the float filter ever wrong, how often does it need exact arithmetic, and what does it cost?

    OPENBLAS_NUM_THREADS=1 python benchmarks/float_filter.py [--count 100000] [--kinds "two unknowns" ...] [--cost]

*Wrong*: the generators and the oracle of the tests (`tests/filter_*.py`): random systems and systems that touch in one
point, with nearly parallel lines, with ties moved by a unit in the last place or less, with numbers from 2**-149 to
2**120 and below the least normal float64. Every refutation and every attack is held against Fourier-Motzkin
elimination over whole numbers (grids: against all their points), every bound over a box against the network in
fractions at the box's corners and between; what is left open goes to DeepCheck's exact arithmetic, whose answer is
held against the same. The elimination itself is held against Z3 on a sample.

*Cost*: published networks through the public API, one image at a time, beside the same code without error bounds and
without exact arithmetic (`unfiltered.py`); both in turn, the median of the ratios, analysis without replay.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random

import numpy as np
from few_pixels import images_of, load
from measure import RESULTS, store
from unfiltered import unfiltered

import deepcheck
from deepcheck.attacks import pruning
from deepcheck.solvers import lattice, polygon, simplex

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
import z3
from filter_boxes import TooHigh, by_bounds
from filter_lines import by_intervals
from filter_oracle import solvable
from filter_systems import System, drawn
from filter_trials import Disagreement, by_lattice, by_multipliers, by_polygon, by_simplex

SEED = 20261125
LEVELS = (0.0, 2.0**-149, 0.25, float(np.float32(1 / 3)), 0.5, float(np.float32(0.7)), 1.0)
FEW = LEVELS[::2]
OBJECTIVES = (0, 1, 2)
PLANS = {"mnist_10x4": (1, 2), "MNIST_6x200_PGD": (1, 2), "MNIST_ConvSmall": (1, 2)}
PIXELS = deepcheck.Pixels(0, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000, help="systems of each kind")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), help="only these; other stored figures stay")
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--cost", action="store_true", help="only the cost; other stored figures stay")
    options = parser.parse_args()
    figures: dict = {}
    if not options.cost:
        with ProcessPoolExecutor(2) as pool:
            jobs = {kind: pool.submit(agreement, kind, options.count) for kind in options.kinds}
            for kind, job in jobs.items():
                figures |= {f"{kind}: {key}": value for key, value in job.result().items()}
        figures |= sampled(2000)
    if options.cost or options.kinds == list(KINDS):
        for network, sizes in PLANS.items():
            for size in sizes:
                found = cost(network, size, options.images)
                figures |= {f"{network}, size {size}: {key}": value for key, value in found.items()}
    threads = "two processes of one thread for systems; for cost one BLAS thread a product and two of ours, both sides"
    store("float_filter", stored() | figures, threads)


def stored() -> dict:
    """The figures that are there already."""
    path = RESULTS / "float_filter.json"
    return json.loads(path.read_text())["figures"] if path.exists() else {}


def agreement(kind: str, count: int) -> dict:
    """Put systems to a filter until so many are decided."""
    for kernel in (polygon._KERNEL, lattice._KERNEL, simplex._KERNEL):
        kernel.compile()
    draw, said, wrong, started = Random(f"{SEED} {kind}"), Counter(), [], time.perf_counter()
    while sum(said[word] for word in DECIDED) + len(wrong) < count:
        try:
            said += KINDS[kind](draw)
        except (Disagreement, TooHigh) as fault:
            wrong.append(str(fault))
            print(fault, file=sys.stderr)
    total = sum(said[word] for word in DECIDED)
    print(kind, dict(said), len(wrong), f"{time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    shares = {f"share {word}": said[word] / total for word in DECIDED if said[word]}
    return {"systems": total + len(wrong), "disagreements": len(wrong), **shares}


DECIDED = ("refuted", "attacked", "open", "positive", "negative")


def one_unknown(draw: Random) -> Counter:
    levels, groups = draw.choice((None, None, LEVELS)), {}
    free = 0 if levels else draw.choice((0, 0, 1))
    for _ in range(128):
        system = drawn(draw, 1, levels=levels, unbounded=free)
        groups.setdefault(len(system.gaps), []).append(system)
    said = Counter()
    for systems in groups.values():
        said += by_intervals(systems, draw, levels=levels, objective=draw.choice(("margin", "l1", "linf")))
    return said


def two_unknowns(draw: Random) -> Counter:
    bits = draw.choice((24, 24, 53, 11))
    system = drawn(draw, 2, levels=FEW[:3] if bits == 11 else None)
    return Counter([by_polygon(system, draw, draw.choice(OBJECTIVES), bits)])


def few_unknowns(draw: Random) -> Counter:
    unknowns = draw.choice((3, 3, 3, 3, 3, 4))
    return Counter([by_simplex(drawn(draw, unknowns, guards=7 - unknowns), draw)])


def one_set(draw: Random) -> Counter:
    unknowns = draw.choice((1, 2, 2, 3))
    return Counter([by_multipliers(drawn(draw, unknowns, unbounded=0, guards=7 - unknowns), draw)])


def level_grids(draw: Random) -> Counter:
    if draw.random() < 0.1:
        return Counter([by_simplex(drawn(draw, 3, levels=FEW), draw, FEW)])
    return Counter([by_lattice(drawn(draw, 2, levels=LEVELS), draw, LEVELS, draw.choice(OBJECTIVES))])


KINDS: dict[str, Callable[[Random], Counter]] = {
    "three or four unknowns": few_unknowns,
    "grids of levels": level_grids,
    "two unknowns": two_unknowns,
    "multipliers of one set": one_set,
    "one unknown": one_unknown,
    "boxes": by_bounds,
}


def sampled(count: int) -> dict:
    """The elimination against Z3."""
    draw, wrong = Random(f"{SEED} z3"), 0
    for _ in range(count):
        system = drawn(draw, draw.choice((1, 2, 3)))
        won = draw.random() < 0.5
        wrong += solvable(system.rows(won=won)) != by_z3(system, won)
    return {"systems on which the oracle was held against Z3": count, "disagreements of oracle and Z3": wrong}


def by_z3(system: System, won: bool) -> bool:
    solver, d = z3.Solver(), z3.Reals("a b c d")
    for coefficients, constant, strict in system.rows(won=won):
        form = z3.Sum([_number(constant), *(_number(c) * x for c, x in zip(coefficients, d, strict=False))])
        solver.add(form > 0 if strict else form >= 0)
    return solver.check() == z3.sat


def _number(value: object) -> z3.ArithRef:
    return z3.Q(value.numerator, value.denominator)


def cost(network: str, size: int, count: int) -> dict:
    """Seconds with and without the filter, image by image, in turn."""
    program = load(network)
    images = [image for _, image in images_of(program)][:count]
    ask = lambda image: deepcheck.attack(program, image, size=size, domain=PIXELS)  # noqa: E731
    plain = without(ask)
    for kernel in (polygon._KERNEL, pruning._PAIRS):
        kernel.compile()
    results = [(ask(image), plain(image))[0] for image in images]
    took, bare = np.array([fastest((ask, plain), image) for image in images]).T
    asked = sum(result.asked for result in results) * (len(program(images[0])) - 1)
    exact = sum(result.exact_questions for result in results)
    return {
        "images": len(images),
        "ms an image, filtered, median": 1e3 * float(np.median(took)),
        "filtered / unfiltered, median": float(np.median(took / bare)),
        "filtered / unfiltered, all together": float(took.sum() / bare.sum()),
        "filtered / unfiltered, largest": float((took / bare).max()),
        "sets and labels": asked,
        "put to exact arithmetic": exact,
        "share put to exact arithmetic": exact / asked,
    }


def without(ask: Callable) -> Callable:
    def plain(image: np.ndarray) -> object:
        with unfiltered():
            return ask(image)

    return plain


def fastest(asks: tuple[Callable, ...], image: np.ndarray) -> list[float]:
    """The least seconds of analysis of nine runs each, in turn."""
    return np.min([[ask(image).seconds for ask in asks] for _ in range(9)], axis=0).tolist()


if __name__ == "__main__":
    main()
