"""What ``deepcheck attack`` prints: the verdict in words, and a table of attackable sets."""

from collections.abc import Sequence
from dataclasses import dataclass

from deepcheck.attacks import Attack, Result
from deepcheck.cli.showing import position
from deepcheck.display.tables import print_table
from deepcheck.report.witness_words import label_in_words, one_line


@dataclass(frozen=True)
class Names:
    """What features and labels are called; empty where they are not called anything."""

    features: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


def print_result(result: Result, listed: Sequence[Attack], *, default: str, names: Names) -> None:
    """Print a result.

    Args:
        result: The result.
        listed: The attacks to list.
        default: What the domain is, where nobody asked for it; "" where somebody did.
        names: Of features and labels.
    """
    print(result)
    if names.labels:
        print(f"the label {label_in_words(result.label, names.labels)}")
    if result.comparison is not None:
        print(result.comparison)
    if result.first_features is not None and result.size > 1:
        print(_summary(result))
    if result.counts["proved"]:
        print(_proofs(result))
    if default:
        print(f"bounds: {default}; --bounds A:B or FILE.npz, or --unbounded, change it)")
    if listed:
        _print_attacks(result, listed, names)


def _print_attacks(result: Result, listed: Sequence[Attack], names: Names) -> None:
    shape = result.study.features.shape
    with_levels = result.domain.levels is not None
    single = bool(listed[0].intervals) and len(listed[0].witness.values) == 1
    extra = ["attacking values", *(["levels"] if with_levels else [])] if single else []
    plural = "" if result.size == 1 else "s"
    columns = [f"feature{plural}", f"{'name' if names.features else 'position'}{plural}", *extra]
    rows = [
        [
            ", ".join(str(feature) for feature in attack.features),
            _places(attack.features, shape, names),
            *([_values(attack)] if single else []),
            *([_levels(attack)] if single and with_levels else []),
            " ".join(f"{value:.6g}" for value in attack.witness.values),
            label_in_words(attack.witness.label, names.labels),
            f"{attack.witness.margin:.4g}",
            *(_answer(held) for held in (attack.witness.real, attack.witness.float32, attack.witness.eight_bit)),
        ]
        for attack in listed
    ]
    more = len(result.attacks) - len(listed)
    print_table(
        [*columns, "witness", "label", "margin", "real", str(result.study.program.dtype), "8-bit"],
        rows,
        caption=f"and {more} more: --limit {len(result.attacks)} lists them all" if more else "",
    )


def _places(features: tuple[int, ...], shape: tuple[int, ...], names: Names) -> str:
    if names.features:
        return ", ".join(one_line(names.features[feature]) for feature in features)
    return " ".join(position(feature, shape) for feature in features)


def _answer(held: bool | None) -> str:
    return "-" if held is None else "yes" if held else "no"


def _proofs(result: Result) -> str:
    """Which proofs hold for the deployed network too."""
    proved, count = result.counts["proved"], result.proved_float32
    kind = result.study.program.dtype
    if count == proved:
        return f"proved (real and {kind}): all {proved:,}, in any order of summation"
    also = f"{count:,} of them proved (real and {kind}), in any order of summation"
    return f"proved (real): {proved:,}; {also}; else {result.deployed.reason}"


def _summary(result: Result) -> str:
    labels = ", ".join(f"{label} by {count:,}" for label, count in result.labels_reached.items())
    first = f"the first at try {result.first:,}, within the first {result.first_features} features"
    new = "" if result.new is None else f"; {result.new:,} contain no smaller attackable set"
    return f"{first}{new}; labels reached: {labels}"


def _values(attack: Attack) -> str:
    parts = attack.intervals.items()
    return "; ".join(f"{label}: " + " ".join(f"[{a:.4g}, {b:.4g}]" for a, b in pieces) for label, pieces in parts)


def _levels(attack: Attack) -> str:
    return "; ".join(f"{label}: " + " ".join(f"{a}..{b}" for a, b in pairs) for label, pairs in attack.levels.items())
