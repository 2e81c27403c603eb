"""Check a certificate against a model file, in whole numbers. This file stands alone: copy it, read it, run it.

    python checker.py CERTIFICATE --model MODEL        (or: deepcheck check, python -m deepcheck.certify)

*Verified here*, from the model file itself: that the certificate is about this file (sha256); that the input has the
label claimed; that each attack listed changes its features only, stays in the domain and gets its label (on the
input's own path, where the scope says so); and that every other set of so many features, but for those that contain a
listed attack or undecided set, is refuted: no values of theirs in the domain change the label (on this path, or any).
*Trusted*: Python's integers, json, gzip and hashlib; the ``onnx`` package's reader; that the operators below mean what
the ONNX standard says, in real arithmetic over the constants as stored; and whoever reads this file. It computes with
whole numbers alone.

A tensor is a list of whole numbers over one denominator, its *scale*. A linear operator is a list of rows ``(bias,
where, weights)``; Relu and MaxPool choose. One Python integer holds several numbers, in *fields* of equal width, so
that one product multiplies all of them (Kronecker substitution).

*This path.* Forward, a value and its slopes are fields: what must stay >= 0 to stay on the path is a *guard*. A label
cannot win where its lead over the input's label, plus guards times ``y >= 0``, stays below 0 over the domain (Farkas).
*All paths.* Where a Relu's argument stays in ``[l, u]``, ``l < 0 < u``, the Relu lies above a line (0, or its argument)
and below one through ``(l, 0)`` and ``(u, u)``: carried backward, a lead is bounded by a linear form of the input. A
tree divides features and domain until the bounds suffice.
Either way what each feature can add to a lead settles most sets at once; those that it leaves open need evidence.
"""

import argparse
import base64
import gzip
import hashlib
import json
import struct
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from fractions import Fraction
from functools import partial
from heapq import nlargest
from io import BytesIO
from itertools import accumulate, combinations, product
from math import comb, floor, lcm, prod
from operator import mul
from typing import Any

import onnx

Numbers = list[int]
Exact = tuple[Numbers, int]  # whole numbers, and what they are over
Row = tuple[int, Sequence[int], Numbers]  # bias, where, weights
Block = tuple[list[int], int]  # features, and how many of them change
Box = dict[int, tuple[int, int]]  # least and largest displacement of an element
Guard = tuple[int, int, dict[int, int]]  # scale, value, slopes in elements
Weighted = tuple[int, int, int, dict[int, int]]  # weight above and below, value, slopes

LARGEST = 50_000_000  # elements of a tensor
LONGEST = 1 << 30  # bytes of a certificate, unpacked
SLOPE = 12  # bits of a line's slope
TOGETHER = 64  # rows that are bounded in one pass
TYPES = {1: ("float32", "f"), 11: ("float64", "d"), 10: ("float16", "e"), 7: ("int64", "q"), 6: ("int32", "i")}
CODES = dict(TYPES.values())
TRUSTED = "trusted: Python's integers, json, gzip and hashlib; the onnx reader; what ONNX says that operators mean"
ONE = ("Flatten", "Transpose", "AveragePool", "MaxPool", "Relu", "Softmax", "LogSoftmax", "Sigmoid")
TWO = ("Reshape", "MatMul", "Add", "Sub", "Div", "Gemm", "Conv")  # of the last two, a third is the bias
OPERATORS = {"Constant": (0,), **dict.fromkeys(ONE, (1,)), **dict.fromkeys(TWO, (2,)), "Gemm": (2, 3), "Conv": (2, 3)}


class Rejected(Exception):
    """The certificate is not verified: why."""


def require(holds: object, why: str) -> None:
    """Reject unless something holds."""
    if not holds:
        raise Rejected(why)


# ---- Numbers --------------------------------------------------------------------------------------------------------


def exactly(stored: Sequence[Any]) -> Exact:
    """Floats as whole numbers over one power of two."""
    pairs = [number.as_integer_ratio() for number in stored]
    scale = max((below for _, below in pairs), default=1)
    return [above * (scale // below) for above, below in pairs], scale


def unpacked(raw: bytes, kind: str) -> tuple[Any, ...]:
    """The numbers that some bytes are."""
    size = struct.calcsize(CODES[kind])
    require(len(raw) % size == 0, "an array is cut short")
    return struct.unpack(f"<{len(raw) // size}{CODES[kind]}", raw)


def array(held: dict[str, str]) -> Exact:
    """An array of a certificate."""
    return exactly(unpacked(base64.b64decode(held["base64"], validate=True), held["dtype"]))


def constant(tensor: Any) -> tuple[tuple[int, ...], Numbers, int]:
    """A tensor of a model: shape, whole numbers, scale."""
    require(tensor.data_location == 0, f"{tensor.name}: data in another file is not supported")
    require(tensor.data_type in TYPES, f"{tensor.name}: data type {tensor.data_type} is not supported")
    kind, shape = TYPES[tensor.data_type][0], tuple(tensor.dims)
    require(all(n >= 0 for n in shape), f"{tensor.name}: no such shape")
    typed = {"float32": tensor.float_data, "float64": tensor.double_data, "int64": tensor.int64_data}
    numbers = unpacked(tensor.raw_data, kind) if tensor.raw_data else tuple(typed[kind])
    require(len(numbers) == prod(shape), f"{tensor.name}: expected {prod(shape)} numbers, got {len(numbers)}")
    return (shape, *exactly(numbers))


class Fields:
    """So many numbers, none above ``largest`` in absolute value, side by side in one."""

    def __init__(self, count: int, largest: int) -> None:
        self.bytes, self.count = largest.bit_length() // 8 + 1, count
        self.width, self.half = 8 * self.bytes, 1 << 8 * self.bytes - 1
        self.offset = int.from_bytes(self.half.to_bytes(self.bytes, "little") * count, "little")

    def split(self, held: int) -> Numbers:
        raw = (held + self.offset).to_bytes(self.bytes * self.count, "little")
        return [int.from_bytes(raw[k : k + self.bytes], "little") - self.half for k in range(0, len(raw), self.bytes)]

    def join(self, numbers: Sequence[int]) -> int:
        raw = b"".join((number + self.half).to_bytes(self.bytes, "little") for number in numbers)
        return int.from_bytes(raw, "little") - self.offset


# ---- The model ------------------------------------------------------------------------------------------------------


class Net:
    """Values by number, the input first; steps ``(kind, sources, result, what)``: linear, same, relu, max."""

    def __init__(self, model: Any, output: str, scale: int) -> None:
        graph, opsets = model.graph, [o.version for o in model.opset_import if o.domain in ("", "ai.onnx")]
        require(len(opsets) == 1 and opsets[0] >= 7, "expected one opset, 7 or later")
        require(not (graph.sparse_initializer or model.functions), "sparse constants and functions are not supported")
        self.constants = {tensor.name: constant(tensor) for tensor in graph.initializer}
        require(len(self.constants) == len(graph.initializer), "two constants have one name")
        (given,) = [value for value in graph.input if value.name not in self.constants]
        require(given.type.tensor_type.elem_type in (1, 10, 11), "expected an input of floats")
        self.scales, self.names, self.stripped = [scale], {given.name: 0}, ""
        self.shapes = [self._fitting(given.name, [d.dim_value or 1 for d in given.type.tensor_type.shape.dim])]
        self.steps: list[tuple[str, tuple[int, ...], int, Any]] = []
        for node in graph.node:
            if output in self.names:
                break
            require(not self.stripped, f"{self.stripped} is not the last operator")
            counts = OPERATORS.get(node.op_type, ()) if node.domain in ("", "ai.onnx") else ()
            require(counts, f"the operator {node.op_type} is not supported by this checker")
            require(len(node.input) in counts and len(node.output) == 1, f"{node.op_type}: other inputs or outputs")
            name, settings = node.output[0], {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            require(len(settings) == len(node.attribute), f"{name}: an attribute is given twice")
            unused = name and name not in self.names and name not in self.constants
            require(unused, f"{name}: expected a name of its own for what {node.op_type} computes")
            getattr(self, f"_{node.op_type.lower()}")(node.input, name, settings)
            require(not settings, f"{node.op_type}: {', '.join(settings)} is not supported")
        require(output in self.names, "the model has no such output")
        self.output, self.inner = self.names[output], output not in {value.name for value in graph.output}
        self.sizes = [self._sizes(kind, what, prod(self.shapes[result])) for kind, _, result, what in self.steps]

    @staticmethod
    def _sizes(kind: str, rows: Any, size: int) -> tuple[int, int, int, int]:
        """Of a step: largest weight, largest bias, longest row, number of rows."""
        if kind != "linear":
            return 1, 0, 1, size
        weights = {id(w): w for _, _, w in rows}.values()
        most = max(max(map(abs, w), default=0) for w in weights)
        return most, max(abs(bias) for bias, *_ in rows), max(map(len, weights)), len(rows)

    @staticmethod
    def _fitting(name: str, shape: Sequence[int]) -> tuple[int, ...]:
        require(all(n > 0 for n in shape) and prod(shape) <= LARGEST, f"{name}: no elements, or too many")
        return tuple(shape)

    def _new(self, kind: str, name: str, shape: Sequence[int], scale: int, sources: Sequence[int], what: Any) -> None:
        self.names[name] = len(self.shapes)
        self.shapes.append(self._fitting(name, shape))
        self.scales.append(scale)
        self.steps.append((kind, tuple(sources), self.names[name], what))

    def _same(self, source: int, name: str, shape: Sequence[int]) -> None:
        require(prod(shape) == prod(self.shapes[source]), f"{name}: the shapes do not match")
        self._new("same", name, shape, self.scales[source], [source], None)

    def _value(self, name: str) -> int:
        require(name in self.names, f"{name}: expected something computed from the input")
        return self.names[name]

    def _linear(
        self, source: int, name: str, shape: Sequence[int], rows: list[Row], below: int = 1, biases: Exact = ([0], 1)
    ) -> None:
        """Rows whose bias is a place among the biases, and whose weights are over ``below``."""
        across = self.scales[source] * below
        scale = lcm(across, biases[1])
        up, up_bias = scale // across, scale // biases[1]
        rows = [(biases[0][b] * up_bias, where, [w * up for w in ws] if up > 1 else ws) for b, where, ws in rows]
        self._new("linear", name, shape, scale, [source], rows)

    # Operators: names of inputs, name of the output, attributes, which are taken out as they are read.

    def _constant(self, _inputs: Any, name: str, settings: Any) -> None:
        require(set(settings) == {"value"}, "Constant: only tensors are supported")
        self.constants[name] = constant(settings.pop("value"))

    def _flatten(self, inputs: Any, name: str, settings: Any) -> None:
        source = self._value(inputs[0])
        shape, axis = self.shapes[source], settings.pop("axis", 1)
        require(abs(axis) <= len(shape), f"{name}: no such axis")
        self._same(source, name, (prod(shape[:axis]), prod(shape[axis:])))

    def _reshape(self, inputs: Any, name: str, settings: Any) -> None:
        source = self._value(inputs[0])
        old, (_, wanted, below) = self.shapes[source], self.constants[inputs[1]]
        copied = not settings.pop("allowzero", 0)
        require(below == 1, "Reshape: expected whole numbers")
        shape = [old[at] if length == 0 and copied else length for at, length in enumerate(wanted)]
        if -1 in shape and 0 not in shape:
            shape[shape.index(-1)] = -prod(old) // prod(shape)
        self._same(source, name, shape)

    def _transpose(self, inputs: Any, name: str, settings: Any) -> None:
        source = self._value(inputs[0])
        old = self.shapes[source]
        order = settings.pop("perm", list(range(len(old)))[::-1])
        require(sorted(order) == list(range(len(old))), "Transpose: expected a permutation")
        steps = [prod(old[axis + 1 :]) for axis in order]
        where = [sum(map(mul, at, steps)) for at in product(*(range(old[axis]) for axis in order))]
        self._linear(source, name, [old[axis] for axis in order], [(0, [i], [1]) for i in where])

    def _gemm(self, inputs: Any, name: str, settings: Any) -> None:
        flat = len(self.shapes[self._value(inputs[0])]) == 2
        require(flat and not settings.pop("transA", 0), "Gemm: only of a matrix, and without transA")
        (up, down), (beta, beta_down) = (settings.pop(k, 1).as_integer_ratio() for k in ("alpha", "beta"))
        columns, below = self._columns(inputs[1], flip=bool(settings.pop("transB", 0)))
        biases = None
        if len(inputs) > 2 and inputs[2]:
            own, values, scale = self.constants[inputs[2]]
            require(prod(own) == prod(own[-1:]) in (1, len(columns)), "Gemm: the bias does not fit")
            biases = [value * beta for value in values] * (len(columns) // prod(own)), scale * beta_down
        self._product(inputs[0], name, [[w * up for w in column] for column in columns], below * down, biases)

    def _matmul(self, inputs: Any, name: str, _settings: Any) -> None:
        self._product(inputs[0], name, *self._columns(inputs[1], flip=False), None)

    def _columns(self, name: str, *, flip: bool) -> tuple[list[Numbers], int]:
        shape, numbers, below = self.constants.get(name, ((), [], 1))
        require(len(shape) == 2, f"{name}: expected a constant matrix")
        down, across = shape
        if flip:
            return [numbers[i * across : (i + 1) * across] for i in range(down)], below
        return [numbers[i::across] for i in range(across)], below

    def _product(self, given: str, name: str, columns: list[Numbers], below: int, biases: Exact | None) -> None:
        source = self._value(given)
        *outer, inner = self.shapes[source]
        require(columns and len(columns[0]) == inner, f"{name}: the shapes do not match")
        starts = range(0, prod(outer) * inner, inner)
        rows: list[Row] = [
            (j if biases else 0, range(s, s + inner), column) for s in starts for j, column in enumerate(columns)
        ]
        self._linear(source, name, (*outer, len(columns)), rows, below, biases or ([0], 1))

    def _add(self, inputs: Any, name: str, _settings: Any) -> None:
        self._elementwise(inputs, name, 1)

    def _sub(self, inputs: Any, name: str, _settings: Any) -> None:
        self._elementwise(inputs, name, -1)

    def _div(self, inputs: Any, name: str, _settings: Any) -> None:
        self._elementwise(inputs, name, 0)

    def _elementwise(self, inputs: Any, name: str, sign: int) -> None:
        """The first operand, plus ``sign`` times the second; or for 0 divided by it."""
        shapes = [self.constants[i][0] if i in self.constants else self.shapes[self._value(i)] for i in inputs]
        rank = max(map(len, shapes))
        padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
        shape = [max(pair) for pair in zip(*padded, strict=True)]
        require(all(n in (1, m) for own in padded for n, m in zip(own, shape, strict=True)), f"{name}: shapes differ")
        steps = [[prod(own[a + 1 :]) * (own[a] > 1) for a in range(rank)] for own in padded]
        first, second = ([sum(map(mul, at, own)) for at in product(*map(range, shape))] for own in steps)
        if inputs[1] in self.constants:
            _, known, below = self.constants[inputs[1]]
            if sign:
                rows: list[Row] = [(k, [i], [1]) for i, k in zip(first, second, strict=True)]
                return self._linear(self._value(inputs[0]), name, shape, rows, 1, ([sign * k for k in known], below))
            whole = lcm(*known)  # 0 where one is 0: then the division below fails, and the certificate is rejected
            rows = [(0, [i], [whole // known[k] * below]) for i, k in zip(first, second, strict=True)]
            return self._linear(self._value(inputs[0]), name, shape, rows, whole)
        require(sign, "Div: only by constants")
        if inputs[0] in self.constants:
            rows = [(k, [i], [sign]) for k, i in zip(first, second, strict=True)]
            return self._linear(self._value(inputs[1]), name, shape, rows, 1, self.constants[inputs[0]][1:])
        sources = [self._value(i) for i in inputs]
        scale, size = lcm(*(self.scales[s] for s in sources)), prod(self.shapes[sources[0]])
        weights = [own * (scale // self.scales[s]) for own, s in zip((1, sign), sources, strict=True)]
        rows = [(0, [i, size + k], weights) for i, k in zip(first, second, strict=True)]
        return self._new("linear", name, shape, scale, sources, rows)

    def _windows(self, source: int, kernel: Sequence[int], settings: Any) -> tuple[list[int], list[list[list[int]]]]:
        """The shape of the positions, and for each of them the kernel's places and the input's places."""
        size = self.shapes[source][2:]
        rank = len(size)
        pads, strides = settings.pop("pads", [0] * 2 * rank), settings.pop("strides", [1] * rank)
        steps, given = settings.pop("dilations", [1] * rank), settings.pop("kernel_shape", kernel)
        plain = not settings.pop("ceil_mode", 0) and not settings.pop("storage_order", 0)
        kind = settings.pop("auto_pad", b"NOTSET")
        plain = plain and (kind == b"NOTSET" or (kind == b"VALID" and not any(pads)))
        require(plain, "auto_pad, ceil_mode and storage_order are not supported")
        require(rank > 0 and self.shapes[source][0] == 1, "expected one image, with channels")
        fits = list(kernel) == list(given) and len(pads) == 2 * rank and min(pads) >= 0 < min(*kernel, *strides, *steps)
        require(fits and rank == len(kernel) == len(strides) == len(steps), "the kernel does not fit")
        wide = [steps[a] * (kernel[a] - 1) + 1 for a in range(rank)]
        shape = [(size[a] + pads[a] + pads[a + rank] - wide[a]) // strides[a] + 1 for a in range(rank)]
        self._fitting("a window's positions", shape)
        jumps, offsets = [prod(size[a + 1 :]) for a in range(rank)], list(product(*map(range, kernel)))
        windows = []
        for at in product(*map(range, shape)):
            corner = [i * s - p for i, s, p in zip(at, strides, pads[:rank], strict=True)]
            places = [[c + k * d for c, k, d in zip(corner, offset, steps, strict=True)] for offset in offsets]
            kept = [k for k, p in enumerate(places) if all(0 <= i < n for i, n in zip(p, size, strict=True))]
            windows.append([kept, [sum(map(mul, places[k], jumps)) for k in kept]])
        return shape, windows

    def _conv(self, inputs: Any, name: str, settings: Any) -> None:
        source = self._value(inputs[0])
        (filters, depth, *kernel), numbers, below = self.constants[inputs[1]]
        shape, windows = self._windows(source, kernel, settings)
        channels, area, volume = self.shapes[source][1], prod(self.shapes[source][2:]), prod(kernel)
        groups = settings.pop("group", 1)
        require(channels == depth * groups and filters % groups == 0, "Conv: the channels do not match")
        biases = self.constants[inputs[2]][1:] if len(inputs) > 2 and inputs[2] else None
        require(biases is None or len(biases[0]) == filters, "Conv: the bias does not fit")
        starts = [[(g * depth + c) * area for c in range(depth)] for g in range(groups)]
        wheres = [[[start + i for start in own for i in window] for _, window in windows] for own in starts]
        rows: list[Row] = []
        for f in range(filters):
            own = numbers[f * depth * volume : (f + 1) * depth * volume]
            for (kept, _), where in zip(windows, wheres[f * groups // filters], strict=True):
                part = own if len(kept) == volume else [own[c * volume + k] for c in range(depth) for k in kept]
                rows.append((f if biases else 0, where, part))
        self._linear(source, name, (1, filters, *shape), rows, below, biases or ([0], 1))

    def _pooled(self, inputs: Any, settings: Any) -> tuple[int, tuple[int, ...], list[list[int]]]:
        source = self._value(inputs[0])
        shape, windows = self._windows(source, settings.pop("kernel_shape"), settings)
        channels, area = self.shapes[source][1], prod(self.shapes[source][2:])
        every = [[c * area + i for i in window] for c in range(channels) for _, window in windows]
        require(all(every), "a pooling window lies in the padding alone")
        return source, (1, channels, *shape), every

    def _averagepool(self, inputs: Any, name: str, settings: Any) -> None:
        volume = prod(settings["kernel_shape"]) if settings.pop("count_include_pad", 0) else 0
        source, shape, windows = self._pooled(inputs, settings)
        below = lcm(*(volume or len(window) for window in windows))
        rows: list[Row] = [(0, w, [below // (volume or len(w))] * len(w)) for w in windows]
        self._linear(source, name, shape, rows, below)

    def _maxpool(self, inputs: Any, name: str, settings: Any) -> None:
        source, shape, windows = self._pooled(inputs, settings)
        self._new("max", name, shape, self.scales[source], [source], windows)

    def _relu(self, inputs: Any, name: str, _settings: Any) -> None:
        source = self._value(inputs[0])
        self._new("relu", name, self.shapes[source], self.scales[source], [source], None)

    def _sigmoid(self, inputs: Any, name: str, settings: Any) -> None:
        """Like a softmax it keeps the order of the scores, and what exceeds 1/2: the numbers before it are taken."""
        source = self._value(inputs[0])
        shape = self.shapes[source]
        along = settings.pop("axis", -1) % len(shape) == len(shape) - 1 and prod(shape) == shape[-1]
        require(along, f"{name}: expected it along the labels")
        self._same(source, name, shape)
        self.stripped = name

    def _softmax(self, inputs: Any, name: str, settings: Any) -> None:
        self._sigmoid(inputs, name, settings)
        require(self.shapes[-1][-1] > 1, f"{name}: of one number it is constant")

    _logsoftmax = _softmax

    # Passes.

    @staticmethod
    def joined(values: Any, sources: Sequence[int]) -> Any:
        return values[sources[0]] if len(sources) == 1 else [number for s in sources for number in values[s]]

    def forward(self, start: Numbers, arms: dict[int, Any] | None = None) -> tuple[list[Numbers], dict[int, Any]]:
        """All values for an input, along given arms or its own: is a Relu active, which place wins a window."""
        values, taken = [start], {} if arms is None else arms
        for kind, sources, result, what in self.steps:
            given = self.joined(values, sources)
            if kind == "linear":
                look = given.__getitem__
                given = [bias + sum(map(mul, weights, map(look, where))) for bias, where, weights in what]
            elif kind == "relu":
                if arms is None:
                    taken[result] = [z > 0 for z in given]
                given = [z if arm else 0 for z, arm in zip(given, taken[result], strict=True)]
            elif kind == "max":
                if arms is None:
                    taken[result] = [max(window, key=given.__getitem__) for window in what]
                given = [given[i] for i in taken[result]]
            values.append(given)
        return values, taken

    def backward(self, at: int, wanted: Numbers, through: Callable[..., Any]) -> tuple[Numbers, int, int]:
        """Sums of value ``at`` as sums of the input: coefficients, constant, and a factor that all of them have.

        ``through(kind, source, result, what, given)`` carries coefficients through a choice: it returns those of its
        source, what is added to the constant, and by how much everything was multiplied.
        """
        held, known, factor = {at: wanted}, 0, 1
        for kind, sources, result, what in reversed(self.steps[:at]):
            if result not in held:
                continue
            given, more, up = held.pop(result), 0, 1
            sizes = [prod(self.shapes[s]) for s in sources]
            if kind == "linear":
                found = [0] * sum(sizes)
                for c, (bias, where, weights) in zip(given, what, strict=True):
                    if c:
                        more += bias * c
                        for i, w in zip(where, weights, strict=True):
                            found[i] += w * c
            elif kind == "same":
                found = given
            else:
                found, more, up = through(kind, sources[0], result, what, given)
            if up > 1:
                held = {key: [c * up for c in old] for key, old in held.items()}
            known, factor = known * up + more, factor * up
            for s, size in zip(sources, sizes, strict=True):
                part, found = found[:size], found[size:]
                held[s] = [a + b for a, b in zip(held[s], part, strict=True)] if s in held else part
        return held.get(0, [0] * prod(self.shapes[0])), known, factor

    def largest(self, start: int, reach: int, at: int | None = None) -> int:
        """No number of a pass is larger: forward, or backward from value ``at`` with values up to ``reach``."""
        shared = max(Counter(s for _, sources, *_ in self.steps for s in sources).values(), default=1)
        number, known = start, start * reach
        for k in range(len(self.steps)) if at is None else reversed(range(at)):
            kind, (weight, bias, length, rows) = self.steps[k][0], self.sizes[k]
            if kind == "linear" and at is None:
                number = number * max(weight * length, 1) + bias
            elif kind == "linear":
                known, number = known + number * bias * rows, number * max(weight * rows, 1) * shared
            elif kind in ("relu", "max") and at is not None:
                known = (known + number * rows * reach) << SLOPE + 1
                number = number * shared * (rows if kind == "max" else 1) << SLOPE + 1
        return number * (reach + 1) * prod(self.shapes[0]) + known if at is not None else number


# ---- The claim ------------------------------------------------------------------------------------------------------


class Claim:
    """What is claimed; inputs as whole numbers over ``scale``."""

    def __init__(self, held: dict[str, Any]) -> None:
        claim = held["claim"]
        self.label, self.size, self.target, self.scope = held["label"], claim["size"], claim["target"], claim["scope"]
        self.verdict, self.left = claim["verdict"], claim["left"]
        self.features: dict[int, list[int]] = {feature: elements for feature, elements in claim["features"]}
        owned = [e for elements in self.features.values() for e in elements]
        x, ends = array(held["input"]), [array(claim["domain"][end]) for end in ("lower", "upper")]
        require(len(set(owned)) == len(owned) > 0 and set(owned) <= set(range(len(x[0]))), "no such features")
        require(len(self.features) == len(claim["features"]) and 1 <= self.size <= len(self.features), "no such size")
        require(all(isinstance(f, int) for f in self.features), "no such features")
        self.attacks = [(tuple(each["features"]), each["label"], array(each["values"])) for each in held["attacks"]]
        tables = [array(table) for table in claim["domain"].get("tables", [])]
        self.scale = lcm(x[1], *(one[1] for one in ends + tables), *(values[1] for *_, values in self.attacks))
        self.x = self.whole(x)
        lower, upper = (self.whole(end) * (len(self.x) if len(end[0]) == 1 else 1) for end in ends)
        require(len(lower) == len(upper) == len(self.x), "the domain does not fit the input")
        require(all(lower[e] <= self.x[e] <= upper[e] for e in owned), "the input lies outside the domain")
        self.levels: dict[int, Numbers] | None = None
        if tables:
            known, channel = [sorted(self.whole(table)) for table in tables], claim["domain"]["channel"]
            channel = channel * len(self.x) if len(channel) == 1 else channel
            require(len(channel) == len(self.x) and min(channel) >= 0, "no such channels")
            self.levels = {e: [v - self.x[e] for v in known[channel[e]] if lower[e] <= v <= upper[e]] for e in owned}
            require(all(0 in self.levels[e] for e in owned), "the input is not on a level")
        self.box: Box = {}
        for e in owned:
            inside = self.snapped(e, lower[e] - self.x[e], upper[e] - self.x[e])
            assert inside is not None
            self.box[e] = inside

    def whole(self, numbers: Exact) -> Numbers:
        return [number * (self.scale // numbers[1]) for number in numbers[0]]

    def snapped(self, element: int, low: int, high: int) -> tuple[int, int] | None:
        """The part of a range of displacements in which the domain has numbers; None where it has none."""
        if self.levels is None:
            return (low, high) if low <= high else None
        inside = [v for v in self.levels[element] if low <= v <= high]
        return (inside[0], inside[-1]) if inside else None

    def cut(self, box: Box, element: int, value: str) -> list[Box | None]:
        """The parts of a box up to a value of an element, and from there; None for a part without numbers."""
        at = floor(Fraction(float.fromhex(value)) * self.scale) - self.x[element]
        low, high = box[element]
        below = self.snapped(element, low, min(high, at))
        above = self.snapped(element, max(low, at + (self.levels is not None)), high)
        return [None if part is None else {**box, element: part} for part in (below, above)]

    def changes(self, features: Sequence[int], values: Exact) -> dict[int, int]:
        """The displacements of an attack, in the domain."""
        elements = [e for f in features for e in self.features[f]]
        moved = {e: v - self.x[e] for e, v in zip(elements, self.whole(values), strict=True)}
        inside = all(self.box[e][0] <= d <= self.box[e][1] for e, d in moved.items())
        listed = self.levels is None or all(d in self.levels[e] for e, d in moved.items())
        require(len(set(features)) == len(features) <= self.size, "an attack has too many features")
        require(inside and listed, "an attack leaves the domain")
        return moved


def most(slopes: Any, box: Box, elements: Any) -> int:
    """The most that some elements add to a sum, inside a box."""
    return sum(max(slopes[e] * box[e][0], slopes[e] * box[e][1]) for e in elements)


def weighted(rows: list[Weighted], box: Box) -> int:
    """The most that a sum of rows can be in a box, times a positive number."""
    common = lcm(*(below for _, below, *_ in rows))
    weights = [above * (common // below) for above, below, *_ in rows]
    sums = {e: sum(w * row[3][e] for w, row in zip(weights, rows, strict=True)) for e in box}
    return sum(w * row[2] for w, row in zip(weights, rows, strict=True)) + most(sums, box, box)


def top(gains: dict[int, int], blocks: list[Block]) -> int:
    """The most that so many features of each block add."""
    return sum(sum(nlargest(count, (gains[f] for f in features))) for features, count in blocks)


def open_sets(blocks: list[Block], gains: dict[int, int], base: int, closed: bool) -> Iterator[tuple[int, ...]]:
    """Sets with so many features of each block whose gains bring the base above 0 (or to 0, where that counts)."""
    orders = [(sorted(features, key=gains.__getitem__, reverse=True), count) for features, count in blocks]
    rest = list(accumulate((top(gains, [block]) for block in blocks[::-1]), initial=0))[::-1]

    def pick(block: int, start: int, left: int, total: int, chosen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if left == 0 and block + 1 == len(orders):
            yield chosen
        elif left == 0:
            yield from pick(block + 1, 0, orders[block + 1][1], total, chosen)
        else:
            order = orders[block][0]
            for k in range(start, len(order) - left + 1):
                best = total + sum(gains[f] for f in order[k : k + left]) + rest[block + 1]
                if best < 0 or (best == 0 and not closed):
                    return
                yield from pick(block, k + 1, left - 1, total + gains[order[k]], (*chosen, order[k]))

    return pick(0, 0, orders[0][1], base, ())


class Checker:
    """A claim about a model, with the input's own run; what both scopes share."""

    def __init__(self, held: dict[str, Any], model: Any) -> None:
        self.held, self.claim, self.decision = held, Claim(held), held["decision"]
        claim = self.claim
        self.net = Net(model, held["model"]["output"], claim.scale)
        require(len(claim.x) == prod(self.net.shapes[0]), "the input does not fit the model")
        self.values, self.arms = self.net.forward(claim.x)
        self.own = self.scores(self.values[self.net.output])
        require(self.own.index(max(self.own)) == claim.label, "the input has another label")
        require(claim.target is None or claim.target in range(len(self.own)), "no such target")
        self.others = [j for j in range(len(self.own)) if j != claim.label and claim.target in (None, j)]
        require(self.others, "there is no other label")
        self.left = 0
        self.covered = {tuple(sorted(s)) for s in held["undecided"]}
        listed = [*self.covered, *(tuple(sorted(features)) for features, *_ in claim.attacks)]
        require(len(set(listed)) == len(held["undecided"]) + len(claim.attacks), "a set is listed twice")
        require(all(0 < len(s) <= claim.size and set(s) <= set(claim.features) for s in listed), "no such sets")
        require(all(len(set(s)) == len(s) for s in listed), "a set has a feature twice")

    def scores(self, out: Numbers) -> Numbers:
        """The score of each label, from the output: arg max, arg min, or the sign of the only number."""
        require(self.decision in ("arg max", "arg min", "sign"), "no such decision")
        require((len(out) == 1) == (self.decision == "sign"), "the decision does not fit the output")
        negative = [-y for y in out]
        return negative + out if self.decision == "sign" else negative if self.decision == "arg min" else out

    def leads(self, fields: Fields) -> Numbers:
        """Of each output: its part in every other label's lead over the label, as fields."""
        count = len(self.values[self.net.output])
        units = [self.scores([int(i == k) for i in range(count)]) for k in range(count)]
        return [fields.join([unit[j] - unit[self.claim.label] for j in self.others]) for unit in units]

    def is_covered(self, chosen: Sequence[int]) -> bool:
        """Does a set contain one that is attackable, or listed as undecided?"""
        ordered = sorted(chosen)
        sizes = range(1, len(ordered) + 1)
        return any(part in self.covered for size in sizes for part in combinations(ordered, size))

    def refuses(self, total: int, label: int) -> bool:
        """Does a lead of at most this keep the label? A tie goes to the lower one."""
        return total < 0 or (total == 0 and label > self.claim.label)

    def refute(self, proof: Any, box: Box, lead: Guard, label: int, guards: Callable[[int], Guard]) -> None:
        """A label's lead stays below 0, by ``[guard, above, exponent, below]``: ``above 2^exponent / below`` of it.

        Or a cut ``{"element", "value", "below", "above"}`` in two proofs.
        """
        if isinstance(proof, dict):
            parts = self.claim.cut(box, proof["element"], proof["value"])
            for part, inner in zip(parts, (proof["below"], proof["above"]), strict=True):
                if part is not None:
                    self.refute(inner, part, lead, label, guards)
            return
        total = weighted([(1, *lead), *self.multiplied(proof, guards)], box)
        require(self.refuses(total, label), f"label {label} is not refuted for elements {sorted(box)}")

    @staticmethod
    def multiplied(proof: Any, guards: Callable[[int], Guard]) -> Iterator[Weighted]:
        """Guards with their multipliers."""
        for at, above, exponent, below in proof:
            require(above >= 0 < below and abs(exponent) < 1 << 14, "a multiplier is negative, or too large")
            scale, value, slopes = guards(at)
            yield above << max(exponent, 0), scale * below << max(-exponent, 0), value, slopes

    def attacks(self) -> None:
        for features, label, values in self.claim.attacks:
            require(self.claim.target in (None, label) and label != self.claim.label, "an attack has the wrong label")
            scores = self.attacked(self.claim.changes(features, values))
            require(all(scores[label] > s for k, s in enumerate(scores) if k != label), "an attack has another label")
            self.covered.add(tuple(sorted(features)))

    def attacked(self, moved: dict[int, int]) -> Numbers:
        """The scores after a change."""
        values, _ = self.net.forward([x + moved.get(e, 0) for e, x in enumerate(self.claim.x)])
        return self.scores(values[self.net.output])


# ---- This path ------------------------------------------------------------------------------------------------------


class SamePath(Checker):
    """Sets along the input's path. Evidence: refutations ``[features, label, proof]`` of what the gains leave open."""

    def check(self) -> None:
        refuted = {(tuple(sorted(features)), label): proof for features, label, proof in self.held["refutations"]}
        self.follow({f for each in (*self.claim.attacks, *self.held["refutations"]) for f in each[0]})
        self.attacks()
        for label, lead, slopes, chosen in self.open():
            proof = refuted.get((tuple(sorted(chosen)), label))
            require(proof is not None, f"features {sorted(chosen)}, label {label}: neither attacked nor refuted")
            box = self.box_of(chosen)
            self.refute(proof, box, self.lead(lead, slopes), label, partial(self.guard_in, box=box))

    def box_of(self, features: Sequence[int]) -> Box:
        return {e: self.claim.box[e] for f in features for e in self.claim.features[f]}

    def follow(self, features: Any) -> None:
        """Run along the path with the slopes in the elements of some features."""
        self.place = {e: k for k, e in enumerate(sorted({e for f in features for e in self.claim.features[f]}))}
        self.fields = Fields(len(self.place) + 1, 2 * self.net.largest(max(1, *map(abs, self.claim.x)), 0))
        units = {e: 1 << self.fields.width * (k + 1) for e, k in self.place.items()}
        start = [x + units.get(e, 0) for e, x in enumerate(self.claim.x)]
        self.forms, _ = self.net.forward(start, self.arms)
        self.outputs = [self.fields.split(form) for form in self.forms[self.net.output]]
        self.guards = list(self.every_guard())
        self.rows: dict[int, Numbers] = {}

    def every_guard(self) -> Iterator[tuple[int, int, int | None, int]]:
        """A value, an element of it, the element that it must exceed (None: 0), and -1 where it must not."""
        for kind, sources, result, what in self.net.steps:
            if kind == "relu":
                yield from ((sources[0], i, None, 1 if on else -1) for i, on in enumerate(self.arms[result]))
            elif kind == "max":
                for window, winner in zip(what, self.arms[result], strict=True):
                    yield from ((sources[0], winner, i, 1) for i in window if i != winner)

    def guard(self, at: int) -> Numbers:
        """A guard's value, and its slopes in the order of `place`."""
        if at not in self.rows:
            value, i, loser, sign = self.guards[at]
            form = self.forms[value][i] - (0 if loser is None else self.forms[value][loser])
            self.rows[at] = self.fields.split(sign * form)
        return self.rows[at]

    def lead(self, lead: int, slopes: dict[int, int]) -> Guard:
        return self.net.scales[self.net.output], lead, slopes

    def guard_in(self, at: int, box: Box) -> Guard:
        """A guard over the elements of a box."""
        require(0 <= at < len(self.guards), "no such guard")
        row = self.guard(at)
        return self.net.scales[self.guards[at][0]], row[0], {e: row[self.place[e] + 1] for e in box}

    def attacked(self, moved: dict[int, int]) -> Numbers:
        terms = [(self.place[e] + 1, d) for e, d in moved.items()]
        rows = map(self.guard, range(len(self.guards)))
        require(all(row[0] + sum([row[k] * d for k, d in terms]) >= 0 for row in rows), "an attack leaves the path")
        return self.scores([row[0] + sum(row[k] * d for k, d in terms) for row in self.outputs])

    def open(self) -> Iterator[tuple[int, int, dict[int, int], tuple[int, ...]]]:
        """Sets and labels that gains do not settle, uncovered ones: label, its lead, the lead's slopes, features."""
        fields = Fields(len(self.others), self.net.largest(2, 0, self.net.output))
        parts, _, _ = self.net.backward(self.net.output, self.leads(fields), self.through)
        slopes = {e: fields.split(parts[e]) for e in self.claim.box}
        for k, label in enumerate(self.others):
            lead, own = self.own[label] - self.own[self.claim.label], {e: row[k] for e, row in slopes.items()}
            gains = {f: most(own, self.claim.box, elements) for f, elements in self.claim.features.items()}
            for chosen in open_sets([(list(gains), self.claim.size)], gains, lead, label < self.claim.label):
                if not self.is_covered(chosen):
                    yield label, lead, own, chosen

    def through(self, kind: str, source: int, result: int, _what: Any, given: Numbers) -> tuple[Numbers, int, int]:
        arms = self.arms[result]
        if kind == "relu":
            return [c if on else 0 for c, on in zip(given, arms, strict=True)], 0, 1
        found = [0] * prod(self.net.shapes[source])
        for c, winner in zip(given, arms, strict=True):
            found[winner] += c
        return found, 0, 1


# ---- All paths ------------------------------------------------------------------------------------------------------


class Walk:
    """A path through the network for a box of values of a few elements, up to where the box has several."""

    def __init__(self, net: Net, claim: Claim, box: Box) -> None:
        self.net, self.box = net, box
        self.fields = Fields(len(box) + 1, 2 * net.largest(max(1, *map(abs, claim.x)), 0))
        units = {e: 1 << self.fields.width * (k + 1) for k, e in enumerate(box)}
        self.values = [[x + units.get(e, 0) for e, x in enumerate(claim.x)]]
        self.guards: list[Guard] = []
        self.taken: list[int] = []  # of the step that is next: the place that each window takes, or -1 for none

    def row(self, form: int, scale: int) -> Guard:
        value, *slopes = self.fields.split(form)
        return scale, value, dict(zip(self.box, slopes, strict=True))

    def ends(self, form: int) -> tuple[int, int]:
        """The range of a form in the box."""
        value, *slopes = self.fields.split(form)
        pairs = [sorted((c * low, c * high)) for c, (low, high) in zip(slopes, self.box.values(), strict=True)]
        return value + sum(low for low, _ in pairs), value + sum(high for _, high in pairs)

    def guard(self, at: int) -> Guard:
        require(0 <= at < len(self.guards), "no such guard")
        return self.guards[at]

    def fork(self, choice: tuple[int, list[tuple[int, int]]]) -> "Walk":
        """The same with one choice more, and its guards."""
        other = copy(self)
        other.values, other.taken = list(self.values), [*self.taken, choice[0]]
        other.guards = self.guards + [self.row(*guard) for guard in choice[1]]
        return other

    def on(self) -> list[tuple[int, list[tuple[int, int]]]]:
        """Go on to where the box has several paths, or to the end; what can be taken there, with its guards."""
        while len(self.values) <= self.net.output:
            kind, sources, _, what = self.net.steps[len(self.values) - 1]
            given, scale = self.net.joined(self.values, sources), self.net.scales[sources[0]]
            if kind == "linear":
                look = given.__getitem__
                given = [bias + sum(map(mul, weights, map(look, where))) for bias, where, weights in what]
            elif kind in ("relu", "max"):
                for window in (what if kind == "max" else [[i, -1] for i in range(len(given))])[len(self.taken) :]:
                    forms = {i: given[i] if i >= 0 else 0 for i in window}
                    ends = {i: self.ends(form) for i, form in forms.items()}
                    best = max(window, key=lambda i: ends[i][0])
                    several = [i for i in window if i == best or ends[i][1] > ends[best][0]]
                    if len(several) > 1:
                        return [(i, [(forms[i] - forms[k], scale) for k in several if k != i]) for i in several]
                    self.taken.append(best)
                given = [0 if i < 0 else given[i] for i in self.taken]
                self.taken = []
            self.values.append(given)
        return []


class AllPaths(Checker):
    """Sets along all paths. Evidence: a tree of nodes.

    - ``["close", [[features, node], ...]]``: bounds leave no set open but for those listed, each with its own node;
    - ``["keep", [features, ...], node]``: bounds refute every set with a feature that its block does not keep;
    - ``["halve", block, features, node, ...]``: some of a block's features and the others, by how many of the first;
    - ``["left"]``: all these sets are undecided;
    - ``["cut", element, value, node, node]``: where every set contains the element, its values below and above;
    - ``["walk", paths]``: of one set, all paths one by one. ``paths`` is ``["both", [paths, paths]]`` where a Relu may
      be on or off (of a window: one for each place that may win), or ``["lead", [proof of each label]]`` at the end, or
      ``["none", proof]`` where guards are contradictory. Guards count in the order in which the path meets them.
    """

    def check(self) -> None:
        self.prepare()
        self.node(self.held["tree"], [(list(self.claim.features), self.claim.size)], self.claim.box)

    def prepare(self) -> None:
        """Check the attacks, and what no choice precedes is a form of the input."""
        claim, net = self.claim, self.net
        self.attacks()
        self.before = {0: [(x, {e: 1} if e in claim.box else {}) for e, x in enumerate(claim.x)]}
        for kind, sources, result, what in net.steps:
            if kind in ("linear", "same") and all(s in self.before for s in sources):
                given = net.joined(self.before, sources)
                self.before[result] = [self.form(given, *row) for row in what] if kind == "linear" else given

    @staticmethod
    def form(given: Any, bias: int, where: Sequence[int], weights: Numbers) -> tuple[int, dict[int, int]]:
        """A row before any choice: its constant and the slopes of elements."""
        slopes: dict[int, int] = {}
        for i, w in zip(where, weights, strict=True):
            bias += w * given[i][0]
            for e, c in given[i][1].items():
                slopes[e] = slopes.get(e, 0) + w * c
        return bias, slopes

    def node(self, tree: Any, blocks: list[Block], box: Box) -> None:
        """Every set with so many features of each block is covered, or refuted inside the box."""
        kind, *more = tree
        require(kind in ("close", "keep", "halve", "cut", "walk", "left"), "no such node")
        if kind == "left":
            self.left += prod(comb(len(features), count) for features, count in blocks)
        elif kind == "halve":
            block, first, *parts = more
            require(block >= 0, "no such block")
            features, count = blocks[block]
            second = [f for f in features if f not in set(first)]
            require(len(first) + len(second) == len(features) and len(set(first)) == len(first), "a part was not there")
            ways = [k for k in range(count + 1) if k <= len(first) and count - k <= len(second)]
            require(first and second and len(parts) == len(ways), "the parts of a block do not fit")
            for part, k in zip(parts, ways, strict=True):
                new = [(own, n) for own, n in ((first, k), (second, count - k)) if n]
                self.node(part, [*blocks[:block], *new, *blocks[block + 1 :]], box)
        elif kind == "cut":
            element, value, *parts = more
            whole = [f for features, count in blocks if count == len(features) for f in features]
            require(any(element in self.claim.features[f] for f in whole), "only what every set contains can be cut")
            for part, inside in zip(parts, self.claim.cut(box, element, value), strict=True):
                if inside is not None:
                    self.node(part, blocks, inside)
        elif kind == "walk":
            require(all(count == len(features) for features, count in blocks), "only one set can be walked")
            elements = sorted(e for features, _ in blocks for f in features for e in self.claim.features[f])
            self.walk(more[0], Walk(self.net, self.claim, {e: box[e] for e in elements}))
        elif kind == "keep":
            kept, child = more
            for label, base, gains in self.bounds(blocks, box):
                self.without(label, base, gains, blocks, kept)
            new = [(own, count) for own, (_, count) in zip(kept, blocks, strict=True)]
            if all(len(own) >= count for own, count in new):
                self.node(child, new, box)
        else:
            (opened,) = more
            inner = {tuple(sorted(chosen)): child for chosen, child in opened}
            for label, base, gains in self.bounds(blocks, box):
                for chosen in open_sets(blocks, gains, base, label < self.claim.label):
                    listed = tuple(sorted(chosen)) in inner or self.is_covered(chosen)
                    require(listed, f"features {sorted(chosen)}, label {label}: not refuted")
            for own, child in inner.items():
                self.node(child, [(list(own), len(own))], box)

    def walk(self, tree: Any, walk: "Walk") -> None:
        """Every path from here on is refuted."""
        choices = walk.on()
        kind, parts = tree
        require(kind == ("both" if choices else "lead"), "the paths do not fit")
        if kind == "lead":
            own = self.scores(walk.values[self.net.output])
            for label, proof in zip(self.others, parts, strict=True):
                lead = walk.row(own[label] - own[self.claim.label], self.net.scales[self.net.output])
                self.refute(proof, walk.box, lead, label, walk.guard)
            return
        beaten = {}
        for part, choice in zip(parts, choices, strict=True):
            taken = walk.fork(choice)
            if part[0] != "none":
                self.walk(part, taken)
            elif not self.contradictory(part[1], taken) < 0:
                others = [place for place, _ in choices if place != choice[0]]
                (beaten[choice[0]],) = (others[at - len(walk.guards)] for at, *_ in part[1] if at >= len(walk.guards))
        require(not beaten.keys() & set(beaten.values()), "what is no better than others is all there is")

    def contradictory(self, proof: Any, walk: "Walk") -> int:
        """Below 0 where no point keeps the guards; 0 where the newest is 0 if they hold: another place is as good."""
        require(all(above > 0 for _, above, *_ in proof), "a multiplier is not positive")
        total = weighted(list(self.multiplied(proof, walk.guard)), walk.box)
        require(total <= 0, "guards are not contradictory")
        return total

    def without(self, label: int, base: int, gains: dict[int, int], blocks: list[Block], kept: Any) -> None:
        """Each feature that is not kept is covered alone, or refuted with whatever else."""
        for (features, count), own in zip(blocks, kept, strict=True):
            require(set(own) <= set(features) and len(set(own)) == len(own), "what is kept was not there")
            others = base + top(gains, [block for block in blocks if block[0] is not features])
            best = nlargest(count, features, key=gains.__getitem__)
            for f in set(features) - set(own):
                total = others + gains[f] + sum([gains[g] for g in best if g != f][: count - 1])
                require(self.refuses(total, label) or (f,) in self.covered, f"feature {f}, label {label}: not refuted")

    def bounds(self, blocks: list[Block], box: Box) -> list[tuple[int, int, dict[int, int]]]:
        """For each other label a bound on its lead: a base, and the most that each feature adds."""
        net, claim = self.net, self.claim
        ranges: list[Any] = [[(x, x) for x in claim.x]]
        for features, count in blocks:
            for e in (e for f in features for e in claim.features[f]):
                low, high = box[e] if count == len(features) else (min(box[e][0], 0), max(box[e][1], 0))
                ranges[0][e] = claim.x[e] + low, claim.x[e] + high
        owner = {e: (at, f) for at, (own, _) in enumerate(blocks) for f in own for e in claim.features[f]}
        opened = {sources[0] for kind, sources, *_ in net.steps if kind == "relu"}
        for kind, sources, result, what in net.steps:
            given = net.joined(ranges, sources)
            if result in self.before:
                given = [self.exact(row, owner, blocks, box) for row in self.before[result]]
            elif kind == "linear":
                given = self.interval(given, what)
                if result in opened:
                    self.tighten(given, result, ranges, blocks, box)
            elif kind == "relu":
                given = [(max(low, 0), max(high, 0)) for low, high in given]
            elif kind == "max":
                given = [(max(given[i][0] for i in w), max(given[i][1] for i in w)) for w in what]
            ranges.append(given)
        fields = self.wide(len(self.others), net.output, ranges)
        found, _ = self.linear(net.output, self.leads(fields), fields, ranges, blocks, box)
        return [(label, *bound) for label, bound in zip(self.others, found, strict=True)]

    @staticmethod
    def exact(
        row: tuple[int, dict[int, int]], owner: dict[int, tuple[int, int]], blocks: list[Block], box: Box
    ) -> tuple[int, int]:
        """The range of a row that no choice precedes; ``owner`` has the block and the feature of each element."""
        known, slopes = row
        low, high = known, known
        ends: list[dict[int, tuple[int, int]]] = [{} for _ in blocks]
        for e in slopes if len(slopes) < len(owner) else owner:
            if e in owner and e in slopes:
                (block, f), (a, b) = owner[e], sorted((slopes[e] * box[e][0], slopes[e] * box[e][1]))
                least, largest = ends[block].get(f, (0, 0))
                ends[block][f] = least + a, largest + b
        for (features, count), own in zip(blocks, ends, strict=True):
            still = [0] * min(count, len(features) - len(own))
            high += sum(nlargest(count, [b for _, b in own.values()] + still))
            low -= sum(nlargest(count, [-a for a, _ in own.values()] + still))
        return low, high

    @staticmethod
    def interval(given: Any, rows: list[Row]) -> list[tuple[int, int]]:
        """The ranges of rows, from those of what they read."""
        middle, spread = [a + b for a, b in given], [b - a for a, b in given]
        found = []
        for bias, where, weights in rows:
            centre = 2 * bias + sum(map(mul, weights, map(middle.__getitem__, where)))
            radius = sum(map(mul, map(abs, weights), map(spread.__getitem__, where)))
            found.append(((centre - radius) // 2, -((-centre - radius) // 2)))
        return found

    def wide(self, count: int, at: int, ranges: list[Any]) -> Fields:
        reach = max(max(abs(low), abs(high)) for values in ranges for low, high in values)
        reach = max(reach, *map(abs, self.claim.x))  # a cut leaves ranges without the input
        return Fields(count, self.net.largest(2, reach + 1, at))

    def tighten(self, given: Any, at: int, ranges: list[Any], blocks: list[Block], box: Box) -> None:
        """Better ranges of the rows whose Relu is open, from linear bounds of each and of its negative."""
        area = prod(self.net.shapes[at][2:])  # what lies at one place of an image reads the same few elements
        opened = sorted((k % area, k) for k, (low, high) in enumerate(given) if low < 0 < high)
        for start in range(0, len(opened), TOGETHER):
            rows = [k for _, k in opened[start : start + TOGETHER]]
            fields = self.wide(2 * len(rows), at, ranges)
            wanted = [0] * len(given)
            for k, row in enumerate(rows):
                wanted[row] = (1 << 2 * k * fields.width) - (1 << (2 * k + 1) * fields.width)
            found, factor = self.linear(at, wanted, fields, ranges, blocks, box)
            ends = [-(-(base + top(gains, blocks)) // factor) for base, gains in found]  # rounded up
            for row, high, low in zip(rows, ends[::2], ends[1::2], strict=True):
                given[row] = max(given[row][0], -low), min(given[row][1], high)

    def linear(
        self, at: int, wanted: Numbers, fields: Fields, ranges: list[Any], blocks: list[Block], box: Box
    ) -> tuple[list[tuple[int, dict[int, int]]], int]:
        """Upper bounds of sums of value ``at``: for each field a base and what each feature adds; and their factor."""

        def through(kind: str, source: int, _result: int, what: Any, given: Numbers) -> tuple[Numbers, int, int]:
            return (self.over_windows if kind == "max" else self.over_lines)(given, ranges[source], what, fields)

        slopes, known, factor = self.net.backward(at, wanted, through)
        bases = fields.split(known + sum(map(mul, slopes, self.claim.x)))
        free = [f for features, _ in blocks for f in features]
        gains: list[dict[int, int]] = [dict.fromkeys(free, 0) for _ in bases]
        for f in free:
            parts = [(*box[e], fields.split(slopes[e])) for e in self.claim.features[f] if slopes[e]]
            for k, own in enumerate(gains if parts else ()):
                own[f] = sum(max(c[k] * low, c[k] * high) for low, high, c in parts)
        return list(zip(bases, gains, strict=True)), factor

    @staticmethod
    def over_lines(given: Numbers, held: Any, _what: Any, fields: Fields) -> tuple[Numbers, int, int]:
        """Sums of Relus from above, by sums of their arguments."""
        if not any(c and low < 0 < high for c, (low, high) in zip(given, held, strict=True)):
            return [c if low >= 0 else 0 for c, (low, _) in zip(given, held, strict=True)], 0, 1
        found, constants = [], [0] * fields.count
        for c, (low, high) in zip(given, held, strict=True):
            if not c or low >= 0 or high <= 0:
                found.append(c << SLOPE if low >= 0 else 0)
                continue
            above, below = -((-high << SLOPE) // (high - low)), (1 << SLOPE) * (high > -low)  # above: rounded up
            parts = fields.split(c)
            found.append(fields.join([v * (above if v > 0 else below) for v in parts]))
            constants = [k - v * above * low if v > 0 else k for k, v in zip(constants, parts, strict=True)]
        return found, fields.join(constants), 1 << SLOPE

    @staticmethod
    def over_windows(given: Numbers, held: Any, windows: Any, fields: Fields) -> tuple[Numbers, int, int]:
        """A largest value: the element that beats all others; else at most the highest end, at least one element."""
        found, constants = [0] * len(held), [0] * fields.count
        for c, window in zip(given, windows, strict=True):
            best = max(window, key=lambda i: held[i][0])
            if not c or held[best][0] >= max((held[i][1] for i in window if i != best), default=held[best][0]):
                found[best] += c
                continue
            highest, parts = max(held[i][1] for i in window), fields.split(c)
            found[best] += fields.join([min(v, 0) for v in parts])
            constants = [k + max(v, 0) * highest for k, v in zip(constants, parts, strict=True)]
        return found, fields.join(constants), 1


# ---- A certificate, and what it says --------------------------------------------------------------------------------

SCOPES: dict[str, Any] = {"this path": SamePath, "all paths": AllPaths}


def read(raw: bytes) -> Any:
    """The object in a file, perhaps gzipped: no numbers but whole ones, no truth values, no key twice."""
    with gzip.open(BytesIO(raw)) if raw[:2] == b"\x1f\x8b" else BytesIO(raw) as stream:
        text = stream.read(LONGEST + 1)
    require(len(text) <= LONGEST, "it is too long")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        require(len(dict(pairs)) == len(pairs), "a key is there twice")
        return dict(pairs)

    def fraction(number: str) -> None:
        raise Rejected(f"{number} is no whole number")

    held = json.loads(text, object_pairs_hook=unique, parse_float=fraction, parse_constant=fraction)
    rest = [held]
    while rest:
        one = rest.pop()
        require(not isinstance(one, bool), "expected no truth values")
        rest.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
    return held


def digest(held: dict[str, Any]) -> str:
    """The hash of all that a certificate says, but for the hash itself."""
    rest = {key: value for key, value in held.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def check(raw: bytes, model: bytes) -> str:
    """Verify a certificate, perhaps gzipped, against the bytes of a model file.

    Returns:
        What was verified, as text.

    Raises:
        Rejected: If anything does not hold.
    """
    try:
        held = read(raw)
        require(held["certificate"] == "deepcheck" and held["version"] == 1, "not a certificate of version 1")
        require(held["digest"] == digest(held), "the digest does not match: something was changed")
        require(held["model"]["sha256"] == hashlib.sha256(model).hexdigest(), "it is about another model file")
        require(held["claim"]["scope"] in SCOPES, "no such scope")
        checker = SCOPES[held["claim"]["scope"]](held, onnx.load_model_from_string(model))
        checker.check()
        return statement(checker)
    except Exception as problem:  # whatever a malformed certificate or model brings about
        why = f"{problem}" if isinstance(problem, Rejected) else f"malformed ({type(problem).__name__}: {problem})"
        raise Rejected(ascii(why)[1:-1]) from None  # one line, whatever names are in it


def statement(checker: Checker) -> str:
    """What was verified, in words."""
    claim, undecided = checker.claim, len(checker.held["undecided"])
    verdict = "attack" if claim.attacks else "undecided" if undecided or checker.left else "proved"
    require(
        claim.verdict == verdict and claim.left == checker.left, f"the verdict is {verdict}, {checker.left} are left"
    )
    left = f"{checker.left} more are left undecided, families of the tree; " * (checker.left > 0)
    aim = "changes the label" if claim.target is None else f"gives label {claim.target}"
    total, output = comb(len(claim.features), claim.size), ascii(checker.held["model"]["output"])
    output += " (not an output of the model)" * checker.net.inner
    ends = [Fraction(claim.x[e] + end, claim.scale) for e, pair in claim.box.items() for end in pair]
    domain = f"from {min(ends)} to {max(ends)}" + (", on its levels" if claim.levels is not None else "")
    return (
        f"verified: {verdict} ({claim.scope}, real arithmetic). The input has label {claim.label}, the "
        f"{checker.decision} of {output}. Of {total} sets of {claim.size} of {len(claim.features)} features, "
        f"{len(claim.attacks)} attacks and {undecided} undecided sets are listed; {left}"
        f"no {'other ' * (checker.left > 0)}set without one of those {aim} anywhere in the domain ({domain}).\n"
        f"{TRUSTED}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: 0 verified, 1 rejected, 2 a file cannot be read."""
    parser = argparse.ArgumentParser(description="Check a certificate against a model file, exactly.")
    parser.add_argument("certificate")
    parser.add_argument("--model", required=True)
    given = parser.parse_args(arguments)
    try:
        with open(given.certificate, "rb") as first, open(given.model, "rb") as second:
            print(check(first.read(LONGEST + 1), second.read()))
    except OSError as problem:
        print(f"cannot read {problem.filename}: {problem.strerror}", file=sys.stderr)
        return 2
    except Rejected as problem:
        print(f"rejected: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
