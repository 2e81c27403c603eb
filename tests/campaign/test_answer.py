"""What is kept of one input: when it must be asked again, and what two answers make together."""

import json
from dataclasses import replace

import pytest

from deepcheck.campaign import Answer
from deepcheck.errors import DataError

OPEN = Answer("d", 7, 2, (3, 4, 9, 11), 1, (0.0, 1.0, 1.0, 0.5), 12, 784, "time limit", 3, 6, 10.0, 9.5)
DONE = replace(OPEN, bound=4, reason="")
NONE = replace(OPEN, bound=4, features=None, new_label=None, values=(), flips=None, most=3, reason="")


def test_an_answer_survives_json():
    for answer in (OPEN, DONE, NONE):
        assert Answer.from_json(json.loads(json.dumps(answer.as_json(), allow_nan=False))) == answer
    with pytest.raises(DataError, match="something else"):
        Answer.from_json({"bound": 3})


def test_what_is_settled():
    assert DONE.settled(784)
    assert not OPEN.settled(784)
    assert OPEN.settled(1)  # no single feature works: that much is proved
    assert NONE.settled(3)
    assert not NONE.settled(4)


@pytest.mark.parametrize(
    ("answer", "most", "limit", "stands"),
    [
        (DONE, 784, 1000.0, True),
        (OPEN, 784, 10.0, True),
        (OPEN, 784, 5.0, True),
        (OPEN, 784, 10.5, False),
        (OPEN, 784, None, False),
        (OPEN, 1, None, True),
        (replace(OPEN, limit_seconds=None), 784, None, True),
        (replace(OPEN, reason="tie"), 784, None, True),  # more time does not help
        (NONE, 3, None, True),
        (NONE, 4, 1.0, False),  # larger sets were of no interest then
    ],
)
def test_when_it_stands(answer, most, limit, stands):
    assert answer.stands(most, limit) == stands


def test_two_answers_together_are_the_better_of_both():
    lower = replace(OPEN, bound=3, features=(1, 2, 3, 4, 5), along_bound=2, along_size=5, limit_seconds=20.0)
    both = lower.with_earlier(OPEN)
    assert (both.bound, both.features, both.values) == (3, (3, 4, 9, 11), OPEN.values)
    assert (both.along_bound, both.along_size, both.limit_seconds, both.seconds) == (3, 5, 20.0, 19.0)
    none = replace(OPEN, bound=3, features=None, new_label=None, values=(), flips=None)
    assert none.with_earlier(OPEN).features == OPEN.features
    assert OPEN.with_earlier(none).features == OPEN.features
    assert OPEN.with_earlier(none).bound == 3


def test_a_contradiction_is_said():
    with pytest.raises(DataError, match="contradict"):
        replace(OPEN, bound=5, features=None).with_earlier(OPEN)
