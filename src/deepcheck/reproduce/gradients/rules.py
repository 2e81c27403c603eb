"""The rules of RQ5: FGSM and PGD against attacks of one and two pixels. Written before the run."""

from deepcheck.attacks.gradient import BISECTIONS, GRID, PGD
from deepcheck.reproduce.rules import FIGURE_DIGIT

IMAGES, QUICK_IMAGES, CHUNK = 1_000, 100, 50
HALF_LEVEL = 0.5 / 255
ALMOST_ALL, A_LOT = 0.9, 0.1
LARGER = (0.1, 0.25)
GRADIENT = ("fgsm", "pgd")
ALONG, ANYWHERE = ("pixel_path", "pair_path"), ("pixel_all", "pair_all")
FEW = (*ALONG, *ANYWHERE)
ATTACKS = (*GRADIENT, *FEW)
NAMES = {
    "fgsm": "FGSM, smallest epsilon",
    "pgd": "PGD, smallest epsilon",
    "pixel_path": "1 pixel, along the path",
    "pair_path": "2 pixels, along the path",
    "pixel_all": "1 pixel, over all paths",
    "pair_all": "2 pixels, over all paths",
}
RULES = (
    f"RQ5: the first {IMAGES:,} test images of MNIST (with `--quick` the first {QUICK_IMAGES}), whatever their label, "
    "and the network of tables I to III. An attack changes the network's own label. Pixels stay in [0, 1].",
    "FGSM moves every pixel by epsilon along the sign of the gradient of the cross-entropy, and cuts off what leaves "
    f"[0, 1]. PGD does {PGD.steps} such steps of a quarter of epsilon, cut off to epsilon around the image and to "
    "[0, 1]; it starts at the image itself, and the last point counts. No randomness; pixels are float32.",
    f"The smallest epsilon of an image: 1/{GRID}, 2/{GRID}, ..., 1, until the label changes; then {BISECTIONS} "
    "halvings between that one and the one before. An image that none of them changes is counted.",
    "Few pixels: `deepcheck.attack` with size 1 and 2, along the image's path and over all paths; two means at most "
    "two. Which attack of an image is measured: of single pixels the one whose witness has the smallest L1 change "
    "(along the path each witness has the smallest that its pixel allows; over all paths any witness counts); of pairs "
    "the first in the order of coi, which along the path is the paper's search.",
    "Measured on the float32 arrays that the network receives: pixels that differ at all, pixels that differ by more "
    "than half a level (0.5/255), the L1, L2 and L-infinity norm of the change, the share of lit pixels (above 0) that "
    "differ, and ReLUs whose phase differs, in exact arithmetic. Both labels are replayed on the untouched model in "
    "onnxruntime; what does not survive stays counted and lowers the replayed share. Norms are over the images that "
    "have an attack.",
    "Where no set of pixels is attackable, that is proved, along the path or over all paths as asked. FGSM and PGD "
    "prove nothing when they find nothing.",
    f"Figure 4 shows digit {FIGURE_DIGIT}, as the paper does: the training image picked for it in tables I to III.",
    "Judged: FGSM changes almost every pixel of the digit if it changes at least "
    f"{100 * ALMOST_ALL:.0f} % of the lit pixels; its adversary takes another path if at least one ReLU differs, and "
    f"the path differs a lot if at least {100 * A_LOT:.0f} % of the ReLUs do: each on the image of figure 4, and on "
    "more than half of the test images (the last limit was set after a timing run had shown the median of FGSM's "
    "ReLUs).",
    f"Beside it FGSM at epsilon {LARGER[0]} and {LARGER[1]} (the latter is what its authors use on MNIST), since the "
    "paper does not say its epsilon: images whose label changes there, and the ReLUs that differ on those. Added after "
    "the first run had shown how few differ at the smallest epsilon.",
)
