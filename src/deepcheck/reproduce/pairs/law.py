"""The law that ties pairs to single pixels, and what follows from it.

A pair with a member that is attackable alone is attackable, since the other can stay as it is. So of the pairs among
``n`` pixels, ``a`` of them attackable alone, those that are attackable and not new are all that touch one of the ``a``.
"""

from math import comb


def touching(pixels: int, alone: int) -> int:
    """How many pairs of so many pixels have a member among ``alone`` of them."""
    return comb(pixels, 2) - comb(pixels - alone, 2)


def fulfilled(pixels: int, alone: int, attackable: int, new: int) -> bool:
    """Does the law hold, and are there no more pairs than there can be?"""
    return attackable - new == touching(pixels, alone) and 0 <= new <= comb(pixels - alone, 2)


def explained(pixels: int, attackable: int, new: int) -> bool:
    """Is there any number of pixels attackable alone with which the law holds?"""
    return any(fulfilled(pixels, alone, attackable, new) for alone in range(pixels + 1))
