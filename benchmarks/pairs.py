"""Every pair of pixels of an image: 306,936 pairs x 9 labels along its path, against HiGHS, PuLP with CBC, and Z3.

Images: the first test images in index order, one image at a time through the public API, pixels in [0, 1], witnesses
included; replay is timed apart, as it is the model's own run. Rivals get a sample of the same pairs, drawn with a seed
before anything was measured: of the first images, so many pairs uniformly, and as many of those that DeepCheck calls
attackable. Each must say whether any of the nine labels can be reached along the path.
"""

import argparse
import time
from fractions import Fraction

import highspy
import numpy as np
import pulp
import z3
from exact_plain import exact_forms, rational
from measure import store
from plain import Plain

import deepcheck
from deepcheck import datasets, zoo

SEED = 20261125


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--sampled", type=int, default=10, help="images from which rivals get pairs")
    parser.add_argument("--pairs", type=int, default=10, help="pairs of each kind from each of those")
    options = parser.parse_args()
    program, plain = deepcheck.load(zoo.path("mnist_10x4")), Plain.of(zoo.path("mnist_10x4"))
    images = datasets.mnist("test").pixels(slice(0, options.images))
    deepcheck.attack(program, images, size=2)
    deepcheck.attack(program, images[0], size=2)
    every = [timed(program, image, size=2) for image in images]
    short = [timed(program, image, size=2, order="coi", shortlist="5%") for image in images]
    batch = deepcheck.attack(program, images, size=2)
    results = [result for result, _ in every]
    took = np.array([result.seconds for result in results])
    few = np.array([result.seconds for result, _ in short])
    figures = {
        "images": len(images),
        "pairs an image": results[0].asked,
        "images with an attackable pair": int(sum(r.counts["attackable"] > 0 for r in results)),
        "most attackable pairs of an image": max(r.counts["attackable"] for r in results),
        "pairs decided in exact arithmetic": int(sum(r.exact_questions for r in results)),
        "undecided pairs": int(sum(r.counts["undecided"] for r in results)),
        "ms, all pairs of an image, median": 1e3 * float(np.median(took)),
        "ms, all pairs of an image, 95th percentile": 1e3 * float(np.percentile(took, 95)),
        "ms, all pairs of an image, slowest": 1e3 * float(took.max()),
        "ms an image, all pairs, batch of all images": 1e3 * batch.seconds / len(images),
        "ms, all pairs of an image in that batch, median": 1e3 * float(np.median([r.seconds for r in batch])),
        "ms, 741 pairs of the shortlist, median": 1e3 * float(np.median(few)),
        "ms, 741 pairs of the shortlist, 95th percentile": 1e3 * float(np.percentile(few, 95)),
        "ms, replay of input and witnesses, median": 1e3 * float(np.median([rest for _, rest in every])),
        "ms, replay of input and witnesses, 95th percentile": 1e3 * float(np.percentile([r for _, r in every], 95)),
    }
    figures |= rivals(plain, images[: options.sampled], results, options.pairs, float(took.mean()) / results[0].asked)
    store(
        "pairs", figures, "library defaults (2 cores) for DeepCheck; one thread for each rival, as each pair is small"
    )


def timed(program: deepcheck.Program, image: np.ndarray, **options: object) -> tuple[deepcheck.Result, float]:
    """A result, and the seconds that the call took on top of the analysis: replay."""
    started = time.perf_counter()
    result = deepcheck.attack(program, image, **options)
    return result, time.perf_counter() - started - result.seconds


def rivals(plain: Plain, images: np.ndarray, results: list, pairs: int, ours: float) -> dict:
    rng = np.random.default_rng(SEED)
    spent, wrong, asked, attackable = dict.fromkeys(RIVALS, 0.0), dict.fromkeys(RIVALS, 0), 0, 0
    for image, result in zip(images, results, strict=False):
        known = set(result.attackable)
        uniform = [tuple(sorted(rng.choice(784, 2, replace=False).tolist())) for _ in range(pairs)]
        found = sorted(known)
        drawn = [found[i] for i in rng.choice(len(found), min(pairs, len(found)), replace=False)] if found else []
        system, exact = plain.forms(image), exact_forms(plain, image)
        for pair in uniform + drawn:
            asked, attackable = asked + 1, attackable + (pair in known)
            for name, rival in RIVALS.items():
                started = time.perf_counter()
                answer = rival(exact if name == "Z3" else system, image.ravel(), pair)
                spent[name] += time.perf_counter() - started
                wrong[name] += answer != (pair in known)
    figures = {"pairs given to rivals": asked, "of which attackable": attackable}
    for name in RIVALS:
        figures[f"ms a pair, {name}"] = 1e3 * spent[name] / asked
        figures[f"times faster than {name}"] = spent[name] / asked / ours
        figures[f"disagreements with {name}"] = wrong[name]
    return figures


def by_highs(forms: tuple, x: np.ndarray, pair: tuple[int, int]) -> bool:
    guards, guard_slopes, scores, slopes = forms
    label, columns = int(scores.argmax()), list(pair)
    for other in range(10):
        if other == label:
            continue
        values = np.concatenate([guards, np.delete(scores[other] - scores, [other, label])])
        rates = np.concatenate(
            [guard_slopes[:, columns], np.delete(slopes[other][columns] - slopes[:, columns], [other, label], axis=0)]
        )
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        for column in columns:
            solver.addVar(-float(x[column]), 1 - float(x[column]))
        for at, column in enumerate(columns):
            solver.changeColCost(at, -float(slopes[other, column] - slopes[label, column]))
        for value, rate in zip(values, rates, strict=True):
            solver.addRow(-float(value), highspy.kHighsInf, 2, np.array([0, 1]), rate.astype(float))
        solver.run()
        optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        if optimal and scores[other] - scores[label] - solver.getInfo().objective_function_value > 1e-9:
            return True
    return False


def by_pulp(forms: tuple, x: np.ndarray, pair: tuple[int, int]) -> bool:
    guards, guard_slopes, scores, slopes = forms
    label = int(scores.argmax())
    for other in range(10):
        if other == label:
            continue
        problem = pulp.LpProblem("pair", pulp.LpMaximize)
        steps = [pulp.LpVariable(f"d{c}", -float(x[c]), 1 - float(x[c])) for c in pair]

        def row(value: float, rates: np.ndarray, steps: list = steps) -> pulp.LpAffineExpression:
            return float(value) + float(rates[0]) * steps[0] + float(rates[1]) * steps[1]

        columns = list(pair)
        problem += row(scores[other] - scores[label], slopes[other][columns] - slopes[label][columns])
        for value, rates in zip(guards, guard_slopes[:, columns], strict=True):
            problem += row(value, rates) >= 0
        for m in range(10):
            if m not in (other, label):
                problem += row(scores[other] - scores[m], slopes[other][columns] - slopes[m][columns]) >= 0
        problem.solve(pulp.PULP_CBC_CMD(msg=False, threads=1))
        if problem.status == pulp.LpStatusOptimal and pulp.value(problem.objective) > 1e-7:
            return True
    return False


def by_z3(forms: tuple, x: np.ndarray, pair: tuple[int, int]) -> bool:
    guards, guard_slopes, scores, slopes = forms
    label, steps, columns = int(np.argmax(scores)), z3.Reals("d e"), list(pair)
    solver = z3.SolverFor("QF_LRA")
    for step, column in zip(steps, columns, strict=True):
        origin = Fraction(float(x[column]))
        solver.add(step >= rational(-origin), step <= rational(1 - origin))

    def row(value: int, rates: list) -> z3.ArithRef:
        return rational(value) + rational(rates[0]) * steps[0] + rational(rates[1]) * steps[1]

    solver.add([row(value, rates) >= 0 for value, rates in zip(guards, guard_slopes[:, columns], strict=True)])
    goals = []
    for other in range(10):
        if other != label:
            lead = row(scores[other] - scores[label], slopes[other][columns] - slopes[label][columns])
            goals.append(lead >= 0 if other < label else lead > 0)
    solver.add(z3.Or(*goals))
    return solver.check() == z3.sat


RIVALS = {"HiGHS": by_highs, "PuLP with CBC": by_pulp, "Z3": by_z3}


if __name__ == "__main__":
    main()
