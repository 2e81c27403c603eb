"""What words put into the units of a network of one layer: loops over units, and over a vocabulary inside of them.

Tables are ``(units, words)``: a row is what each word alone puts into a unit. The innermost loops run along words.

Trusted: IEEE arithmetic as numba compiles it (no fast-math).
"""

import numpy as np

from deepcheck.program import Array
from deepcheck.program.compiled import Kernel

BLOCK = 512
"""Words at a time: what is summed about them stays in the fastest cache."""


def _effects(table: Array, starts: Array, rates: Array, signs: Array, sums: Array, least: Array) -> None:
    """Sum what the units put out, and find the one that is nearest to leaving its arm.

    Args:
        table: What each word puts into each unit, ``(units, words)``.
        starts: What each unit has without the word, ``(places, units)``.
        rates: How much each unit counts in each form, ``(places, forms, units)``.
        signs: 1 where the unit is on at the input, -1 where it is off, ``(places, units)``.
        sums: Set to the sums of ``rate * max(0, unit)``, ``(places, forms, words)``.
        least: Set to the least ``sign * unit``, ``(places, words)``.
    """
    units, words = table.shape
    above = np.empty(BLOCK)
    for first in range(0, words, BLOCK):
        last = min(words, first + BLOCK)
        count = last - first
        for place in range(len(starts)):
            low = least[place, first:last]
            total = sums[place, :, first:last]
            low[:] = np.inf
            total[:] = 0.0
            for unit in range(units):
                start, sign = starts[place, unit], signs[place, unit]
                row = table[unit, first:last]
                for word in range(count):
                    value = start + row[word]
                    signed = sign * value
                    low[word] = signed if signed < low[word] else low[word]
                    above[word] = value if value > 0.0 else 0.0
                for form in range(len(total)):
                    rate, own = rates[place, form, unit], total[form]
                    for word in range(count):
                        own[word] += rate * above[word]


def _pairs(
    starts: Array,
    first: Array,
    second: Array,
    rates: Array,
    own_first: Array,
    own_second: Array,
    most_first: Array,
    most_second: Array,
    bound_first: Array,
    bound_second: Array,
    floor: float,
    enough: float,
    best: Array,
) -> None:
    """The best two words at two places that share units, by what one form gains; words in falling order of bounds.

    A pair gains at most ``most_first + bound_second`` and at most ``bound_first + most_second``.

    Args:
        starts: The shared units at the input, ``(units,)``.
        first: What each word at the first place adds to them, ``(units, words)``.
        second: What each word at the second place adds, ``(units, words)``, by falling ``bound_second``.
        rates: How much each unit counts, ``(units,)``.
        own_first: What each first word gains in units that only its place sees, ``(words,)``.
        own_second: The same at the second place.
        most_first: What each first word gains alone.
        most_second: The same at the second place.
        bound_first: The most that it can gain, whatever the other word is.
        bound_second: The same, falling.
        floor: Only gains above this are looked for; it rises with the best.
        enough: Stop at a gain above this.
        best: Set to the best gain, its two words (by position), and how many pairs were looked at.
    """
    units, words = second.shape
    gains, moved = np.empty(words), np.empty(units)
    best[0], best[1], best[2], best[3] = floor, -1.0, -1.0, 0.0
    ceiling = most_second.max() if words else 0.0
    for word in range(first.shape[1]):
        if bound_first[word] + ceiling <= best[0]:
            continue
        count = 0
        while count < words and most_first[word] + bound_second[count] > best[0]:
            count += 1
        if count == 0:
            continue
        best[3] += count
        for unit in range(units):
            moved[unit] = starts[unit] + first[unit, word]
        part = gains[:count]
        for other in range(count):
            part[other] = own_first[word] + own_second[other]
        for unit in range(units):
            start, rate, row = moved[unit], rates[unit], second[unit, :count]
            for other in range(count):
                value = start + row[other]
                part[other] += rate * (value if value > 0.0 else 0.0)
        for other in range(count):
            if part[other] > best[0]:
                best[0], best[1], best[2] = part[other], word, other
        if best[0] > enough:
            return


def _pairs_on_path(
    starts: Array,
    first: Array,
    second: Array,
    gain_first: Array,
    gain_second: Array,
    slack: float,
    floor: float,
    best: Array,
) -> None:
    """The best two words at two places that share units, where all of these keep their arms.

    Args:
        starts: How far each shared unit is inside of its arm at the input, ``(units,)``.
        first: How much further each word at the first place brings it, ``(units, words)``.
        second: The same for the second place, by falling ``gain_second``.
        gain_first: What each first word gains, falling, ``(words,)``.
        gain_second: What each second word gains, falling.
        slack: How far outside of its arm a unit may seem to be.
        floor: Only gains above this are looked for; it rises with the best.
        best: Set to the best gain, its two words (by position), and how far inside the units stay.
    """
    units, words = second.shape
    inside, moved = np.empty(words), np.empty(units)
    best[0], best[1], best[2], best[3] = floor, -1.0, -1.0, -np.inf
    for word in range(first.shape[1]):
        count = 0
        while count < words and gain_first[word] + gain_second[count] > best[0]:
            count += 1
        if count == 0:
            return
        for unit in range(units):
            moved[unit] = starts[unit] + first[unit, word]
        part = inside[:count]
        part[:] = np.inf
        for unit in range(units):
            start, row = moved[unit], second[unit, :count]
            for other in range(count):
                value = start + row[other]
                part[other] = value if value < part[other] else part[other]
        for other in range(count):
            if part[other] >= -slack and gain_first[word] + gain_second[other] > best[0]:
                best[0], best[1], best[2], best[3] = gain_first[word] + gain_second[other], word, other, part[other]


effects = Kernel(_effects)
pairs = Kernel(_pairs)
pairs_on_path = Kernel(_pairs_on_path)
