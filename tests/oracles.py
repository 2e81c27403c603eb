"""Plain answers to compare with: an ONNX graph run in fractions, and the rules of DESIGN.md section 4, word for word.

Nothing here uses DeepCheck. A *form* is an object array of fractions ``(1 + n, *shape)``: row 0 is the value at the
input, row ``1 + i`` the slope in the displacement of input element ``i``, along the input's path.
"""

import itertools
import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

FINAL = ("Softmax", "LogSoftmax", "Sigmoid")


def fractions_of(array):
    """The exact values of an array of numbers (or of fractions), as an object array of the same shape."""
    if isinstance(array, np.ndarray) and array.dtype.kind == "O":
        return array.copy()
    flat = np.empty(np.size(array), dtype=object)
    flat[:] = [Fraction(v) for v in np.asarray(array, dtype=np.float64).ravel().tolist()]
    return flat.reshape(np.shape(array))


def onnx_outputs(model, x):
    """What onnxruntime computes for a batch, item by item, ``(items, outputs)``."""
    session = session_of(model)
    name = session.get_inputs()[0].name
    return np.stack([session.run(None, {name: x[i : i + 1]})[0].reshape(-1) for i in range(len(x))])


def onnx_label(model, x, *, sigmoid=False):
    """The label of one input in the model's own arithmetic; None where that is not finite."""
    (output,) = onnx_outputs(model, x[None])
    if not np.isfinite(output).all():
        return None
    return int(output[0] > (0.5 if sigmoid else 0)) if len(output) == 1 else int(np.argmax(output))


def session_of(model):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # One thread: sums over several are rounded otherwise, and replay is compared bit for bit.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


@dataclass
class Exact:
    """An exact run: the output's form ``(1 + n, outputs)``, all guards ``(1 + n, guards)``, and the arms.

    ``chooses``: does a branch choose among several values? Two of them that cannot differ are no border.
    """

    outputs: np.ndarray
    guards: np.ndarray
    arms: list
    chooses: bool = False


def run_exactly(model, x, *, slopes=True):
    """Run a model on one input (without batch axis) in fractions, with a slope per input element."""
    graph = model.graph
    opset = next(o.version for o in model.opset_import if o.domain == "")
    constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    size = int(np.prod(x.shape))
    start = np.full((1 + size * slopes, size), Fraction(0), dtype=object)
    start[0] = fractions_of(x).ravel()
    for i in range(size * slopes):
        start[1 + i, i] = Fraction(1)
    values = {graph.input[0].name: start.reshape(-1, *x.shape)}
    guards, arms, chooses = [], [], False
    last = graph.node[-1]
    for node in graph.node:
        given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Constant":
            constants[node.output[0]] = numpy_helper.to_array(given["value"])
            continue
        if node is last and node.op_type in FINAL:
            values[node.output[0]] = values[node.input[0]]
            continue
        operands = [values[n] if n in values else constants.get(n) for n in node.input]
        is_form = [n in values for n in node.input]
        if node.op_type == "Shape":
            constants[node.output[0]] = np.array([1, *operands[0].shape[1:]])
            continue
        found = LAYERS[node.op_type](operands, is_form, given, opset)
        if isinstance(found, tuple):
            found, guard, arm = found
            guards.append(guard.reshape(len(guard), -1))
            arms.append(arm)
            chooses |= node.op_type in CHOOSING
        results = found if isinstance(found, list) else [found]
        (values if any(is_form) else constants).update(zip(node.output, results, strict=True))
    output = values[graph.output[0].name]
    none = np.full((len(start), 0), Fraction(0), dtype=object)
    return Exact(output.reshape(len(output), -1), np.concatenate([none, *guards], axis=1), arms, chooses)


def shifted(form, constant):
    """Add a constant (with a leading batch axis or fewer axes): it moves the value, not the slopes."""
    constant = fractions_of(constant)
    shape = np.broadcast_shapes((1, *form.shape[1:]), constant.shape)
    out = np.broadcast_to(form, (len(form), *shape[1:])).copy()
    out[0] = out[0] + np.broadcast_to(constant, shape)[0]
    return out


def scaled(form, factor):
    return form * (factor if factor.ndim < form.ndim else factor.reshape(factor.shape[-(form.ndim - 1) :]))


def gemm(operands, is_form, given, opset):
    x, weight = operands[0], fractions_of(operands[1])
    weight = weight.T if given.get("transB", 0) else weight
    out = x @ weight * Fraction(float(given.get("alpha", 1.0)))
    if len(operands) > 2 and operands[2] is not None:
        beta = given.get("beta", 1.0)
        out = shifted(out, operands[2].astype(np.float64) * beta)
    return out


def matmul(operands, is_form, given, opset):
    left, right = (o if f else fractions_of(o) for o, f in zip(operands, is_form, strict=True))
    return left @ right


def einsum(operands, is_form, given, opset):
    both = [o if f else fractions_of(o) for o, f in zip(operands, is_form, strict=True)]
    return np.einsum(given["equation"].decode(), *both)


def total(operands, is_form, given, opset):
    out = operands[is_form.index(True)]
    for i, operand in enumerate(operands):
        if i != is_form.index(True):
            out = out + operand if is_form[i] else shifted(out, operand)
    return out


def mean(operands, is_form, given, opset):
    return total(operands, is_form, given, opset) / Fraction(len(operands))


def add(operands, is_form, given, opset):
    if all(is_form):
        return operands[0] + operands[1]
    form, constant = operands if is_form[0] else operands[::-1]
    return shifted(form, constant)


def subtract(operands, is_form, given, opset):
    if all(is_form):
        return operands[0] - operands[1]
    return shifted(operands[0], -operands[1]) if is_form[0] else shifted(-operands[1], operands[0])


def multiply(operands, is_form, given, opset):
    form, constant = operands if is_form[0] else operands[::-1]
    return scaled(form, fractions_of(constant))


def divide(operands, is_form, given, opset):
    return scaled(operands[0], np.asarray(1 / fractions_of(operands[1]), dtype=object))


def batch_norm(operands, is_form, given, opset):
    x = operands[0]
    gamma, beta, mean, var = (c.astype(np.float64).reshape(-1, *(1,) * (x.ndim - 2)) for c in operands[1:5])
    # DESIGN.md 4.1: gamma / sqrt(var + eps) is rounded once to float64, and that number is meant.
    factor = gamma / np.sqrt(var + float(given.get("epsilon", np.float32(1e-5))))
    return shifted(shifted(x, -mean) * fractions_of(factor), beta)


@dataclass
class Windows:
    """Where a kernel stands: for each output position the source positions of its taps (None in padding)."""

    shape: tuple
    taps: list
    declared: list


def windows(spatial, given, kernel, opset):
    d = len(spatial)
    strides = given.get("strides", [1] * d)
    dilations = given.get("dilations", [1] * d)
    pads = given.get("pads", [0] * 2 * d)
    counts = []
    for a in range(d):
        room = spatial[a] + pads[a] + pads[d + a] - (dilations[a] * (kernel[a] - 1) + 1)
        count = room // strides[a] + 1
        if given.get("ceil_mode", 0):
            count = -(-room // strides[a]) + 1
            if (count - 1) * strides[a] >= spatial[a] + pads[a]:  # the last window must start in input or left padding
                count -= 1
        counts.append(count)
    taps, declared = [], []
    for out in itertools.product(*map(range, counts)):
        mine, inside_padding = [], 0
        for k in itertools.product(*map(range, kernel)):
            at = tuple(out[a] * strides[a] - pads[a] + k[a] * dilations[a] for a in range(d))
            mine.append(at if all(0 <= p < n for p, n in zip(at, spatial, strict=True)) else None)
            inside_padding += all(p < spatial[a] + pads[d + a] for a, p in enumerate(at))
        taps.append(mine)
        declared.append(inside_padding)
    return Windows(tuple(counts), taps, declared)


def convolve(operands, is_form, given, opset):
    x, weight = operands[0], fractions_of(operands[1])
    groups = given.get("group", 1)
    place = windows(x.shape[2:], given, weight.shape[2:], opset)
    channels, per_group = x.shape[1] // groups, weight.shape[0] // groups
    out = np.full((len(x), weight.shape[0], len(place.taps)), Fraction(0), dtype=object)
    for p, taps in enumerate(place.taps):
        for m in range(weight.shape[0]):
            first = m // per_group * channels
            for c in range(channels):
                for at, w in zip(taps, weight[m, c].ravel(), strict=True):
                    if at is not None and w:
                        out[:, m, p] = out[:, m, p] + x[(slice(None), first + c, *at)] * w
    out = out.reshape(len(x), weight.shape[0], *place.shape)
    if len(operands) > 2 and operands[2] is not None:
        out = shifted(out, operands[2].reshape(1, -1, *(1,) * (x.ndim - 2)))
    return out


def average_pool(operands, is_form, given, opset):
    x = operands[0]
    place = windows(x.shape[2:], given, given["kernel_shape"], opset)
    out = np.full((*x.shape[:2], len(place.taps)), Fraction(0), dtype=object)
    for p, taps in enumerate(place.taps):
        present = [at for at in taps if at is not None]
        count = place.declared[p] if given.get("count_include_pad", 0) else len(present)
        for at in present:
            out[..., p] = out[..., p] + x[(slice(None), slice(None), *at)] / Fraction(count)
    return out.reshape(*x.shape[:2], *place.shape)


def global_average_pool(operands, is_form, given, opset):
    x = operands[0]
    spatial = tuple(range(2, x.ndim))
    return x.sum(axis=spatial, keepdims=True) / Fraction(int(np.prod(x.shape[2:])))


def max_pool(operands, is_form, given, opset):
    x = operands[0]
    place = windows(x.shape[2:], given, given["kernel_shape"], opset)
    out = np.full((*x.shape[:2], len(place.taps)), Fraction(0), dtype=object)
    arms = np.zeros((x.shape[1], len(place.taps)), dtype=int)
    guards = []
    for c in range(x.shape[1]):
        for p, taps in enumerate(place.taps):
            present = [(k, at) for k, at in enumerate(taps) if at is not None]
            win, where = max(present, key=lambda pair: (x[(0, c, *pair[1])], -pair[0]))
            out[:, c, p] = x[(slice(None), c, *where)]
            arms[c, p] = win
            guards += [out[:, c, p] - x[(slice(None), c, *at)] for k, at in present if k != win]
    rows = np.stack(guards, axis=1) if guards else np.full((len(x), 0), Fraction(0), dtype=object)
    return out.reshape(*x.shape[:2], *place.shape), rows, arms.reshape(x.shape[1], *place.shape)


def pieces(x, breakpoints, slopes, intercepts):
    """A continuous piecewise-linear function; on a breakpoint the piece below it."""
    out, guards = x.copy(), []
    arms = np.zeros(x.shape[1:], dtype=int)
    for at in np.ndindex(*x.shape[1:]):
        z = x[(slice(None), *at)]
        arm = sum(z[0] > t for t in breakpoints)
        arms[at] = arm
        out[(slice(None), *at)] = z * slopes[arm]
        out[(0, *at)] += intercepts[arm]
        for low in breakpoints[arm - 1 : arm] if arm else ():
            guard = z.copy()
            guard[0] -= low
            guards.append(guard)
        for high in breakpoints[arm : arm + 1]:
            guard = -z
            guard[0] += high
            guards.append(guard)
    return out, np.stack(guards, axis=1), arms


def relu(operands, is_form, given, opset):
    return pieces(operands[0], [Fraction(0)], [0, 1], [0, 0])


def leaky_relu(operands, is_form, given, opset):
    alpha = Fraction(float(np.float32(given.get("alpha", 0.01))))
    return pieces(operands[0], [Fraction(0)], [alpha, 1], [0, 0])


def clip(operands, is_form, given, opset):
    ends = [given.get("min"), given.get("max")]
    for i in (1, 2):
        if len(operands) > i and operands[i] is not None:
            ends[i - 1] = operands[i].item()
    low, high = (None if end is None else Fraction(float(end)) for end in ends)
    parts = [(low, 0, low)] if low is not None else []
    parts.append((None, 1, Fraction(0)))
    parts += [(high, 0, high)] if high is not None else []
    breakpoints = [end for end in (low, high) if end is not None]
    return pieces(operands[0], breakpoints, [p[1] for p in parts], [p[2] for p in parts])


def prelu(operands, is_form, given, opset):
    x = operands[0]
    _, guards, arms = pieces(x, [Fraction(0)], [0, 1], [0, 0])
    slopes = np.broadcast_to(fractions_of(operands[1]), (1, *x.shape[1:]))[0]
    return np.where(arms, x, x * slopes), guards, arms


def absolute(operands, is_form, given, opset):
    return pieces(operands[0], [Fraction(0)], [-1, 1], [0, 0])


def hard_sigmoid(operands, is_form, given, opset):
    alpha, beta = (Fraction(float(np.float32(given.get(n, d)))) for n, d in (("alpha", 0.2), ("beta", 0.5)))
    zero, one = -beta / alpha, (1 - beta) / alpha
    ends = ([zero, one], [0, 1]) if alpha > 0 else ([one, zero], [1, 0])
    return pieces(operands[0], ends[0], [0, alpha, 0], [ends[1][0], beta, ends[1][1]])


def shrink(operands, is_form, given, opset):
    end = Fraction(float(given["lambd"]))
    assert given["bias"] == given["lambd"]
    if end == 0:
        return operands[0]
    return pieces(operands[0], [-end, end], [1, 0, 1], [end, 0, -end])


def first_best(stack, sign):
    """Along the last axis the largest element (the smallest, if the sign is -1), the first of equals."""
    rest = stack.shape[1:-1]
    out = np.full((len(stack), *rest), Fraction(0), dtype=object)
    arms, guards = np.zeros(rest, dtype=int), []
    for at in np.ndindex(*rest):
        forms = [stack[(slice(None), *at, k)] for k in range(stack.shape[-1])]
        arms[at] = win = max(range(len(forms)), key=lambda k: (sign * forms[k][0], -k))
        out[(slice(None), *at)] = forms[win]
        guards += [sign * (forms[win] - form) for k, form in enumerate(forms) if k != win]
    rows = np.stack(guards, axis=1) if guards else np.full((len(stack), 0), Fraction(0), dtype=object)
    return out, rows, arms


def extreme(sign):
    """Max (1) or Min (-1) of several operands.

    DESIGN.md 4.3: one guard a loser. Beside one value, constants are one breakpoint an element; beside several values
    they are one more candidate, the last.
    """

    def run(operands, is_form, given, opset):
        shape = np.broadcast_shapes(
            *((1, *o.shape[1:]) if f else o.shape for o, f in zip(operands, is_form, strict=True))
        )
        forms = [o for o, f in zip(operands, is_form, strict=True) if f]
        wide = [np.broadcast_to(form, (len(form), *shape[1:])) for form in forms]
        constants = [
            np.broadcast_to(fractions_of(o), shape)[0] for o, f in zip(operands, is_form, strict=True) if not f
        ]
        bound = (
            np.vectorize(lambda *c: max(c, key=lambda v: sign * v), otypes=[object])(*constants) if constants else None
        )
        if len(wide) > 1:
            candidates = wide if bound is None else [*wide, as_form(bound[None], len(wide[0]))]
            return first_best(np.stack(candidates, axis=-1), sign)
        if bound is None:
            return wide[0].copy()
        if len(set(bound.ravel())) == 1:
            end = bound.ravel()[0]
            return pieces(wide[0], [end], *(([0, 1], [end, 0]) if sign > 0 else ([1, 0], [0, end])))
        beyond = sign * wide[0]
        beyond[0] = beyond[0] - sign * bound
        over, guards, arms = pieces(beyond, [Fraction(0)], [0, 1], [0, 0])
        out = sign * over
        out[0] = out[0] + bound
        return out, guards, arms

    return run


def as_form(constant, columns):
    """A constant (batch axis first) as a form that does not move."""
    out = np.full((columns, *constant.shape[1:]), Fraction(0), dtype=object)
    out[0] = constant[0] if constant.dtype == object else fractions_of(constant[0])
    return out


def reduced_axes(operands, given):
    """The axes of a reduction, counted from the front, and those that stay."""
    x = operands[0]
    axes = given.get("axes") or [int(a) for a in operands[1]]
    axes = sorted(a % x.ndim for a in axes)
    assert 0 not in axes
    return tuple(axes), [a for a in range(1, x.ndim) if a not in axes]


def reduce_sum(operands, is_form, given, opset):
    axes, _ = reduced_axes(operands, given)
    return operands[0].sum(axis=axes, keepdims=bool(given.get("keepdims", 1)))


def reduce_mean(operands, is_form, given, opset):
    axes, _ = reduced_axes(operands, given)
    return reduce_sum(operands, is_form, given, opset) / Fraction(int(np.prod([operands[0].shape[a] for a in axes])))


def reduce_l1(operands, is_form, given, opset):
    sizes, guards, arms = absolute(operands, is_form, given, opset)
    return reduce_sum([sizes, *operands[1:]], is_form, given, opset), guards, arms


def reduce_extreme(sign):
    def run(operands, is_form, given, opset):
        x, (axes, rest) = operands[0], reduced_axes(operands, given)
        stack = x.transpose([0, *rest, *axes]).reshape(len(x), *(x.shape[a] for a in rest), -1)
        out, guards, arms = first_best(stack, sign)
        if given.get("keepdims", 1):
            out = out.reshape(len(x), *(1 if a in axes else x.shape[a] for a in range(1, x.ndim)))
        return out, guards, arms

    return run


def global_max_pool(operands, is_form, given, opset):
    x = operands[0]
    out, guards, arms = first_best(x.reshape(*x.shape[:2], -1), 1)
    return out.reshape(*x.shape[:2], *(1,) * (x.ndim - 2)), guards, arms


def pad(operands, is_form, given, opset):
    x = operands[0]
    pads = given["pads"] if opset < 11 else [int(p) for p in operands[1]]
    fill = given.get("value", 0.0) if opset < 11 else operands[2].item() if len(operands) > 2 else 0.0
    mode = given.get("mode", b"constant").decode()
    for axis in range(1, x.ndim):
        where = (pads[axis], pads[axis + x.ndim])
        line = np.arange(x.shape[axis])
        at = np.pad(line, where, constant_values=-1) if mode == "constant" else np.pad(line, where, mode=mode)
        x = np.take(x, at, axis=axis)
        absent = (slice(None),) * axis + (at < 0,)
        x[absent] = Fraction(0)
        x[0][absent[1:]] = Fraction(float(fill))
    return x


def cut(operands, is_form, given, opset):
    x = operands[0]
    if opset < 10:
        starts, ends = given["starts"], given["ends"]
        axes, steps = given.get("axes", range(len(starts))), [1] * len(starts)
    else:
        starts, ends, axes, steps = ([int(v) for v in o] for o in operands[1:5])
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        n = x.shape[axis]
        start, end = start + n * (start < 0), end + n * (end < 0)
        # The specification clamps: to [0, n] for steps forward, to [-1, n - 1] for steps back.
        start = min(max(start, 0), n if step > 0 else n - 1)
        end = min(max(end, 0), n) if step > 0 else min(max(end, -1), n - 1)
        x = np.take(x, list(range(start, end, step)), axis=axis)
    return x


def split(operands, is_form, given, opset):
    x, axis = operands[0], given.get("axis", 0)
    sizes = given.get("split") or ([int(n) for n in operands[1]] if len(operands) > 1 else [x.shape[axis] // 2] * 2)
    return np.split(x, np.cumsum(sizes)[:-1], axis=axis)


def gather(operands, is_form, given, opset):
    return np.take(operands[0], operands[1], axis=given.get("axis", 0))


def expand(operands, is_form, given, opset):
    x, target = operands[0], tuple(int(n) for n in operands[1])
    shape = np.broadcast_shapes((1, *x.shape[1:]), target)
    return np.broadcast_to(x, (len(x), *shape[1:]))


def tile(operands, is_form, given, opset):
    assert operands[1][0] == 1
    return np.tile(operands[0], operands[1])


def choose(operands, is_form, given, opset):
    (count,) = {len(o) for o, f in zip(operands, is_form, strict=True) if f}
    shape = np.broadcast_shapes(
        *(((1, *o.shape[1:]) if f else o.shape) for o, f in zip(operands, is_form, strict=True))
    )
    both = [
        np.broadcast_to(o, (count, *shape[1:])) if f else as_form(np.broadcast_to(o, shape), count)
        for o, f in zip(operands[1:], is_form[1:], strict=True)
    ]
    return np.where(np.broadcast_to(operands[0], shape), *both)


def convolve_transposed(operands, is_form, given, opset):
    x, weight = operands[0], fractions_of(operands[1])
    d, groups = x.ndim - 2, given.get("group", 1)
    strides, dilations, extra = (
        given.get(n, [v] * d) for n, v in (("strides", 1), ("dilations", 1), ("output_padding", 0))
    )
    pads = given.get("pads", [0] * 2 * d)
    sizes = [
        strides[a] * (x.shape[2 + a] - 1)
        + extra[a]
        + dilations[a] * (weight.shape[2 + a] - 1)
        + 1
        - pads[a]
        - pads[d + a]
        for a in range(d)
    ]
    per_group, channels = weight.shape[1], x.shape[1] // groups
    out = np.full((len(x), per_group * groups, *sizes), Fraction(0), dtype=object)
    for c, m in itertools.product(range(x.shape[1]), range(per_group)):
        for at in np.ndindex(*x.shape[2:]):
            for tap in np.ndindex(*weight.shape[2:]):
                to = [at[a] * strides[a] + tap[a] * dilations[a] - pads[a] for a in range(d)]
                if all(0 <= p < n for p, n in zip(to, sizes, strict=True)):
                    out[(slice(None), c // channels * per_group + m, *to)] += (
                        x[(slice(None), c, *at)] * weight[(c, m, *tap)]
                    )
    if len(operands) > 2 and operands[2] is not None:
        out = shifted(out, operands[2].reshape(1, -1, *(1,) * d))
    return out


def depth_to_space(operands, is_form, given, opset):
    x, b = operands[0], given["blocksize"]
    n, c, h, w = x.shape
    out = np.empty((n, c // b**2, h * b, w * b), dtype=object)
    for k, i, j, dy, dx in itertools.product(range(c // b**2), range(h), range(w), range(b), range(b)):
        crd = given.get("mode", b"DCR") == b"CRD"
        source = k * b**2 + dy * b + dx if crd else (dy * b + dx) * (c // b**2) + k
        out[:, k, i * b + dy, j * b + dx] = x[:, source, i, j]
    return out


def space_to_depth(operands, is_form, given, opset):
    x, b = operands[0], given["blocksize"]
    n, c, h, w = x.shape
    out = np.empty((n, c * b**2, h // b, w // b), dtype=object)
    for k, i, j, dy, dx in itertools.product(range(c), range(h // b), range(w // b), range(b), range(b)):
        out[:, (dy * b + dx) * c + k, i, j] = x[:, k, i * b + dy, j * b + dx]
    return out


def resize_nearest(operands, is_form, given, opset):
    x, scales = operands[0], [Fraction(float(v)) for v in operands[-1]]
    old = opset < 11
    mode = b"asymmetric" if old else given["coordinate_transformation_mode"]
    nearest = b"floor" if old else given["nearest_mode"]
    half = Fraction(1, 2)
    rounds = {
        b"floor": math.floor,
        b"ceil": math.ceil,
        b"round_prefer_floor": lambda p: math.ceil(p - half),
        b"round_prefer_ceil": lambda p: math.floor(p + half),
    }
    for axis in range(1, x.ndim):
        n, scale = x.shape[axis], scales[axis]
        shift = half if mode == b"half_pixel" else 0
        places = [rounds[nearest]((i + shift) / scale - shift) for i in range(math.floor(n * scale))]
        x = np.take(x, [min(max(p, 0), n - 1) for p in places], axis=axis)
    return x


def reshape(operands, is_form, given, opset):
    x, target = operands[0], [int(d) for d in operands[1]]
    target = [(1, *x.shape[1:])[i] if d == 0 else d for i, d in enumerate(target)]
    shape = np.empty((1, *x.shape[1:]), dtype=np.int8).reshape(target).shape
    assert shape[0] == 1
    return x.reshape(len(x), *shape[1:])


def flatten(operands, is_form, given, opset):
    return operands[0].reshape(len(operands[0]), -1)


def transpose(operands, is_form, given, opset):
    return operands[0].transpose(given["perm"])


def squeeze(operands, is_form, given, opset):
    axes = given.get("axes") or [int(a) for a in operands[1]]
    return operands[0].reshape([n for a, n in enumerate(operands[0].shape) if a not in axes])


def unsqueeze(operands, is_form, given, opset):
    axes = given.get("axes") or [int(a) for a in operands[1]]
    x = operands[0]
    for axis in sorted(axes):
        x = np.expand_dims(x, axis)
    return x


def identity(operands, is_form, given, opset):
    return operands[0]


def negate(operands, is_form, given, opset):
    return -operands[0]


def concatenate(operands, is_form, given, opset):
    if any(is_form):
        (count,) = {len(o) for o, f in zip(operands, is_form, strict=True) if f}
        operands = [o if f else as_form(o, count) for o, f in zip(operands, is_form, strict=True)]
    return np.concatenate(operands, axis=given["axis"])


LAYERS = {
    "Gemm": gemm,
    "MatMul": matmul,
    "Add": add,
    "Sub": subtract,
    "Mul": multiply,
    "Div": divide,
    "Neg": negate,
    "BatchNormalization": batch_norm,
    "Conv": convolve,
    "AveragePool": average_pool,
    "GlobalAveragePool": global_average_pool,
    "MaxPool": max_pool,
    "Relu": relu,
    "LeakyRelu": leaky_relu,
    "Clip": clip,
    "Reshape": reshape,
    "Flatten": flatten,
    "Transpose": transpose,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Identity": identity,
    "Dropout": identity,
    "Concat": concatenate,
    "Einsum": einsum,
    "Sum": total,
    "Mean": mean,
    "PRelu": prelu,
    "Abs": absolute,
    "HardSigmoid": hard_sigmoid,
    "Shrink": shrink,
    "Max": extreme(1),
    "Min": extreme(-1),
    "ReduceSum": reduce_sum,
    "ReduceMean": reduce_mean,
    "ReduceL1": reduce_l1,
    "ReduceMax": reduce_extreme(1),
    "ReduceMin": reduce_extreme(-1),
    "GlobalMaxPool": global_max_pool,
    "Pad": pad,
    "Slice": cut,
    "Split": split,
    "Gather": gather,
    "Expand": expand,
    "Tile": tile,
    "Where": choose,
    "ConvTranspose": convolve_transposed,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
    "Resize": resize_nearest,
    "Upsample": resize_nearest,
}
CHOOSING = ("MaxPool", "GlobalMaxPool", "Max", "Min", "ReduceMax", "ReduceMin")


def dense_layers(model):
    """The weights ``(in, out)`` and biases of a model of Gemm (transB=1) and Relu nodes."""
    stored = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    return [(stored[n.input[1]].T, stored[n.input[2]]) for n in model.graph.node if n.op_type == "Gemm"]


def run_dense_exactly(layers, x):
    """`run_exactly` for dense ReLU layers; the first layer's slopes are its weights."""
    value, slopes, guards, arms = fractions_of(x).ravel(), None, [], []
    for position, (weight, bias) in enumerate(layers):
        exact = fractions_of(weight)
        value = value @ exact + fractions_of(bias)
        slopes = exact if slopes is None else slopes @ exact
        if position < len(layers) - 1:
            on = value > 0
            signs = np.where(on, 1, -1)
            guards.append(np.concatenate([(value * signs)[None], slopes * signs]))
            arms.append(on.astype(int))
            value, slopes = value * on, slopes * on
    return Exact(np.concatenate([value[None], slopes]), np.concatenate(guards, axis=1), arms)


@dataclass(frozen=True)
class Span:
    """A convex set of numbers, by its ends (None is infinite) and whether each is left out."""

    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False
    nothing: bool = False

    def cut(self, value, slope, *, strict):
        """Only those ``d`` with ``value + slope * d >= 0`` (``> 0`` if strict)."""
        if slope == 0:
            good = value > 0 or (value == 0 and not strict)
            return self if good else Span(nothing=True)
        end = -value / slope
        if slope > 0 and (self.low is None or (end, strict) > (self.low, self.low_open)):
            return Span(end, self.high, strict, self.high_open, self.nothing)
        if slope < 0 and (self.high is None or (-end, strict) > (-self.high, self.high_open)):
            return Span(self.low, end, self.low_open, strict, self.nothing)
        return self

    @property
    def empty(self):
        if self.nothing:
            return True
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def __contains__(self, d):
        if self.nothing:
            return False
        above = self.low is None or d > self.low or (d == self.low and not self.low_open)
        below = self.high is None or d < self.high or (d == self.high and not self.high_open)
        return above and below


def label_scores(outputs):
    """DESIGN.md 4.4 and "Scores": one score per label; a single score has minus itself for label 0."""
    return np.concatenate([-outputs, outputs], axis=1) if outputs.shape[1] == 1 else outputs


def label_of(scores):
    """Arg max, ties to the lowest index, for a row of exact scores."""
    return max(range(len(scores)), key=lambda j: (scores[j], -j))


@dataclass
class Answer:
    """What one feature can do: for each other label the displacements that reach it, and those that win it strictly."""

    reached: dict
    won: dict

    def reaches(self, step):
        return [j for j, span in self.reached.items() if step in span]


def answers(exact, domain):
    """For every input element its `Answer`; ``domain`` gives each element's closed span of displacements."""
    scores = label_scores(exact.outputs)
    label = label_of(scores[0])
    found = []
    for i in range(len(scores) - 1):
        kept = domain[i]
        for value, slope in zip(exact.guards[0], exact.guards[1 + i], strict=True):
            kept = kept.cut(value, slope, strict=False)
        reached, won = {}, {}
        for j in range(scores.shape[1]):
            if j == label:
                continue
            reached[j] = won[j] = kept
            for m in range(scores.shape[1]):
                if m != j:
                    value, slope = scores[0, j] - scores[0, m], scores[1 + i, j] - scores[1 + i, m]
                    # Label j is the arg max: above every lower index, at least equal to every higher one.
                    reached[j] = reached[j].cut(value, slope, strict=m < j)
                    won[j] = won[j].cut(value, slope, strict=True)
        found.append(Answer(reached, won))
    return label, found


def box_spans(x, lower, upper):
    """The spans of displacements that keep each element in ``[lower, upper]`` (None: unbounded)."""
    spans = []
    for origin in fractions_of(x).ravel():
        low = None if lower is None else Fraction(float(lower)) - origin
        high = None if upper is None else Fraction(float(upper)) - origin
        spans.append(Span(low, high))
    return spans


def holds_a_number(span, origin, dtype):
    """Is there a finite number of the type whose displacement from the origin lies in the span?"""
    if span.empty:
        return False
    info = np.finfo(dtype)
    ends = [origin + end for end in (span.low, span.high) if end is not None] or [origin]
    for end in ends:
        clipped = min(max(end, Fraction(float(info.min))), Fraction(float(info.max)))
        near = dtype.type(float(clipped))
        with np.errstate(all="ignore"):
            beside = [near, np.nextafter(near, dtype.type(-np.inf)), np.nextafter(near, dtype.type(np.inf))]
        if any(np.isfinite(v) and Fraction(float(v)) - origin in span for v in beside):
            return True
    return False


def load_bytes(content):
    return onnx.load_model_from_string(content)


def assert_borders(found, exact, *, pools):
    """Guards of exactly 0 are counted; in a max pooling only those that can change, or might structurally."""
    zeros = [all(slope == 0 for slope in guard[1:]) for guard in exact.guards.T if guard[0] == 0]
    if pools or exact.chooses:
        assert zeros.count(False) <= found <= len(zeros)
    else:
        assert found == len(zeros)
