"""The table of a minimal run: counts that add up, worked out by hand."""

import json
from dataclasses import replace

from test_answer import DONE, NONE, OPEN

from deepcheck.campaign import MinimalTable

ONE = replace(DONE, bound=1, features=(5,), values=(1.0,), along_size=1)
ABOVE = replace(NONE, bound=785, most=784)


def table(*answers, images=10, most=784, paths="all"):
    known = {2 * place: answer for place, answer in enumerate(answers)}
    return MinimalTable(images, (1,), known, most, 784, paths, {"dataset": "d"}, 0, 0, False)


def test_counts_add_up_to_the_images():
    found = table(ONE, DONE, OPEN, ABOVE)
    assert found.counts == {"decided": 3, "open": 1, "wrongly_labelled": 1, "unasked": 5}
    assert sum(found.counts.values()) == found.images
    assert list(found.histogram.items()) == [(1, 1), (4, 1), (0, 1)]
    assert found.open_bounds == {(2, 4): 1}
    assert sum(found.histogram.values()) + sum(found.open_bounds.values()) == len(found.answers)


def test_rows_by_hand():
    rows = table(ONE, DONE, OPEN, most=4).rows
    assert [(r.size, r.smallest, r.proved, r.overturned, r.undecided, r.along) for r in rows] == [
        (1, 1, 2, 1, 0, 1),
        (2, 0, 1, 1, 1, 1),
        (3, 0, 1, 1, 1, 1),
        (4, 1, 0, 3, 0, 1),
    ]
    assert {row.along for row in table(ONE, paths="same").rows} == {None}


def test_every_row_counts_every_answer():
    for row in table(ONE, DONE, OPEN, ABOVE, NONE).rows:
        assert row.proved + row.overturned + row.undecided == 5


def test_json_has_the_table_and_the_answers():
    found = json.loads(json.dumps(table(ONE, ABOVE).as_json(), allow_nan=False))
    assert found["smallest"] == [{"features": 1, "images": 1}, {"features": None, "images": 1}]
    assert [answer["image"] for answer in found["answers"]] == [0, 2]
    assert found["dataset"] == "d"


def test_an_empty_table():
    found = table()
    assert found.counts["unasked"] == 9
    assert [row.size for row in found.rows] == [1]
