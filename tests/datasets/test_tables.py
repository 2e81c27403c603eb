"""Tables: the split rule, the range of the training samples, and what is refused."""

import numpy as np
import pytest
from requirements import require

from deepcheck import datasets
from deepcheck.datasets import TableSet
from deepcheck.errors import DataError, OptionError


def table(**changed: object) -> TableSet:
    fields: dict[str, object] = {
        "name": "t",
        "split": "test",
        "rows": np.float32([[1, 20], [3, 5]]),
        "labels": np.array([0, 1]),
        "classes": ("no", "yes"),
        "feature_names": ("a", "b"),
        "lower": np.float32([0, 10]),
        "upper": np.float32([2, 30]),
    }
    return TableSet(**(fields | changed))


def test_every_fifth_sample_is_a_test_sample():
    sklearn = require("sklearn.datasets")
    whole = sklearn.load_breast_cancer()
    test, training = datasets.breast_cancer("test"), datasets.breast_cancer("train")
    np.testing.assert_array_equal(test.rows, whole.data[::5].astype(np.float32))
    np.testing.assert_array_equal(test.labels, whole.target[::5])
    kept = [i for i in range(569) if i % 5]
    np.testing.assert_array_equal(training.rows, whole.data[kept].astype(np.float32))
    for split in (test, training):
        np.testing.assert_array_equal(split.lower, whole.data[kept].astype(np.float32).min(axis=0))
        np.testing.assert_array_equal(split.upper, whole.data[kept].astype(np.float32).max(axis=0))
    assert (len(test), len(training)) == (114, 455)
    assert test.classes == ("malignant", "benign")
    assert test.feature_names[:2] == ("mean radius", "mean texture")


def test_an_unknown_split_is_refused():
    with pytest.raises(OptionError, match="'train' or 'test'"):
        datasets.breast_cancer("all")


def test_the_range_is_widened_only_where_a_row_lies_outside():
    lower, upper = table().range_holding(np.array([3.0, 5.0]))
    assert (lower.tolist(), upper.tolist()) == ([0, 5], [3, 30])
    lower, upper = table().range_holding(table().rows[:1])
    assert (lower.tolist(), upper.tolist()) == ([0, 10], [2, 30])


def test_values_by_index_slice_and_mask():
    assert table().values().tolist() == [[1, 20], [3, 5]]
    assert table().values(1).tolist() == table().values([1]).tolist() == [[3, 5]]
    assert table().values(slice(0, 1)).tolist() == table().values(np.array([True, False])).tolist() == [[1, 20]]
    assert table().values([]).shape == (0, 2)
    with pytest.raises(OptionError, match="2 samples, 0 to 1"):
        table().values(2)


def test_the_arrays_are_read_only_and_what_is_given_out_is_not():
    rows = table().values()
    rows[0, 0] = 7
    with pytest.raises(ValueError, match="read-only"):
        table().rows[0, 0] = 7


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rows": np.ones((2, 2))}, "float64"),
        ({"rows": np.ones((2, 3), np.float32)}, r"\(2, 3\)"),
        ({"labels": np.array([0, 2])}, "labels 0 to 1"),
        ({"lower": np.float32([0, 31])}, "a least and a largest value"),
        ({"upper": np.float32([1])}, "a least and a largest value"),
        ({"rows": np.float32([[1, np.nan], [1, 1]])}, "finite"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changed, message):
    with pytest.raises(DataError, match=message):
        table(**changed)
