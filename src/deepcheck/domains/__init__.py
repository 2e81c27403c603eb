"""What an input may be: features, bounds, and the grid of 8-bit levels."""

from deepcheck.domains.bounds import spread
from deepcheck.domains.box import Box
from deepcheck.domains.features import Features
from deepcheck.domains.pixels import Pixels

__all__ = ["Box", "Features", "Pixels", "spread"]
