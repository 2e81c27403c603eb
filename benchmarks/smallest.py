"""The smallest set of pixels that overturns a label, on the paper-shaped network, against HiGHS's own branch and bound.

Images: the first test images in index order, one at a time, pixels in [0, 1], along the path of each. A time starts
with the image and ends with the proof: the concrete run, the coefficients, all columns, and the search. The rival gets
forms that plain NumPy made, which is not counted against it, and minimises a sum of binaries for one label after
another, allowed only fewer pixels than the best label so far; its answer is in floats with tolerances.
"""

import argparse
import time
from collections import Counter

import highspy
import numpy as np
from measure import store
from plain import Plain

import deepcheck
from deepcheck import datasets, zoo


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--rival", type=int, default=20, help="images for HiGHS's own branch and bound")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for one image")
    options = parser.parse_args()
    program = deepcheck.load(zoo.path("mnist_10x4"))
    images = datasets.mnist("test").pixels(slice(0, options.images)).astype(program.dtype)
    deepcheck.smallest(program, images[0], timeout=options.limit)
    results = [deepcheck.smallest(program, image, timeout=options.limit) for image in images]
    spent, found = np.array([result.seconds for result in results]), [result.found for result in results]
    plain = Plain.of(zoo.path("mnist_10x4"))
    rival = [by_highs(plain, image, options.limit) for image in images[: options.rival]]
    theirs = np.array([t for t, _, _ in rival])
    sizes = [None if f.optimal and f.features is None else f.size for f in found]
    finished = [(ours, size) for ours, (_, size, done) in zip(sizes, rival, strict=False) if done]
    counted = Counter("no set" if size is None else str(size) for size in sizes)
    figures = {
        "images": len(images),
        "proved optimal": sum(f.optimal for f in found),
        "images by smallest size": dict(sorted(counted.items(), key=lambda item: (len(item[0]), item[0]))),
        "sizes": sizes,
        "s an image, median": float(np.median(spent)),
        "s an image, p95": float(np.percentile(spent, 95)),
        "s an image, most": float(spent.max()),
        "nodes, median": float(np.median([f.nodes for f in found])),
        "nodes, most": max(f.nodes for f in found),
        "HiGHS: images": len(rival),
        "HiGHS: finished": len(finished),
        "HiGHS: same size, of those": sum(ours == size for ours, size in finished),
        "HiGHS: s an image, median": float(np.median(theirs)),
        "HiGHS: s an image, most": float(theirs.max()),
        "times faster than HiGHS, median image": float(np.median(theirs / spent[: len(theirs)])),
        "times faster than HiGHS, all together": float(theirs.sum() / spent[: len(theirs)].sum()),
    }
    store("smallest", figures, "one for HiGHS on both sides; NumPy's default (2 cores) for ours")


def by_highs(plain: Plain, image: np.ndarray, limit: float) -> tuple[float, int | None, bool]:
    """Seconds, the smallest size over all labels (None: no set), and whether every label was finished."""
    guards, guard_slopes, scores, slopes = plain.forms(image)
    x, label, best, spent, finished = image.ravel().astype(float), int(scores.argmax()), None, 0.0, True
    for other in range(len(scores)):
        if other == label:
            continue
        values = np.concatenate([guards, np.delete(scores[other] - scores, other)])
        rates = np.concatenate([guard_slopes, np.delete(slopes[other] - slopes, other, axis=0)])
        solver = binaries(values, rates, -x, 1 - x, len(x) if best is None else best - 1)
        solver.setOptionValue("time_limit", max(0.0, limit - spent))
        started = time.perf_counter()
        solver.run()
        spent += time.perf_counter() - started
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            best = round(solver.getInfo().objective_function_value)
        finished &= status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible)
    return spent, best, finished


def binaries(values: np.ndarray, rates: np.ndarray, lower: np.ndarray, upper: np.ndarray, most: int) -> highspy.Highs:
    """Minimise the number of pixels that move: ``values + rates d >= 0``, ``lower z <= d <= upper z``, ``z`` binary."""
    m, n = rates.shape
    switch = np.arange(n)
    matrix = np.zeros((m + 2 * n + 1, 2 * n))
    matrix[:m, :n] = rates
    matrix[m + switch, switch], matrix[m + switch, n + switch] = 1.0, -lower
    matrix[m + n + switch, switch], matrix[m + n + switch, n + switch] = -1.0, upper
    matrix[-1, n:] = 1.0
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = 2 * n, len(matrix)
    model.col_cost_ = np.repeat([0.0, 1.0], n)
    model.col_lower_, model.col_upper_ = np.append(lower, np.zeros(n)), np.append(upper, np.ones(n))
    model.row_lower_ = np.concatenate([-values, np.zeros(2 * n + 1)])
    model.row_upper_ = np.append(np.full(m + 2 * n, highspy.kHighsInf), float(most))
    column, row = np.nonzero(matrix.T)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.searchsorted(column, np.arange(2 * n + 1)).astype(np.int32)
    model.a_matrix_.index_, model.a_matrix_.value_ = row.astype(np.int32), matrix.T[column, row]
    model.integrality_ = [highspy.HighsVarType.kContinuous] * n + [highspy.HighsVarType.kInteger] * n
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(model)
    return solver


if __name__ == "__main__":
    main()
