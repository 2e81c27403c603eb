"""Tables II, III and IV of the paper, as printed.

Source: Sections IV-A and IV-B.
"""

from typing import NamedTuple

from deepcheck.ranking import shortlist_length
from deepcheck.reproduce.rows import Pairs, Row
from deepcheck.reproduce.rules import BASELINE, PAIR_SHORTLIST, PAPER_METRICS, PIXELS, SHORTLISTS

Triple = tuple[int, int, int]

TABLE_2: dict[int, tuple[int, Triple, Triple, Triple]] = {
    0: (25, (3, 7, 16), (7, 11, 17), (20, 16, 17)),
    1: (4, (0, 1, 3), (1, 2, 4), (3, 4, 4)),
    2: (1, (0, 0, 1), (0, 1, 1), (1, 1, 1)),
    3: (1, (0, 0, 1), (0, 0, 1), (0, 1, 1)),
    4: (6, (4, 3, 4), (4, 3, 4), (6, 4, 4)),
    5: (36, (1, 2, 11), (3, 2, 18), (14, 11, 19)),
    6: (1, (1, 1, 1), (1, 1, 1), (1, 1, 1)),
    7: (47, (8, 7, 18), (14, 11, 22), (22, 18, 22)),
    8: (2, (0, 0, 2), (0, 0, 2), (2, 2, 2)),
    9: (3, (0, 0, 2), (0, 0, 2), (2, 2, 2)),
}
"""By digit: attackable pixels (baseline and ordered), then those in the top 5, 10 and 30 % by abs, co and coi."""

TABLE_3: dict[int, tuple[int, Triple]] = {
    0: (244, (7, 5, 1)),
    1: (489, (60, 23, 6)),
    2: (516, (119, 66, 19)),
    3: (346, (254, 169, 21)),
    4: (71, (3, 1, 1)),
    5: (103, (6, 1, 1)),
    6: (486, (2, 2, 2)),
    7: (156, (4, 2, 1)),
    8: (211, (142, 86, 19)),
    9: (240, (169, 98, 13)),
}
"""By digit: tries before the first attack by the baseline, then by abs, co and coi."""

PAIRS: dict[int, Triple] = {
    0: (548, 60, 2),
    1: (198, 87, 2),
    2: (48, 10, 19),
    3: (93, 55, 3),
    4: (260, 114, 2),
    5: (463, 100, 2),
    6: (287, 186, 2),
    7: (651, 75, 2),
    8: (111, 36, 4),
    9: (171, 96, 2),
}
"""By digit: attackable pairs in the top 5 % by coi, those of them that are new, pixels needed for the first pair."""

PRINTED_PAIRS_OF_AN_IMAGE = 306_946
"""Section IV-C, RQ3: "784 over 2 = 306946"."""
PRINTED_ATTACKS, PRINTED_PAIR_PIXELS = 126, 819
"""Section IV-C, RQ2: "126 1-pixel attacks and discovered 819 attackable pixels for 2-pixel attacks"."""


def rows() -> tuple[Row, ...]:
    """Both tables, one row per digit."""
    return tuple(_row(digit) for digit in TABLE_2)


def _row(digit: int) -> Row:
    attackable, *shortlists = TABLE_2[digit]
    baseline, ordered = TABLE_3[digit]
    return Row(
        digit=digit,
        image=None,
        attackable=attackable,
        within={
            shortlist: dict(zip(PAPER_METRICS, counts, strict=True))
            for shortlist, counts in zip(SHORTLISTS, shortlists, strict=True)
        },
        first={BASELINE: baseline, **dict(zip(PAPER_METRICS, ordered, strict=True))},
        pairs=_pairs(digit),
    )


def _pairs(digit: int) -> Pairs:
    attackable, new, first_features = PAIRS[digit]
    alone = TABLE_2[digit][1][PAPER_METRICS.index("coi")]
    return Pairs(shortlist_length(PAIR_SHORTLIST, PIXELS), alone, attackable, new, first_features)


class PaperSentence(NamedTuple):
    """A row of table IV.

    Attributes:
        text: What the network reads.
        original: The label in the data set.
        network: The label that the paper's network gives.
        importance: How many words were replaced, chosen by importance.
        random: The same, chosen at random.
    """

    text: str
    original: str
    network: str
    importance: int
    random: int


SENTENCES = (
    PaperSentence(
        "one on his plate he almost seemed to know this wasn't going to work out and his performance was quite <UNK> "
        "so all you madison fans give this a miss",
        *("negative", "positive", 4, 26),
    ),
    PaperSentence(
        "some might even say bizarre this is worth the time br br unfortunately it's very difficult to find in video "
        "stores you may have to buy it off the internet",
        *("positive", "positive", 13, 27),
    ),
    PaperSentence(
        "any era that lets its guard down and is overwhelmed by <UNK> it's a fascinating film even a charming one in "
        "its macabre way but its message is no joke",
        *("positive", "positive", 9, 21),
    ),
    PaperSentence(
        "can hardly see what is being filmed as an audience we are <UNK> involved with the actions on the screen so "
        "then why the hell can't we have night vision",
        *("negative", "negative", 6, 24),
    ),
    PaperSentence(
        "shut about details but please try this game it'll be worth it br br story 9 9 action 10 1 it's that good "
        "<UNK> 10 attention <UNK> 10 average 10",
        *("positive", "positive", 17, 9),
    ),
    PaperSentence(
        "should at least be put back on the channel this movie doesn't deserve a cheap <UNK> it deserves the real "
        "thing i'm them now this movie will be on dvd",
        *("positive", "negative", 5, 3),
    ),
    PaperSentence(
        "words in each sentence and delivers them in an almost irritating manner its not funny ever but its meant to "
        "be bing and joan have done much better than this",
        *("negative", "negative", 2, 5),
    ),
    PaperSentence(
        "in this genre few of them come up to alexander <UNK> original thief of <UNK> almost any other <UNK> nights "
        "film is superior to this one though it's a loser",
        *("negative", "positive", 5, 2),
    ),
    PaperSentence(
        "good film i highly recommend watching this in <UNK> with the first and then <UNK> for how good the series "
        "could have been had it continued under burton and keaton",
        *("positive", "positive", 3, 14),
    ),
    PaperSentence(
        "providing plenty of laughs and chuckles along the way as well as a good deal of suspense br br for <UNK> of "
        "black comedy this one is guaranteed to please",
        *("positive", "positive", 7, 5),
    ),
    PaperSentence(
        "<UNK> series now they are <UNK> 1 and i don't even think i will watch it oh who am i kidding i probably will "
        "and probably will be disappointed again",
        *("negative", "negative", 3, 22),
    ),
)
"""Table IV, by ID from 1."""
