"""What scikit-learn ships: 1,797 handwritten digits of 8x8 pixels; 30 measurements each of 569 samples of cells."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepcheck.datasets.images import ImageSet, check_split
from deepcheck.datasets.tables import TableSet
from deepcheck.errors import MissingExtra

TEST_EVERY = 5


def digits(split: str = "test") -> ImageSet:
    """Read scikit-learn's digits: images ``(n, 8, 8)``, levels 0 to 16.

    scikit-learn does not split them. Here every fifth image (index 0, 5, 10, ...) is a test image, 360 in all, and
    the other 1,437 are training images, both in scikit-learn's order.

    Args:
        split: ``"train"`` or ``"test"``.

    Raises:
        OptionError: There is no such split.
        MissingExtra: scikit-learn is not installed.

    Source: Alpaydin, Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998 (its test part).
    """
    check_split(split)
    bunch = _bundled("load_digits")
    images = np.asarray(bunch.images).astype(np.uint8)
    chosen = _is_test(len(images)) == (split == "test")
    return ImageSet(
        name="digits",
        split=split,
        images=images[chosen],
        labels=np.asarray(bunch.target)[chosen].astype(np.int64),
        classes=tuple(str(name) for name in bunch.target_names),
        max_level=16,
    )


def breast_cancer(split: str = "test") -> TableSet:
    """Read scikit-learn's breast cancer data: 30 measurements of the cell nuclei in each sample, in their own units.

    The labels are 0, malignant, and 1, benign. scikit-learn does not split them. Here every fifth sample (index 0, 5,
    10, ...) is a test sample, 114 in all, and the other 455 are training samples, both in scikit-learn's order.

    Args:
        split: ``"train"`` or ``"test"``.

    Raises:
        OptionError: There is no such split.
        MissingExtra: scikit-learn is not installed.

    Source: Wolberg, Mangasarian, Street, Street, "Breast Cancer Wisconsin (Diagnostic)", UCI, 1995.
    """
    check_split(split)
    bunch = _bundled("load_breast_cancer")
    rows, test = np.asarray(bunch.data).astype(np.float32), _is_test(len(bunch.data))
    chosen = test == (split == "test")
    return TableSet(
        name="breast_cancer",
        split=split,
        rows=rows[chosen],
        labels=np.asarray(bunch.target)[chosen].astype(np.int64),
        classes=tuple(str(name) for name in bunch.target_names),
        feature_names=tuple(str(name) for name in bunch.feature_names),
        lower=rows[~test].min(axis=0),
        upper=rows[~test].max(axis=0),
    )


def _is_test(count: int) -> NDArray[np.bool_]:
    """Which of so many items are test items: every fifth."""
    return np.asarray(np.arange(count) % TEST_EVERY == 0)


def _bundled(loader: str) -> Any:
    """What a loader of scikit-learn gives, from the files that come with it.

    Raises:
        MissingExtra: scikit-learn is not installed.
    """
    try:
        import sklearn.datasets  # an optional dependency, and slow to import
    except ImportError as error:
        remedy = "pip install 'deepcheck-nn[demo]'"
        raise MissingExtra(f"expected scikit-learn, which ships the data, found none: {remedy}") from error
    return getattr(sklearn.datasets, loader)()
