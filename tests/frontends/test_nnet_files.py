"""Networks in Stanford's text format: read number by number, and run by NumPy to compare with."""

import hashlib
import pickle
import re
from itertools import pairwise

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import onnx_outputs

import deepcheck
from deepcheck.certify import replayer_for
from deepcheck.errors import MalformedModel
from deepcheck.frontends import input_ranges

TINY = """// a network made by hand
// two comment lines
2,2,2,3,
2,3,2,
0,
-1.0,0.0,
1.0,2.5,
0.5,1.0,10.0,
2.0,0.25,4.0,
1.0,-1.0,
0.5,2.0,
-1.5,0.125,
0.1,
-0.2,
0.0,
1.0,2.0,-1.0,
-2.0,0.5,1e-1,
0.3,
-3.0E-1,
"""


def line(values):
    return ",".join(repr(float(v)) for v in values) + ",\n"


def text_of(layers, lower, upper, mean, spread):
    sizes = [layers[0][0].shape[1], *(len(bias) for _, bias in layers)]
    text = f"// {sizes}\n{len(layers)},{sizes[0]},{sizes[-1]},{max(sizes)},\n{','.join(map(str, sizes))},\n0,\n"
    text += line(lower) + line(upper) + line(mean) + line(spread)
    for weight, bias in layers:
        text += "".join(line(row) for row in weight) + "".join(line([b]) for b in bias)
    return text


def network(rng, *sizes, scale=1.0):
    return [
        (rng.normal(0, scale, (behind, before)), rng.normal(0, scale, behind)) for before, behind in pairwise(sizes)
    ]


def evaluate(layers, mean, spread, x):
    """NNet's evaluate_network without its clipping."""
    y = (x - mean[:-1]) / spread[:-1]
    for weight, bias in layers[:-1]:
        y = np.maximum(y @ weight.T + bias, 0)
    weight, bias = layers[-1]
    return (y @ weight.T + bias) * spread[-1] + mean[-1]


def written(folder, text, name="net.nnet"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def acas_xu(rng):
    """Random weights in the shape of an ACAS Xu network, with that network's input ranges."""
    layers = network(rng, 5, 50, 50, 50, 50, 50, 50, 5, scale=0.2)
    lower, upper = [0.0, -3.141593, -3.141593, 100.0, 0.0], [60760.0, 3.141593, 3.141593, 1200.0, 1200.0]
    mean = np.array([1.9791091e04, 0.0, 0.0, 650.0, 600.0, 7.5188840201005975])
    spread = np.array([60261.0, 6.28318530718, 6.28318530718, 1100.0, 1200.0, 373.94992])
    return layers, lower, upper, mean, spread


def test_a_network_made_by_hand_gives_the_numbers_worked_out_by_hand(tmp_path):
    program = deepcheck.load(written(tmp_path, TINY))
    # (1.5 - 0.5) / 2 = 0.5 and (1.25 - 1) / 0.25 = 1
    # hidden 0.5 - 1 + 0.1 < 0, 0.25 + 2 - 0.2 = 2.05, -0.75 + 0.125 < 0
    # scores 2 * 2.05 + 0.3 = 4.4 and 0.5 * 2.05 - 0.3 = 0.725, times 4, plus 10
    assert program(np.array([1.5, 1.25])).tolist() == pytest.approx([27.6, 12.9], abs=1e-12)
    assert (program.input_shape, program.outputs, program.dtype) == ((2,), 2, np.float64)
    assert program.decided().kind == "arg max"
    assert program.origin.name == "net"
    assert program.origin.sha256 == hashlib.sha256(TINY.encode()).hexdigest()
    assert program.origin.rounded == ()


def test_the_ranges_of_the_inputs_stay_with_the_model_and_clip_nothing(tmp_path):
    program = deepcheck.load(written(tmp_path, TINY))
    lower, upper = input_ranges(onnx.load_model_from_string(program.origin.model))
    assert (lower.tolist(), upper.tolist()) == ([-1.0, 0.0], [1.0, 2.5])
    assert program(np.array([50.0, 1.0]))[0] != program(np.array([1.0, 1.0]))[0]
    assert input_ranges(onnx.ModelProto()) is None


def test_decimals_are_read_to_the_nearest_number_once(tmp_path):
    text = "1,1,2,2,\n1,2,\n0,\n0,\n1,\n0,0,\n1,1,\n0.1,\n0.30000000000000004,\n0.0,\n0.0,\n"
    program = deepcheck.load(written(tmp_path, text))
    assert program(np.array([1.0])).tolist() == [0.1, 0.1 + 0.2]


@pytest.mark.parametrize("seed", range(3))
def test_a_network_shaped_like_acas_xu_decides_by_arg_min(seed, tmp_path):
    rng = np.random.default_rng(seed)
    layers, lower, upper, mean, spread = acas_xu(rng)
    program = deepcheck.load(written(tmp_path, text_of(layers, lower, upper, mean, spread)))
    x = rng.uniform(lower, upper, (20, 5))
    expected = evaluate(layers, mean, spread, x)
    assert np.abs(program(x) - expected).max() <= 1e-9 * (1 + np.abs(expected).max())
    assert np.abs(onnx_outputs(onnx.load_model_from_string(program.origin.model), x) - expected).max() <= 1e-6
    assert program.decided().kind == "arg min"
    assert (replayer_for(program.origin).labels(program, x) == expected.argmin(1)).all()
    asked = deepcheck.load(tmp_path / "net.nnet", decision="arg max")
    assert asked.decided().kind == "arg max"


def test_other_networks_with_five_inputs_and_outputs_decide_by_arg_max(tmp_path):
    rng = np.random.default_rng(1)
    text = text_of(network(rng, 5, 4, 5), [0] * 5, [1] * 5, [0] * 6, [1] * 6)
    assert deepcheck.load(written(tmp_path, text)).decided().kind == "arg max"
    assert deepcheck.load(tmp_path / "net.nnet", decision="arg min").decided().kind == "arg min"


def test_a_network_shaped_like_marabous_mnist_attacks_and_replays(tmp_path):
    rng = np.random.default_rng(7)
    layers = network(rng, 784, 10, 10, 10, scale=0.1)
    mean, spread = np.zeros(785), np.ones(785)
    program = deepcheck.load(
        written(tmp_path, text_of(layers, np.zeros(784), np.ones(784), mean, spread), "MNIST.NNET")
    )
    nodes = onnx.load_model_from_string(program.origin.model).graph.node
    assert [node.op_type for node in nodes] == ["Gemm", "Relu", "Gemm", "Relu", "Gemm"]  # nothing to normalise
    x = rng.random(784)
    assert np.abs(program(x) - evaluate(layers, mean, spread, x)).max() <= 1e-12
    result = deepcheck.attack(program, x)
    assert sum(result.counts[part] for part in ("attackable", "proved", "undecided", "untried")) == 784
    assert result.counts["replayed"] == result.counts["attackable"]


def test_what_is_not_needed_may_differ(tmp_path):
    expected = deepcheck.load(written(tmp_path, TINY))(np.array([0.25, 0.5])).tolist()
    variants = {
        "carriage returns": TINY.replace("\n", "\r\n"),
        "no trailing commas": re.sub(r",$", "", TINY, flags=re.MULTILINE),
        "spaces": TINY.replace(",", " , "),
        "no comments": "".join(row + "\n" for row in TINY.splitlines() if not row.startswith("//")),
        "empty lines behind": TINY + "\n\n",
        "another largest size": TINY.replace("2,2,2,3,", "2,2,2,0,"),
        "a comment in Latin-1": b"// caf\xe9\n" + TINY.encode(),
    }
    for why, text in variants.items():
        assert deepcheck.load(written(tmp_path, text))(np.array([0.25, 0.5])).tolist() == expected, why


def replaced(number, text):
    rows = TINY.split("\n")
    rows[number - 1] = text
    return "\n".join(rows)


@pytest.mark.parametrize(
    ("number", "text", "words"),
    [
        (3, "2,2,2,", ["4 whole numbers", "got 3"]),
        (3, "2,2,x,3,", ["whole numbers", "'x'"]),
        (3, "2,-2,2,3,", ["'-2'"]),
        (3, "0,2,2,3,", ["at least 1 layer", "got 0"]),
        (3, "1_0,2,2,3,", ["'1_0'"]),
        (3, "9" * 5000 + ",2,2,3,", ["whole numbers"]),
        (4, "2,3,", ["3 whole numbers", "got 2"]),
        (4, "2,0,2,", ["positive sizes", "got 0"]),
        (4, "2,3,4,", ["2 inputs and 2 outputs", "got 2 and 4"]),
        (4, "2,300000000,2,", ["at most"]),
        (5, "", ["flag", "empty line"]),
        (6, "-1.0,", ["2 decimals", "least value", "got 1"]),
        (6, "-1.0,nan,", ["'nan'"]),
        (7, "inf,1.0,", ["'inf'"]),
        (7, "-2.0,1.0,", ["at least -1.0", "input 0", "got -2.0"]),
        (8, "0.5,1.0,", ["3 decimals", "means", "got 2"]),
        (9, "2.0,0.0,4.0,", ["positive ranges", "place 1", "got 0.0"]),
        (9, "2.0,1.0,-4.0,", ["positive ranges", "place 2"]),
        (11, "0.5,2.0,1.0,", ["2 decimals", "layer 1, unit 1", "got 3"]),
        (11, "0.5,1e999,", ["finite", "too large"]),
        (11, "0.5,__import__('os'),", ["decimals", "__import__"]),
        (11, "0.5,,", ["decimals", "''"]),
        (11, "", ["empty line"]),
        (13, "0.1,0.2,", ["1 decimals", "bias of layer 1, unit 0", "got 2"]),
    ],
)
def test_a_wrong_line_is_named_with_what_was_expected_and_what_came(number, text, words, tmp_path):
    with pytest.raises(MalformedModel) as caught:
        deepcheck.load(written(tmp_path, replaced(number, text)))
    message = str(caught.value)
    for word in [f"net.nnet, line {number}:", *words]:
        assert word in message
    assert "\n" not in message
    assert len(message) < 500


def test_a_truncated_file_says_where_it_ends(tmp_path):
    rows = TINY.rstrip("\n").split("\n")
    for many in range(len(rows)):
        with pytest.raises(MalformedModel, match=r"line \d+: expected .*, got the end of the file"):
            deepcheck.load(written(tmp_path, "\n".join(rows[:many])))


def test_more_than_the_header_says_is_refused(tmp_path):
    with pytest.raises(MalformedModel, match=r"line 20: expected the end of the file .* got '1\.0,'"):
        deepcheck.load(written(tmp_path, TINY + "1.0,\n"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MalformedModel, match=r"there is no file .*missing\.nnet"):
        deepcheck.load(tmp_path / "missing.nnet")


@given(position=st.integers(0, len(TINY) - 1), byte=st.integers(0, 255))
def test_one_changed_byte_gives_a_program_or_an_error_of_ours(position, byte, tmp_path_factory):
    content = bytearray(TINY.encode())
    content[position] = byte
    path = written(tmp_path_factory.getbasetemp(), bytes(content))
    try:
        program = deepcheck.load(path)
    except MalformedModel:
        return
    assert program.size == 2


class Bomb:
    """A pickle of this makes a file when it is opened as a pickle."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return open, (str(self.marker), "w")


@pytest.mark.parametrize(
    "name",
    ["model.pt", "model.pth", "model.PKL", "model.ckpt", "model.h5", "model.keras", "model.onnx", "model.nnet", "x"],
)
def test_a_pickle_is_never_opened_as_one(name, tmp_path):
    marker = tmp_path / "marker"
    path = written(tmp_path, pickle.dumps(Bomb(marker)), name)
    for given_path in (path, str(path)):
        with pytest.raises(MalformedModel) as caught:
            deepcheck.load(given_path)
        assert "\n" not in str(caught.value)
    assert not marker.exists()
    pickle.loads(path.read_bytes()).close()
    assert marker.exists()  # the trap was live


@pytest.mark.parametrize(("name", "framework"), [("m.pt", "PyTorch"), ("m.pth", "PyTorch"), ("m.h5", "Keras")])
def test_a_file_of_a_framework_is_refused_with_the_way_round(name, framework, tmp_path):
    with pytest.raises(MalformedModel) as caught:
        deepcheck.load(tmp_path / name)
    for word in (name, framework, "pass the module", "export it to ONNX", "run code"):
        assert word in str(caught.value)
