"""Figure 1: one image, its important pixels, an attack by one pixel and an attack by two.

Source: Sections III-B and III-C.
"""

from pathlib import Path
from typing import Any

import numpy as np

from deepcheck.attacks import Attack, Result
from deepcheck.display.files import make_folder
from deepcheck.display.pictures import Picture, mask_of, picture_grid, save_figure
from deepcheck.errors import DataError
from deepcheck.program import Array
from deepcheck.ranking import shortlist_length
from deepcheck.reproduce import paper
from deepcheck.reproduce.measure import ranks_of
from deepcheck.reproduce.provenance import provenance
from deepcheck.reproduce.rules import DOMAINS, FIGURE_DIGIT, FIGURE_RULES, PAIR_ORDER, PAIR_SHORTLIST, SHORTLISTS
from deepcheck.reproduce.study import Study
from deepcheck.verbs import attack

SCHEMA = 1
Shown = dict[str, Any]
WORDS = {"bounded": "[0, 1]", "unbounded": "any value"}


def figure1(study: Study) -> dict[str, Any]:
    """What the figure shows, in numbers: the attacks in each domain, and what the paper says of its own image."""
    item = _item(study)
    rows = {domain: _shown(study, item, domain) for domain in DOMAINS}
    return {
        "schema": SCHEMA,
        "part": "figure1",
        "provenance": provenance(study.program, "figure1", study.quick, [study.train], []),
        "rules": list(FIGURE_RULES),
        "digit": FIGURE_DIGIT,
        "image": item,
        "domains": rows,
        "claims": _claims(rows),
    }


def draw_figure1(study: Study, content: dict[str, Any], path: Path) -> Path:
    """Draw it: (a) the image, (b) and (c) its important pixels, (d) one pixel, (e) two; a row for each domain."""
    item = content["image"]
    image = study.train.pixels(np.array([item]))[0, 0]
    ranks = _ranks(study, item).reshape(image.shape)
    green = [Picture(image, green=ranks <= shortlist_length(s, ranks.size)) for s in SHORTLISTS[:2]]
    rows = [
        [Picture(image), *green, *(_drawn(image, found[name]) for name in ("pixel", "pair"))]
        for found in content["domains"].values()
    ]
    columns = ["(a) input", "(b) top 5 %", "(c) top 10 %", "(d) one pixel", "(e) two pixels"]
    caption = f"Training image {item}, label {FIGURE_DIGIT}. In green: important pixels by coi. In red: " + "; ".join(
        f"{WORDS[domain]}: {_told(found['pixel'])}, {_told(found['pair'])}"
        for domain, found in content["domains"].items()
    )
    make_folder(path.parent)
    titles = [WORDS[domain] for domain in content["domains"]]
    save_figure(picture_grid(rows, row_titles=titles, column_titles=columns, caption=caption + ".", inches=1.3), path)
    return path


def _item(study: Study) -> int:
    item = study.picked[FIGURE_DIGIT]
    if item is None:
        raise DataError(f"expected an image of {FIGURE_DIGIT} with an attackable pixel, found none: nothing to draw")
    return item


def _ranks(study: Study, item: int) -> Array:
    x = study.train.pixels(np.array([item]))
    return np.asarray(ranks_of(study.program, x, PAIR_ORDER, DOMAINS["bounded"])[0])


def _shown(study: Study, item: int, domain: str) -> Shown:
    x, ranks = study.train.pixels(np.array([item]))[0], _ranks(study, item)
    single = attack(study.program, x, order=PAIR_ORDER, domain=DOMAINS[domain])
    assert isinstance(single, Result)
    alone = {features[0] for features in single.attackable}
    pairs = attack(study.program, x, size=2, order=PAIR_ORDER, shortlist=PAIR_SHORTLIST, domain=DOMAINS[domain])
    assert isinstance(pairs, Result)
    new = [at for at, pair in enumerate(pairs.attackable) if not alone.intersection(pair)]
    pair = _attack(pairs.attacks[new[0]], x, ranks) if new else None
    return {
        "attackable": len(alone),
        "first": single.first,
        "baseline": min(alone, default=-1) + 1 or None,
        "pixel": _attack(single.attacks[0], x, ranks) if alone else None,
        "pairs": len(pairs.attackable),
        "new_pairs": len(new),
        "pair": pair,
    }


def _attack(found: Attack, x: Array, ranks: Array) -> Shown:
    flat = x.reshape(-1)
    return {
        "pixels": [int(feature) for feature in found.features],
        "ranks": [int(ranks[feature]) for feature in found.features],
        "before": [float(flat[feature]) for feature in found.features],
        "after": [float(value) for value in np.ravel(found.witness.values)],
        "label": int(found.witness.label),
        "replayed": bool(found.witness.replayed),
    }


def _drawn(image: Array, found: Shown | None) -> Picture:
    return Picture(image) if found is None else Picture(image, red=mask_of(found["pixels"], image.shape))


def _told(found: Shown | None) -> str:
    if found is None:
        return "no such attack among the pixels asked about"
    changes = " and ".join(
        f"pixel {at} (rank {rank}) from {before:.3g} to {after:.3g}"
        for at, rank, before, after in zip(*(found[k] for k in ("pixels", "ranks", "before", "after")), strict=True)
    )
    return f"{changes} makes it {found['label']}"


def _claims(rows: dict[str, Shown]) -> list[dict[str, Any]]:
    known = next(row for row in paper.rows() if row.digit == FIGURE_DIGIT)
    pairs = known.pairs
    assert pairs is not None
    theirs: Shown = {
        "attackable": known.attackable, "first": known.first["coi"], "baseline": known.first["baseline"],
        "pairs": pairs.attackable, "new_pairs": pairs.new, "pixel": None,
    }  # fmt: skip
    everything = {"paper": theirs, **rows}
    return [
        {
            "text": text,
            "source": source,
            "question": question,
            "found": {w: judge(row) for w, row in everything.items()},
        }
        for text, source, question, judge in (
            ("The image has only one attackable pixel", "III-C", 2, _only_one),
            ("It is in the top 5 % by coi", "III-C", 3, _in_the_top),
            ("A linear scan needs over 16 times as many tries as coi", "III-C", 3, _sixteen_times),
            ("The attack turns a lit pixel black", "figure 1(d)", 2, _black),
            ("Pairs of the top 5 % of which no pixel is attackable alone are found", "III-C", 2, _new),
        )
    ]


def _only_one(row: Shown) -> dict[str, Any]:
    return {"holds": row["attackable"] == 1, "detail": f"{row['attackable']} attackable"}


def _in_the_top(row: Shown) -> dict[str, Any]:
    first = row["first"]
    return {
        "holds": first is not None and first <= shortlist_length("5%", 784),
        "detail": f"the first has rank {first}",
    }


def _sixteen_times(row: Shown) -> dict[str, Any]:
    if not row["first"]:
        return {"holds": None, "detail": "no attackable pixel"}
    times = row["baseline"] / row["first"]
    return {"holds": times > 16, "detail": f"{row['baseline']} tries against {row['first']}: {times:.2g} times"}


def _black(row: Shown) -> dict[str, Any]:
    found = row["pixel"]
    if found is None:
        return {"holds": None, "detail": "in words only" if row["attackable"] else "no attackable pixel"}
    before, after = found["before"][0], found["after"][0]
    return {"holds": before > 0 and after <= 0, "detail": f"from {before:.3g} to {after:.3g}"}


def _new(row: Shown) -> dict[str, Any]:
    return {"holds": row["new_pairs"] > 0, "detail": f"{row['new_pairs']} new of {row['pairs']} pairs"}
