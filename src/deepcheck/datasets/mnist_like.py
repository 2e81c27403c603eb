"""MNIST, and Fashion-MNIST, which copies its shape: 60,000 training and 10,000 test images of 28x28."""

import numpy as np

from deepcheck.datasets.idx import read_idx
from deepcheck.datasets.images import ImageSet, check_split
from deepcheck.datasets.locate import DataFile, Folder, locate

STEMS = {"train": ("train", 60_000), "test": ("t10k", 10_000)}

MNIST_SITE = "https://ossci-datasets.s3.amazonaws.com/mnist/"
MNIST_SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
DIGITS = tuple("0123456789")

FASHION_SITE = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
FASHION_SHA256 = {
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def mnist(split: str = "test", data: Folder | None = None) -> ImageSet:
    """Read MNIST: handwritten digits, images ``(n, 28, 28)``.

    Args:
        split: ``"train"``, 60,000 images, or ``"test"``, 10,000.
        data: The folder that has ``mnist/``; see `deepcheck.datasets.locate` for what None means.

    Raises:
        OptionError: There is no such split.
        DataError: A file is missing, damaged, or could not be downloaded.

    Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".
    """
    check_split(split)
    files = [DataFile("mnist", name, MNIST_SHA256[name], MNIST_SITE) for name in _names(split)]
    return _read("mnist", split, files, DIGITS, data)


def fashion_mnist(split: str = "test", data: Folder | None = None) -> ImageSet:
    """Read Fashion-MNIST: pieces of clothing, images ``(n, 28, 28)``.

    Args:
        split: ``"train"``, 60,000 images, or ``"test"``, 10,000.
        data: The folder that has ``fashion-mnist/``; see `deepcheck.datasets.locate` for what None means.

    Raises:
        OptionError: There is no such split.
        DataError: A file is missing, damaged, or could not be downloaded.

    Source: Xiao, Rasul, Vollgraf, "Fashion-MNIST: a Novel Image Dataset", 2017.
    """
    check_split(split)
    files = [DataFile("fashion-mnist", name, FASHION_SHA256[name], FASHION_SITE) for name in _names(split)]
    return _read("fashion_mnist", split, files, CLOTHES, data)


def _names(split: str) -> tuple[str, str]:
    stem, _ = STEMS[split]
    return f"{stem}-images-idx3-ubyte.gz", f"{stem}-labels-idx1-ubyte.gz"


def _read(name: str, split: str, files: list[DataFile], classes: tuple[str, ...], data: Folder | None) -> ImageSet:
    images, labels = (locate(file, data) for file in files)
    _, count = STEMS[split]
    return ImageSet(
        name=name,
        split=split,
        images=read_idx(images, (count, 28, 28)),
        labels=read_idx(labels, (count,)).astype(np.int64),
        classes=classes,
    )
