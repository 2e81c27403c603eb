"""How many activations an attack flips."""

import numpy as np

from deepcheck.attacks.study import Study
from deepcheck.program import Array
from deepcheck.symbolic import run


def flips_of(study: Study, item: int, changed: Array) -> Array:
    """How many activations differ between an input and changed ones, ``(rows,)``, in exact arithmetic."""
    path = study.run.path.take(np.full(len(changed), item))
    return path.differences(run(study.program, changed, sharp=True).path)
