"""What was expected of the contest before it ran, held against the figures."""

from collections.abc import Callable, Mapping
from typing import Any

from deepcheck.reproduce.contest.rules import CHAMPION, CONTESTANTS, EXPECTED, GRADES, MAIN, PAPER, SIGNIFICANT, TOO_FEW

Figures = dict[str, Any]
Finding = tuple[bool | None, str]
"""Does it hold (None: not shown), and the figures that say so."""

PROBES = ("flip", "occlusion to 0", "occlusion to 1")


def judged(content: Figures) -> list[Figures]:
    """Each expectation with, for each network that can tell, whether it holds and by which figures."""
    judges: tuple[Callable[[Figures], Finding], ...] = (
        _best_of_paper,
        _beats_all,
        _abs_above_coi,
        _better_on_lit,
        _difference_first,
        _steps_suffice,
        _reach_first,
    )
    per_network = [
        {"text": text, "found": {one["name"]: _stated(judge(one)) for one in content["networks"]}}
        for text, judge in zip(EXPECTED, judges, strict=False)
    ]
    curves = {one["network"]: _stated(_otherwise(one)) for one in content["curves"]}
    return [*per_network, {"text": EXPECTED[-1], "found": curves}]


def _stated(finding: Finding) -> Figures:
    return {"holds": finding[0], "detail": finding[1]}


def _means(network: Figures, scope: str = "all", grade: str = "spearman") -> dict[str, float]:
    """The mean grades of all rankings that have one, main setting."""
    found: Mapping[str, Figures] = network["settings"][MAIN][scope]["means"]
    return {name: of[grade][0] for name, of in found.items() if of[grade][0] is not None}


def _best_of_paper(network: Figures) -> Finding:
    """Is coi the best of the paper's three, by every grade?"""
    best: dict[str, str] = {}
    for grade, more in GRADES.items():
        of = {name: value for name, value in _means(network, "all", grade).items() if name in PAPER}
        if of and network["settings"][MAIN]["all"]["graded"][grade] >= TOO_FEW:
            best[grade] = (max if more else min)(of, key=lambda name: of[name])
    won = [grade for grade, name in best.items() if name == CHAMPION]
    detail = "; ".join(f"{grade}: {name}" for grade, name in best.items())
    return len(won) == len(best), f"best by {detail}"


def _duels(network: Figures, scope: str, rivals: tuple[str, ...] | None = None) -> Finding:
    """Is coi better than the rivals, each by a corrected test?"""
    found = network["settings"][MAIN][scope]["duels"]["spearman"]
    asked = [name for name in found if rivals is None or name in rivals]
    lost = [name for name in asked if found[name][3] < 0 and found[name][5] < SIGNIFICANT]
    won = [name for name in asked if found[name][3] > 0 and found[name][5] < SIGNIFICANT]
    holds = False if lost else (True if len(won) == len(asked) else None)
    return holds, f"better than: {_listed(won)}. Worse than: {_listed(lost)}"


def _beats_all(network: Figures) -> Finding:
    return _duels(network, "all")


def _better_on_lit(network: Figures) -> Finding:
    return _duels(network, "lit", ("abs", "co"))


def _abs_above_coi(network: Figures) -> Finding:
    of = _means(network)
    return of["abs"] > of[CHAMPION], f"abs {of['abs']:.3f}, coi {of[CHAMPION]:.3f}"


def _difference_first(network: Figures) -> Finding:
    of = {name: value for name, value in _means(network).items() if name in CONTESTANTS and name not in PROBES}
    best = max(of, key=lambda name: of[name])
    others = {name: value for name, value in of.items() if name != best}
    second = max(others, key=lambda name: others[name])
    return best == "|difference|", f"best: {best} {of[best]:.3f}, then {second} {of[second]:.3f}"


def _steps_suffice(network: Figures) -> Finding:
    of = _means(network)
    if "ig, 50 steps" not in of:
        return None, "Captum is not there"
    return abs(of["ig, 50 steps"] - of["ig"]) < 0.01, f"exact {of['ig']:.4f}, 50 steps {of['ig, 50 steps']:.4f}"


def _reach_first(network: Figures) -> Finding:
    of = _means(network)
    rivals = {name: value for name, value in of.items() if name in CONTESTANTS}
    best = max(rivals, key=lambda name: rivals[name])
    return of["reach"] > rivals[best], f"reach {of['reach']:.3f}, best contestant: {best} {rivals[best]:.3f}"


def _otherwise(curves: Figures) -> Finding:
    of = {name: curves["agreement"][name]["of_means"]["spearman"] for name in ("deletion", "insertion")}
    detail = ", ".join(f"{name} {value:.2f}" for name, value in of.items())
    return all(value < 0.5 for value in of.values()), f"correlation with the Spearman grade: {detail}"


def _listed(names: list[str]) -> str:
    return "; ".join(names) or "none"
