import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepcheck import datasets, load, load_text, zoo
from deepcheck.datasets import ImageSet, ReviewSet
from deepcheck.reproduce.pairs.census import pair_census
from deepcheck.reproduce.study import Study
from deepcheck.reproduce.words.study import TextStudy
from deepcheck.reproduce.words.table import reviews as reviews_of
from deepcheck.reproduce.words.table import table4

Layers = list[tuple[np.ndarray, np.ndarray]]


def head(images: ImageSet, count: int) -> ImageSet:
    """The first images of a set."""
    return replace(images, images=images.images[:count].copy(), labels=images.labels[:count].copy())


@pytest.fixture(scope="session")
def train(data_folder: Path) -> ImageSet:
    return head(datasets.mnist("train", data_folder), 60)


@pytest.fixture
def study(train: ImageSet, data_folder: Path, tmp_path: Path) -> Study:
    """A study of few images: in these 60, six labels have an image that qualifies."""
    test = head(datasets.mnist("test", data_folder), 30)
    return Study(load(zoo.path("mnist_10x4")), train, test, tmp_path, quick=True, progress=False)


@pytest.fixture(scope="session")
def pair_study(train: ImageSet, data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The same with fewer test images, and measurements that tests share."""
    test = head(datasets.mnist("test", data_folder), 9)
    out = tmp_path_factory.mktemp("pairs")
    return Study(load(zoo.path("mnist_10x4")), train, test, out, quick=True, progress=False)


@pytest.fixture(scope="session")
def pairs_content(pair_study: Study) -> dict[str, Any]:
    """The census of pairs, as it is read from JSON; all unbounded pairs of two images."""
    found: dict[str, Any] = json.loads(json.dumps(pair_census(pair_study), allow_nan=False))
    return found


REVIEWS = (
    "The plot creaks like an old quokkahouse, yet the cast is wonderful and I was moved.",
    "A dull and lifeless sequel. Nobody in it seems to care, and neither did I.",
    "Two hours of rain and a lovely little ending.",
)


@pytest.fixture(scope="session")
def reviews() -> ReviewSet:
    """Reviews that nobody wrote, so that no data are needed."""
    return ReviewSet("madeup", "test", REVIEWS, np.array([1, 0, 1]), ("negative", "positive"))


@pytest.fixture(scope="session")
def text_study(reviews: ReviewSet, tmp_path_factory: pytest.TempPathFactory) -> TextStudy:
    """Table IV with two draws and at most two symbolic words, and measurements that tests share."""
    out = tmp_path_factory.mktemp("texts")
    return TextStudy(load_text("imdb_frozen"), reviews, out, progress=False, draws=2, most=2)


@pytest.fixture(scope="session")
def text_content(text_study: TextStudy) -> dict[str, Any]:
    """Table IV, as it is read from JSON."""
    found: dict[str, Any] = json.loads(json.dumps(table4(text_study), allow_nan=False))
    return found


@pytest.fixture(scope="session")
def reviews_content(text_study: TextStudy) -> dict[str, Any]:
    """The study of reviews, as it is read from JSON."""
    found: dict[str, Any] = json.loads(json.dumps(reviews_of(text_study), allow_nan=False))
    return found


@pytest.fixture(scope="session")
def layers() -> Layers:
    """The weights and biases of the network, read without deepcheck."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(zoo.path("mnist_10x4"))).graph
    tensors = {t.name: numpy_helper.to_array(t).astype(np.float64) for t in graph.initializer}
    gemms = [node for node in graph.node if node.op_type == "Gemm"]
    assert all(a.i == 1 for node in gemms for a in node.attribute if a.name == "transB")
    return [(tensors[node.input[1]], tensors[node.input[2]]) for node in gemms]
