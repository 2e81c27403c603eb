"""A vocabulary: words, and the vector of each.

On disk it is two files: words, UTF-8, one a line, and a ``.npy`` matrix whose row ``i`` is the vector of line ``i``.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from deepcheck.errors import InputError
from deepcheck.program import Array
from deepcheck.text.tokens import UNKNOWN

PADDING = "<PAD>"
"""How a place without a word is written."""
_PADDINGS, _UNKNOWNS = ("<PAD>", "<pad>", "[PAD]"), (UNKNOWN, "<unk>", "[UNK]")
MOST_BYTES = 1 << 30
"""A file of words or vectors that is larger is refused."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Words and their vectors; two of them stand for no word and for an unknown one.

    Attributes:
        words: The words, each once, in the order of the rows; `PADDING` and `UNKNOWN` among them.
        vectors: ``(words, dimensions)``, finite, read-only.
        padding: The row that fills places without a word.
        unknown: The row of every word that is not in the vocabulary.
    """

    words: tuple[str, ...]
    vectors: Array
    padding: int
    unknown: int

    @staticmethod
    def of(words: tuple[str, ...], vectors: Array, dtype: np.dtype[np.floating] | None = None) -> "Vocabulary":
        """Put words and vectors together; padding or an unknown word that is missing gets a vector of zeros.

        Args:
            words: The words; ``<PAD>`` and ``<UNK>`` (or ``[PAD]``, ``[UNK]``, which are written as these) are special.
            vectors: ``(words, dimensions)``, floats.
            dtype: The model's type, which the vectors are rounded to; by default their own.

        Raises:
            InputError: If words and vectors do not fit, a word comes twice, or a vector is not finite.
        """
        if vectors.ndim != 2 or vectors.dtype.kind != "f" or 0 in vectors.shape:
            raise InputError(f"expected vectors (words, dimensions) of floats, got {vectors.dtype} {vectors.shape}")
        if len(words) != len(vectors):
            raise InputError(
                f"expected as many words as vectors, got {len(words)} words and {len(vectors)} vectors: row i of the "
                "matrix is the vector of line i"
            )
        seen: set[str] = set()
        for line, word in enumerate(words, start=1):
            if not word or word in seen:
                raise InputError(f"expected every word once, got {word!r} {'again ' * bool(word)}in line {line}")
            seen.add(word)
        with np.errstate(over="ignore"):
            rows = vectors.astype(vectors.dtype if dtype is None else dtype)
        if not np.isfinite(rows).all():
            raise InputError("expected finite vectors, got NaN or infinity among them")
        listed = list(words)
        special = []
        for names in (_PADDINGS, _UNKNOWNS):
            known = [name for name in names if name in seen]
            if not known:
                listed.append(names[0])
                rows = np.concatenate([rows, np.zeros((1, rows.shape[1]), rows.dtype)])
            row = listed.index(known[0] if known else names[0])
            listed[row] = names[0]
            special.append(row)
        rows.setflags(write=False)
        return Vocabulary(tuple(listed), rows, special[0], special[1])

    def __len__(self) -> int:
        return len(self.words)

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has."""
        return int(self.vectors.shape[1])

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    def row(self, word: str) -> int:
        """The row of a word, in lower case where only that is known; that of the unknown word if there is none."""
        known = self.rows.get(word)
        return self.rows.get(word.lower(), self.unknown) if known is None else known

    @cached_property
    def usable(self) -> Array:
        """Which rows can stand in a sentence: all but padding, ``(words,)``."""
        return np.asarray(np.arange(len(self.words)) != self.padding)

    def similarity(self, row: int) -> Array:
        """The cosine between a word's vector and every other, ``(words,)``; 0 where a vector is 0."""
        vectors = self.vectors.astype(np.float64)
        norms = np.linalg.norm(vectors, axis=1)
        return np.asarray(vectors @ vectors[row] / np.maximum(norms * norms[row], np.finfo(np.float64).tiny))

    def nearest(self, vectors: Array, allowed: Array | None = None) -> Array:
        """The usable word nearest to each vector by Euclidean distance (the lowest row in a tie), ``(items,)``.

        Args:
            vectors: ``(items, dimensions)``.
            allowed: Which rows may be taken, ``(items, words)``; by default all usable ones.

        Source: section IV-B, "the nearest valid word embedding ... using the L2 distance metric".
        """
        own = self.vectors.astype(np.float64)
        squares = (own**2).sum(axis=1)[None] - 2 * vectors @ own.T
        may = self.usable[None] if allowed is None else allowed & self.usable
        return np.asarray(np.where(may, squares, np.inf).argmin(axis=1))


def read_vocabulary(words: Path, vectors: Path, dtype: np.dtype[np.floating] | None = None) -> Vocabulary:
    """Read a vocabulary from its two files; nothing is unpickled.

    Raises:
        InputError: If a file is missing, too large, damaged, or the two do not fit.
    """
    lines = _content(words, "a file of words, UTF-8, one a line").replace("\r\n", "\n").removesuffix("\n")
    # Words may hold what Python takes for an end of line: GloVe's do.
    return Vocabulary.of(tuple(lines.split("\n")), _matrix(vectors), dtype)


def _content(path: Path, expected: str) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"expected {expected}, got {path} of more than {MOST_BYTES >> 20} MiB")
        return path.read_bytes().decode("utf-8-sig", "strict")
    except OSError as problem:
        raise InputError(f"expected {expected}, but {path} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"expected {expected}, got {path}, which is not UTF-8") from None


def _matrix(path: Path) -> Array:
    expected = "a .npy matrix of floats (words, dimensions)"
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"expected {expected}, got {path} of more than {MOST_BYTES >> 20} MiB")
        return np.array(np.lib.format.open_memmap(path, mode="r"))
    except OSError as problem:
        raise InputError(f"expected {expected}, but {path} cannot be read: {problem.strerror or problem}") from None
    except InputError:
        raise
    except Exception as problem:  # numpy raises many classes, tokenize's among them
        raise InputError(f"expected {expected}, got {path}: {' '.join(str(problem).split())[:160]}") from None


__all__ = ["PADDING", "Vocabulary", "read_vocabulary"]
