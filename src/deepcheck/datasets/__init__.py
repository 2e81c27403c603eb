"""Labelled data to analyse: MNIST, Fashion-MNIST, a part of CIFAR-10, the IMDB reviews, and two sets of scikit-learn.

Files are looked for in the ``data`` argument, else in ``DEEPCHECK_DATA``, else in the user's cache, where MNIST and
Fashion-MNIST are downloaded on first use; `deepcheck.datasets.locate` has the rule.
"""

from deepcheck.datasets.cifar import cifar10
from deepcheck.datasets.images import ImageSet
from deepcheck.datasets.imdb import imdb
from deepcheck.datasets.mnist_like import fashion_mnist, mnist
from deepcheck.datasets.reviews import ReviewSet
from deepcheck.datasets.scikit import breast_cancer, digits
from deepcheck.datasets.tables import TableSet

__all__ = ["ImageSet", "ReviewSet", "TableSet", "breast_cancer", "cifar10", "digits", "fashion_mnist", "imdb", "mnist"]
