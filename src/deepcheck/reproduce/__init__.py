"""The paper's evaluation on our own networks: tables, figures and research questions, each as *run* and *analyze*.

The rules, fixed before any figure was seen, are in each part's ``rules``: which network, which images and texts, what
is counted. *Run* measures once and keeps it in ``OUT/run.sqlite``; *analyze* reads that, counts, judges and draws. A
second run reads what the first one kept.

    deepcheck.reproduce.run(("table2", "census"), data=Path("data"), out=Path("out"))

``python -m deepcheck.reproduce FOLDER FILE`` writes the page from the JSON files of a run.
"""

from deepcheck.reproduce.parts import PARTS, run

__all__ = ["PARTS", "run"]
