"""What is not built yet: tests of it skip, and say what is missing."""

import functools

import numpy as np
import pytest
from strategies import dense_network

import deepcheck
from deepcheck.errors import OptionError


@functools.cache
def missing(size):
    """Why ``attack(..., paths="all")`` has no answer for sets of so many features; "" where it has."""
    model = dense_network([(np.eye(4), np.zeros(4)), (np.eye(4)[:, :2], np.zeros(2))])
    try:
        deepcheck.attack(deepcheck.load(model), np.full(4, 0.5, np.float32), size=size, paths="all")
    except OptionError as error:
        return str(error)
    return ""


def need(size):
    if reason := missing(size):
        pytest.skip(f"paths='all' for sets of {size}: {reason}")
