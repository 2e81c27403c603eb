"""``deepcheck attack --plot`` of features that form no grid: their ranges, values and attacking values."""

from math import isqrt
from pathlib import Path

import numpy as np

from deepcheck.attacks import Result, SmallestResult
from deepcheck.cli.attack_printing import Names
from deepcheck.cli.showing import say
from deepcheck.display.pictures import save_figure
from deepcheck.display.ranges import Ranges, Spans, ranges_picture
from deepcheck.report.witness_words import label_in_words, one_line

MOST = 200
"""More rows are no picture."""


def drawable(result: Result, names: Names) -> bool:
    """Is it about single features in one row, bounded, with names or in no square?"""
    if isinstance(result, SmallestResult):
        return False
    features = result.study.features
    in_a_row = len(features.shape) == 1 and features.single and features.count <= MOST
    square = isqrt(features.count) ** 2 == features.count
    return in_a_row and result.size == 1 and not result.domain.unbounded and (bool(names.features) or not square)


def draw(file: Path, result: Result, names: Names) -> None:
    """Draw the ranges of the features, their values, and which values change the label."""
    study = result.study
    lower, upper = result.domain.element_bounds(study.program.input_shape)[:, study.features.elements]
    values = study.program.preprocessing.pixels(study.x[result.item][None])[0].ravel()[study.features.elements]
    spans: Spans = {
        attack.features[0]: [ends for pieces in attack.intervals.values() for ends in pieces]
        for attack in result.attacks
    }
    anywhere = study.asked.paths == "all"
    title = f"label {label_in_words(result.label, names.labels)}\n{result.counts['attackable']} change it"
    sample = Ranges(title, lower, upper, values, spans if anywhere else {}, {} if anywhere else spans)
    called = [one_line(name) for name in names.features] or [f"feature {index}" for index in range(len(values))]
    first, *rest = str(result).split(": ", 1)
    save_figure(ranges_picture([sample], called, caption="\n".join(_wrapped([f"{first}:", *rest], called))), file)
    say(f"wrote {file}")


def _wrapped(parts: list[str], called: list[str]) -> list[str]:
    """A caption in lines as wide as the picture."""
    import textwrap

    letters = round(np.clip(max(map(len, called)), 10, 80)) + 26
    return [line for part in parts for line in textwrap.wrap(part, letters)]
