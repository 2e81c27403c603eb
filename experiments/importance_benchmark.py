"""Grade rankings of pixels against exact worst margins, on trained networks: run, then analyze.

    python experiments/importance_benchmark.py --data DATA --models MODELS --out OUT
    python experiments/importance_benchmark.py --data DATA --models MODELS --out OUT --analyze-only --publish docs

DATA is laid out as `deepcheck.datasets.locate` says; MODELS holds the shared ONNX files, without it their networks are
left out. ``OUT/run.sqlite`` keeps what was measured, ten images at a time: a run that was stopped goes on there. The
analysis writes ``importance.json``, ``importance_benchmark.md`` and ``importance.png`` to OUT; with ``--publish`` also
to the folder of the documentation. The rules are in `deepcheck.reproduce.contest.rules`, fixed before the run.
"""

import argparse
import json
import os
import platform
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from attributions import module_of
from importance_measure import NotMeasured, Subject

import deepcheck
from deepcheck import zoo
from deepcheck.datasets import ImageSet, fashion_mnist, mnist
from deepcheck.display.pictures import save_figure
from deepcheck.reproduce.bars import bar
from deepcheck.reproduce.contest.analysis import Measured, contest
from deepcheck.reproduce.contest.markdown import contest_page
from deepcheck.reproduce.contest.picture import contest_picture
from deepcheck.reproduce.contest.rules import (
    CURVE_IMAGES,
    CURVE_NETWORK,
    EXPECTED_RANDOM,
    IMAGES,
    MINUTES,
    QUICK_CURVE_IMAGES,
    QUICK_IMAGES,
    SETTINGS,
    TIMED_IMAGES,
)
from deepcheck.reproduce.kept import Kept, digest_of
from deepcheck.reproduce.storage import write_text

Made = TypeVar("Made")
CHUNK = 10
"""Images that are stored together."""
PARTS = ("truth_seconds", "score_seconds")


@dataclass(frozen=True)
class Network:
    """One network of the contest.

    Attributes:
        name: Its name, and that of its file.
        read: Reads a split of its data set.
        mean: Of its preprocessing.
        std: Likewise.
        shared: Its file is in the folder of shared models, not in the zoo; how many images is timed.
    """

    name: str
    read: Callable[[str, Path | None], ImageSet]
    mean: float = 0.0
    std: float = 1.0
    shared: bool = False

    def path(self, models: Path | None) -> Path | None:
        """Its file, or None where it is not there."""
        if not self.shared:
            return zoo.path(self.name)
        found = None if models is None else models / f"{self.name}.onnx"
        return found if found is not None and found.is_file() else None

    def subject(self, path: Path, data: Path | None, kept: Kept) -> Subject:
        """Read network and images."""
        scaled = {"mean": self.mean, "std": self.std} if self.std != 1.0 else {}
        program = deepcheck.load(path, **scaled)
        module, images = module_of(path, self.mean, self.std), self.read("test", data)
        return Subject(self.name, program, module, images, kept)


NETWORKS = (
    Network("mnist_10x4", mnist),
    Network("fashion_10x4", fashion_mnist),
    Network("MNIST_ConvSmall", mnist, 0.1307, 0.3081, shared=True),
    Network("MNIST_6x200_PGD", mnist, 0.1307, 0.3081, shared=True),
    Network("FASHION_ConvSmallPGD", fashion_mnist, 0.5, 0.5, shared=True),
)


def main() -> None:
    arguments = parsed()
    torch.set_num_threads(1)
    kept = Kept(arguments.out)
    measured, left_out = [], {}
    for network in NETWORKS:
        if arguments.networks and network.name not in arguments.networks:
            continue
        path = network.path(arguments.models)
        if path is None:
            left_out[network.name] = "its file is not in --models"
            continue
        subject = replace(network.subject(path, arguments.data, kept), may_measure=not arguments.analyze_only)
        found = measure(network, subject, arguments)
        if found is None:
            left_out[network.name] = "nothing is measured yet"
        else:
            measured.append(found)
            print(f"{network.name}: {found.about['images']} images covered", file=sys.stderr)
    if not measured:
        raise SystemExit(f"expected a network with measurements, got {left_out}: run without --analyze-only first")
    content = contest(measured, provenance(arguments, left_out))
    for folder in filter(None, (arguments.out, arguments.publish)):
        publish(content, folder)


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the data sets (default: DEEPCHECK_DATA)")
    parser.add_argument("--models", type=Path, help="folder of the shared models")
    parser.add_argument("--out", type=Path, required=True, help="where measurements and results go")
    parser.add_argument("--networks", type=lambda text: text.split(","), help="only these, with commas between")
    parser.add_argument("--images", type=int, help="at most so many images of each network")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_IMAGES} images of each network")
    parser.add_argument("--analyze-only", action="store_true", help="measure nothing, show what is measured")
    parser.add_argument("--publish", type=Path, help="the folder docs/, to write the results there too")
    arguments = parser.parse_args()
    unknown = set(arguments.networks or ()) - {network.name for network in NETWORKS}
    if unknown or (arguments.images is not None and arguments.images < 1):
        known = ", ".join(network.name for network in NETWORKS)
        parser.error(f"expected networks of {known} and at least one image, got {unknown or arguments.images}")
    return arguments


def measure(network: Network, subject: Subject, arguments: argparse.Namespace) -> Measured | None:
    """Measure a network, or read what is known of it; None where that is nothing."""
    try:
        rule = count_of(network, subject)
    except NotMeasured:
        return None
    count = min(rule, arguments.images or rule, QUICK_IMAGES if arguments.quick else rule)
    parts = in_chunks(f"{subject.name}: {count} images", count, subject.grades)
    if not parts:
        return None
    covered = sum(len(part["lit"]) for part in parts)
    areas = None
    if network.name == CURVE_NETWORK:
        wanted = min(covered, QUICK_CURVE_IMAGES if arguments.quick else CURVE_IMAGES)
        areas = np.concatenate(in_chunks(f"{subject.name}: curves of {wanted} images", wanted, subject.areas))
    return joined(subject, rule, parts, areas)


def in_chunks(text: str, count: int, make: Callable[[np.ndarray], Made]) -> list[Made]:
    """Measure the first images part by part, as far as they are known where nothing may be measured."""
    found = []
    with bar(text, count) as advance:
        for start in range(0, count, CHUNK):
            items = np.arange(start, min(start + CHUNK, count))
            try:
                found.append(make(items))
            except NotMeasured:
                break
            advance(len(items))
    return found


def count_of(network: Network, subject: Subject) -> int:
    """How many images the rules give a network; timed once, and stored before the run."""
    if not network.shared:
        return min(IMAGES, len(subject.images))
    seconds = subject.seconds_an_image(TIMED_IMAGES)
    return int(np.clip(MINUTES * 60 / seconds // 10 * 10, 10, min(IMAGES, len(subject.images))))


def joined(subject: Subject, planned: int, parts: list, areas: np.ndarray | None) -> Measured:
    """Put the parts of a network together; so many images were planned."""
    count = sum(len(part["lit"]) for part in parts)
    grades = np.concatenate([part["grades"] for part in parts], axis=1)
    attackable = np.concatenate([part["attackable"] for part in parts], axis=1)
    truth, scores = (np.sum([part[name] for part in parts], axis=0) / count for name in PARTS)
    about = {
        "name": subject.name,
        "sha256": subject.program.origin.sha256,
        "data": f"{subject.images.name} {subject.images.split}",
        "digest": digest_of(subject.images, np.arange(count)),
        "images": count,
        "planned": planned,
        "of": len(subject.images),
        "largest_excess": float(f"{max(float(part['laws'].max()) for part in parts):.3g}"),
        "milliseconds_an_image": {
            "truth": {setting: round(1e3 * s, 2) for setting, s in zip(SETTINGS, truth.tolist(), strict=True)},
            "scores": {name: round(1e3 * s, 3) for name, s in zip(subject.names, scores.tolist(), strict=True)},
        },
    }
    stacked = {name: np.concatenate([part[name] for part in parts]) for name in ("tied", "lit", "right")}
    return Measured(
        about=about,
        names=(*subject.names, EXPECTED_RANDOM),
        grades=dict(zip(SETTINGS, grades, strict=True)),
        attackable=dict(zip(SETTINGS, attackable, strict=True)),
        tied=_filled(stacked["tied"], -1),
        lit=stacked["lit"],
        right=stacked["right"],
        areas=None if areas is None else _filled(areas, 1),
    )


def _filled(values: np.ndarray, axis: int) -> np.ndarray:
    """Add an expectation's place, which has no ties and no curves."""
    return np.concatenate([values, np.full_like(np.take(values, [0], axis=axis), np.nan)], axis=axis)


def provenance(arguments: argparse.Namespace, left_out: dict[str, str]) -> dict:
    """What is needed to get the figures again."""
    versions = {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version()}
    try:
        import captum

        versions["captum"] = captum.__version__
    except ImportError:
        pass
    return {
        "command": "python experiments/importance_benchmark.py" + " --quick" * arguments.quick,
        "date": datetime.now(UTC).date().isoformat(),
        "deepcheck": deepcheck.__version__,
        "versions": versions,
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "networks_left_out": left_out,
    }


def as_text(content: dict) -> str:
    """Write JSON with every list of numbers, and every object that holds no other, on one line."""
    laid = json.dumps(content, indent=1, allow_nan=False)
    for pattern in (r"\[[^\[\]{}\"]*\]", r"\{[^{}]*\}"):
        laid = re.sub(pattern, lambda found: re.sub(r"\n\s*", " ", found[0]), laid)
    return laid + "\n"


def publish(content: dict, folder: Path) -> None:
    """Write the figures, the page and the picture."""
    inside = folder / "reproduction" if (folder / "reproduction").is_dir() else folder
    write_text(inside / "importance.json", as_text(content))
    write_text(folder / "importance_benchmark.md", contest_page(content))
    save_figure(contest_picture(content), inside / "importance.png")


if __name__ == "__main__":
    main()
