"""What the paper says about FGSM, judged on the image of figure 4 and on the test images.

Source: Section IV-C, RQ5, and figure 4.
"""

from collections.abc import Callable, Iterator

from deepcheck.reproduce.gradients.rules import A_LOT, ALMOST_ALL, ALONG, LARGER
from deepcheck.reproduce.layout import Content, number, percent
from deepcheck.reproduce.rules import FIGURE_DIGIT

Judged = tuple[str, Content, Content, Content]
WHERE = ("paper", "figure4", "test")
SCOPES = {
    "pixel_path": "by one pixel along the path",
    "pixel_all": "by one over all paths",
    "pair_path": "by two along the path",
    "pair_all": "by two over all paths",
}


def rq5_claims(content: Content) -> list[Content]:
    """Every claim, and what is found in the paper, on the image of figure 4 and on the test images."""
    return [
        {"text": text, "source": "IV-C, RQ5", "question": 5, "found": dict(zip(WHERE, found, strict=True))}
        for text, *found in _judged(content)
    ]


def _judged(content: Content) -> Iterator[Judged]:
    one, many, relus = content["figure4"], content["groups"]["all"]["attacks"], sum(content["relus"])
    fgsm, limit = many["fgsm"], A_LOT * relus
    yield (
        f"FGSM perturbs almost every pixel of the digit (at least {100 * ALMOST_ALL:.0f} % of the lit pixels)",
        _finding(True, "one image, as a picture"),
        _on_figure(one, "fgsm", lambda found: _lit(found["lit_changed"], one["lit"])),
        _on_most(fgsm, fgsm["almost_all_lit"], f"; the median is {percent(fgsm['lit_share']['median'])}"),
    )
    yield (
        "On the same image a single pixel, changed along the path, is an attack",
        _finding(True, "figure 1(d)"),
        _on_figure(one, "pixel_path", lambda found: _finding(True, f"it becomes {found['new_label']}; picked so")),
        _finding(None, ", ".join(f"{many[name]['found']:,} {words}" for name, words in SCOPES.items())),
    )
    yield (
        "FGSM's adversary takes another path",
        _finding(True, "one image, no figure"),
        _on_figure(one, "fgsm", lambda found: _flips(found, 1, relus)),
        _on_most(fgsm, fgsm["found"] - fgsm["same_path"], ""),
    )
    far = sum(count for flips, count in enumerate(fgsm["relus_counts"]) if flips >= limit)
    yield (
        f"Its path differs a lot at the smallest epsilon (at least {100 * A_LOT:.0f} % of the ReLUs)",
        _finding(True, "one image, no figure"),
        _on_figure(one, "fgsm", lambda found: _flips(found, limit, relus)),
        _on_most(fgsm, far, f"; the median is {number(fgsm['relus']['median'])} of {relus} ReLUs"),
    )
    yield (
        f"Its path differs a lot at epsilon {LARGER[-1]:g}, which the paper's may be",
        _finding(None, "its epsilon is not given"),
        _finding(None, f"no image of a {FIGURE_DIGIT} qualifies") if one is None else _farther(one),
        _farther(content),
    )
    found, same = (sum(many[name][key] for name in ALONG) for key in ("found", "same_path"))
    yield (
        "DeepCheck's attacks keep every activation, by construction",
        _finding(True, "by construction"),
        _on_figure(one, "pixel_path", lambda one: _finding(not sum(one["relus"]), f"{sum(one['relus'])} ReLUs differ")),
        _finding(found == same if found else None, f"{same:,} of {found:,} attacks, run again exactly"),
    )


def _farther(of: Content) -> Content:
    """Does FGSM leave the path by far at the largest epsilon, on most images whose label it changes?"""
    found = of["larger"][f"{LARGER[-1]:g}"]
    if not found["changed"]:
        return _finding(None, "no label changes")
    median = f"the median is {number(found['relus'])} ReLUs"
    return _finding(2 * found["far"] > found["changed"], f"{found['far']:,} of {found['changed']:,} images; {median}")


def _finding(holds: bool | None, detail: str) -> Content:
    return {"holds": holds, "detail": detail}


def _on_figure(one: Content | None, name: str, judge: Callable[[Content], Content]) -> Content:
    """What an attack says on the image of figure 4, if there are such an image and attack."""
    if one is None:
        return _finding(None, f"no image of a {FIGURE_DIGIT} qualifies")
    found: Content = one["attacks"][name]
    return judge(found) if found["found"] else _finding(None, "no attack")


def _on_most(found: Content, count: int, more: str) -> Content:
    """Does something hold on more than half of the images that have an attack?"""
    if not found["found"]:
        return _finding(None, "no attack")
    return _finding(2 * count > found["found"], f"{count:,} of {found['found']:,} images{more}")


def _lit(changed: int, lit: int) -> Content:
    return _finding(changed >= ALMOST_ALL * lit, f"{changed} of {lit} lit pixels")


def _flips(found: Content, limit: float, relus: int) -> Content:
    return _finding(sum(found["relus"]) >= limit, f"{sum(found['relus'])} of {relus} ReLUs")
