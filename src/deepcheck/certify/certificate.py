"""Certificates: what was found, with evidence that `deepcheck.certify.checker` accepts without trusting us."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import onnx

from deepcheck.certify import checker as independent
from deepcheck.certify.checker import AllPaths, Rejected, SamePath
from deepcheck.certify.claims import Claim, attack
from deepcheck.certify.refutations import Refuter
from deepcheck.certify.tree import Grower
from deepcheck.errors import OptionError


@dataclass(frozen=True)
class Certificate:
    """A claim with its evidence.

    Attributes:
        held: What is written, as one JSON object.
    """

    held: dict[str, Any] = field(repr=False)

    @property
    def verdict(self) -> str:
        """What is certified: "attack", "proved" or "undecided"."""
        return str(self.held["claim"]["verdict"])

    @property
    def scope(self) -> str:
        """Which paths it is about: "this path" or "all paths"."""
        return str(self.held["claim"]["scope"])

    @property
    def aim(self) -> str:
        """The only new label that it is about, in words; "" where it is about any."""
        target = self.held["claim"]["target"]
        return "" if target is None else f", to label {target}"

    @property
    def attacks(self) -> int:
        """How many attackable sets it lists."""
        return len(self.held["attacks"])

    @property
    def undecided(self) -> int:
        """How many sets it leaves undecided: those listed, and families of the tree."""
        return len(self.held["undecided"]) + int(self.held["claim"]["left"])

    def content(self, *, compressed: bool = False) -> bytes:
        """What is written to a file."""
        text = json.dumps(self.held, separators=(",", ":")).encode()
        return gzip.compress(text, mtime=0) if compressed else text

    def __str__(self) -> str:
        listed = f"{self.attacks} attacks, {self.undecided} undecided sets"
        return f"certificate: {self.verdict} ({self.scope}{self.aim}), {listed}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from deepcheck.certify.markup import certificate_html

        return certificate_html(self)


def certify(
    claim: Claim, model: bytes, *, timeout: float | None = None, progress: Callable[[float], None] | None = None
) -> Certificate:
    """Find the evidence for a claim.

    What is written is tested by the checker's own functions on the way; a set that they cannot refute is undecided.

    Args:
        claim: What is to be certified.
        model: The model, serialized.
        timeout: Seconds after which, over all paths, what is still open is left undecided.
        progress: Called with the share of the work that is done.

    Raises:
        OptionError: If the checker does not support the model, or refuses an attack.
    """
    attacks = [attack(each) for each in claim.attacks]
    made = SamePath if claim.scope == "this path" else AllPaths
    try:
        checker = made(claim.held(attacks), onnx.load_model_from_string(model))
        checker.covered |= {tuple(sorted(each.features)) for each in claim.attacks}
        evidence, undecided, left = _evidence(checker, timeout, progress)
    except Rejected as problem:
        raise OptionError(f"no certificate for this: {problem}") from None
    held = claim.held(attacks, undecided, left, evidence)
    return Certificate({**held, "digest": independent.digest(held)})


def _evidence(
    checker: SamePath | AllPaths, timeout: float | None, progress: Callable[[float], None] | None
) -> tuple[dict[str, Any], list[tuple[int, ...]], int]:
    """The evidence, the sets that it leaves undecided, and how many more in families."""
    if isinstance(checker, SamePath):
        refuter = Refuter(checker, progress)
        checker.attacks()
        refutations, undecided = refuter.run()
        return {"refutations": refutations}, undecided, 0
    checker.prepare()
    grower = Grower(checker, timeout, progress)
    tree = grower.grow()
    return {"tree": tree}, sorted(grower.undecided), grower.left
