"""What a program has worked out for itself goes when the program goes."""

import gc
import weakref

import numpy as np
from strategies import Graph

import deepcheck


def test_windows_and_exact_weights_are_freed_with_their_program():
    net = Graph(np.random.default_rng(0), "normal", (1, 12, 12))
    net.node(
        "Conv", net.store(np.random.default_rng(1).normal(size=(2, 1, 3, 3)).astype(np.float32)), shape=(2, 10, 10)
    )
    net.node("Relu", shape=(2, 10, 10)).node("Flatten", shape=(200,))
    weight = np.random.default_rng(2).normal(size=(200, 3)).astype(np.float32)
    net.node("Gemm", net.store(weight), net.store(np.zeros(3, np.float32)), shape=(3,))
    program = deepcheck.load(net.model((1, 12, 12)))
    x = np.random.default_rng(3).random((1, 12, 12)).astype(np.float32)
    deepcheck.attack(program, x, domain=deepcheck.Pixels(unbounded=True))
    deepcheck.conditions(program, x, 0)
    windows = weakref.ref(program.windows(np.arange(program.size)))
    kept = weakref.ref(program)
    del program
    gc.collect()
    assert (kept(), windows()) == (None, None)
