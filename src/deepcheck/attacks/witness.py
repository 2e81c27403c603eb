"""What is shown of an attack: its witness, and how it stands beside the attacks along the input's path."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deepcheck.attacks.study import Study
from deepcheck.program import Array


@dataclass(frozen=True)
class Witness:
    """A new input that differs in the chosen features only.

    Attributes:
        model_input: What the model receives, ``input_shape``, in its own type; all claims are about this array.
        pixels: The same in the user's units, float64.
        values: The changed elements in the user's units.
        label: The label in exact arithmetic.
        margin: That label's lead over every other label; positive.
        replayed: Does the untouched model give the same label?
        flips: How many activations differ from the input's path, in exact arithmetic; 0 along that path.
        same_path_float32: Do the two runs in the model's own arithmetic have the same activations?
        eight_bit: Does the label also change as an 8-bit image, its changed pixels on the nearest levels, written as
            PNG and read back? None where the input is no image, or not itself on 8-bit levels.
        beats_rounding: Does the lead exceed the bound on the rounding of the deployed network? Then the label is the
            same there in any order of summation, and it must replay.
    """

    model_input: Array = field(repr=False)
    pixels: Array = field(repr=False)
    values: tuple[float, ...]
    label: int
    margin: float
    replayed: bool
    flips: int
    same_path_float32: bool
    eight_bit: bool | None = None
    beats_rounding: bool = False

    @property
    def real(self) -> bool:
        """Does it hold in real arithmetic? Always: no other attack is listed."""
        return True

    @property
    def float32(self) -> bool:
        """Does it hold in the model's own float run? It is what was replayed."""
        return self.replayed

    @property
    def same_path(self) -> bool:
        """Is it on the input's path, in exact arithmetic?"""
        return self.flips == 0


@dataclass(frozen=True)
class Comparison:
    """The same sets along the input's path and along any path.

    Attributes:
        along_path: How many are attackable along the input's path.
        any_path: How many are attackable along any path.
        whole: Were all sets decided along the input's path? If not, there may be more.
        flips: How many activations the nearest attack flips: the least over the listed sets, as far as it is known;
            None without an attack.
    """

    along_path: int
    any_path: int
    whole: bool
    flips: int | None

    @property
    def difference(self) -> int:
        """How many are attackable only along another path."""
        return self.any_path - self.along_path

    def __str__(self) -> str:
        least = "" if self.whole else "at least "
        text = f"along this path {least}{self.along_path} attackable, along any path {self.any_path}"
        if self.flips is None:
            return text
        return f"{text}; the nearest attack flips {self.flips} activation" + "s" * (self.flips != 1)


@dataclass(frozen=True)
class Attack:
    """One attackable set of features.

    Attributes:
        features: The changed features, by index.
        labels: The labels that it can reach, along the paths asked about.
        intervals: For each label the attacking values as closed intervals, in the user's units, lowest first: one along
            a path, several along all; empty for several features.
        levels: For each of those the first and last attacking level; empty without levels, and for several features.
        witness: The new input with the largest margin found (or the smallest change, by objective).
        study: What the attack is about.
        item: Which input of it.
    """

    features: tuple[int, ...]
    labels: tuple[int, ...]
    intervals: Mapping[int, tuple[tuple[float, float], ...]]
    levels: Mapping[int, tuple[tuple[int, int], ...]]
    witness: Witness
    study: Study = field(repr=False, compare=False)
    item: int = field(repr=False, compare=False)

    def _repr_html_(self) -> str:
        from deepcheck.attacks.markup import attack_html

        return attack_html(self)

    def _repr_png_(self) -> bytes | None:
        from deepcheck.attacks.markup import attack_png

        return attack_png(self)


@dataclass(frozen=True)
class Glance:
    """What is known of one attackable set without any work: no margin in exact arithmetic, no replay.

    Attributes:
        features: The changed features, by index.
        labels: The labels that it can reach.
        intervals: As those of an `Attack`.
        levels: As those of an `Attack`.
        label: The label of its witness.
        model_input: What the model receives there, ``input_shape``.
        replayed: Does the untouched model give that label? None where that was not asked yet.
    """

    features: tuple[int, ...]
    labels: tuple[int, ...]
    intervals: Mapping[int, tuple[tuple[float, float], ...]]
    levels: Mapping[int, tuple[tuple[int, int], ...]]
    label: int
    model_input: Array = field(repr=False)
    replayed: bool | None
