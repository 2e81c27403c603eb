"""Many results as HTML: a table with a row for each input."""

from collections.abc import Iterable, Sequence

from deepcheck.attacks.attack_rows import named
from deepcheck.attacks.result import Attacks, Result, paths_words
from deepcheck.attacks.seen import changed, has_picture, image_of, weights_of
from deepcheck.display.marks import Picture, flattened
from deepcheck.display.markup import escaped, fact_list, listing, section
from deepcheck.display.thumbnails import SMALL, image_tag

ROWS = 20
"""How many inputs a table lists."""


def attacks_html(found: Attacks) -> str:
    """How many inputs have which verdict, and a row for each of the first."""
    if not len(found):
        return section("<p>no inputs</p>")
    shown = [found[item] for item in range(min(ROWS, len(found)))]
    first, pictures = shown[0], has_picture(shown[0].study)
    said = ", ".join(f"{count:,} {verdict}" for verdict, count in found.verdicts.items() if count)
    facts = [
        ("model", first.study.program.origin.name),
        ("asked", f"{paths_words(first)}; {first.asked_words}"),
        ("inputs", f"{len(found):,}: {said}"),
        ("seconds", f"{found.seconds:.3g}"),
    ]
    headings = ["", *(["input", "changed"] if pictures else []), "label", "verdict"]
    rare = [name for name in ("undecided", "untried") if any(result.counts[name] for result in shown)]
    counts = ["attackable", "proved", *rare]
    rows = (list(_row(result, item, counts, pictures)) for item, result in enumerate(shown))
    table = listing([*headings, *counts, "strongest"], rows, left=len(headings), more=len(found) - len(shown))
    return section(fact_list(facts), table)


def _row(result: Result, item: int, counts: Sequence[str], pictures: bool) -> Iterable[str]:
    yield str(item)
    best = result.attacks.strongest
    seen = None if best is None else result.attacks.glance(best)
    study = result.study
    if pictures:
        image = image_of(study, study.x[result.item])
        red = weights_of(result).reshape(image.shape[:2])
        yield image_tag(Picture(flattened(image), red=red), f"input {item}, its attackable features marked", SMALL)
        new = None if seen is None else changed(study, seen.model_input, seen.features)
        yield "" if new is None or seen is None else image_tag(new, f"changed to {seen.label}", SMALL)
    yield str(result.label)
    scope = "" if result.verdict == "attack" else f" ({result.scope})" if result.verdict == "proved" else ""
    badge = f'<b class="dc-verdict dc-{result.verdict}">{escaped(result.verdict)}</b>'
    yield f'<span class="dc-line">{badge}{escaped(scope or _why(result))}</span>'
    yield from (f"{result.counts[name]:,}" for name in counts)
    if seen is None:
        yield ""
    else:
        some = ", ".join(named(study, feature) for feature in seen.features[:3])
        some = f"{some}{', ...' * (len(seen.features) > 3)}"
        yield f'<span class="dc-line">{some} &rarr; <b>{seen.label}</b></span>'


def _why(result: Result) -> str:
    return f" ({result.reason})" if result.reason else ""
