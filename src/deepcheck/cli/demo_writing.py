"""What the demo prints and writes."""

import json
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import deepcheck
from deepcheck.cli import demo_table_writing
from deepcheck.cli.demo_study import DATA, METRICS, NETWORK, SHORTLISTS, SHOWN_METRIC, SHOWN_SHORTLIST, Study
from deepcheck.cli.demo_table import TableStudy
from deepcheck.display.files import make_folder, write_atomically
from deepcheck.display.pictures import Picture, mask_of, picture_grid, save_figure
from deepcheck.display.tables import print_table

SCHEMA = 1
PAPER_METRICS = ("abs", "co", "coi")
SCOPE = (
    "A count is exact for the path that each image takes: a pixel that is not attackable is proved not to change the "
    "label along this path, which says nothing about other paths."
)


def write(images: Study | None, table: TableStudy | None, folder: Path) -> list[Path]:
    """Write the pictures and the results of the studies that were made; give their files."""
    make_folder(folder)
    files = [] if images is None else _draw(images, folder)
    if table is not None:
        files.append(folder / "measurements.png")
        demo_table_writing.draw(table, files[-1])
    files.append(folder / "results.json")
    write_atomically(files[-1], partial(_write_json, everything(images, table)))
    return files


def _draw(study: Study, folder: Path) -> list[Path]:
    attacks, importance = folder / "attacks.png", folder / "importance.png"
    save_figure(
        picture_grid(
            _attack_rows(study),
            row_titles=["input", "important", "attackable", "attacked"],
            column_titles=[f"{label}" for label in study.labels],
            caption=f"Green dots: the top {SHOWN_SHORTLIST} by {SHOWN_METRIC}. Crosses: every pixel that alone can "
            f"change the label, on {study.domain.levels} levels. Last row: the attack with the largest margin, its "
            f"pixel framed, and the new label.\n{SCOPE}",
            inches=0.95,
        ),
        attacks,
    )
    save_figure(
        picture_grid(
            _importance_rows(study),
            row_titles=[str(label) for label in study.labels],
            column_titles=[f"{top} ({_count(study, top)})\n{metric}" for top in SHORTLISTS for metric in PAPER_METRICS],
            caption="Green: the most important pixels, by three metrics and three shortlists.",
        ),
        importance,
    )
    return [attacks, importance]


def everything(images: Study | None, table: TableStudy | None) -> dict[str, Any]:
    """Everything that the demo found."""
    found: dict[str, Any] = {"schema": SCHEMA} if images is None else as_json(images)
    return found if table is None else found | {"table": demo_table_writing.as_json(table)}


def print_everything(images: Study | None, table: TableStudy | None, files: list[Path]) -> None:
    """Print the tables, what was written, and what to try next."""
    commands: list[str] = []
    if images is not None:
        print_tables(images)
        commands += next_commands(images)
    if table is not None:
        demo_table_writing.print_table_study(table)
        commands += demo_table_writing.next_commands(table)
    print("Written:", *files, sep="\n  ")
    print("Try next:", *commands, sep="\n  ")


def print_tables(study: Study) -> None:
    """Print the two tables about images."""
    levels = f"one pixel of 64, on {study.domain.levels} levels"
    found = as_json(study)
    print(f"{NETWORK}: one image of scikit-learn's digits for each label; {levels}")
    print_table(
        ["digit", "image", "of all", *METRICS],
        [
            [row["label"], row["image"], row["all"], *(_by_shortlist(row["shortlists"][metric]) for metric in METRICS)]
            for row in found["attackable"]
        ],
        title=f"Attackable pixels: of all, and of the top {' / '.join(SHORTLISTS)} by metric (the paper's table II)",
        caption=SCOPE,
    )
    print_table(
        ["digit", "image", "index order", *METRICS],
        [
            [row["label"], row["image"], *(_or_dash(row["first"][name]) for name in ("index", *METRICS))]
            for row in found["tries"]
        ],
        title="Pixels tried until the first attack: in index order, and by importance (the paper's table III)",
    )


def next_commands(study: Study) -> list[str]:
    """Commands that go on from here."""
    most = max(range(len(study.indices)), key=lambda item: study.results[item].counts["attackable"])
    image = f"{DATA}:{study.indices[most]}"
    return [
        f"deepcheck attack {NETWORK} {image} --levels {study.domain.levels} --plot attack.png",
        f"deepcheck attack {NETWORK} {image} --size 2 --levels {study.domain.levels} --limit 10",
        f"deepcheck attack {NETWORK} {DATA}:{study.indices[0]} --size smallest",
        f"deepcheck attack {NETWORK} {image} --paths all --certificate certificate.json",
        f"deepcheck check certificate.json --model {NETWORK}",
        f"deepcheck importance {NETWORK} {image} --metric reach --plot importance.png",
        f"deepcheck info {NETWORK} --program",
        "deepcheck text attack 'a charming little film, and great fun' --nearest 20",
    ]


def as_json(study: Study) -> dict[str, Any]:
    """Everything that the demo found about images."""
    items = range(len(study.indices))
    names = [{"label": study.labels[item], "image": f"{DATA}:{study.indices[item]}"} for item in items]
    return {
        "schema": SCHEMA,
        "network": NETWORK,
        "attackable": [
            names[item]
            | {
                "all": study.results[item].counts["attackable"],
                "shortlists": {
                    metric: {top: study.shortlists[metric, top][item].counts["attackable"] for top in SHORTLISTS}
                    for metric in METRICS
                },
            }
            for item in items
        ],
        "tries": [
            names[item]
            | {
                "first": {"index": study.results[item].first}
                | {metric: study.ordered[metric][item].first for metric in METRICS}
            }
            for item in items
        ],
        "results": [deepcheck.as_json(result) for result in study.results],
    }


def _attack_rows(study: Study) -> list[list[Picture]]:
    images = [pixels[0] for pixels in study.pixels]
    attacked = []
    for image, result in zip(images, study.results, strict=True):
        best = max(result.attacks, key=lambda attack: attack.witness.margin, default=None)
        attacked.append(
            Picture(image, title="none")
            if best is None
            else Picture(
                best.witness.pixels[0],
                framed=mask_of(best.features, image.shape),
                title=f"now {best.witness.label}",
            )
        )
    reds = [
        mask_of([f for (f,) in result.attackable], image.shape)
        for image, result in zip(images, study.results, strict=True)
    ]
    greens = [
        mask_of(study.shortlist(SHOWN_METRIC, SHOWN_SHORTLIST, item), image.shape) for item, image in enumerate(images)
    ]
    return [
        [Picture(image) for image in images],
        [Picture(image, green=green) for image, green in zip(images, greens, strict=True)],
        [Picture(image, red=red) for image, red in zip(images, reds, strict=True)],
        attacked,
    ]


def _importance_rows(study: Study) -> list[list[Picture]]:
    return [
        [
            Picture(pixels[0], green=mask_of(study.shortlist(metric, top, item), pixels[0].shape))
            for top in SHORTLISTS
            for metric in PAPER_METRICS
        ]
        for item, pixels in enumerate(study.pixels)
    ]


def _count(study: Study, top: str) -> int:
    return deepcheck.shortlist_length(top, study.program.size)


def _by_shortlist(counts: dict[str, int]) -> str:
    return " / ".join(str(counts[top]) for top in SHORTLISTS)


def _or_dash(tries: int | None) -> object:
    return "-" if tries is None else tries


def _write_json(found: dict[str, Any], stream: BinaryIO) -> None:
    stream.write((json.dumps(found, allow_nan=False, indent=1) + "\n").encode())
