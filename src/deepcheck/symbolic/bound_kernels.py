"""Compiled loops of the backward bounds: sign splits at a branch, and the least of a form over few changes.

All sums may be taken in any order: the callers' error terms hold for each.
"""

import numpy as np

from deepcheck.program import Array
from deepcheck.program.compiled import Kernel


def _split(
    rows: Array, items: Array, relaxation: tuple[Array, Array, Array, Array], reach: Array, totals: Array
) -> None:
    """Send rows of coefficients on a branch's output back to its operand, in place: the least of each form.

    Args:
        rows: Coefficients, ``(rows, m)``; overwritten.
        items: The part of each row.
        relaxation: Slopes and offsets of the lower lines, then of the upper ones, ``(parts, m)`` each.
        reach: The largest magnitude of the operand's displacement, ``(parts, m)``.
        totals: Per row, added to: the constant, the magnitudes of what it sums, and of the new form's terms.
    """
    lower_slope, lower_offset, upper_slope, upper_offset = relaxation
    for row in range(rows.shape[0]):
        part = items[row]
        constant, summed, terms = 0.0, 0.0, 0.0
        for at in range(rows.shape[1]):
            factor = rows[row, at]
            if factor == 0.0:
                continue
            if factor > 0.0:
                slope, offset = lower_slope[part, at], lower_offset[part, at]
            else:
                slope, offset = upper_slope[part, at], upper_offset[part, at]
            new = factor * slope
            rows[row, at] = new
            terms += abs(new) * reach[part, at]
            if offset != 0.0:
                constant += factor * offset
                summed += abs(factor * offset)
        totals[row, 0] += constant
        totals[row, 1] += summed
        totals[row, 2] += terms


def _least_changes(
    rows: Array, items: Array, blocks: tuple[Array, Array, Array], place: Array, ends: tuple[Array, Array], found: Array
) -> None:
    """For each row the sum, over its part's blocks, of the least that ``count`` of the block's features add.

    Args:
        rows: Coefficients of the used features' elements, ``(rows, features, width)``.
        items: The part of each row.
        blocks: First place of each block, one past its last, and how many may change, ``(parts, blocks)`` each.
        place: The feature at each place, among those used.
        ends: Least and largest displacement of each element, ``(features, width)`` each.
        found: The sums, ``(rows,)``.
    """
    starts, stops, counts = blocks
    lower, upper = ends
    best = np.zeros(max(1, counts.max()))
    for row in range(rows.shape[0]):
        part = items[row]
        total = 0.0
        for block in range(starts.shape[1]):
            count = counts[part, block]
            if count == 0:
                continue
            best[:count] = 0.0
            for at in range(starts[part, block], stops[part, block]):
                feature = place[at]
                gain = 0.0
                for element in range(rows.shape[2]):
                    factor = rows[row, feature, element]
                    gain += min(factor * lower[feature, element], factor * upper[feature, element])
                if not gain >= best[count - 1]:
                    slot = count - 1
                    while slot > 0 and not gain >= best[slot - 1]:
                        best[slot] = best[slot - 1]
                        slot -= 1
                    best[slot] = gain
            for slot in range(count):
                total += best[slot]
        found[row] = total


def _least_columns(
    gains: Array,
    pointers: Array,
    rows: Array,
    blocks: tuple[Array, Array, Array],
    order: Array,
    found: Array,
) -> None:
    """The same for the forms of a whole layer, whose gains are sparse and shared by all parts.

    Args:
        gains: What each feature can add at least to each form, ``(features, m)``.
        pointers: Where each feature's forms start in ``rows``, ``(features + 1,)``.
        rows: The forms that it can change.
        blocks: Starts, ends and counts, ``(parts, blocks)`` each.
        order: The feature at each place.
        found: The sums, ``(parts, m)``, added to.
    """
    starts, ends, counts = blocks
    width = found.shape[1]
    best = np.zeros((width, max(1, counts.max())))
    for part in range(starts.shape[0]):
        for block in range(starts.shape[1]):
            count = counts[part, block]
            if count == 0:
                continue
            best[:, :count] = 0.0
            for at in range(starts[part, block], ends[part, block]):
                feature = order[at]
                for pointer in range(pointers[feature], pointers[feature + 1]):
                    form = rows[pointer]
                    gain = gains[feature, form]
                    if gain < best[form, count - 1]:
                        slot = count - 1
                        while slot > 0 and gain < best[form, slot - 1]:
                            best[form, slot] = best[form, slot - 1]
                            slot -= 1
                        best[form, slot] = gain
            for form in range(width):
                for slot in range(count):
                    found[part, form] += best[form, slot]


def _box_columns(weights: Array, elements: Array, lower: Array, upper: Array, found: Array) -> None:
    """Least, largest and largest magnitude of a layer's forms over boxes of a few elements.

    Args:
        weights: The coefficients of each element, ``(size, m)``.
        elements: The elements of each box, ``(parts, k)``.
        lower: Least displacements, ``(parts, k)``.
        upper: Largest.
        found: Least, largest, and summed magnitudes, ``(3, parts, m)``; zeros.
    """
    for part in range(elements.shape[0]):
        for at in range(elements.shape[1]):
            element, low, high = elements[part, at], lower[part, at], upper[part, at]
            for form in range(weights.shape[1]):
                a, b = weights[element, form] * low, weights[element, form] * high
                found[0, part, form] += min(a, b)
                found[1, part, form] += max(a, b)
                found[2, part, form] += max(abs(a), abs(b))


def _box_products(rows: Array, items: Array, weights: Array, elements: Array, found: Array) -> None:
    """Coefficients of each box's own elements in rows of forms over a layer, ``(rows, k)``."""
    for row in range(rows.shape[0]):
        part = items[row]
        for at in range(elements.shape[1]):
            element = elements[part, at]
            total = 0.0
            for form in range(rows.shape[1]):
                total += rows[row, form] * weights[element, form]
            found[row, at] = total


split = Kernel(_split)
least_changes = Kernel(_least_changes)
least_columns = Kernel(_least_columns)
box_columns = Kernel(_box_columns)
box_products = Kernel(_box_products)
