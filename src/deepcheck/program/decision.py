"""From a network's outputs to a label."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from deepcheck.program.rationals import Array

Kind = Literal["arg max", "arg min", "sign"]


@dataclass(frozen=True)
class Decision:
    """How outputs become a label: arg max, arg min, or the sign of the only output.

    Each is an arg max over *label scores*, a small linear function of the outputs; ties go to the lowest
    index. With a single output, label 1 iff it is ``> 0``, and the score of label 0 is minus the output.
    """

    kind: Kind
    outputs: int

    @property
    def labels(self) -> int:
        """How many labels there are."""
        return 2 if self.kind == "sign" else self.outputs

    @property
    def matrix(self) -> Array:
        """Outputs to label scores, ``(labels, outputs)``, of -1, 0 and 1."""
        if self.kind == "sign":
            return np.array([[-1.0], [1.0]])
        return np.eye(self.outputs) * (1.0 if self.kind == "arg max" else -1.0)

    def scores(self, outputs: Array) -> Array:
        """Label scores, ``(items, labels)``, of outputs ``(items, outputs)`` in any arithmetic."""
        if self.kind == "sign":
            return np.concatenate([-outputs, outputs], axis=1)
        return outputs if self.kind == "arg max" else -outputs

    def doubts(self, errors: Array) -> Array:
        """How far label scores may be off, ``(items, labels)``, for errors of the outputs ``(items, outputs)``."""
        return np.concatenate([errors, errors], axis=1) if self.kind == "sign" else errors

    def labels_of(self, outputs: Array) -> Array:
        """The label of each item, ``(items,)``."""
        return np.asarray(np.argmax(self.scores(outputs), axis=1))
