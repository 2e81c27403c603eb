"""The rules of the reproduction: written first, then kept."""

from deepcheck.domains import Pixels

NETWORK = "mnist_10x4"
METRICS = ("abs", "co", "coi", "reach")
PAPER_METRICS = METRICS[:3]
BASELINE = "baseline"
SHORTLISTS = ("5%", "10%", "30%")
DOMAINS = {"bounded": Pixels(), "unbounded": Pixels(unbounded=True)}
QUICK_IMAGES = 500
NEAR_PIXELS = 2
PIXELS = 784

RULES = (
    "The network is `mnist_10x4`, the paper's 784x10x10x10x10, trained by us: the paper's own weights are not "
    "published, so its figures stand beside ours and cannot be equal to them.",
    "The ten images: for each label the first training image of MNIST, in index order, that the network labels "
    "rightly and that has at least one attackable pixel in [0, 1]. Where no image of a label qualifies, its row says "
    "so.",
    "A pixel is attackable if it alone can be given another value so that the label changes and every ReLU stays in "
    "its phase; decided in exact arithmetic. Each one is replayed on the untouched model in onnxruntime; what does not "
    "survive stays counted as attackable and lowers the replayed share.",
    "Two domains: pixels in [0, 1], and unbounded (any real value), which the paper's formulas literally say. The ten "
    "images are the same for both. `reach` has no meaning without bounds and is left out there.",
    "Metrics: the paper's abs, co and coi of the predicted label, and our own reach; in ties the lower index comes "
    "first. 5, 10 and 30 % of 784 pixels are 39, 78 and 235 (rounded down).",
    "Tries count from 1. The baseline tries the pixels in index order; an order drawn at random finds the first of "
    "`ap` attackable pixels after 785 / (ap + 1) tries on average.",
    "The census asks the same of every one of the 10,000 test images (with `--quick` of the first 500). Tries are "
    "counted over the images that have an attackable pixel.",
    f"A background pixel has value 0. It is near the digit if a pixel with a value above 0 is at most {NEAR_PIXELS} "
    "rows and columns away.",
)
