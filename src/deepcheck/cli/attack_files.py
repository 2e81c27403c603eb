"""What ``deepcheck attack`` writes: the picture, and each witness."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

import deepcheck
from deepcheck.attacks import Attack, Result
from deepcheck.certify import replayer_for
from deepcheck.cli.inputs import Question, full_scale, read_input
from deepcheck.cli.showing import image_of, say
from deepcheck.display.files import make_folder, write_atomically
from deepcheck.display.images import save_image
from deepcheck.display.pictures import attack_picture, grid_shape, save_figure
from deepcheck.program import Array

if TYPE_CHECKING:
    from deepcheck.domains.features import Layout


def draw(file: Path, result: Result, question: Question, *, order: str | None, layout: "Layout") -> None:
    """Draw the input, its important and attackable features, and the attack with the largest margin."""
    shape, domain = result.study.features.shape, result.domain
    important, ranking = _important(result, question, order)
    best = max(result.attacks[: result.replays], key=lambda attack: attack.witness.margin, default=None)
    marked, weights = _attackable(result)
    figure = attack_picture(
        image_of(question.pixels, domain=domain, features=shape, layout=layout),
        important,
        marked,
        label=str(result.label),
        ranking=ranking,
        witness=None if best is None else image_of(best.witness.pixels, domain=domain, features=shape, layout=layout),
        changed=() if best is None else best.features,
        new_label="" if best is None else str(best.witness.label),
        weights=weights,
        sets=_sets(result),
        caption=str(result),
    )
    save_figure(figure, file)
    say(f"wrote {file}")


def _sets(result: Result) -> str:
    """What is attackable, where that is not single features."""
    if isinstance(result, deepcheck.SmallestResult):
        return "the smallest set"
    return f"{result.counts['attackable']:,} sets of {result.size}" if result.size > 1 else ""


def _attackable(result: Result) -> tuple[Array, Array]:
    """The features of attackable sets, and how strongly to mark each: by how many listed sets it is in."""
    flat = np.array([feature for features in result.attackable for feature in features], dtype=np.int64)
    features, counts = np.unique(flat, return_counts=True)
    return features, 0.15 + 0.85 * counts / counts.max(initial=1)


def _important(result: Result, question: Question, order: str | None) -> tuple[Array, str]:
    """The features shown as important: those tried if they are a shortlist, else the top 5 % by the order or coi."""
    study, metric = result.study, order or "coi"
    if study.asked.shortlist is not None:
        tried = result.order[: deepcheck.shortlist_length(study.asked.shortlist, len(result.order))]
        return tried, f"{metric}, top {len(tried)}"
    scores = deepcheck.importance(
        study.program,
        question.pixels,
        metric=metric,
        domain=result.domain,
        features_as=study.features.grouping,
        layout=study.features.layout,
    )
    count = max(1, scores.size // 20)
    return deepcheck.order_of(scores.ravel())[:count], f"{metric}, top {count}"


def save(folder: Path, listed: Sequence[Attack], result: Result, question: Question, *, layout: "Layout") -> None:
    """Write each witness as what the model receives, and as an image where levels or an image say that it is one."""
    make_folder(folder)
    images = rounded = lost = 0
    for attack in listed:
        witness = attack.witness
        name = f"{_named(attack.features)}-label-{witness.label}"
        write_atomically(folder / f"{name}.npy", partial(_write_array, witness.model_input))
        if question.is_image or result.domain.levels is not None:
            received = _save_image(folder / f"{name}.png", attack, result, layout)
            program = result.study.program
            images += 1
            rounded += not np.array_equal(received, witness.model_input)
            lost += int(replayer_for(program.origin).labels(program, received[None])[0]) != witness.label
    say(f"wrote {len(listed)} witnesses to {folder}")
    if images:
        say(f"{images} PNG files read back and replayed: {images - lost} change the label")
    if rounded:
        say(f"{rounded} of the PNG files are rounded to 8 bits: the .npy file is the attack")


def _named(features: tuple[int, ...]) -> str:
    """A set of features in a file's name."""
    if len(features) == 1:
        return f"feature-{features[0]:04d}"
    digits = "-".join(f"{feature:04d}" for feature in features)
    return f"features-{digits}" if len(features) <= 8 else f"features-{features[0]:04d}-and-{len(features) - 1}-more"


def _write_array(array: Array, stream: BinaryIO) -> None:
    np.save(stream, array, allow_pickle=False)


def _save_image(file: Path, attack: Attack, result: Result, layout: "Layout") -> Array:
    """Write a witness as PNG, read it back, and give what the model receives then."""
    program, pixels = result.study.program, attack.witness.pixels / full_scale(result.domain)
    if pixels.ndim == 3 and layout == "nhwc":
        save_image(pixels.transpose(2, 0, 1), file)
    else:
        save_image(pixels.reshape(grid_shape(pixels.shape)) if pixels.ndim == 1 else pixels, file)
    again = read_input(str(file), program, domain=result.domain, layout=layout, data=None)
    return np.asarray(program.model_input(again.pixels)[0])
