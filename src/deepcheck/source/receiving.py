"""The first instruction: from pixels to what the model receives, in the model's own type."""

from math import prod

import numpy as np

from deepcheck.program import Preprocessing, Program
from deepcheck.source.forms import Loop
from deepcheck.source.nest import loops_around
from deepcheck.source.syntax import Element, Expression, Form, Function, Number, Operation, Single, Statement, Store
from deepcheck.source.tables import Tables


def receive(program: Program, tables: Tables) -> Function | None:
    """The function that does what the model's type and the preprocessing do, or None where they do nothing."""
    single = program.dtype == np.float32
    plain = program.preprocessing.is_identity
    if plain and not single:
        return None
    loops, place = _loops(program)
    pixel: Expression = Element("x", place)
    value = Single(pixel) if single else pixel
    if not plain:
        mean, std = _columns(program.preprocessing, program.dtype, tables)
        centred: Expression = Operation("-", value, mean)
        value = Operation("/", Single(centred) if single else centred, std)
        value = Single(value) if single else value
    store: Statement = Store("out", place, value)
    rule = "the pixels" if plain else "(pixel - mean) / std"
    rounded = "" if not single else ", rounded to float32" if plain else ", each step rounded to float32"
    comment = f"s0: what the model receives: {rule}{rounded}"
    return Function("receive", (comment,), ("x",), program.size, tuple(loops_around(loops, [store])))


def _loops(program: Program) -> tuple[list[Loop], Form]:
    preprocessing = program.preprocessing
    if len(preprocessing.mean) == len(preprocessing.std) == 1:
        return [Loop("i", program.size)], Form.of("i")
    channels, rest = program.input_shape[0], prod(program.input_shape[1:])
    return [Loop("channel", channels), Loop("i", rest)], Form(0, (("channel", rest), ("i", 1)))


def _columns(
    preprocessing: Preprocessing, dtype: np.dtype[np.floating], tables: Tables
) -> tuple[Expression, Expression]:
    found: list[Expression] = []
    for name, numbers in (("MEAN", preprocessing.mean), ("STD", preprocessing.std)):
        values = np.array(numbers, dtype=dtype).astype(np.float64)
        if len(values) == 1:
            found.append(Number(float(values[0])))
        else:
            found.append(Element(tables.add(name, values, "one per channel"), Form.of("channel")))
    return found[0], found[1]
