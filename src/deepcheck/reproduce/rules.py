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
PAIR_ORDER, PAIR_SHORTLIST = "coi", "5%"
SHORTLIST_IMAGES = {"bounded": 10_000, "unbounded": 2_000}
ALL_PAIRS_IMAGES = {"bounded": 1_000, "unbounded": 50}
QUICK_SHORTLIST_IMAGES = {"bounded": 500, "unbounded": 100}
QUICK_ALL_PAIRS_IMAGES = {"bounded": 50, "unbounded": 2}
TRACING_IMAGES, QUICK_TRACING_IMAGES = 1_000, 200
STROKE_PIXELS, CENTRE_SIDE = 1, 20
TRACES, FROM_WEIGHTS = 0.9, 0.05
FIGURE_DIGIT = 3
TEXT_NETWORK = "imdb_frozen"
ORDER, RIVALS = "coi", ("co", "abs", "reach", "random")
DRAWS, MOST = 20, 10
REVIEWS, QUICK_REVIEWS, REVIEW_SEED = 1_000, 50, 2018
L1_REVIEWS, L1_MOST = 50, 5
LIMITS = (1, 2, 3, 5)
SIGNIFICANT = 0.05

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
    "Pairs, as in the paper: the 741 pairs of the 39 pixels that coi ranks highest (5 %), on the same ten images. A "
    "pair is attackable if its two pixels together can be given other values so that the label changes on the image's "
    "path; it is new if neither of its pixels is attackable alone. The first pair needs so many of the top pixels as "
    "the larger rank in it says; pairs are tried in the order (1,2), (1,3), (2,3), (1,4), ...",
    "What the paper leaves out as not scalable: all 306,936 pairs of an image; how many of them the pairs in the top "
    "5, 10 and 30 % of each metric are; and, for comparison, the share that as many pixels drawn at random have on "
    "average.",
    "The pair census asks about the 741 pairs on all 10,000 test images in [0, 1], on the first 2,000 unbounded; about "
    "all 306,936 on the first 1,000 in [0, 1] and on the first 50 unbounded, where pixels have no bounds to prune by "
    "and an image takes seconds; and about all pairs of the ten images (with `--quick` on 500, 100, 50 and 2 test "
    "images; the ten images' unbounded pairs are left out).",
    "Replay of pairs: the first 1,000 attackable pairs of each image in the order tried.",
    "A law that needs no network: a pair with a member that is attackable alone is attackable, since the other can "
    "stay as it is. So where `a` of `n` pixels are attackable alone, attackable minus new pairs are C(n, 2) - "
    "C(n - a, 2). Ours must satisfy it on every image and shortlist, or nothing is written; the paper's rows are held "
    "against it too.",
)

TRACING_RULES = (
    f"RQ1: a pixel is on a stroke if its value is above 0, beside one if such a pixel is at most {STROKE_PIXELS} row "
    f"and column away (pixels on strokes are), and central if it is in the {CENTRE_SIDE} x {CENTRE_SIDE} square in the "
    "middle, into which MNIST fits its digits. Shares of an order's top 5, 10 and 30 %, means over images: the ten "
    f"images, and the first {TRACING_IMAGES:,} test images (with `--quick` {QUICK_TRACING_IMAGES}).",
    "Controls of RQ1, orders that know no network: the pixel's value (brightest first), the distance to the centre "
    "(nearest first), and a random order, whose expected share is that of all pixels.",
    "The same orders on networks that have learned nothing: the weights of each layer permuted, and weights drawn as "
    "PyTorch draws them before training, five seeds each.",
    f"An order traces the digit if at least {100 * TRACES:.0f} % of its top 5 and of its top 10 % are beside a stroke. "
    "One order does it better than another if its share is larger in both. That owes something to training if both "
    f"shares are more than {100 * FROM_WEIGHTS:.0f} points above those of the mean randomised network.",
)

FIGURE_RULES = (
    f"Figures 1 and 4 show the image of digit {FIGURE_DIGIT} of the ten, as the paper's do. Figure 1 shows the "
    "attackable pixel that coi ranks highest, and the first new pair among the 741 of the top 5 %, in the order tried.",
)

TEXT_RULES = (
    f"Words: the network is `{TEXT_NETWORK}`, a convolution over 30 word vectors that stay as word2vec made them, as "
    "the paper's do; trained by us.",
    "The attack is the paper's: the vectors of the first k words of an order are free within the range that each "
    "dimension has in the vocabulary; a linear program finds those along the path that change the label by the "
    "largest margin; each becomes the nearest word (Euclidean; not `<UNK>`); k = 1, 2, ... until the new sentence has "
    f"another label, in exact arithmetic, or all words are free, or {MOST} on the reviews, and it fails. Its length is "
    "the number of words that really differ. Each one is replayed on the untouched model in onnxruntime.",
    f"Orders: coi, co, abs, reach (a word's score is the sum over its vector), and {DRAWS} random ones, seeds 0 to "
    f"{DRAWS - 1}, the same on every text.",
    f"Texts: the eleven sentences that the paper prints, and the {REVIEWS:,} test reviews "
    f"`numpy.random.default_rng({REVIEW_SEED}).permutation(25000)[:{REVIEWS}]` of the IMDB set (with `--quick` the "
    f"first {QUICK_REVIEWS} of these), whatever their label; the network reads the last 30 words.",
    "Beside them, over all paths and all words of the vocabulary but `<UNK>`: the smallest number of words that "
    "changes the label, exactly (`deepcheck.attack_text`).",
    "Shares are of all reviews: one without an attack counts as longer than any limit; for random they are means over "
    "draws. Medians and means of lengths are over the reviews (or draws) that succeed. In brackets: 95 % intervals by "
    "2,000 bootstrap samples of reviews, seeded.",
    "coi is compared with each other order on the same texts by an exact two-sided sign test. A failure counts as one "
    f"word more than may be symbolic ({MOST + 1} on the reviews); random counts with the mean of its {DRAWS} draws. A "
    f"claim that coi is better than another order holds if coi is shorter more often than longer and "
    f"p < {SIGNIFICANT}, does not if it is longer more often with such a p, and is not shown otherwise "
    "(the name of that third case was chosen after the first 60 reviews were seen).",
    "Lost by rounding: a set of words whose vectors change the label along the path, and whose nearest words do not. "
    f"Vectors with the smallest l1 change instead: coi, first {L1_REVIEWS} reviews, at most {L1_MOST} words.",
)
