"""False claims, written by hand against what the checker might get wrong: each must be rejected.

The first three were verified by an earlier checker.
"""

import numpy as np
import pytest
from forged import CLOSE, claimed, model, sealed, serialized

from deepcheck.certify.checker import Fields, Rejected, check

ONE = np.float32


def hidden(first, before, last, after, *, kind=np.float32, shape=None):
    """Two dense layers with a Relu between."""
    constants = {"w": np.array(first, kind), "b": np.array(before, kind)}
    constants |= {"v": np.array(last, kind), "c": np.array(after, kind)}
    nodes = [
        ("Gemm", ["x", "w", "b"], "h", {}),
        ("Relu", ["h"], "r", {}),
        ("Gemm", ["r", "v", "c"], "out", {}),
    ]
    made = model(nodes, shape or [1, len(first)], constants, kind=1 if kind == np.float32 else 11)
    return serialized(made)


def rejected(held, net, match):
    with pytest.raises(Rejected, match=match):
        check(sealed(held), net)


def test_a_guard_between_two_values_fits_its_field():
    """x0 - x1 = 40,000 was read as -25,536 from a field of 16 bits. At x0 = 0, on the path, label 1 leads by 10,000."""
    nodes = [
        ("MaxPool", ["x"], "z", {"kernel_shape": [1, 2]}),
        ("Flatten", ["z"], "f", {}),
        ("Gemm", ["f", "w", "b"], "out", {}),
    ]
    constants = {"w": np.array([[1, 0]], ONE), "b": np.array([0, 10000], ONE)}
    net = serialized(model(nodes, [1, 1, 1, 2], constants))
    given = {"label": 0, "lower": 0, "features": {0: [0]}, "refutations": [[[0], 1, [[0, 1, 0, 1]]]]}
    rejected(claimed(net, [20000, -20000], upper=20000, **given), net, "not refuted")


HAT = {"first": [[1, 1], [0, 0], [0, 0], [0, 0]], "before": [0, -0.5], "last": [[0, 3], [0, -4]], "after": [0, -1]}
"""Label 1 leads by -1 + 3 x0 - 4 relu(x0 - 1/2): -1 at 0, 1/4 at 3/4. Elements 1 to 3 do nothing."""
AT_ZERO = {"label": 0, "lower": 0, "upper": 1, "levels": [0, 0.75]}


def halved(block, first=1, above=None):
    """Element 0 cut between its levels; above, the block of the others is halved."""
    inner = ["halve", block, [first], CLOSE, CLOSE] if above is None else above
    return ["halve", 0, [0], CLOSE, ["cut", 0, "0x1p-1", CLOSE, inner]]


@pytest.mark.parametrize("block", [-1, -2, 1, True])
def test_a_block_is_not_counted_from_the_end(block):
    """With -1 the blocks were there twice, so that the loss of element 0 beyond its cut counted twice."""
    net = hidden(**HAT)
    rejected(claimed(net, [0] * 4, size=2, tree=halved(block), **AT_ZERO), net, "block|not refuted|truth")


def test_the_input_counts_where_a_cut_leaves_it_out():
    """Bounds are taken at the input, 2^24 away from the cut box: the base of label 1 ran into that of label 2."""
    last, after = [[0, 1, 0], [0, -4, 0]], [0, 1, -3]
    net = hidden([[1, 1]], [0, -2], last, after, kind=np.float64)
    for bits in range(8, 400, 8):
        x = 2.0**bits
        given = {"label": 0, "lower": 0, "upper": x, "dtype": "float64", "levels": [0, x]}
        rejected(claimed(net, [x], tree=["cut", 0, "0x1p+0", CLOSE, CLOSE], **given), net, "not refuted")


@pytest.mark.parametrize(
    "tree",
    [
        CLOSE,
        ["keep", [[0]], CLOSE],
        ["keep", [[1, 2, 3]], CLOSE],
        ["keep", [[0, 0, 1]], CLOSE],
        ["keep", [[]], CLOSE],
        ["keep", [], CLOSE],
        ["keep", [[0, 1, 2, 3], []], CLOSE],
        ["keep", [[0, 1, 2, 9]], CLOSE],
        ["close", [[[0], CLOSE], [[1], CLOSE]]],
        ["close", [[[], CLOSE]]],
        ["close", [[[1, 1], CLOSE]]],
        ["close"],
        ["close", [], []],
        [],
        "close",
        ["open", []],
        ["halve", 0, [1, 2, 3], CLOSE],
        ["halve", 0, [1, 2, 3], CLOSE, CLOSE, CLOSE],
        ["halve", 0, [], CLOSE, CLOSE],
        ["halve", 0, [0, 1, 2, 3], CLOSE],
        ["halve", 0, [1, 1], CLOSE, CLOSE],
        ["halve", 0, [7], CLOSE, CLOSE],
        ["halve", 1, [1], CLOSE, CLOSE],
        ["cut", 0, "0x1p-1", CLOSE, CLOSE],
        halved(1, above=["cut", 1, "0x1p-1", CLOSE, CLOSE]),
        halved(1, above=["cut", 0, "0x1p-1", CLOSE]),
        halved(1, above=["cut", 0, "0x1p+1", CLOSE, CLOSE]),
        halved(1, above=["cut", 0, "-0x1p+1", CLOSE, CLOSE]),
        halved(1, above=["cut", 0, "nan", CLOSE, CLOSE]),
        halved(1, above=["cut", 0, "inf", CLOSE, CLOSE]),
        halved(1, above=["cut", 0, 1, CLOSE, CLOSE]),
        halved(1, above=["cut", -4, "0x1p-1", CLOSE, CLOSE]),
        halved(1, above=["walk", ["lead", [[]]]]),
        ["walk", ["lead", [[]]]],
    ],
)
def test_no_tree_hides_an_attack(tree):
    """Sets of two with element 0 at its level 3/4 change the label, whatever is kept, halved, cut or listed."""
    net = hidden(**HAT)
    rejected(claimed(net, [0] * 4, size=2, tree=tree, **AT_ZERO), net, ".")


def test_the_same_tree_holds_where_the_claim_is_true():
    """A control: with the level 3/4 taken away, and with element 0, all of the above but its level 0 is left."""
    net = hidden(**HAT)
    for block in (0, 1):
        tree = ["halve", 0, [0], CLOSE, ["halve", block, [1], CLOSE, CLOSE]] if block else CLOSE
        text = check(sealed(claimed(net, [0] * 4, size=2, tree=tree, **{**AT_ZERO, "levels": [0, 0.25]})), net)
        assert text.startswith("verified: proved (all paths")


PAIR = {"w": np.array([[0, 1], [0, 1], [0, 0], [0, 0]], ONE), "b": np.array([1.25, 0], ONE)}
"""Label 1 leads by x0 + x1 - 5/4: the pair changes the label, with half of each; nothing else does."""


@pytest.mark.parametrize(
    "mixed",
    [
        CLOSE,
        ["keep", [[2], [3]], CLOSE],
        ["keep", [[2], [1, 3]], CLOSE],
        ["keep", [[0, 2], [3]], CLOSE],
        ["keep", [[1, 3], [0, 2]], CLOSE],
        ["keep", [[0, 2], []], CLOSE],
        ["close", [[[0, 3], CLOSE], [[2, 1], CLOSE]]],
        ["close", [[[0], CLOSE], [[1], CLOSE]]],
        ["close", [[[0, 1], CLOSE]]],
        ["close", [[[0, 1], ["keep", [[0]], CLOSE]]]],
        ["close", [[[0, 1], ["cut", 0, "0x1p-1", CLOSE, CLOSE]]]],
        ["close", [[[0, 1], ["cut", 2, "0x1p-1", CLOSE, CLOSE]]]],
        ["close", [[[0, 1], ["halve", 0, [0], CLOSE]]]],
        ["close", [[[0, 1], ["walk", ["lead", [[]]]]]]],
        ["halve", 0, [0], ["keep", [[2], [3]], CLOSE], CLOSE],
        ["halve", 1, [1], CLOSE, CLOSE],
        ["halve", 2, [1], CLOSE, CLOSE],
    ],
)
def test_no_blocks_hide_a_pair(mixed):
    """One of {0, 2} and one of {1, 3}: what others add counts for each feature that is dropped."""
    net = serialized(model([("Gemm", ["x", "w", "b"], "out", {})], [1, 4], PAIR))
    tree = ["halve", 0, [0, 2], CLOSE, mixed, CLOSE]
    held = claimed(net, [0] * 4, label=0, lower=0, upper=1, size=2, tree=tree)
    rejected(held, net, ".")
    held["undecided"], held["claim"]["verdict"] = [[0, 1]], "undecided"
    held["tree"][4] = CLOSE
    assert check(sealed(held), net).startswith("verified: undecided")


FOLD = {"first": [[-1, 0], [0, 1]], "before": [0.25, 0], "last": [[0, -4], [0, 1]], "after": [0.5, 0]}
"""Along the path of (0, 0), x0 <= 1/4, label 1 leads by -3/2 + 4 x0 + x1, which is 1/2 with both at most."""


@pytest.mark.parametrize(
    "proof",
    [
        [],
        [[0, 0, 0, 1]],
        [[0, -1, 0, 1]],
        [[0, 4, 0, -1]],
        [[0, 4, 0, 0]],
        [[0, -4, 0, -1]],
        [[-1, 1, 0, 1]],
        [[-2, 4, 0, 1]],
        [[2, 1, 0, 1]],
        [[0, 4, 1 << 20, 1]],
        [[0, 4, -(1 << 20), 1]],
        [[0, "4", 0, 1]],
        [[0, 4, 0]],
        [[0, 4, 0, 1, 1]],
        [[0, None, 0, 1]],
        {"element": 0, "value": "0x1p-3", "below": [], "above": []},
        {"element": 2, "value": "0x1p-3", "below": [], "above": []},
        {"element": -1, "value": "0x1p-3", "below": [], "above": []},
        {"element": 0, "value": "0x1p+3", "below": [], "above": []},
        {"element": 0, "value": "-0x1p+3", "below": [], "above": []},
        {"element": 0, "value": "nan", "below": [], "above": []},
        {"element": 0, "value": "0x1p-3", "below": []},
        {},
        None,
        "",
        0,
    ],
)
def test_no_multipliers_refute_what_can_be(proof):
    net = hidden(**{**FOLD, "after": [0.5, 1]})
    held = claimed(net, [0, 0], label=0, lower=0, upper=1, size=2, refutations=[[[0, 1], 1, proof]])
    rejected(held, net, ".")


def test_multipliers_refute_what_cannot_be():
    """A control: 1/4 - x0 >= 0, four times, leaves x1 - 1/2 - eps; and label 1 needs the guard."""
    net = hidden(**{**FOLD, "after": [1.5, 0]})
    held = claimed(net, [0, 0], label=0, lower=0, upper=1, size=2, refutations=[[[0, 1], 1, [[0, 4, 0, 1]]]])
    assert check(sealed(held), net).startswith("verified: proved (this path")
    held["refutations"][0][2] = []
    rejected(held, net, "not refuted")


@pytest.mark.parametrize("largest", [0, 1, 126, 127, 128, 255, 256, 32767, 32768, 2**64 - 1, 2**64])
def test_fields_hold_what_they_are_made_for(largest):
    for numbers in (
        [largest] * 3,
        [-largest] * 3,
        [largest, -largest, largest],
        [-largest, largest, -largest],
        [0] * 3,
    ):
        fields = Fields(3, largest)
        packed = sum(n << fields.width * k for k, n in enumerate(numbers))
        assert fields.join(numbers) == packed
        assert fields.split(packed) == numbers
        with pytest.raises(OverflowError):
            fields.join([0, fields.half, 0])


def test_only_what_every_set_contains_is_cut():
    """The claim is true, and each half of it as well; what a cut means for sets without the element is not settled."""
    net = hidden(**HAT)
    held = claimed(net, [0] * 4, size=2, tree=["cut", 0, "0x1p-3", CLOSE, CLOSE], **{**AT_ZERO, "levels": [0, 0.25]})
    rejected(held, net, "only what every set contains")


@pytest.mark.parametrize(
    ("tree", "left", "honest"),
    [
        (["left"], 6, True),
        (["halve", 0, [0, 2], CLOSE, ["left"], CLOSE], 4, True),
        (["halve", 0, [0, 2], CLOSE, ["halve", 0, [0], CLOSE, ["halve", 1, [1], ["left"], CLOSE]], CLOSE], 1, False),
        (["halve", 0, [0, 2], CLOSE, ["halve", 0, [0], CLOSE, ["halve", 1, [1], CLOSE, ["left"]]], CLOSE], 1, True),
        (["close", [[[0, 1], ["left"]]]], 1, True),
        (["close", [[[0, 1], ["cut", 0, "0x1p-1", ["left"], ["left"]]]]], 2, True),
        (["close", [[[0, 1], ["cut", 0, "0x1p-2", CLOSE, ["left"]]]]], 1, True),
        (["close", [[[0, 2], ["left"]]]], 1, False),
        (["keep", [[0, 1, 2]], ["left"]], 3, True),
        (["keep", [[1, 2, 3]], ["left"]], 3, False),
    ],
)
def test_what_is_left_is_counted_and_nothing_else_is(tree, left, honest):
    """Of six pairs of four elements one changes the label: it is among those left, or the tree is no evidence."""
    net = serialized(model([("Gemm", ["x", "w", "b"], "out", {})], [1, 4], PAIR))
    held = claimed(net, [0] * 4, label=0, lower=0, upper=1, size=2, tree=tree)
    rejected(held, net, ".")
    held["claim"]["verdict"] = "undecided"
    for count in (0, left - 1, left + 1, True, -left, None):
        if count != left or count is True:
            rejected({**held, "claim": {**held["claim"], "left": count}}, net, ".")
    held["claim"]["left"] = left
    if honest:
        assert f"{left} more are left undecided" in check(sealed(held), net)
    else:
        rejected(held, net, "not refuted")
    held["claim"]["verdict"] = "proved"
    rejected(held, net, ".")


@pytest.mark.parametrize("kept", [[[0, 1], [1, 2, 3]], [[0, 0], [1, 2, 3]], [[1], [1, 2, 3]], [[0], [1, 2, 3, 3]]])
def test_what_is_kept_was_there(kept):
    """The claim is true, and what is kept is more than enough."""
    net = hidden(**HAT)
    tree = ["halve", 0, [0], CLOSE, ["keep", kept, CLOSE]]
    held = claimed(net, [0] * 4, size=2, tree=tree, **{**AT_ZERO, "levels": [0, 0.25]})
    rejected(held, net, "was not there")
    tree[4][1] = [[0], [1, 2, 3]]
    assert check(sealed(held), net).startswith("verified: proved")
