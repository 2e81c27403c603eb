"""Sliding products on NumPy floats: channels last, the taps side by side, one matrix product a group, nothing folded.

Images are taken in chunks, and large ones in chunks of rows, so that the columns of one product stay in the cache.
Where each output channel reads one channel (a kernel for each, or one for all as in average pooling) there is no
matrix: every tap is a slice of the input times its weight.
"""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from deepcheck.program.maps import Convolve
from deepcheck.program.rationals import Array
from deepcheck.program.sliding import Taps

BUFFER = 1 << 18
"""How many elements the columns of one product have, about."""
ENOUGH = 256
"""A product of fewer columns spends its time on reading the kernels."""
FEW = 4
"""Runs of fewer elements are not worth a copy each."""


def matrices(convolution: Convolve, dtype: np.dtype[np.floating]) -> Array:
    """The kernels as ``(groups, taps * channels, m)``, made once for each type."""
    weight, key = convolution.product.weight, ("taps first", dtype)
    if key not in weight.memo:
        groups, width, m = weight.shape
        taps = prod(convolution.taps.sliding.kernel)
        split = weight.stored.reshape(groups, width // taps, taps, m).transpose(0, 2, 1, 3)
        weight.memo[key] = np.ascontiguousarray(split, dtype=dtype).reshape(groups, width, m)
    found: Array = weight.memo[key]
    return found


def convolved(convolution: Convolve, weight: Array, x: Array, *, channels_last: bool = False) -> Array:
    """Apply a sliding product to ``(items, *source)``; ``weight`` is its `matrices`.

    With ``channels_last`` the result has its usual shape, but lies in memory with the channels last.
    """
    taps = convolution.taps
    if convolution.is_channelwise:
        return _slid(taps, weight, x).reshape(len(x), *convolution.shape)
    images = _channels_last(x.reshape(-1, *taps.source[1:]))
    groups, width, m = weight.shape
    out, target = _images(len(images), groups * m, taps.outputs, x.dtype, channels_last=channels_last)
    if taps.is_pointwise:
        target[...] = (images.reshape(-1, width) @ weight[0]).reshape(target.shape)
    for chunk, rows in () if taps.is_pointwise else _chunks(len(images), taps):
        if rows.start == 0:
            seen = _windows(np.ascontiguousarray(padded(images[chunk], taps, 1)), taps)
        columns = _columns(seen[:, :, rows], width)
        part = target[chunk, rows]
        made = part.reshape(-1, groups, m) if channels_last else np.empty((columns.shape[1], groups, m), x.dtype)
        np.matmul(columns, weight, out=made.transpose(1, 0, 2))
        if not channels_last:
            part[...] = made.reshape(part.shape)
    return out.reshape(len(x), *convolution.shape)


def convolved_transposed(convolution: Convolve, weight: Array, y: Array) -> Array:
    """Apply the transpose of a sliding product to ``(items, *shape)``."""
    taps = convolution.taps
    if convolution.is_channelwise:
        return _slid_transposed(taps, weight, y).reshape(len(y), *convolution.source_shape)
    groups, _, m = weight.shape
    images = _channels_last(y.reshape(-1, groups * m, *taps.outputs))
    out, target = _images(len(images), taps.source[1], taps.spatial, y.dtype, channels_last=False)
    if taps.is_pointwise:
        target[...] = (images.reshape(-1, m) @ weight[0].T).reshape(target.shape)
    for chunk, rows in () if taps.is_pointwise else _chunks(len(images), taps):
        if rows.start == 0:
            block = np.zeros((chunk.stop - chunk.start, *taps.extent, groups, taps.source[1] // groups), y.dtype)
        _fold(images[chunk, rows], weight, block[:, rows.start * taps.sliding.strides[0] :], taps)
        if rows.stop == taps.outputs[0]:
            target[chunk] = block[taps.sliding.inside(taps.spatial, axis=1)].reshape(target[chunk].shape)
    return out.reshape(len(y), *convolution.source_shape)


def _columns(seen: Array, width: int) -> Array:
    """Columns ``(groups, rows, taps * channels)`` from `_windows`; the copy goes along whichever axis is long."""
    if seen.shape[-1] >= FEW:
        return np.ascontiguousarray(seen).reshape(len(seen), -1, width)
    half = (seen.ndim + 1) // 2
    taps_first = seen.transpose(0, *range(half, seen.ndim), *range(1, half))
    return np.ascontiguousarray(taps_first).reshape(len(seen), width, -1).transpose(0, 2, 1)


def _fold(images: Array, weight: Array, block: Array, taps: Taps) -> None:
    """Add the transposed product of some rows of outputs to the padded inputs that they read."""
    groups, _, m = weight.shape
    counts = images.shape[1:-1]
    stacked = np.ascontiguousarray(images).reshape(-1, groups, m).transpose(1, 0, 2)
    columns = np.matmul(stacked, weight.transpose(0, 2, 1))
    split = columns.reshape(groups, len(images), *counts, -1, block.shape[-1])
    axes = split.ndim
    by_tap = split.transpose(axes - 2, *range(1, axes - 2), 0, axes - 1)
    for part, at in zip(by_tap, taps.at(counts, 1), strict=True):
        block[at] += part


def windows(taps: Taps, x: Array) -> Array:
    """Elements under the kernel, ``(items, ..., *positions, taps)``, for ``(items, ..., *spatial)``."""
    axis = x.ndim - len(taps.spatial)
    whole = padded(x, taps, axis)
    out = np.empty((len(x), *taps.shape), x.dtype)
    for tap, at in enumerate(taps.at(taps.outputs, axis)):
        out[..., tap] = whole[at]
    return out


def windows_transposed(taps: Taps, y: Array) -> Array:
    """The transpose of `windows`: every element sums its readers."""
    axis = len(taps.leading) + 1
    whole = np.zeros((len(y), *taps.leading, *taps.extent), y.dtype)
    for tap, at in enumerate(taps.at(taps.outputs, axis)):
        whole[at] += y[..., tap]
    return np.ascontiguousarray(whole[taps.sliding.inside(taps.spatial, axis)])


def padded(x: Array, taps: Taps, axis: int) -> Array:
    """All positions that a kernel reads, 0 in the padding; the spatial axes are those from ``axis`` on."""
    end = axis + len(taps.spatial)
    if taps.extent == taps.spatial:
        return x
    whole = np.zeros_like(x, shape=(*x.shape[:axis], *taps.extent, *x.shape[end:]))
    whole[taps.sliding.inside(taps.spatial, axis)] = x
    return whole


def _slid(taps: Taps, weight: Array, x: Array) -> Array:
    """Each channel under its own kernel, or under the only one."""
    axis = x.ndim - len(taps.spatial)
    out = np.empty_like(x, shape=(*x.shape[:axis], *taps.outputs))
    for chunk in _ranges(len(x), max(BUFFER // x[0].size, 1)):
        whole, made = padded(x[chunk], taps, axis), out[chunk]
        for tap, (factor, at) in enumerate(zip(_factors(weight, taps), taps.at(taps.outputs, axis), strict=True)):
            if tap == 0:
                np.multiply(whole[at], factor, out=made)
            else:
                made += whole[at] * factor
    return out


def _slid_transposed(taps: Taps, weight: Array, y: Array) -> Array:
    axis = y.ndim - len(taps.spatial)
    out = np.empty((*y.shape[:axis], *taps.spatial), y.dtype)
    for chunk in _ranges(len(y), max(BUFFER // y[0].size, 1)):
        whole = np.zeros((*y[chunk].shape[:axis], *taps.extent), y.dtype)
        for factor, at in zip(_factors(weight, taps), taps.at(taps.outputs, axis), strict=True):
            whole[at] += y[chunk] * factor
        out[chunk] = whole[taps.sliding.inside(taps.spatial, axis)]
    return out


def _factors(weight: Array, taps: Taps) -> Array:
    """The weights of each tap, ``(taps, channels or 1, 1, ...)``."""
    return weight[:, :, 0].T.reshape(weight.shape[1], -1, *(1,) * len(taps.spatial))


def _windows(block: Array, taps: Taps) -> Array:
    """A view of ``(items, *extent, channels)``: ``(groups, items, *positions, *kernel, channels of a group)``."""
    assert taps.groups is not None
    channels = block.shape[-1] // taps.groups
    first, *along, last = block.strides
    steps = [step * stride for step, stride in zip(along, taps.sliding.strides, strict=True)]
    gaps = [step * dilation for step, dilation in zip(along, taps.sliding.dilations, strict=True)]
    shape = (taps.groups, len(block), *taps.outputs, *taps.sliding.kernel, channels)
    return as_strided(block, shape, (last * channels, first, *steps, *gaps, last), writeable=False)


def _images(
    count: int, channels: int, spatial: tuple[int, ...], dtype: np.dtype[Any], *, channels_last: bool
) -> tuple[Array, Array]:
    """New images ``(count, channels, *spatial)``, and a view of them as ``(count, *spatial, channels)``."""
    if channels_last:
        target = np.empty((count, *spatial, channels), dtype)
        return target.transpose(0, target.ndim - 1, *range(1, target.ndim - 1)), target
    out = np.empty((count, channels, *spatial), dtype)
    return out, _channels_last(out)


def _channels_last(images: Array) -> Array:
    """``(count, channels, *spatial)`` seen as ``(count, *spatial, channels)``."""
    return images.transpose(0, *range(2, images.ndim), 1)


def _chunks(count: int, taps: Taps) -> Iterator[tuple[slice, slice]]:
    """Some images with all their rows of output positions, or one image with some of its rows after the others."""
    limit = max(BUFFER, ENOUGH * taps.shape[2] * taps.shape[0])
    each = prod(taps.shape) // taps.source[0]
    for chunk in _ranges(count, max(limit // each, 1)):
        rows = limit * taps.outputs[0] // (each * (chunk.stop - chunk.start))
        for part in _ranges(taps.outputs[0], max(rows, 1)):
            yield chunk, part


def _ranges(count: int, step: int) -> Iterator[slice]:
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))
