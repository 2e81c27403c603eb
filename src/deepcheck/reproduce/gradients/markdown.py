"""Markdown of RQ5, from the JSON of a run."""

from deepcheck.reproduce.gradients.rules import A_LOT, ATTACKS, FEW, GRADIENT, NAMES
from deepcheck.reproduce.layout import Content, footer, number, percent, table

WHERE = {"paper": "the paper", "figure4": "the image of figure 4", "test": "the test images"}
GROUPS = {"all": "all images", "rightly_labelled": "images labelled rightly"}


def rq5_text(content: Content) -> str:
    """The whole section."""
    groups = (_group(content, name, words) for name, words in GROUPS.items())
    return "\n".join(
        [
            "## FGSM and PGD against attacks of one and two pixels\n",
            *groups,
            _on_the_same(content),
            _larger(content),
            _figure(content),
            _claims(content),
            _seconds(content),
            footer(content),
        ]
    )


def _group(content: Content, name: str, words: str) -> str:
    group = content["groups"][name]
    relus = sum(content["relus"])
    head = (
        "attack",
        "images with one",
        "proved: none",
        "open",
        "replayed",
        "epsilon",
        "pixels changed",
        "by more than half a level",
        "lit pixels changed",
        "L1",
        "L2",
        "L-infinity",
        f"ReLUs that differ, of {relus}",
        "on the same path",
    )
    rows = [[NAMES[attack], *_row(group["attacks"][attack], group["images"])] for attack in ATTACKS]
    layers = [
        [NAMES[attack], *(_three(mean) for mean in group["attacks"][attack]["relus_by_layer"])] for attack in ATTACKS
    ]
    return (
        f"### {group['images']:,} test images: {words}\n\n"
        "Epsilon, changes and ReLUs: median (mean) over the images that have the attack. The median image has "
        f"{number(group['lit']['median'])} lit pixels of 784.\n\n"
        + table(head, rows)
        + "\nReLUs that differ in each layer, mean:\n\n"
        + table(("attack", *(f"layer {at}, of {size}" for at, size in enumerate(content["relus"], 1))), layers)
    )


def _row(found: Content, images: int) -> list[str]:
    hits, norms = found["found"], found["norms"]
    spreads = [norms["l0"], norms["visible"]]
    return [
        f"{hits:,} ({percent(hits / images if images else None)})",
        f"{found['proved']:,}",
        f"{found['open']:,}",
        f"{found['replayed']:,}",
        _spread(found["epsilon"]),
        *(f"{number(spread['median'])} ({number(spread['mean'])})" for spread in spreads),
        f"{percent(found['lit_share']['median'])} ({percent(found['lit_share']['mean'])})",
        *(_spread(norms[norm]) for norm in ("l1", "l2", "linf")),
        f"{number(found['relus']['median'])} ({number(found['relus']['mean'])})",
        f"{found['same_path']:,} ({percent(found['same_path'] / hits if hits else None)})",
    ]


def _spread(spread: Content) -> str:
    return "-" if spread["median"] is None else f"{_three(spread['median'])} ({_three(spread['mean'])})"


def _three(value: float | None) -> str:
    """A number with three digits that count."""
    return "-" if value is None else f"{value:.3g}"


def _on_the_same(content: Content) -> str:
    """Gradients where few pixels suffice: these are easy images."""
    rows = []
    for few in FEW:
        found = content["same_images"][few]
        for attack in (few, *GRADIENT):
            norms = [_three(found["norms"][attack][norm]) for norm in ("l0", "l1", "l2", "linf")]
            where = f"{NAMES[few]} ({found['images']:,} images)" if attack == few else ""
            rows.append([where, NAMES[attack], *norms, _three(found["relus"][attack])])
    head = ("images that have", "attack", "pixels changed", "L1", "L2", "L-infinity", "ReLUs that differ")
    return "### On the same images: medians\n\n" + table(head, rows)


def _larger(content: Content) -> str:
    """FGSM beyond the smallest epsilon."""
    head = ("images", "epsilon", "label changes", "replayed", "pixels changed", "ReLUs that differ", "a lot", "none")
    groups = {f"{content['images']:,} test images": content["larger"]}
    if content["figure4"] is not None:
        groups["the image of figure 4"] = content["figure4"]["larger"]
    keys = ("changed", "replayed", "pixels", "relus", "far", "same_path")
    rows = [
        [words, epsilon, *(number(found[key]) for key in keys)]
        for words, larger in groups.items()
        for epsilon, found in larger.items()
    ]
    text = f"Medians over the images whose label changes; a lot: at least {percent(A_LOT, 0)} of the ReLUs."
    return f"### FGSM at larger epsilons\n\n{text}\n\n{table(head, rows)}"


def _figure(content: Content) -> str:
    one = content["figure4"]
    if one is None:
        return "### Figure 4\n\nNo image qualifies.\n"
    head = ("attack", "label", "replayed", "pixels changed", "lit pixels changed", "L1", "L2", "L-infinity", "ReLUs")
    rows = [[NAMES[attack], *_one(one["attacks"][attack], one["lit"])] for attack in ATTACKS]
    return f"### Figure 4: training image {one['image']}, labelled {one['label']}\n\n" + table(head, rows)


def _one(found: Content, lit: int) -> list[str]:
    if not found["found"]:
        return ["none exists: proved" if found["proved"] else "none found", *[""] * 7]
    norms = found["norms"]
    sizes = [_three(norms[norm]) for norm in ("l1", "l2", "linf")]
    survived = "yes" if found["replayed"] else "no"
    changed = [number(norms["l0"]), f"{found['lit_changed']} of {lit}"]
    return [str(found["new_label"]), survived, *changed, *sizes, str(sum(found["relus"]))]


def _claims(content: Content) -> str:
    verdicts = {True: "holds: ", False: "**does not hold**: ", None: ""}
    rows = (
        [
            f"{claim['text']} ({claim['source']})",
            *(verdicts[claim["found"][where]["holds"]] + claim["found"][where]["detail"] for where in WHERE),
        ]
        for claim in content["claims"]
    )
    return "### What the paper says about FGSM\n\n" + table(("claim", *WHERE.values()), rows, words=True)


def _seconds(content: Content) -> str:
    each = "; ".join(f"{NAMES[attack]} {content['seconds'][attack]:.1f} s" for attack in ATTACKS)
    return f"Time for all {content['images']:,} images: {each}.\n"
