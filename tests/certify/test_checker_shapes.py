"""Operators whose shapes, constants or attributes do not fit: refused, and not read in some way of our own."""

import numpy as np
import pytest
from forged import END, F, claim_of, flat, image, sealed, serialized

from deepcheck.certify.checker import Rejected, check


def refused(made, match):
    with pytest.raises(Rejected, match=match):
        check(sealed(claim_of(made)), serialized(made))


@pytest.mark.parametrize(
    ("nodes", "constants", "shape", "match"),
    [
        ([("Gemm", ["x", "w", "b"], "out", {"transA": 1})], {}, (2, 1), "transA"),
        ([("Gemm", ["x", "w", "b"], "out", {})], {"b": np.array([[0], [5]], F)}, (2, 2), "bias"),
        ([("Gemm", ["x", "w", "b"], "out", {})], {"b": np.zeros((2, 2), F)}, (2, 2), "bias"),
        ([("Gemm", ["x", "w", "b"], "out", {})], {"b": np.zeros(3, F)}, (1, 2), "bias"),
        ([("Gemm", ["x", "w", "b"], "out", {})], {"b": np.zeros(0, F)}, (1, 2), "bias|malformed"),
        ([("Gemm", ["x", "w", "b"], "out", {})], {"w": np.zeros((1, 2, 2), F)}, (1, 2), "matrix"),
        ([("Gemm", ["x", "w", "b"], "out", {})], {"w": np.zeros((3, 2), F)}, (1, 2), "shapes"),
        ([("Gemm", ["x", "w", "b"], "out", {"alpha": float("inf")})], {}, (1, 2), "malformed"),
        ([("Gemm", ["x", "w", "b"], "out", {})], {"w": np.full((2, 2), np.nan, F)}, (1, 2), "malformed"),
        ([("Gemm", ["x", "w", "b"], "out", {})], {"b": np.full(2, np.inf, F)}, (1, 2), "malformed"),
        ([("Gemm", ["x", "w", "b"], "out", {})], {}, (1, 1, 2), "of a matrix"),
        ([("Gemm", ["x", "w", "b"], "out", {})], {}, (2,), "of a matrix"),
        ([("Flatten", ["x"], "out", {"axis": 3})], {}, (1, 2), "axis"),
        ([("Flatten", ["x"], "out", {"axis": -3})], {}, (1, 2), "axis"),
        ([("MatMul", ["w", "x"], "out", {})], {}, (2, 2), "matrix|computed"),
        ([("MatMul", ["x", "x"], "out", {})], {}, (2, 2), "matrix"),
        ([("Add", ["w", "w"], "out", {})], {}, (2, 2), "computed"),
        ([("Add", ["x", "b"], "out", {})], {"b": np.zeros(3, F)}, (1, 2), "shapes"),
        ([("Add", ["x", "b"], "out", {})], {"b": np.zeros((0, 2), F)}, (1, 2), "shapes"),
        ([("Div", ["w", "x"], "out", {})], {}, (2, 2), "only by constants"),
        ([("Div", ["x", "x"], "out", {})], {}, (2, 2), "only by constants"),
        ([("Div", ["x", "b"], "out", {})], {}, (1, 2), "malformed"),  # one of b is 0
        ([("Transpose", ["x"], "out", {"perm": [0, 0]})], {}, (2, 2), "permutation"),
        ([("Transpose", ["x"], "out", {"perm": [-1, 0]})], {}, (2, 2), "permutation"),
        ([("Transpose", ["x"], "out", {"perm": [1]})], {}, (1, 2), "permutation"),
        ([("Reshape", ["x", "s"], "out", {})], {"s": np.array([-1, -1])}, (1, 2), "no elements|shapes"),
        ([("Reshape", ["x", "s"], "out", {})], {"s": np.array([-2, -1])}, (1, 2), "no elements|shapes"),
        ([("Reshape", ["x", "s"], "out", {})], {"s": np.array([2, 2])}, (1, 2), "shapes"),
        ([("Reshape", ["x", "s"], "out", {})], {"s": np.array([1, 2, 0])}, (1, 2), "malformed"),
        ([("Reshape", ["x", "s"], "out", {"allowzero": 1})], {"s": np.array([0, 2])}, (1, 2), "shapes"),
        ([("Reshape", ["x", "s"], "out", {})], {"s": np.array([0.5, 2], F)}, (1, 2), "whole"),
        ([("Reshape", ["x", "x"], "out", {})], {}, (1, 2), "malformed"),
        ([("Softmax", ["x"], "h", {}), END], {}, (1, 2), "not the last"),
        ([("Softmax", ["x"], "h", {}), ("Relu", ["x"], "out", {})], {}, (1, 2), "not the last"),
        ([("Softmax", ["x"], "h", {}), ("Softmax", ["h"], "out", {})], {}, (1, 2), "not the last"),
        ([("Softmax", ["x"], "out", {"axis": 0})], {}, (1, 2), "along the labels"),
        ([("Softmax", ["x"], "out", {})], {}, (2, 2), "along the labels"),
        ([("Softmax", ["x"], "out", {})], {}, (1, 1), "constant"),
        ([("LogSoftmax", ["x"], "out", {})], {}, (1, 1), "constant"),
        ([("Relu", ["x"], "other", {})], {}, (1, 2), "no such output"),
    ],
)
def test_what_does_not_fit(nodes, constants, shape, match):
    refused(flat(nodes, constants, shape), match)


KERNEL = {"k": np.ones((2, 2, 3, 3), F)}


@pytest.mark.parametrize(
    ("operator", "attributes", "others", "match"),
    [
        ("MaxPool", {"kernel_shape": [2, 2], "auto_pad": "VALID", "pads": [1, 1, 1, 1]}, {}, "auto_pad"),
        ("MaxPool", {"kernel_shape": [2, 2], "auto_pad": "SAME_UPPER"}, {}, "auto_pad"),
        ("MaxPool", {"kernel_shape": [2, 2], "ceil_mode": 1}, {}, "ceil_mode"),
        ("MaxPool", {"kernel_shape": [2, 2], "storage_order": 1}, {}, "storage_order"),
        ("MaxPool", {"kernel_shape": [2, 2], "pads": [-1, 0, 0, 0]}, {}, "kernel"),
        ("MaxPool", {"kernel_shape": [2, 2], "pads": [0, 0]}, {}, "kernel"),
        ("MaxPool", {"kernel_shape": [2, 2], "pads": [0] * 6}, {}, "kernel"),
        ("MaxPool", {"kernel_shape": [2, 2], "strides": [0, 1]}, {}, "kernel"),
        ("MaxPool", {"kernel_shape": [2, 2], "strides": [-1, -1]}, {}, "kernel"),
        ("MaxPool", {"kernel_shape": [2, 2], "strides": [1]}, {}, "kernel"),
        ("MaxPool", {"kernel_shape": [2, 2], "dilations": [0, 1]}, {}, "kernel"),
        ("MaxPool", {"kernel_shape": [2]}, {}, "kernel"),
        ("MaxPool", {"kernel_shape": [2, 2, 1]}, {}, "kernel"),
        ("MaxPool", {"kernel_shape": [0, 2]}, {}, "kernel"),
        ("MaxPool", {"kernel_shape": [5, 5]}, {}, "no elements"),
        ("MaxPool", {"kernel_shape": [9, 9], "dilations": [9, 9]}, {}, "no elements"),
        ("MaxPool", {"kernel_shape": [1, 1], "pads": [1, 0, 0, 0]}, {}, "padding alone"),
        ("MaxPool", {"kernel_shape": [2, 2], "pads": [1 << 40] * 4}, {}, "too many"),
        ("MaxPool", {}, {}, "malformed"),
        ("MaxPool", {"kernel_shape": [2, 2]}, {"shape": (2, 2, 4, 4)}, "one image"),
        ("MaxPool", {"kernel_shape": [1]}, {"shape": (1, 2)}, "one image"),
        ("AveragePool", {"kernel_shape": [2, 2]}, {"shape": (2, 2, 4, 4)}, "one image"),
        ("AveragePool", {"kernel_shape": [1, 1], "pads": [1, 0, 0, 0]}, {}, "padding alone"),
        ("Conv", {}, {"inputs": ["k"], "shape": (2, 2, 4, 4)}, "one image"),
        ("Conv", {"kernel_shape": [2, 2]}, {"inputs": ["k"]}, "kernel"),
        ("Conv", {"kernel_shape": [9, 1]}, {"inputs": ["k"]}, "kernel"),
        ("Conv", {"group": 2}, {"inputs": ["k"]}, "channels"),
        ("Conv", {"group": 0}, {"inputs": ["k"]}, "channels|malformed"),
        ("Conv", {"group": -1}, {"inputs": ["k"]}, "channels"),
        ("Conv", {}, {"inputs": ["k", "c"], "constants": {**KERNEL, "c": np.zeros(1, F)}}, "bias"),
        ("Conv", {}, {"inputs": ["k", "c"], "constants": {**KERNEL, "c": np.zeros(5, F)}}, "bias"),
        ("Conv", {}, {"inputs": ["x"]}, "malformed"),
        ("Conv", {"auto_pad": "VALID", "pads": [0, 0, 0, 1]}, {"inputs": ["k"]}, "auto_pad"),
        ("Conv", {"auto_pad": "SAME_LOWER"}, {"inputs": ["k"]}, "auto_pad"),
    ],
)
def test_windows_that_do_not_fit(operator, attributes, others, match):
    refused(image(operator, attributes, **{"constants": KERNEL, **others}), match)
