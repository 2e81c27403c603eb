"""Labelled images to analyse: MNIST, Fashion-MNIST, a part of CIFAR-10, scikit-learn's digits.

Files are looked for in the ``data`` argument, else in ``DEEPCHECK_DATA``, else in the user's cache, where MNIST and
Fashion-MNIST are downloaded on first use; `deepcheck.datasets.locate` has the rule.
"""

from deepcheck.datasets.cifar import cifar10
from deepcheck.datasets.images import ImageSet
from deepcheck.datasets.mnist_like import fashion_mnist, mnist
from deepcheck.datasets.scikit import digits

__all__ = ["ImageSet", "cifar10", "digits", "fashion_mnist", "mnist"]
