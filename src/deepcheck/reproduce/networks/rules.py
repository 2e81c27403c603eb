"""The rules of the part "networks", and what was expected: written before any of its networks was measured."""

from types import MappingProxyType

IMAGES, QUICK_IMAGES = 200, 20
CHUNK = 50
"""Images measured at a time, a few seconds of work."""
LEAST = 10
"""A claim about a network is judged if at least so many of its images can be attacked."""
ORDER = "coi"
RANDOM = "random"
DOMAINS_OF = MappingProxyType({"shared": ("bounded",)})
"""Domains that groups are asked in, where these are not all."""
SHARED = ("MNIST_6x200_PGD", "MNIST_ConvSmall", "MNIST_ConvSmallPGD", "MNIST_ConvMedPGD")
MEAN, STD = 0.1307, 0.3081
QUICK_CONTROLS = 2
"""With `--quick`: how many networks of each kind of random weights."""
SIGNIFICANT = 0.05

RULES = (
    "Networks: ten of the paper's shape, `mnist_10x4_00` to `mnist_10x4_09` of the zoo, trained alike but for the "
    "seed, none left out (`seeds`); `mnist_10x4`, which was chosen among seeds by its accuracy on held out training "
    "images (`chosen`); four networks of others, made for work on few-pixel attacks: MNIST_6x200_PGD, MNIST_ConvSmall, "
    "MNIST_ConvSmallPGD, MNIST_ConvMedPGD (`shared`; PGD: trained against attacks; a 6x200 network trained in the "
    f"standard way is not among them). They receive (pixel - {MEAN}) / {STD}, as in that work; bounds stay [0, 1] of "
    "the pixel. Without their folder they are named as left out.",
    "Networks that have learned nothing, the control: the weights of each layer of `mnist_10x4` permuted, its biases "
    "as well (`permuted`), and weights drawn as PyTorch draws them before training (`fresh`), five seeds each (with "
    f"`--quick` {QUICK_CONTROLS}).",
    f"Images: the first {IMAGES} of MNIST's test set, whatever their label, the same for every network (with "
    f"`--quick` {QUICK_IMAGES}). Fixed after timing two images of each shared network and 200 of `mnist_10x4`. What "
    "is asked: single pixels, and the 741 pairs in the top 5 % by coi, along the path, in [0, 1]; unbounded as well, "
    "but not of the shared networks (seconds an image).",
    "Tries count from 1; they are compared on images that can be attacked through one pixel. coi is compared with the "
    "baseline (index order), abs, co, reach (bounded only) and a random order, image by image, by the logarithm of "
    "tries. Of a random order the whole distribution counts, not its mean 785 / (ap + 1): that is more than most "
    "draws need, so any order would seem better than random.",
    "Effect sizes: the share of images where coi needs fewer tries less the share where it needs more (against random "
    "the mean chance of either); and the ratio of tries of coi to those of the other order, its median and its "
    "geometric mean (for random: the mean of the logarithm over draws). For a group of networks: the mean of its "
    "networks' effects; of logarithms for ratios. Networks without an attackable image have none.",
    "Intervals are of 95 %, from 2,000 seeded bootstrap samples that draw networks, then images within each; for one "
    "network, images.",
    "Tests: for each network Wilcoxon's signed-rank test over its images (against random, the sum of preferences "
    "with its exact variance), corrected by Holm's method over all of seeds, chosen and shared, all orders and "
    "domains. Over the ten seeds an exact test by all flips of signs of the networks' mean log ratios, and the sign "
    "test, each corrected by Holm's method over all orders and domains. The control is not tested, it has intervals "
    "only.",
    f"A claim is judged on each network with at least {LEAST} images that can be attacked (with `--quick` 1; new "
    "pairs on every network). For a group it holds if it does on each network that can say. On average: tries by "
    "their geometric mean, pixels summed over images.",
    "Tracing, as in RQ1: the share of the top 5 and 10 % of an order that is on a stroke or at most one pixel from "
    "one, for abs, co, coi, the pixel's value alone and a random order.",
    "Expected before the run, from the census of `mnist_10x4`: (1) in [0, 1] abs needs fewer tries than coi on most "
    "seeds (geometric means); (2) unbounded the three differ by less than twice on every seed; (3) what is said of "
    "every image fails on every seed; (4) new pairs exist on every seed; (5) every shared network has fewer "
    "attackable images in [0, 1] than every seed; (6) coi traces the digit on networks that have learned nothing as "
    "well as on trained ones (top 5 %, within 5 points), since a pixel of value 0 has coi 0 whatever the weights are; "
    "(7) abs does so less, by more than 5 points.",
)
