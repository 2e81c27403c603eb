"""All rivals. Settings are the libraries' defaults, but for what decides how many queries a run takes."""

from rival import Rival
from rival_least import (
    ArtJsma,
    BrendelBethge,
    FastMinimumNorm,
    FoldedGaussian,
    Jsma,
    Pointwise,
    SaltAndPepper,
    SigmaZero,
)
from rival_sized import ArtPixel, Corners, OnePixel, Pixle, SparseRandomSearch

RIVALS: tuple[Rival, ...] = (
    ArtPixel(), OnePixel(), Pixle(), SparseRandomSearch(), Jsma(), ArtJsma(), SaltAndPepper(), Pointwise(),
    FastMinimumNorm(), BrendelBethge(), SigmaZero(), FoldedGaussian(), Corners(),
)  # fmt: skip
