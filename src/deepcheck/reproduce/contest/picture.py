"""The picture of the contest of rankings: exact grades, and how deletion and insertion order the same rankings."""

from typing import TYPE_CHECKING, Any

from deepcheck.reproduce.contest.rules import MAIN, SCOPES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Content = dict[str, Any]
COLOURS = {"all": "0.2", "lit": "tab:orange"}
PANELS = {"deletion": "deletion area (smaller: better)", "insertion": "insertion area (larger: better)"}
NEAR = 0.06
"""Points within this share of both axes have one label."""


def contest_picture(content: Content) -> "Figure":
    """Draw the mean Spearman grades of one network, and of its first images against areas under curves."""
    from matplotlib.figure import Figure

    curves = content["curves"][0] if content["curves"] else None
    names = [one["name"] for one in content["networks"]]
    network = content["networks"][names.index(curves["network"]) if curves else 0]
    figure = Figure(figsize=(13, 4.6), dpi=150, facecolor="white", layout="constrained")
    first, *others = figure.subplots(1, 1 + len(PANELS) * (curves is not None), squeeze=False)[0]
    _grades(first, network, content)
    if curves:
        for axes, (curve, title) in zip(others, PANELS.items(), strict=True):
            _against(axes, curves, curve, title, content)
    return figure


def _grades(axes: "Axes", network: Content, content: Content) -> None:
    names = list(network["settings"][MAIN]["all"]["means"])
    names.sort(key=lambda name: network["settings"][MAIN]["all"]["means"][name]["spearman"][0] or 0.0)
    for shift, scope in ((0.15, "all"), (-0.15, "lit")):
        of = network["settings"][MAIN][scope]["means"]
        there = [i for i, name in enumerate(names) if of[name]["spearman"][0] is not None]
        figures = [of[names[i]]["spearman"] for i in there]
        wide = [[value - low for value, low, _ in figures], [high - value for value, _, high in figures]]
        places = [i + shift for i in there]
        axes.errorbar(
            [f[0] for f in figures], places, xerr=wide, fmt="o", ms=3, color=COLOURS[scope], label=SCOPES[scope]
        )  # fmt: skip
    axes.set_yticks(
        range(len(names)), [f"({name})" if name in content["apart"] else name for name in names], fontsize=7
    )
    axes.set_xlabel("Spearman with the exact worst margins", fontsize=8)
    axes.set_title(f"{network['name']}, first {network['images']:,} images, [0, 1], all paths", fontsize=8)
    axes.axvline(0, color="0.8", lw=0.8, zorder=0)
    axes.tick_params(axis="x", labelsize=7)
    axes.legend(fontsize=7, loc="upper left")


def _against(axes: "Axes", curves: Content, curve: str, title: str, content: Content) -> None:
    points = {
        name: (curves["exact"]["spearman"][name], curves["means"][name][curve][0])
        for name in curves["means"]
        if name not in content["apart"] and curves["exact"]["spearman"][name] is not None
    }
    axes.plot(*zip(*points.values(), strict=True), "o", ms=4, color="0.2")
    axes.margins(x=0.16, y=0.1)
    for names in _groups(points):
        alone = len(names) == 1
        x, y = (sum(points[name][side] for name in names) / len(names) for side in (0, 1))
        axes.annotate(
            "\n".join(names), (x, y), textcoords="offset points", xytext=(0, 8) if alone else (6, 0),
            fontsize=6, va="center", ha="center" if alone else "left", parse_math=False,
        )  # fmt: skip
    found = curves["agreement"][curve]["of_means"]["spearman"]
    axes.set_title(f"first {curves['images']} images; correlation of the two orders {found:+.2f}", fontsize=8)
    axes.set_xlabel("Spearman with the exact worst margins", fontsize=8)
    axes.set_ylabel(title, fontsize=8)
    axes.tick_params(labelsize=7)


def _groups(points: dict[str, tuple[float, float]]) -> list[list[str]]:
    """Names of points that lie close together, the highest first."""
    spans = [max(side) - min(side) or 1.0 for side in zip(*points.values(), strict=True)]
    groups: list[list[str]] = []
    for name in sorted(points, key=lambda one: -points[one][1]):
        for group in groups:
            ends = zip(points[name], points[group[-1]], spans, strict=True)
            if all(abs(one - other) <= NEAR * span for one, other, span in ends):
                group.append(name)
                break
        else:
            groups.append([name])
    return groups
