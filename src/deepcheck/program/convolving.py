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
from deepcheck.program.sliding import Sliding, Taps

BUFFER = 1 << 18
"""How many elements the columns of one product have, about."""
ENOUGH = 256
"""A product of fewer columns spends its time on reading the kernels."""


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
    if _is_channelwise(convolution):
        return _slid(taps, weight, x).reshape(len(x), *convolution.shape)
    images = np.moveaxis(x.reshape(-1, *taps.source[1:]), 1, -1)
    groups, width, m = weight.shape
    out, target = _images(len(images), groups * m, taps.outputs, x.dtype, channels_last=channels_last)
    if taps.is_pointwise:
        target[...] = (images.reshape(-1, width) @ weight[0]).reshape(target.shape)
    for chunk, rows in () if taps.is_pointwise else _chunks(len(images), taps):
        if rows.start == 0:
            seen = _windows(np.ascontiguousarray(padded(images[chunk], taps.sliding, 1)), taps)
        columns = np.ascontiguousarray(seen[:, :, rows]).reshape(groups, -1, width)
        part = target[chunk, rows]
        made = part.reshape(-1, groups, m) if channels_last else np.empty((columns.shape[1], groups, m), x.dtype)
        np.matmul(columns, weight, out=made.transpose(1, 0, 2))
        if not channels_last:
            part[...] = made.reshape(part.shape)
    return out.reshape(len(x), *convolution.shape)


def convolved_transposed(convolution: Convolve, weight: Array, y: Array) -> Array:
    """Apply the transpose of a sliding product to ``(items, *shape)``."""
    taps = convolution.taps
    if _is_channelwise(convolution):
        return _slid_transposed(taps, weight, y).reshape(len(y), *convolution.source_shape)
    groups, _, m = weight.shape
    images = np.moveaxis(y.reshape(-1, groups * m, *taps.outputs), 1, -1)
    out, target = _images(len(images), taps.source[1], taps.spatial, y.dtype, channels_last=False)
    if taps.is_pointwise:
        target[...] = (images.reshape(-1, m) @ weight[0].T).reshape(target.shape)
    for chunk, rows in () if taps.is_pointwise else _chunks(len(images), taps):
        part = images[chunk, rows]
        counts = part.shape[1:-1]
        stacked = np.ascontiguousarray(part).reshape(-1, groups, m).transpose(1, 0, 2)
        columns = np.matmul(stacked, weight.transpose(0, 2, 1))
        columns = columns.reshape(groups, len(part), *counts, -1, taps.source[1] // groups)
        if rows.start == 0:
            block = np.zeros((len(part), *taps.sliding.extent(taps.spatial), groups, columns.shape[-1]), y.dtype)
        below = block[:, rows.start * taps.sliding.strides[0] :]
        for tap, at in enumerate(taps.sliding.taps(counts, axis=1)):
            below[at] += np.moveaxis(columns[..., tap, :], 0, -2)
        if rows.stop == taps.outputs[0]:
            target[chunk] = block[taps.sliding.inside(taps.spatial, axis=1)].reshape(target[chunk].shape)
    return out.reshape(len(y), *convolution.source_shape)


def windows(taps: Taps, x: Array) -> Array:
    """Elements under the kernel, ``(items, ..., *positions, taps)``, for ``(items, ..., *spatial)``."""
    axis = x.ndim - len(taps.spatial)
    whole = padded(x, taps.sliding, axis)
    out = np.empty((len(x), *taps.shape), x.dtype)
    for tap, at in enumerate(taps.sliding.taps(taps.outputs, axis)):
        out[..., tap] = whole[at]
    return out


def windows_transposed(taps: Taps, y: Array) -> Array:
    """The transpose of `windows`: every element sums its readers."""
    axis = len(taps.leading) + 1
    whole = np.zeros((len(y), *taps.leading, *taps.sliding.extent(taps.spatial)), y.dtype)
    for tap, at in enumerate(taps.sliding.taps(taps.outputs, axis)):
        whole[at] += y[..., tap]
    return np.ascontiguousarray(whole[taps.sliding.inside(taps.spatial, axis)])


def padded(x: Array, sliding: Sliding, axis: int) -> Array:
    """All positions that a kernel reads, 0 in the padding; the spatial axes are those from ``axis`` on."""
    end = axis + len(sliding.kernel)
    spatial = x.shape[axis:end]
    extent = sliding.extent(spatial)
    if extent == spatial:
        return x
    whole = np.zeros_like(x, shape=(*x.shape[:axis], *extent, *x.shape[end:]))
    whole[sliding.inside(spatial, axis)] = x
    return whole


def _is_channelwise(convolution: Convolve) -> bool:
    """Does each output channel read one channel only, its own?"""
    product = convolution.product
    return product.source_shape[2] == prod(convolution.taps.sliding.kernel) and product.shape[2] == 1


def _slid(taps: Taps, weight: Array, x: Array) -> Array:
    """Each channel under its own kernel, or under the only one."""
    axis = x.ndim - len(taps.spatial)
    whole = padded(x, taps.sliding, axis)
    total = None
    for factor, at in zip(_factors(weight, taps), taps.sliding.taps(taps.outputs, axis), strict=True):
        part = whole[at] * factor
        total = part if total is None else np.add(total, part, out=total)
    return np.asarray(total)


def _slid_transposed(taps: Taps, weight: Array, y: Array) -> Array:
    axis = y.ndim - len(taps.spatial)
    whole = np.zeros((*y.shape[:axis], *taps.sliding.extent(taps.spatial)), y.dtype)
    for factor, at in zip(_factors(weight, taps), taps.sliding.taps(taps.outputs, axis), strict=True):
        whole[at] += y * factor
    return np.ascontiguousarray(whole[taps.sliding.inside(taps.spatial, axis)])


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
        return np.moveaxis(target, -1, 1), target
    out = np.empty((count, channels, *spatial), dtype)
    return out, np.moveaxis(out, 1, -1)


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
