"""Tables about attacks as HTML: which features, which values, which labels."""

from collections.abc import Mapping, Sequence

import numpy as np

from deepcheck.attacks.feature_result import FeatureResult
from deepcheck.attacks.outcome import Outcome
from deepcheck.attacks.result import Result
from deepcheck.attacks.seen import SHOWN_PRODUCTS, scores_of
from deepcheck.attacks.study import Study
from deepcheck.attacks.witness import Attack, Glance
from deepcheck.display.markup import escaped, listing
from deepcheck.program import Array

LISTED = 10
"""How many attacks a table lists."""

FEATURES = 20
"""How many features a table lists."""

VALUES = 6
"""Of how many elements a cell shows the values."""


def named(study: Study, feature: int) -> str:
    """A feature's index, with its row and column where it has them."""
    shape = study.features.shape
    if len(shape) < 2:
        return str(feature)
    return f"{feature} ({', '.join(str(int(at)) for at in np.unravel_index(feature, shape))})"


def attack_table(result: Result) -> str:
    """The first attackable sets, in the order tried."""
    single = isinstance(result, FeatureResult)
    headings = ["feature" if single else "features", "was", "changed to", "new label", "replayed"]
    if single:
        headings.insert(3, "attacking values, by label")
    rows = [_row(result, result.attacks.glance(at), single) for at in range(min(LISTED, len(result.attacks)))]
    return listing(headings, rows, left=1, more=len(result.attacks) - len(rows))


def interval_table(attack: Attack) -> str:
    """What was changed, and, of one element, all values that attack."""
    study = attack.study
    before, after = (_values(study, x, attack.features) for x in (study.x[attack.item], attack.witness.model_input))
    rows = [
        [named(study, feature), _joined(old), _joined(new)]
        for feature, old, new in zip(attack.features[:FEATURES], before, after, strict=False)
    ]
    headings = ["feature", "was", "changed to"]
    if attack.intervals:
        headings.append("attacking values, by label")
        rows = [[*row, intervals(attack.intervals, attack.levels)] for row in rows]
    return listing(headings, rows, left=1, more=len(attack.features) - len(rows))


def intervals(
    found: Mapping[int, Sequence[tuple[float, float]]], levels: Mapping[int, Sequence[tuple[int, int]]]
) -> str:
    """The closed intervals of values that reach each label, and their levels, as HTML."""
    parts = []
    for label, pieces in found.items():
        said = ", ".join(f"[{low:.4g}, {high:.4g}]" for low, high in pieces)
        steps = ", ".join(
            f"{first}" if first == last else f"{first} to {last}" for first, last in levels.get(label, ())
        )
        parts.append(f"<b>{label}</b>: {said}" + (f" (levels {steps})" if steps else ""))
    return "<br>".join(parts)


def feature_table(result: Result) -> str:
    """The features of an input that is no picture: the attackable ones first, then the most important."""
    study, item = result.study, result.item
    order, scores = result.order, None
    counts = result.attacks.memberships()
    if study.program.products <= SHOWN_PRODUCTS:
        scores = scores_of(result)
        order = order[np.lexsort((order, -scores[order], counts[order] == 0))]
    ends = study.pixels.element_bounds(study.program.input_shape)
    values = _values(study, study.x[item], order[:FEATURES].tolist())
    said = _outcomes(result)
    rows = []
    for feature, value in zip(order[:FEATURES].tolist(), values, strict=True):
        lower, upper = ends[:, study.features.members[feature]]
        reach = f"{lower.min():.4g} to {upper.max():.4g}"
        score = [] if scores is None else [f"{scores[feature]:.4g}"]
        rows.append([named(study, feature), escaped(said[feature]), _joined(value), reach, *score])
    headings = ["feature", "found", "value", "range", *(["coi"] if scores is not None else [])]
    return listing(headings, rows, left=2, more=len(order) - len(rows))


def _outcomes(result: Result) -> dict[int, str]:
    """What became of each feature, in words."""
    if isinstance(result, FeatureResult):
        words = {feature: Outcome(found).words for feature, found in zip(result.order, result.outcomes, strict=True)}
        return {int(feature): said for feature, said in words.items()}
    counts = result.attacks.memberships()
    return {int(f): f"in {counts[f]:,} attacks" if counts[f] else "in no listed attack" for f in result.order}


def _row(result: Result, seen: Glance, single: bool) -> list[str]:
    study = result.study
    old, new = (_values(study, x, seen.features) for x in (study.x[result.item], seen.model_input))
    replayed = "not yet" if seen.replayed is None else "yes" if seen.replayed else "no"
    features = ", ".join(named(study, feature) for feature in seen.features[:VALUES])
    rest = len(seen.features) - VALUES
    cells = [features + (f" and {rest} more" if rest > 0 else ""), *(_joined(np.concatenate(v)) for v in (old, new))]
    if single:
        cells.append(intervals(seen.intervals, seen.levels))
    return [*cells, f"<b>{seen.label}</b>", replayed]


def _values(study: Study, model_input: Array, features: Sequence[int]) -> list[Array]:
    """The values of some features in the user's units."""
    pixels = study.program.preprocessing.pixels(model_input[None]).reshape(-1)
    return [np.asarray(pixels[study.features.members[feature]]) for feature in features]


def _joined(values: Array) -> str:
    shown = ", ".join(f"{value:.4g}" for value in values[:VALUES])
    return f"{shown}, ..." if len(values) > VALUES else shown
