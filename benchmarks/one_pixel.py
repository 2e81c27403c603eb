"""One-pixel attacks on the paper-shaped network: all 784 pixels x 9 labels, against brute force, HiGHS and Z3.

Images: the first test images in index order. DeepCheck answers a batch of 1,000 through the public API, witnesses
included; replay is timed apart, as it is the model's own run. Rivals get the same images (fewer where they are slow)
and must answer the same question: for each pixel, which labels can be reached along the path with the pixel in [0, 1].
"""

import argparse
from fractions import Fraction

import highspy
import numpy as np
import z3
from exact_plain import exact_forms, rational
from measure import once, seconds, store
from plain import Plain

import deepcheck
from deepcheck import datasets, zoo

WARM_UP = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--slow", type=int, default=2, help="images for HiGHS and Z3 called per pixel")
    options = parser.parse_args()
    program = deepcheck.load(zoo.path("mnist_10x4"))
    images = datasets.mnist("test").pixels(slice(0, options.images))
    plain = Plain.of(zoo.path("mnist_10x4"))
    results = deepcheck.attack(program, images)
    batch = [deepcheck.attack(program, images) for _ in range(WARM_UP + 15)][WARM_UP:]
    ours = float(np.median([r.seconds for r in batch])) / len(images)
    replay = float(np.median([r.columns.replay_seconds for r in batch])) / len(images)
    unbounded = deepcheck.attack(program, images[:100], domain=deepcheck.Pixels(unbounded=True)).seconds / 100
    single = seconds(lambda: deepcheck.attack(program, images[0]), 20)
    brute = seconds(lambda: [plain.brute_force(image) for image in images[:20]], 3) / 20
    highs = once(lambda: [all_pixels_by_highs(plain, image) for image in images[: options.slow]]) / options.slow
    smt = sum(all_pixels_by_z3(plain, image) for image in images[: options.slow]) / options.slow
    figures = {
        "images": len(images),
        "attackable images": int(sum(r.counts["attackable"] > 0 for r in results)),
        "mean attackable pixels": float(np.mean([r.counts["attackable"] for r in results])),
        "exact questions": int(results.columns.exact.sum()),
        "ms an image, batch": 1e3 * ours,
        "ms an image, replay of inputs and witnesses": 1e3 * replay,
        "ms an image, unbounded, batch of 100": 1e3 * unbounded,
        "ms, one image by itself, replay included": 1e3 * single,
        "ms an image, brute force over 256 values (NumPy, first layer reused)": 1e3 * brute,
        "ms an image, HiGHS per pixel and label": 1e3 * highs,
        "ms an image, Z3 per pixel and label": 1e3 * smt,
        "times faster than brute force": brute / ours,
        "times faster than HiGHS": highs / ours,
        "times faster than Z3": smt / ours,
    }
    store("one_pixel", figures, "library defaults (2 cores) for all")


def all_pixels_by_highs(plain: Plain, image: np.ndarray) -> int:
    """One linear program per pixel and label: maximise the label's lead over the original."""
    guards, guard_slopes, scores, slopes = plain.forms(image)
    label = int(scores.argmax())
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    reached = 0
    x = image.ravel().astype(float)
    for pixel in range(784):
        for other in range(10):
            if other == label:
                continue
            lead, rate = scores[other] - scores, slopes[other, pixel] - slopes[:, pixel]
            values = np.concatenate([guards, np.delete(lead, other)])
            rates = np.concatenate([guard_slopes[:, pixel], np.delete(rate, other)])
            solver.clear()
            solver.setOptionValue("output_flag", False)
            solver.addVar(-x[pixel], 1 - x[pixel])
            solver.changeColCost(0, -float(slopes[other, pixel] - slopes[label, pixel]))
            for value, step in zip(values, rates, strict=True):
                solver.addRow(-float(value), highspy.kHighsInf, 1, np.array([0]), np.array([float(step)]))
            solver.run()
            reached += solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return reached


def all_pixels_by_z3(plain: Plain, image: np.ndarray) -> float:
    """Seconds that Z3 takes for each pixel and label, on exact systems; building them is not counted against it."""
    guards, guard_slopes, scores, slopes = exact_forms(plain, image)
    label, x, d = int(np.argmax(scores)), [Fraction(float(v)) for v in image.ravel()], z3.Real("d")
    spent = 0.0
    for pixel in range(784):
        solver = z3.SolverFor("QF_LRA")
        solver.add(d >= rational(-x[pixel]), d <= rational(1 - x[pixel]))
        rows = zip(guards, guard_slopes[:, pixel], strict=True)
        solver.add([rational(value) + rational(slope) * d >= 0 for value, slope in rows if slope != 0])
        for other in range(10):
            if other == label:
                continue
            goals = []
            for m in range(10):
                lead = rational(scores[other] - scores[m]) + rational(slopes[other, pixel] - slopes[m, pixel]) * d
                goals += [] if m == other else [lead > 0 if m < other else lead >= 0]
            solver.push()
            solver.add(goals)
            spent += once(solver.check)
            solver.pop()
    return spent


if __name__ == "__main__":
    main()
