"""Beyond one path: all paths over a few features."""

from deepcheck.explore.all_paths import AllPaths, Explored, climb
from deepcheck.explore.exploration_json import exploration_as_json
from deepcheck.explore.exploration_result import Exploration
from deepcheck.explore.ladder import Ladder
from deepcheck.explore.line_search import search_lines
from deepcheck.explore.minimal import smallest_over_all_paths

__all__ = [
    "AllPaths",
    "Exploration",
    "Explored",
    "Ladder",
    "climb",
    "exploration_as_json",
    "search_lines",
    "smallest_over_all_paths",
]
