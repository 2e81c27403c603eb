"""The rules of the contest of rankings: who takes part, what counts, and what is expected. Written before any run."""

from collections.abc import Mapping
from types import MappingProxyType

from deepcheck.domains import Pixels

CONTESTANTS: Mapping[str, str] = MappingProxyType(
    {
        "abs": "size of the coefficient of the label's score (the paper's)",
        "co": "the coefficient (the paper's)",
        "coi": "the coefficient times the pixel's value (the paper's)",
        "|coi|": "size of coi",
        "difference": "gradient of the label's score less the runner-up's",
        "|difference|": "size of that",
        "difference x value": "that times the pixel's value",
        "ig": "integrated gradients from black, exact (ours)",
        "|ig|": "size of ig",
        "ig, 50 steps": "integrated gradients from black in 50 steps (Captum)",
        "deeplift": "DeepLIFT, rescale rule, from black (Captum)",
        "occlusion to 0": "how much the label's score falls when the pixel becomes 0",
        "occlusion to 1": "how much it falls when the pixel becomes 1",
        "flip": "how much it falls when the pixel of value v becomes 1 - v",
        "random": "one order of each image, drawn at random, seeded",
    }
)
"""Every ranking and what it is; the larger score is the more important pixel."""

APART: Mapping[str, str] = MappingProxyType(
    {
        "reach": "the largest margin in [0, 1] if the path held: a solver's bound (ours)",
        "ends": "the larger margin of the pixel at 0 and at 1: 1,568 plain runs",
        "random, expected": "the expectation of a random order",
    }
)
"""Shown beside the contestants, no contestants: the first two look at margins themselves, the last is no ranking."""

CHAMPION = "coi"
RANDOM, EXPECTED_RANDOM = "random", "random, expected"
PAPER = ("abs", "co", "coi")
NEEDS: Mapping[str, str] = MappingProxyType({"ig, 50 steps": "captum", "deeplift": "captum"})
"""Contestants that only another library gives."""

DOMAINS: Mapping[str, Pixels] = MappingProxyType(
    {"bounded": Pixels(), "unbounded": Pixels(unbounded=True), "8-bit": Pixels(levels=256)}
)
PATHS = ("all", "same")
SETTINGS = tuple(f"{domain}, {paths}" for paths in PATHS for domain in DOMAINS)
MAIN, PAPER_SETTING = "bounded, all", "unbounded, same"
SCOPES: Mapping[str, str] = MappingProxyType({"all": "all pixels", "lit": "lit pixels only (value above 0)"})

GRADES: Mapping[str, bool] = MappingProxyType(
    {
        "spearman": True,
        "ndcg": True,
        "average_precision": True,
        "tries": False,
        "top_5": True,
        "top_10": True,
        "top_30": True,
    }
)
"""The grades, and whether more is better."""

CURVE_IMAGES, CURVE_NETWORK = 200, "mnist_10x4"
CURVES: Mapping[str, bool] = MappingProxyType(
    {"deletion": False, "insertion": True, "deletion, label": False, "insertion, label": True}
)
"""Areas under curves, and whether more is better."""

IMAGES, QUICK_IMAGES, QUICK_CURVE_IMAGES = 1_000, 20, 20
MINUTES = 8
TIMED_IMAGES = 2
SAMPLES, SEED, SIGNIFICANT = 2_000, 0, 0.05
TOO_FEW = 10
"""A grade that fewer images have says nothing: it is in the JSON, but neither shown nor judged."""

RULES = (
    "Truth: for each pixel the worst margin that it alone can cause over its range, the rest of the image unchanged: "
    "the largest lead of any other label over the image's own (the network's, right or wrong). Exact, with outward "
    "rounding (`deepcheck.worst_margins`). Main: over all paths, pixels in [0, 1]. Ablations: unbounded; 8-bit levels; "
    "and each of the three along the image's path only.",
    f"Networks and images: `mnist_10x4` and `fashion_10x4` on the first {IMAGES:,} test images of MNIST and "
    "Fashion-MNIST; MNIST_ConvSmall, MNIST_6x200_PGD and FASHION_ConvSmallPGD on the first k test images, k such that "
    f"{MINUTES} minutes of one core suffice by the CPU time that {TIMED_IMAGES} images take when asked a second "
    f"time, rounded down to tens, at least 10, at most {IMAGES:,}; k is stored before the run (a first timing held "
    "the compiler's time and was dropped; trials on 10 and 20 images had been seen by then). Every image counts, "
    "whatever its label.",
    "Rankings: the larger score first, in ties the lower index. Signed scores are taken as they are: what supports the "
    "label most comes first, as in the paper. Sizes (|...|) are contestants of their own. All scores are of the "
    "network with its preprocessing, in pixel units, in float64.",
    "Two scopes: all pixels; and lit pixels only, ranked among themselves. Most pixels of MNIST have value 0. There "
    "coi, |coi|, difference x value, ig, deeplift and occlusion to 0 are exactly 0 whatever the network does, so all "
    "of those pixels tie, and index order decides among them.",
    "Grades against the worst margins: Spearman's rank correlation, and NDCG (gain: worst margin less the margin now). "
    "Against binary truth (can this pixel alone change the label?): average precision, tries to the first attackable "
    "pixel, share of the attackable pixels in the top 5, 10 and 30 %. Binary grades are of the images with an "
    "attackable pixel in scope, and none there that is undecided; grades that an image does not have (an infinite or "
    "no gain; all ranks tied) are left out of its means, and how many have one is said.",
    f"A grade that fewer than {TOO_FEW} images have is neither shown nor judged (the number was fixed before the run, "
    "this sentence was added after it).",
    "Random is one uniformly drawn order of each image, seeded by the image's index, so that tests of pairs are fair "
    "(most draws beat the expectation of their tries, which is skewed). The expectation over all orders stands apart.",
    f"Figures are means over images, with 95 % intervals from {SAMPLES:,} bootstrap samples of images, seed {SEED}. "
    "coi is compared with each contestant on the same images: the share of images on which coi is better less the "
    "share on which it is worse (the effect size), with an exact two-sided sign test; p is corrected by Holm's method "
    "over the contestants of one network, setting, scope and grade. `coi is better` holds if it is better more often "
    f"and corrected p < {SIGNIFICANT}; does not if it is worse more often with such a p; otherwise it is open.",
    f"Deletion and insertion: `{CURVE_NETWORK}`, the first {CURVE_IMAGES} images. Pixels become 0 one by one in a "
    "ranking's order (deletion; the smaller area the better), or are put into a black image in that order (insertion; "
    "the larger the better). Areas, by the trapezoid rule over 0 to 784 pixels as 0 to 1, under the softmax "
    "probability of the image's label, and under 1 where the label is the network's and 0 elsewhere.",
    "The two kinds of grade are compared by Spearman's correlation over the contestants: of the mean areas with the "
    "mean exact grades (better = larger in both), and, image by image, of area with Spearman grade, averaged over "
    "images.",
    "reach and ends are shown apart: they look at margins themselves, and are no contestants. A contestant whose "
    "library is not installed is named as left out.",
)

EXPECTED = (
    "E1 (the paper: coi is best): among abs, co and coi, coi has the best mean by every grade, all pixels, main "
    "setting.",
    "E2: coi is better than every other contestant on all pixels, main setting, by Spearman (corrected sign tests).",
    "E3: on all pixels abs has the better mean Spearman grade than coi, since background pixels can raise margins too.",
    "E4: on lit pixels coi is better than abs and co by Spearman (corrected sign tests).",
    "E5: on all pixels |difference| has the best mean Spearman grade of all contestants but flip and the occlusions.",
    "E6: ig in 50 steps and exact ig differ by less than 0.01 in mean Spearman grade.",
    "E7: reach has a better mean Spearman grade than every contestant, also over all paths.",
    "E8: deletion and insertion order the contestants otherwise than the exact grade: both correlations over "
    "contestants are below 0.5.",
)
"""What was expected before the run; E1 and E2 are what the paper leads one to expect, the others are ours."""
