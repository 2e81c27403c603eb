"""One result, and one attack, as HTML and as PNG for notebooks: at once, from what is known, with no analysis run."""

import numpy as np

from deepcheck.attacks.attack_rows import attack_table, feature_table, interval_table
from deepcheck.attacks.result import Result
from deepcheck.attacks.seen import changed, has_picture, image_of, important_of, marked
from deepcheck.attacks.smallest_result import SmallestResult
from deepcheck.attacks.witness import Attack
from deepcheck.display.marks import Picture, flattened, mask_of
from deepcheck.display.markup import fact_list, figures, section, verdict_line
from deepcheck.display.thumbnails import image_tag, strip

GREEN = '<span class="dc-green">&bull;</span> important, by {by}'
RED = '<span class="dc-red">&times;</span> attackable'


def result_html(result: Result) -> str:
    """The verdict with its scope, the pictures or the features, the facts, and the first attacks."""
    said = result.claim.removeprefix(result.verdict).lstrip(": ")
    pieces = [verdict_line(result.verdict, said)]
    if has_picture(result.study):
        pictures, by = _pictures(result)
        pieces.append(figures((image_tag(picture, picture.title), picture.title) for picture in pictures))
        legend = [GREEN.format(by=by)] * bool(by) + [RED] * bool(len(result.attacks))
        pieces.append(f'<p class="dc-legend">{" &nbsp; ".join(legend)}</p>')
    pieces.append(fact_list(_facts(result)))
    if not has_picture(result.study):
        pieces.append(feature_table(result))
    if len(result.attacks):
        pieces.append(attack_table(result))
    return section(*pieces)


def result_png(result: Result) -> bytes | None:
    """The pictures of a result side by side, below its verdict; None where its features form no picture."""
    if not has_picture(result.study):
        return None
    return strip(_pictures(result)[0], f"{result.verdict} ({result.scope})\n{result.asked_words}")


def attack_html(attack: Attack) -> str:
    """The input before and after, what was changed, and what holds of it."""
    witness, study = attack.witness, attack.study
    head = "attack" if witness.replayed else "undecided"
    some = f"feature {attack.features[0]}" if len(attack.features) == 1 else f"{len(attack.features)} features"
    label = int(study.run.labels[attack.item])
    pieces = [
        verdict_line(head, f"({_paths(attack)}, {study.pixels.describe()}): {some}, from {label} to {witness.label}")
    ]
    if has_picture(study):
        pictures = _before_and_after(attack)
        pieces.append(figures((image_tag(picture, picture.title), picture.title) for picture in pictures))
    pieces += [interval_table(attack), fact_list(_attack_facts(attack))]
    return section(*pieces)


def attack_png(attack: Attack) -> bytes | None:
    """The input before and after, side by side; None where its features form no picture."""
    return strip(_before_and_after(attack), "attack") if has_picture(attack.study) else None


def _pictures(result: Result) -> tuple[list[Picture], str]:
    """The input, what is important, what is attackable, the strongest attack; and by what it is important."""
    study = result.study
    image = image_of(study, study.x[result.item])
    important, by = important_of(result)
    whole = marked(result, important)
    pictures = [Picture(image, title=f"input: label {result.label}")]
    if len(important):
        green = mask_of(important, image.shape[:2])
        pictures.append(Picture(flattened(image), green=green, title=f"important: {by}"))
    best = result.attacks.strongest
    if best is not None:
        title = "the smallest set found" if isinstance(result, SmallestResult) else f"attackable: {_count(result)}"
        pictures.append(Picture(whole.image, whole.green, whole.red, title=title))
        seen = result.attacks.glance(best)
        new = changed(study, seen.model_input, seen.features)
        pictures.append(Picture(new.image, framed=new.framed, title=f"changed: label {seen.label}"))
    return pictures, by


def _before_and_after(attack: Attack) -> list[Picture]:
    study, witness = attack.study, attack.witness
    image = image_of(study, study.x[attack.item])
    new = changed(study, witness.model_input, attack.features)
    before = Picture(image, framed=new.framed, title=f"input: label {int(study.run.labels[attack.item])}")
    return [before, Picture(new.image, framed=new.framed, title=f"changed: label {witness.label}")]


def _count(result: Result) -> str:
    count = result.counts["attackable"]
    return f"{count:,}" if result.size == 1 else f"{count:,} set{'s' * (count != 1)} of {result.size}"


def _facts(result: Result) -> list[tuple[str, str]]:
    study, counts = result.study, result.counts
    parts = [f"{counts[name]:,} {name}" for name in ("attackable", "proved", "undecided", "untried")]
    asked = "sizes" if isinstance(result, SmallestResult) else "features" if result.size == 1 else "sets"
    facts = [
        ("model", f"{study.program.origin.name} (sha256 {study.program.origin.sha256[:12]}...)"),
        ("label", str(result.label)),
        ("scope", f"{result.scope}; {result.domain.describe()}; {result.arithmetic}"),
        (asked, f"{result.asked:,}: {', '.join(parts)}"),
    ]
    if result.first is not None and result.study.asked.order is not None:
        facts.append(("first found", f"at try {result.first:,}, by {result.study.asked.order}"))
    if counts["attackable"]:
        facts.append(
            ("replayed", f"{counts['replayed']:,} of {result.replays:,} on the untouched model, {study.runtime}")
        )
    return [*facts, ("seconds", f"{result.seconds:.3g}")]


def _paths(attack: Attack) -> str:
    return "all paths" if attack.study.asked.paths == "all" else "this path"


def _attack_facts(attack: Attack) -> list[tuple[str, str]]:
    witness, dtype = attack.witness, attack.study.program.dtype
    differs = "the input's own: no activation differs" if witness.same_path else f"{witness.flips:,} activations differ"
    facts = [
        ("lead of the new label", f"{witness.margin:.6g}, in real arithmetic"),
        ("replayed", f"{'yes' if witness.replayed else 'no'}, in {dtype} on the untouched model"),
        ("path", differs),
        ("any order of summation", "yes: its lead beats all rounding" if witness.beats_rounding else "not certain"),
    ]
    if witness.eight_bit is not None:
        facts.append(("8-bit image", "changes the label too" if witness.eight_bit else "does not change the label"))
    moved = np.abs(attack.witness.pixels - attack.study.program.preprocessing.pixels(attack.study.x[[attack.item]])[0])
    return [*facts, ("largest change", f"{moved.max():.4g}")]
