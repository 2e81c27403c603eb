"""What the demo asks, of which images.

The rule, fixed before looking: for each label the first test image of scikit-learn's digits, in index order, that the
network labels rightly and that has an attack by one pixel on its 17 levels that replays; where a label has none, the
first image that the network labels rightly.
"""

from dataclasses import dataclass

import numpy as np

import deepcheck
from deepcheck.attacks import Attacks, Result
from deepcheck.program import Array, Program

NETWORK, DATA = "digits_10x4", "digits:test"
METRICS = ("abs", "co", "coi", "reach")
SHORTLISTS = ("5%", "10%", "30%")
SHOWN_METRIC, SHOWN_SHORTLIST = "coi", "10%"


@dataclass(frozen=True)
class Study:
    """Ten images and what is known about them.

    Attributes:
        program: The network.
        indices: Which test images, one for each label.
        pixels: Those, ``(images, 1, 8, 8)``.
        domain: Where pixels may go.
        results: Every pixel tried, in index order.
        ordered: The same by metric: by falling importance.
        shortlists: By metric and shortlist: only its top.
        scores: By metric, ``(images, 8, 8)``.
    """

    program: Program
    indices: tuple[int, ...]
    pixels: Array
    domain: deepcheck.Pixels
    results: Attacks
    ordered: dict[str, Attacks]
    shortlists: dict[tuple[str, str], Attacks]
    scores: dict[str, Array]

    @property
    def labels(self) -> tuple[int, ...]:
        """The labels of the images."""
        return tuple(result.label for result in self.results)

    def shortlist(self, metric: str, top: str, item: int) -> Array:
        """The most important pixels of one image, by index."""
        scores = self.scores[metric][item].ravel()
        return np.asarray(deepcheck.order_of(scores)[: deepcheck.shortlist_length(top, scores.size)])


def study() -> Study:
    """Run the demo's questions.

    Raises:
        MissingExtra: If scikit-learn, which ships the digits, is not installed.
    """
    program = deepcheck.load(deepcheck.zoo.path(NETWORK))
    images = deepcheck.datasets.digits("test")
    domain = deepcheck.Pixels(levels=images.max_level + 1)
    everything = _attack(program, images.pixels(), domain)
    indices = _chosen(everything, images.labels)
    pixels = images.pixels(list(indices))
    return Study(
        program=program,
        indices=indices,
        pixels=pixels,
        domain=domain,
        results=_attack(program, pixels, domain),
        ordered={metric: _attack(program, pixels, domain, order=metric) for metric in METRICS},
        shortlists={
            (metric, top): _attack(program, pixels, domain, order=metric, shortlist=top)
            for metric in METRICS
            for top in SHORTLISTS
        },
        scores={metric: deepcheck.importance(program, pixels, metric=metric, domain=domain) for metric in METRICS},
    )


def _attack(
    program: Program, pixels: Array, domain: deepcheck.Pixels, order: str | None = None, shortlist: str | None = None
) -> Attacks:
    found = deepcheck.attack(program, pixels, domain=domain, order=order, shortlist=shortlist)
    assert isinstance(found, Attacks)
    return found


def _chosen(results: Attacks, labels: Array) -> tuple[int, ...]:
    """The test images of the rule above, by label; a label that is never given rightly is left out."""
    found = []
    for label in np.unique(labels):
        right = [int(i) for i in np.flatnonzero(labels == label) if results[int(i)].label == label]
        found += [i for i in right if _is_attacked(results[i])][:1] or right[:1]
    return tuple(found)


def _is_attacked(result: Result) -> bool:
    return result.verdict == "attack"
