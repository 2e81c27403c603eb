"""What the demo prints and writes about the table."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import deepcheck
from deepcheck.attacks import Result
from deepcheck.cli.demo_table import DATA, NETWORK, TableStudy
from deepcheck.display.pictures import save_figure
from deepcheck.display.ranges import Ranges, Spans, ranges_picture
from deepcheck.display.tables import print_table

SCOPE = (
    "Along any path, each measurement within its range in the training samples (widened to hold the sample): those not "
    "listed are "
)


def draw(study: TableStudy, file: Path) -> None:
    """Draw the samples shown."""
    samples = [_ranges(study, index) for index in study.indices]
    caption = (
        "One measurement changes, all others stay. A bar is the measurement's range in the training samples, widened "
        f"to hold the sample.\nBars without colour are {_others(study)}."
    )
    save_figure(ranges_picture(samples, study.table.feature_names, caption=caption), file)


def print_table_study(study: TableStudy) -> None:
    """Print which single measurements overturn which samples, and the counts of the whole test set."""
    rows = [row for index in study.indices for row in _rows(study, index)]
    print(f"{NETWORK}: {len(study.table)} test samples of breast cancer data, {study.accuracy:.1%} labelled rightly")
    print_table(
        ["sample", "label", "measurement", "value", "turns it", "attacking values, any path", "along its own path"],
        rows,
        title="Which single measurement flips it?",
        caption=SCOPE + _others(study),
        left=3,
    )
    found = as_json(study)["test_set"]
    for paths, name in (("all", "along any path"), ("same", "along their own path")):
        counts = found[paths]
        print(f"test samples, one measurement, {name}: " + ", ".join(f"{counts[key]} {key}" for key in counts))
    if study.smallest is not None:
        print_table(
            ["measurements", "test samples"],
            [[size or "none does", count] for size, count in sorted(study.sizes.items())],
            title="The fewest measurements that flip a sample, along any path; that no fewer do is proved",
            caption=_open(study),
        )


def next_commands(study: TableStudy) -> list[str]:
    """Commands that go on from here."""
    attacked = [index for index in study.indices if study.results[index].verdict == "attack"]
    proved = [index for index in study.indices if study.results[index].verdict == "proved"]
    return [
        *(f"deepcheck attack {NETWORK} {DATA}:{index} --paths all" for index in attacked[:1]),
        *(f"deepcheck attack {NETWORK} {DATA}:{index} --size smallest --paths all" for index in proved[:1]),
    ]


def as_json(study: TableStudy) -> dict[str, Any]:
    """Everything that was found about the table."""
    found: dict[str, Any] = {
        "network": NETWORK,
        "measurements": list(study.table.feature_names),
        "labels": list(study.table.classes),
        "test_set": {
            paths: {verdict: _count(results, verdict) for verdict in ("attack", "proved", "undecided")}
            for paths, results in (("all", study.results), ("same", study.along))
        },
        "samples": [
            {
                "sample": f"{DATA}:{index}",
                "values": study.table.rows[index].tolist(),
                "all_paths": deepcheck.as_json(study.results[index]),
                "own_path": deepcheck.as_json(study.along[index]),
            }
            for index in study.indices
        ],
    }
    if study.smallest is not None:
        found["smallest"] = [deepcheck.as_json(result)["smallest"] for result in study.smallest]
    return found


def _ranges(study: TableStudy, index: int) -> Ranges:
    result, row = study.results[index], study.table.rows[index]
    count = result.counts["attackable"]
    lower, upper = study.table.range_holding(row)
    title = f"sample {index}\n{study.table.classes[result.label]}: {count or 'none'} flip{'s' if count == 1 else ''} it"
    return Ranges(title, lower, upper, row, _spans(result), _spans(study.along[index]))


def _spans(result: Result) -> Spans:
    """The attacking values of each measurement, for whichever label."""
    return {
        attack.features[0]: [ends for pieces in attack.intervals.values() for ends in pieces]
        for attack in result.attacks
    }


def _rows(study: TableStudy, index: int) -> Iterator[list[object]]:
    table, result = study.table, study.results[index]
    own = {attack.features: attack for attack in study.along[index].attacks}
    named: list[object] = [f"{DATA}:{index}", table.classes[result.label]]
    if not result.attacks:
        counts = result.counts
        said = f"none: {counts['proved']} proved" + f", {counts['undecided']} open" * (counts["undecided"] > 0)
        yield [*named, said, None, None, None, None]
    for attack in result.attacks:
        (feature,) = attack.features
        same = own.get(attack.features)
        yield [
            *named,
            table.feature_names[feature],
            f"{table.rows[index, feature]:.4g}",
            ", ".join(table.classes[label] for label in attack.labels),
            _values(attack.intervals),
            "-" if same is None else _values(same.intervals),
        ]
        named = [None, None]


def _values(intervals: Any) -> str:
    return " ".join(f"[{lower:.4g}, {upper:.4g}]" for pieces in intervals.values() for lower, upper in pieces)


def _count(results: tuple[Result, ...], verdict: str) -> int:
    return sum(result.verdict == verdict for result in results)


def _others(study: TableStudy) -> str:
    """What is known about the measurements of the samples shown that are not attackable."""
    shown = [study.results[index] for index in study.indices]
    left = sum(result.counts["undecided"] + result.counts["untried"] for result in shown)
    return "proved, over all paths, not to change the label" + f", but for {left} that are open" * (left > 0)


def _open(study: TableStudy) -> str:
    left = len(study.table) - sum(study.sizes.values())
    return f"open: {left}" if left else "None is open."
