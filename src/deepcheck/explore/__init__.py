"""Beyond one path: all paths over a few features."""

from deepcheck.explore.all_paths import AllPaths, Searched, climb
from deepcheck.explore.exploration_json import exploration_as_json
from deepcheck.explore.exploration_result import Exploration
from deepcheck.explore.keeper import Keeper
from deepcheck.explore.ladder import Ladder
from deepcheck.explore.line_search import search_lines
from deepcheck.explore.minimal import smallest_over_all_paths
from deepcheck.explore.pairs import Pairs, decide_pairs
from deepcheck.explore.region_map import Region, RegionMap, region_map_as_json

__all__ = [
    "AllPaths",
    "Exploration",
    "Keeper",
    "Ladder",
    "Pairs",
    "Region",
    "RegionMap",
    "Searched",
    "climb",
    "decide_pairs",
    "exploration_as_json",
    "region_map_as_json",
    "search_lines",
    "smallest_over_all_paths",
]
