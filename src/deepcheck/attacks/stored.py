"""The witnesses of a result as plain data, without a view of each."""

from collections.abc import Iterator

from deepcheck.attacks.columns import witnesses
from deepcheck.attacks.feature_result import FeatureResult
from deepcheck.attacks.result import Result
from deepcheck.attacks.set_result import SetResult
from deepcheck.attacks.set_rows import best_rows, changed_inputs
from deepcheck.program import Array


def stored(result: Result) -> Iterator[tuple[tuple[int, ...], int, Array]]:
    """Of each listed set: its features, the label of its witness, and what the model receives, flat."""
    if isinstance(result, FeatureResult):
        columns = result.columns
        chosen = columns.chosen[columns.chosen_starts[result.item] : columns.chosen_starts[result.item + 1]]
        labels, changed = columns.regions.label[chosen], witnesses(columns, chosen)
    elif isinstance(result, SetResult) and len(result.attacks):
        wins, study = result.family.wins, result.study
        rows = best_rows(wins, result.attacks.starts, study, result.item, result.family.order)
        labels = wins.label[rows]
        changed = changed_inputs(wins.take(rows), study.x[result.item], study.features, result.family.order)
    else:
        return
    for features, label, x in zip(result.attackable, labels.tolist(), changed, strict=True):
        yield features, label, x.reshape(-1)
