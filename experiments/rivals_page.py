"""Writes docs/rivals.md: every figure comes from docs/reproduction/rivals.json."""

from typing import Any

from deepcheck.reproduce.layout import percent, table

Content = dict[str, Any]
OURS = "**DeepCheck, all paths**"
CORNERS = "every pixel at 0 and at 1"
SAYS = "can say that none exists"


def page(content: Content) -> str:
    """The page."""
    return "\n".join(
        [
            "# Few-pixel rivals beside exact truth\n",
            "<!-- Written by `python experiments/rivals.py`: do not edit. -->\n",
            _introduction(content),
            "    python experiments/rivals.py --out DIR\n",
            "## One pixel\n",
            _one(content),
            _remarks(content),
            *_unfinished(content),
            "## Where they miss\n",
            _bins(content),
            "## Two pixels\n",
            _two(content),
            "## Rules, fixed before the run\n",
            "\n".join(f"{i}. {rule}" for i, rule in enumerate(content["rules"], 1)) + "\n",
            "## The rivals\n",
            _settings(content),
            _footer(content),
        ]
    )


def _introduction(content: Content) -> str:
    images, together = content["images"], content["all_rivals"]
    one, two = images["verdicts_one"], images["verdicts_two"]
    best = max(_searching(content), key=lambda rival: rival["one"]["recall"])
    (corners,) = (rival for rival in content["rivals"] if rival["name"] == CORNERS)
    return (
        f"Of {images['asked']} images, {one['attack']} can be given another label by one pixel over all paths "
        f"({images['verdicts_one_same_path']['attack']} of them along the path of the image), and {one['proved']} "
        f"cannot: proved. By two pixels it is {two['attack']} and {two['proved']}. Undecided: {one['undecided']} and "
        f"{two['undecided']}. With {content['budget']:,} queries an image, the best rival that searches, "
        f"{best['name']}, finds {percent(best['one']['recall'])} of the {one['attack']}; all of them together, over "
        f"all seeds, find {together['found_by_any']}. Without any search, both ends of every pixel's range tried "
        f"({corners['cost_one']['queries']:,.0f} queries) find {percent(corners['one']['recall'])}. None can say of an "
        "image that there is nothing to find.\n"
    )


def _one(content: Content) -> str:
    images = content["images"]
    count = images["verdicts_one"]["attack"]
    ours = [
        OURS,
        percent(1.0),
        "",
        f"{count} of {count}",
        f"{count}",
        "",
        f"{images['seconds_one']['mean']:.3f}",
        "yes",
    ]
    rows = [ours]
    for rival in sorted(content["rivals"], key=lambda rival: -rival["one"]["recall"]):
        found, cost = rival["one"], rival["cost_one"]
        rows.append(
            [
                rival["name"], percent(found["recall"]), _interval(found), _seeds(found, rival),
                str(found["found_by_any"]), f"{cost['queries']:,.0f}", f"{cost['seconds']:.3f}", "no",
            ]
        )  # fmt: skip
    head = ["", "recall", "95 %", "found, seed by seed", "by any seed", "queries", "s an image", SAYS]
    return table(head, rows)


def _remarks(content: Content) -> str:
    images, rivals = content["images"], content["rivals"]
    false, crashes, contradictions, trials = (
        sum(rival[name] for rival in rivals) for name in ("false_claims", "crashes", "contradictions", "trials")
    )
    one = images["seconds_one"]
    return (
        "DeepCheck's recall is what all are measured by, so it stands for the truth and not for a result; its seconds "
        "are those of a full answer about all 784 pixels, with every attack replayed (longest "
        f"{one['longest']:.2f} s). In {trials:,} trials, false claims: {false}{_by(rivals, 'false_claims')}; runs that "
        f"an error of the library ended: {crashes}{_by(rivals, 'crashes')}; contradictions of a proof: "
        f'{contradictions}. "{CORNERS}" is no search, and not '
        f"taken from a library: it asks about both ends of every pixel's range. {images['only_between_the_ends']} of "
        "the attackable images can be attacked only by values between the ends. JSMA changes pixels in pairs, so that "
        "it can hardly come to one.\n"
    )


def _by(rivals: list[dict[str, Any]], what: str) -> str:
    names = [rival["name"] for rival in rivals if rival[what]]
    return f" ({', '.join(names)})" if names else ""


def _unfinished(content: Content) -> list[str]:
    told: dict[str, list[str]] = {}
    for one in content["unfinished"]:
        told.setdefault(one["name"], []).append(f"seed {one['seed']}" + " with two pixels" * (one["pixels"] == 2))
    if not told:
        return []
    which = "; ".join(f"{name} ({', '.join(seeds)})" for name, seeds in told.items())
    return [f"Not finished, so not here: {which}. The command above goes on where it was.\n"]


def _bins(content: Content) -> str:
    bins = content["rivals"][0]["one_by_pixels"]
    head = ["recall, by how many pixels of an image are attackable"]
    head += [f"{one['from']} to {one['to']} ({one['attackable']} images)" for one in bins]
    rows = [
        [rival["name"], *(percent(one["recall"]) for one in rival["one_by_pixels"])]
        for rival in sorted(content["rivals"], key=lambda rival: -rival["one"]["recall"])
    ]
    missed = content["all_rivals"]["missed_by_all"]
    truth = {row["item"]: row for row in content["truth"]}
    told = [
        f"image {item} ({truth[item]['attackable_pixels']} attackable pixels, best margin {truth[item]['margin']:.3f})"
        for item in missed
    ]
    said = f"Missed by every rival that searches, with every seed: {', '.join(told)}.\n" if told else (
        "No attackable image is missed by every rival that searches with every seed.\n"
    )  # fmt: skip
    return table(head, rows) + "\n" + said


def _two(content: Content) -> str:
    images = content["images"]
    count = images["verdicts_two"]["attack"]
    mean = f"{images['seconds_two']['mean']:.3f}"
    rows = [[OURS, percent(1.0), "", f"{count} of {count}", mean, "yes"]]
    measured = [rival for rival in content["rivals"] if rival["two"] is not None]
    for rival in sorted(measured, key=lambda rival: -rival["two"]["recall"]):
        found, cost = rival["two"], rival["cost_two"] or rival["cost_one"]
        rows.append(
            [
                rival["name"], percent(found["recall"]), _interval(found), _seeds(found, rival),
                f"{cost['seconds']:.3f}", "no",
            ]
        )  # fmt: skip
    return table(["", "recall", "95 %", "found, seed by seed", "s an image", SAYS], rows)


def _settings(content: Content) -> str:
    rows = [
        [rival["name"], f"{rival['package']} {rival['version']}".strip(), rival["source"], rival["settings"]]
        for rival in content["rivals"]
    ]
    return table(["", "package", "source", "settings"], rows)


def _footer(content: Content) -> str:
    source = content["provenance"]
    machine = source["machine"]
    return (
        f"`{source['command']}`, {source['date']}, deepcheck {source['deepcheck']}, torch {source['torch']}, numpy "
        f"{source['numpy']}, onnxruntime {source['onnxruntime']}; {machine['system']} {machine['processor']} with "
        f"{machine['cores']} cores. Model sha256 `{source['model']['sha256']}`.\n"
    )


def _searching(content: Content) -> list[dict[str, Any]]:
    return [rival for rival in content["rivals"] if rival["name"] != CORNERS]


def _interval(found: dict[str, Any]) -> str:
    return f"{100 * found['low']:.0f} to {100 * found['high']:.0f} %"


def _seeds(found: dict[str, Any], rival: dict[str, Any]) -> str:
    counts = found["found_by_seed"]
    if not rival["draws"]:
        return f"{counts[0]} of {found['attackable']} (draws nothing)"
    return f"{', '.join(map(str, counts))} of {found['attackable']}"
