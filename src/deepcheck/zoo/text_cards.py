"""A shipped text network is four files of one stem: the model, its vocabulary, its vectors, and a card.

The model reads vectors, not words. ``NAME.words.txt`` has one word a line, in UTF-8; line i belongs to row i of
``NAME.vectors.npy``, float32, which is exactly what the model receives. Row 0 is ``<PAD>``, row 1 ``<UNK>``, for every
word outside the list; both are zero. A text is its last words, padded on the left.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import final

from deepcheck.errors import OptionError

TEXT_NETWORKS = Path(__file__).parent / "text_networks"


@final
@dataclass(frozen=True)
class WordVectors:
    """How word2vec trained the vectors; the names are gensim's.

    Attributes:
        vector_size: Entries of a vector.
        sg: 1 for skip-gram, 0 for a bag of words.
        epochs: How many times each training text was seen.
        window: How far away a word may be to be predicted.
        negative: Words drawn as noise for each word predicted.
        sample: Words more frequent than this share are left out at random.
        seed: Of the first vectors and of everything drawn.
    """

    vector_size: int
    sg: int
    epochs: int
    window: int
    negative: int
    sample: float
    seed: int


@final
@dataclass(frozen=True)
class TextTraining:
    """How a text network was trained.

    Attributes:
        script: The script, in the project's repository, that made the network.
        framework: What trained it and its vectors, with their versions.
        seed: Of the initial weights, of the order of the texts and of the dropout.
        epochs: How many times each training text was seen.
        batch: Texts per step.
        optimizer: The rule of each step.
        learning_rate: At the first step.
        dropout: Share of the convolution's outputs that a step left out.
        input_dropout: Share of the entries of the vectors that a step left out.
        vectors: Whether word2vec's vectors were trained further with the network.
        vectors_norm: The mean norm that word2vec's vectors were scaled to at the start.
        word2vec: How the vectors were made.
        reviews: How many training texts.
    """

    script: str
    framework: str
    seed: int
    epochs: int
    batch: int
    optimizer: str
    learning_rate: float
    dropout: float
    input_dropout: float
    vectors: str
    vectors_norm: float
    word2vec: WordVectors
    reviews: int


@final
@dataclass(frozen=True)
class TextCard:
    """What a shipped text network is, and how good.

    Attributes:
        name: As in `text_names`.
        description: One line.
        sha256: Of the model file, in hexadecimal.
        vocabulary_sha256: Of the list of words.
        vectors_sha256: Of the file of vectors.
        length: How many words the model reads, the last ones of a text.
        dimension: Entries of a word's vector.
        words: Words in the vocabulary, padding and the unknown word not counted.
        labels: The name of each label.
        data: The data set it was trained and tested on.
        training: How it was trained.
        train_accuracy: Share of the training texts it labels rightly, in onnxruntime.
        test_accuracy: Share of the test texts it labels rightly, in onnxruntime.
        test_reviews: How many test texts.
    """

    name: str
    description: str
    sha256: str
    vocabulary_sha256: str
    vectors_sha256: str
    length: int
    dimension: int
    words: int
    labels: tuple[str, ...]
    data: str
    training: TextTraining
    train_accuracy: float
    test_accuracy: float
    test_reviews: int


@final
@dataclass(frozen=True)
class TextFiles:
    """Where a shipped text network is.

    Attributes:
        model: The ONNX file, from vectors to a probability.
        vocabulary: The words, one a line.
        vectors: The vector of each word, ``(2 + words, dimension)``, float32.
    """

    model: Path
    vocabulary: Path
    vectors: Path


def text_names() -> tuple[str, ...]:
    """List the shipped text networks, in alphabetical order."""
    return tuple(sorted(file.stem for file in TEXT_NETWORKS.glob("*.onnx")))


def text_files(name: str) -> TextFiles:
    """Give the files of a shipped text network.

    Raises:
        OptionError: There is no text network of this name.
    """
    _check(name)
    return TextFiles(
        model=TEXT_NETWORKS / f"{name}.onnx",
        vocabulary=TEXT_NETWORKS / f"{name}.words.txt",
        vectors=TEXT_NETWORKS / f"{name}.vectors.npy",
    )


def text_card(name: str) -> TextCard:
    """Read the card of a shipped text network.

    Raises:
        OptionError: There is no text network of this name.
    """
    _check(name)
    stored = json.loads((TEXT_NETWORKS / f"{name}.json").read_text(encoding="utf-8"))
    training = stored.pop("training")
    word2vec = WordVectors(**training.pop("word2vec"))
    return TextCard(labels=tuple(stored.pop("labels")), training=TextTraining(word2vec=word2vec, **training), **stored)


def _check(name: str) -> None:
    if name not in text_names():
        raise OptionError(f"expected a text network of the zoo, one of {', '.join(text_names())}; got {name!r}")
