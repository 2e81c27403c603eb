"""The handwritten digits that scikit-learn ships: 1,797 images of 8x8, in levels 0 to 16."""

import numpy as np

from deepcheck.datasets.images import ImageSet, check_split
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
    try:
        from sklearn.datasets import load_digits  # an optional dependency, and slow to import
    except ImportError as error:
        remedy = "pip install 'deepcheck-nn[demo]'"
        raise MissingExtra(f"expected scikit-learn, which ships the digits, found none: {remedy}") from error
    bunch = load_digits()
    images = np.asarray(bunch.images).astype(np.uint8)
    chosen = (np.arange(len(images)) % TEST_EVERY == 0) == (split == "test")
    return ImageSet(
        name="digits",
        split=split,
        images=images[chosen],
        labels=np.asarray(bunch.target)[chosen].astype(np.int64),
        classes=tuple(str(name) for name in bunch.target_names),
        max_level=16,
    )
