"""What all results of one call share."""

from dataclasses import dataclass

from deepcheck.domains import Box, Features, Pixels
from deepcheck.program import Array, Program
from deepcheck.symbolic import Run


@dataclass(frozen=True)
class Asked:
    """How the sets were to be tried.

    Attributes:
        order: By which metric they were ordered; None is index order (the baseline).
        shortlist: How much of that order was tried, as asked; None is all.
        first: Was each input to stop at its first attackable set?
        objective: What witnesses were chosen by.
        target: The only label that counts, or None for any other label.
        paths: Along which paths: "same" (the input's own) or "all".
    """

    order: str | None = None
    shortlist: str | int | None = None
    first: bool = False
    objective: str = "margin"
    target: int | None = None
    paths: str = "same"


@dataclass(frozen=True)
class Study:
    """What all results of one call share.

    Attributes:
        program: The program.
        x: What the model received, ``(items, *input_shape)``.
        run: The concrete run.
        features: The features.
        pixels: The domain as asked.
        box: The domain in the units of the model's input.
        asked: How the sets were to be tried.
        model_labels: The label of each input in the model's own arithmetic, ``(items,)``.
        runtime: What replayed.
    """

    program: Program
    x: Array
    run: Run
    features: Features
    pixels: Pixels
    box: Box
    asked: Asked
    model_labels: Array
    runtime: str
