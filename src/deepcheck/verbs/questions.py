"""What the verbs share: an input in its domain, and features that own one element each."""

import numpy as np

from deepcheck.domains import Box, Features, Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import OptionError
from deepcheck.program import Array, Program


def received_in(program: Program, x: Array, pixels: Pixels) -> tuple[Array, Box]:
    """What the model receives, checked against its domain, and the domain in those units."""
    if not isinstance(pixels, Pixels):
        raise OptionError(f"expected a domain such as deepcheck.Pixels(0, 1), got {pixels!r}")
    received = program.model_input(x)
    box = pixels.box(program)
    pixels.check(program, received.reshape(len(received), -1).astype(np.float64), box)
    return received, box


def single_elements(program: Program, features_as: Grouping | None, layout: Layout) -> Features:
    """The features of an input; `OptionError` where one owns several elements."""
    grouped = Features.of(program.input_shape, features_as, layout)
    if not grouped.single:
        raise OptionError(
            f"expected features of one element, got {grouped.count} of {program.size // grouped.count} elements each: "
            "attacks on colour pixels and words are not built yet; use features_as='element' (--features-as element)"
        )
    return grouped
