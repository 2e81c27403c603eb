"""Do the verdicts agree with what others say? Fifty images, every pixel, values in [0, 1].

- Z3 on exact systems that are built here from the ONNX weights, with Python integers, without DeepCheck.
- HiGHS, one linear program per pixel and label, on the same forms in float64.
- Brute force in float64 over all 256 levels of every pixel, against attack(..., levels=256).

Images: the first fifty test images in index order. A disagreement with Z3 is an error. HiGHS and float brute force
round, so a disagreement with them is listed with its margin.
"""

import argparse
from fractions import Fraction

import numpy as np
import z3
from exact_plain import exact_forms, rational
from measure import once, store
from one_pixel import all_pixels_by_highs
from plain import Plain

import deepcheck
from deepcheck import datasets, zoo

MARGIN = 1e-9


def attackable_by_z3(plain: Plain, image: np.ndarray) -> set[int]:
    """Pixels for which Z3 finds path condition, domain and "another label" satisfiable."""
    guards, guard_slopes, scores, slopes = exact_forms(plain, image)
    label = int(np.argmax(scores))
    d = z3.Real("d")
    found = set()
    x = [Fraction(float(v)) for v in image.ravel()]
    for pixel in range(784):
        solver = z3.SolverFor("QF_LRA")
        solver.add(d >= rational(-x[pixel]), d <= rational(1 - x[pixel]))
        for value, slope in zip(guards, guard_slopes[:, pixel], strict=True):
            if slope != 0:
                solver.add(rational(value) + rational(slope) * d >= 0)
        goals = []
        for other in range(10):
            if other != label:
                lead = rational(scores[other] - scores[label])
                lead = lead + rational(slopes[other, pixel] - slopes[label, pixel]) * d
                goals.append(lead >= 0 if other < label else lead > 0)
        solver.add(z3.Or(*goals))
        outcome = solver.check()
        assert outcome != z3.unknown
        if outcome == z3.sat:
            found.add(pixel)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=50)
    options = parser.parse_args()
    program, plain = deepcheck.load(zoo.path("mnist_10x4")), Plain.of(zoo.path("mnist_10x4"))
    images = datasets.mnist("test").pixels(slice(0, options.images))
    results = deepcheck.attack(program, images)
    on_levels = deepcheck.attack(program, images, domain=deepcheck.Pixels(levels=256))
    disagreements: dict[str, list] = {"Z3": [], "HiGHS": [], "float brute force": []}
    z3_seconds = 0.0
    for item, image in enumerate(images):
        mine = {features[0] for features in results[item].attackable}
        theirs: set[int] = set()
        z3_seconds += once(lambda image=image, theirs=theirs: theirs.update(attackable_by_z3(plain, image)))
        disagreements["Z3"] += [[item, pixel] for pixel in sorted(mine ^ theirs)]
        regions = sum(len(attack.labels) for attack in results[item].attacks)
        reached = all_pixels_by_highs(plain, image)
        if reached != regions:
            disagreements["HiGHS"].append([item, regions, reached])
        brute = plain.brute_force(image)
        exact = np.zeros_like(brute)
        for attack in on_levels[item].attacks:
            for spans in attack.levels.values():
                for first, last in spans:
                    exact[attack.features[0], first : last + 1] = True
        disagreements["float brute force"] += [[item, *map(int, at)] for at in np.argwhere(brute ^ exact)]
    figures = {
        "images": len(images),
        "pixels": 784 * len(images),
        "attackable pixels": sum(result.counts["attackable"] for result in results),
        "undecided pixels": sum(result.counts["undecided"] for result in results),
        "disagreements": disagreements,
        "s an image, Z3 once per pixel": z3_seconds / len(images),
    }
    store("agreement", figures, "library defaults")


if __name__ == "__main__":
    main()
