"""A text network small enough to be worked out by hand: the logit is the sum of the words' first numbers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from plain_text_network import signed_network

VECTORS = {
    "<PAD>": (0, 0),
    "<UNK>": (0, 1),
    "good": (1, 0),
    "great": (2, 0),
    "bad": (-1.5, 0.25),
    "film": (0, 0.5),
    "the": (0, -0.5),
}
POSITIONS = 4


@dataclass(frozen=True)
class TinyText:
    """Its files, and the options that name them."""

    model: Path
    words: Path
    vectors: Path

    @property
    def options(self) -> tuple[object, ...]:
        named = ("--model", self.model, "--vocabulary", self.words, "--vectors", self.vectors)
        return (*named, "--labels", "dislikes,likes")


def tiny_text(folder: Path) -> TinyText:
    """Write the network and its words."""
    files = TinyText(folder / "sum.onnx", folder / "words.txt", folder / "vectors.npy")
    files.words.write_text("".join(f"{word}\n" for word in VECTORS), encoding="utf-8")
    np.save(files.vectors, np.array(list(VECTORS.values()), dtype=np.float32))
    onnx.save(signed_network(POSITIONS), files.model)
    return files
