"""Beyond one path: all paths over a few features."""

from deepcheck.explore.all_paths import AllPaths, Explored
from deepcheck.explore.minimal import smallest_over_all_paths

__all__ = ["AllPaths", "Explored", "smallest_over_all_paths"]
