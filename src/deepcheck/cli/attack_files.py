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
from deepcheck.cli.showing import say
from deepcheck.display.files import make_folder, write_atomically
from deepcheck.display.images import grid_shape, save_image
from deepcheck.program import Array

if TYPE_CHECKING:
    from deepcheck.domains.features import Layout


def draw(file: Path, result: Result, question: Question, *, order: str | None, layout: "Layout") -> None:
    """Draw the input, its important and attackable features, and the attack with the largest margin."""
    deepcheck.save_picture(deepcheck.picture(result, order=order or "coi"), file)
    say(f"wrote {file}")


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
