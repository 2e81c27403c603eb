"""The paper's tables and figures for one pixel, two, and words, on our own networks, each as *run* and *analyze*.

The rules, fixed before any figure was seen, are `deepcheck.reproduce.rules.RULES` and ``TEXT_RULES``: which network,
which ten images, which texts, what is counted. *Run* asks for every pixel of an image, for pairs, and for the words of
a text, once and stores what came of it under ``OUT/runs``; *analyze* reads that, counts and draws. A second run reads
what the first one stored.

    deepcheck.reproduce.run(("table2", "census"), data=Path("data"), out=Path("out"))

``python -m deepcheck.reproduce.page FOLDER FILE`` writes a page from the JSON files of a run.
"""

from deepcheck.reproduce.parts import PARTS, run

__all__ = ["PARTS", "run"]
