"""What FGSM and PGD made of some inputs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import final

import numpy as np

from deepcheck.attacks.gradient import Start
from deepcheck.certify import replayer_for
from deepcheck.program import Array, Path


@final
@dataclass(frozen=True)
class GradientAttack:
    """One input after an attack along gradients.

    Attributes:
        epsilon: How far each element was allowed to move, in the user's units; None where no epsilon changes the label.
        pixels: The new input in the user's units, float64; the input itself where ``epsilon`` is None.
        model_input: What the model receives, in its own type; all claims are about this array.
        label: The label of the input.
        new_label: The label of the new input.
        flips: How many activations differ between the two.
        replayed: Does the untouched model give both labels?
    """

    epsilon: float | None
    pixels: Array = field(repr=False)
    model_input: Array = field(repr=False)
    label: int
    new_label: int
    flips: int
    replayed: bool

    @property
    def changed(self) -> bool:
        """Has the label changed?"""
        return self.label != self.new_label

    @property
    def same_path(self) -> bool:
        """Is the new input on the input's path?"""
        return self.flips == 0

    def _repr_html_(self) -> str:
        from deepcheck.attacks.gradient_markup import gradient_attack_html

        return gradient_attack_html(self)


@final
@dataclass(frozen=True)
class GradientAttacks:
    """A batch of them, as arrays; an item is a `GradientAttack`.

    Attributes:
        epsilon: ``(items,)``; NaN where no epsilon changes the label.
        pixels: ``(items, *input_shape)``, float64.
        model_input: The same, as the model receives it.
        labels: The inputs' labels, in exact arithmetic, ``(items,)``; in a network too large for that, float64's.
        new_labels: The new inputs' labels, likewise.
        flips: How many activations differ in each branch instruction, ``(items, branches)``.
        replayed: Does the untouched model give both labels? ``(items,)``.
        runtime: What replayed.
    """

    epsilon: Array
    pixels: Array = field(repr=False)
    model_input: Array = field(repr=False)
    labels: Array
    new_labels: Array
    flips: Array = field(repr=False)
    replayed: Array
    runtime: str

    def __len__(self) -> int:
        return len(self.epsilon)

    def __getitem__(self, item: int) -> GradientAttack:
        epsilon = float(self.epsilon[item])
        return GradientAttack(
            None if np.isnan(epsilon) else epsilon,
            self.pixels[item],
            self.model_input[item],
            int(self.labels[item]),
            int(self.new_labels[item]),
            int(self.flips[item].sum()),
            bool(self.replayed[item]),
        )

    def __iter__(self) -> Iterator[GradientAttack]:
        return (self[item] for item in range(len(self)))

    @property
    def changed(self) -> Array:
        """Whose label has changed, ``(items,)``."""
        return np.asarray(self.labels != self.new_labels)

    def _repr_html_(self) -> str:
        from deepcheck.attacks.gradient_markup import gradient_attacks_html

        return gradient_attacks_html(self)

    @staticmethod
    def of(start: Start, epsilon: Array, pixels: Array) -> "GradientAttacks":
        """Look at what an attack made of some inputs, ``(items, *input_shape)``, and replay it."""
        program, replayer = start.program, replayer_for(start.program.origin)
        before, after = start.run(start.pixels), start.run(pixels)
        old, new = (program.preprocessing.model_input(each, program.dtype) for each in (start.pixels, pixels))
        same = [replayer.labels(program, old) == start.labels, replayer.labels(program, new) == after.labels]
        return GradientAttacks(
            epsilon,
            pixels.astype(np.float64),
            new,
            start.labels,
            after.labels,
            flips_by_branch(before.path, after.path),
            np.logical_and(*same),
            replayer.runtime,
        )


def flips_by_branch(before: Path, after: Path) -> Array:
    """How many arms differ in each branch instruction, ``(items, branches)``."""
    found = np.zeros((len(before), len(before.arms)), dtype=np.int64)
    for column, (old, new) in enumerate(zip(before.arms, after.arms, strict=True)):
        found[:, column] = np.count_nonzero((old != new).reshape(len(before), -1), axis=1)
    return found
