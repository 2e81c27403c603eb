"""Files that mean harm: what they ask for is bounded, where they point is not read, the answer is one clear line."""

import itertools
import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from oracles import session_of

import deepcheck
from deepcheck.errors import DeepCheckError, MalformedModel, UnsupportedOperator

INPUT = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3])


def model_of(nodes, *, stored=(), output="y", functions=(), opsets=(), inputs=(INPUT,)):
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, [None, None])]
    constants = [numpy_helper.from_array(np.asarray(array), name) for name, array in dict(stored).items()]
    graph = helper.make_graph(nodes, "hostile", list(inputs), outputs, constants)
    imports = [helper.make_opsetid("", 17), *(helper.make_opsetid(domain, 1) for domain in opsets)]
    return helper.make_model(graph, opset_imports=imports, functions=list(functions), ir_version=8)


def complaint(model, tmp_path, **options):
    """What loading says, from a file and from memory: one printable line each."""
    path = tmp_path / "model.onnx"
    path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    with pytest.raises(DeepCheckError) as caught:
        deepcheck.load(path, **options)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 1100
    return message


def small(name="y", read="x"):
    return helper.make_node("MatMul", [read, "w"], [name])


WEIGHT = {"w": np.ones((3, 2), np.float32)}


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31mred\x1b[0m", "x" * 10_000_000, "*/ ??/\r\n\0", "\u202eevil"])
def test_names_from_a_file_cannot_break_the_line(name, tmp_path):
    nodes = [helper.make_node("Tanh", ["x"], ["t"], name=name), small(read="t")]
    assert "Tanh" in complaint(model_of(nodes, stored=WEIGHT), tmp_path)
    nodes = [helper.make_node(name[:99], ["x"], ["t"], name="odd", domain="com.odd"), small(read="t")]
    complaint(model_of(nodes, stored=WEIGHT, opsets=["com.odd"]), tmp_path)


def function(name, calls, times):
    """A function that calls another one so many times in a row."""
    nodes = [
        helper.make_node(*calls, [f"v{i}"], [f"v{i + 1}"], domain="f" * (calls[0] != "Relu")) for i in range(times)
    ]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)]
    return helper.make_function("f", name, ["v0"], [f"v{times}"], nodes, opsets)


def test_functions_that_grow_without_bounds_are_refused(tmp_path):
    """Each calls the one before ten times: 10^9 nodes from some kilobytes."""
    functions = [function("f0", ["Relu"], 10), *(function(f"f{i}", [f"f{i - 1}"], 10) for i in range(1, 9))]
    nodes = [helper.make_node("f8", ["x"], ["t"], domain="f"), small(read="t")]
    model = model_of(nodes, stored=WEIGHT, functions=functions, opsets=["f"])
    assert "budget" in complaint(model, tmp_path)


@pytest.mark.parametrize("names", [["f0"], ["f1", "f0"]])
def test_functions_that_call_themselves_are_refused(names, tmp_path):
    functions = [function(f"f{i}", [called], 1) for i, called in enumerate(names)]
    nodes = [helper.make_node("f0", ["x"], ["t"], domain="f"), small(read="t")]
    complaint(model_of(nodes, stored=WEIGHT, functions=functions, opsets=["f"]), tmp_path)


def test_functions_are_inlined():
    functions = [function("f0", ["Relu"], 2), function("f1", ["f0"], 2)]
    nodes = [helper.make_node("f1", ["x"], ["t"], domain="f"), small(read="t")]
    program = deepcheck.load(model_of(nodes, stored=WEIGHT, functions=functions, opsets=["f"]))
    assert program(np.float32([1, -2, 3])).tolist() == [4, 4]
    result = deepcheck.attack(program, np.float32([0.25, 0.5, 0.75]))
    assert result.counts["replayed"] == result.counts["attackable"]


def external(name="c"):
    tensor = numpy_helper.from_array(np.zeros(3, np.float32), name)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="secret.bin")
    return tensor


def hidden_in_a_node():
    return model_of(
        [helper.make_node("Constant", [], ["c"], value=external()), helper.make_node("Add", ["x", "c"], ["y"])]
    )


def hidden_in_a_branch():
    branches = {}
    for word in ("then", "else"):
        out = helper.make_tensor_value_info(f"{word} out", TensorProto.FLOAT, [None, None])
        inner = [helper.make_node("Add", ["x", f"c {word}"], [f"{word} out"])]
        branches[f"{word}_branch"] = helper.make_graph(inner, word, [], [out], [external(f"c {word}")])
    return model_of([helper.make_node("If", ["yes"], ["y"], **branches)], stored={"yes": np.array(True)})


def hidden_in_a_function():
    nodes = [helper.make_node("Constant", [], ["c"], value=external()), helper.make_node("Add", ["a", "c"], ["b"])]
    made = helper.make_function("f", "g", ["a"], ["b"], nodes, [helper.make_opsetid("", 17)])
    return model_of([helper.make_node("g", ["x"], ["y"], domain="f")], functions=[made], opsets=["f"])


@pytest.mark.parametrize("hide", [hidden_in_a_node, hidden_in_a_branch, hidden_in_a_function])
def test_constants_in_other_files_are_found_wherever_they_hide(hide, tmp_path, monkeypatch):
    """Not in the folder of the model, and not in the folder of the process either."""
    (tmp_path / "secret.bin").write_bytes(bytes(12))
    monkeypatch.chdir(tmp_path)
    assert "store it in the model" in complaint(hide(), tmp_path)
    with pytest.raises(DeepCheckError):
        deepcheck.load(hide())


def with_external_weight(location):
    model = model_of([helper.make_node("Add", ["x", "c"], ["y"])], stored={"c": np.zeros(3, np.float32)})
    tensor = external()
    tensor.external_data[0].value = location
    model.graph.initializer[0].CopyFrom(tensor)
    return model


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_file(tmp_path):
    """Reading one would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MalformedModel, match="no file"):
        deepcheck.load(tmp_path / "pipe")
    complaint(with_external_weight("pipe"), tmp_path)


def test_a_sparse_file_of_weights_is_not_read_whole(tmp_path):
    with (tmp_path / "weights.bin").open("wb") as file:
        file.truncate(1 << 40)
    complaint(with_external_weight("weights.bin"), tmp_path)


def doubled(times, operator, *more, **attributes):
    """A value that an operator makes twice as long, again and again."""
    nodes = [
        helper.make_node(operator, [f"v{i}", *(more or [f"v{i}"])], [f"v{i + 1}"], **attributes) for i in range(times)
    ]
    return [helper.make_node("Identity", ["x"], ["v0"]), *nodes, helper.make_node("Neg", [f"v{times}"], ["y"])]


@pytest.mark.parametrize(
    ("nodes", "stored"),
    [
        (doubled(60, "Concat", axis=1), {}),
        (doubled(60, "Tile", "twice"), {"twice": np.array([1, 2])}),
        ([helper.make_node("Expand", ["x", "s"], ["y"])], {"s": np.array([2**20, 2**10, 3])}),
        ([helper.make_node("Unsqueeze", ["x", "a"], ["u"]), helper.make_node("Max", ["u", "v"], ["y"])],
         {"a": np.array([0]), "v": np.zeros((2**12, 2**8, 3), np.float32)}),
        ([helper.make_node("Gather", ["x", "i"], ["y"], axis=1)], {"i": np.zeros((2**11, 2**9), np.int64)}),
        ([helper.make_node("Pad", ["x", "p"], ["y"])], {"p": np.array([0, 2**40, 0, 0])}),
        ([helper.make_node("Einsum", ["x", "v"], ["y"], equation="bi,j->bij")], {"v": np.zeros(2**20, np.float32)}),
    ],
    ids=["concat", "tile", "expand", "max", "gather", "pad", "einsum"],
)  # fmt: skip
def test_values_cannot_grow_beyond_the_budget(nodes, stored, tmp_path):
    assert "budget" in complaint(model_of(nodes, stored=stored), tmp_path, budget_bytes=5e6)


def made(operator, *inputs, **attributes):
    return helper.make_node(operator, inputs, ["y"], **attributes)


def square(operator, *more, first="x"):
    """A column of 20,000 numbers beside a row of as many: 3.2 GB."""
    return [helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0]), made(operator, first, "t", *more)]


def turned(times):
    """Transposes in a row: each keeps an index map."""
    names = ["x", *(f"v{i}" for i in range(1, times)), "y"]
    return [helper.make_node("Transpose", [a], [b], perm=[0, 2, 1]) for a, b in itertools.pairwise(names)]


LONG, COLUMN = 20_000, np.ones((20_000, 1), np.float32)
PLANE = {"w": np.ones((1, 1, 100, 100), np.float32)}


@pytest.mark.parametrize(
    ("shape", "nodes", "stored"),
    [
        *(([LONG], square(operator), {}) for operator in ("Add", "Sub", "Mean", "Max", "Min")),
        *(([LONG], [made(operator, "x", "c")], {"c": COLUMN}) for operator in ("Add", "Mul", "Div", "Pow", "Max")),
        ([LONG], [made("Where", "c", "x", "x")], {"c": COLUMN > 0}),
        ([1, LONG], [made("BatchNormalization", *"xcccc")], {"c": COLUMN[:, 0]}),
        ([LONG], [made("Einsum", "x", "c", equation="bi,c->c")], {"c": COLUMN[:, 0]}),
        ([LONG], [made("CumSum", "x", "c")], {"c": np.array(1)}),
        ([LONG], [helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0]), made("MatMul", "t", "c")], {"c": COLUMN.T}),
        ([LONG], [made("Resize", "x", "", "s", mode="linear")], {"s": np.array([1, 2], np.float32)}),
        ([3], [made("Max", *"x" * 5000)], {}),
        ([1, 300, 300], [made("ConvTranspose", "x", "w")], PLANE),
        ([1, 3, 3], [made("ConvTranspose", "x", "w", output_shape=[2**40, 2**40])], PLANE),
        ([1, 300, 300], [made("MaxPool", "x", kernel_shape=[100, 100])], {}),
        ([1, 300, 300], [made("AveragePool", "x", kernel_shape=[100, 100])], {}),
        ([100, 900], turned(301), {}),
    ],
    ids=lambda case: case[-1].op_type if isinstance(case, list) and hasattr(case[-1], "op_type") else "",
)
def test_nothing_is_made_before_the_budget_is_asked(shape, nodes, stored, tmp_path):
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *shape])]
    model = model_of(nodes, stored=stored, inputs=inputs)
    tracemalloc.start()
    message = complaint(model, tmp_path, budget_bytes=4e6)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "budget" in message
    assert peak < 4e7


@pytest.mark.parametrize(
    ("nodes", "stored", "said"),
    [
        ([made("Trilu", "x")], {}, "matrices"),
        ([made("GatherElements", "x", "i", axis=1)], {"i": np.array([[2**62, 0, 1]])}, "indices from -3 to 2"),
        ([made("Reshape", "x", "s")], {"s": np.array([-5, 3])}, "sizes from -1"),
        ([made("ReverseSequence", "x", "n", batch_axis=0, time_axis=1)], {"n": np.array([10**9])}, "lengths"),
        ([made("Reshape", "x", "s")], {"s": np.array([-1, -1])}, "one unknown"),
        ([made("Slice", "x", "a", "b", "a", "a")], {"a": np.array([0]), "b": np.array([2])}, "step"),
        *(([made("Resize", "x", "", "s", mode="linear")], {"s": np.array([1, scale], np.float32)}, "")
          for scale in (0, -1, np.nan, np.inf, 1e-30)),
        ([made("Clip", "x", "c")], {"c": np.float32(np.nan)}, "min"),
        *(([helper.make_node("Expand", ["o", "n"], ["a"]), made(operator, "x", "a")],
           {"o": np.array([1]), "n": np.array([2_000_000])}, "at most 1024") for operator in ("ReduceMax", "Pad")),
        ([helper.make_node("Split", ["x"], ["y", "z"], axis=1, num_outputs=1)], {}, ""),
    ],
    ids=lambda case: case[0].op_type if isinstance(case, list) else "",
)  # fmt: skip
def test_operands_without_meaning(nodes, stored, said, tmp_path):
    alone = nodes[0].op_type == "Trilu"
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3])] if alone else [INPUT]
    model = model_of(nodes, stored=stored, inputs=inputs)
    model.opset_import[0].version = 18
    assert said in complaint(model, tmp_path)


@pytest.mark.parametrize("operator", ["StringConcat", "RegexFullMatch", "SequenceConstruct"])
def test_what_is_not_computed_on_loading(operator, tmp_path):
    """Strings that double, expressions that never end, loops: only what has a size that is known is computed."""
    attributes = {"pattern": "(a+)+$"} if operator == "RegexFullMatch" else {}
    inputs = ["s"] if operator == "RegexFullMatch" else ["s", "s"]
    nodes = [helper.make_node(operator, inputs, ["k"], **attributes), made("Where", "k", "x", "x")]
    model = model_of(nodes, stored={"s": np.array(["a" * 60 + "b"], dtype=object)})
    model.opset_import[0].version = 20
    assert operator in complaint(model, tmp_path)


def test_a_loop_without_end_is_not_run(tmp_path):
    values = [helper.make_tensor_value_info(name, kind, []) for name, kind in (("i", 7), ("go", 9), ("v", 1))]
    ends = [helper.make_tensor_value_info(name, kind, []) for name, kind in (("going", 9), ("u", 1))]
    steps = [helper.make_node("Identity", ["go"], ["going"]), helper.make_node("Identity", ["v"], ["u"])]
    body = helper.make_graph(steps, "body", values, ends)
    nodes = [helper.make_node("Loop", ["n", "yes", "one"], ["c"], body=body), made("Add", "x", "c")]
    stored = {"n": np.array(2**62), "yes": np.array(True), "one": np.float32(1)}
    assert "Loop" in complaint(model_of(nodes, stored=stored), tmp_path)


def test_a_condition_is_a_bool(tmp_path):
    out = helper.make_tensor_value_info("o", TensorProto.FLOAT, [None, None])
    taken = helper.make_graph([helper.make_node("Neg", ["x"], ["o"])], "g", [], [out])
    node = made("If", "c", then_branch=taken, else_branch=taken)
    assert "bool" in complaint(model_of([node], stored={"c": np.float32(np.nan)}), tmp_path)


@pytest.mark.parametrize(
    ("nodes", "stored"),
    [
        ([helper.make_node("ConstantOfShape", ["s"], ["c"])], {"s": np.array([2**30, 2**20])}),
        ([helper.make_node("Add", ["a", "b"], ["c"])], {"a": np.zeros((4096, 1)), "b": np.zeros((1, 4096))}),
        ([helper.make_node("MatMul", ["a", "b"], ["c"])], {"a": np.zeros((4096, 1)), "b": np.zeros((1, 4096))}),
        ([helper.make_node("Range", ["a", "b", "d"], ["c"])], {"a": 0.0, "b": 1e12, "d": 1.0}),
        ([helper.make_node("OneHot", ["a", "b", "d"], ["c"])], {"a": np.array([0]), "b": 2**40, "d": np.zeros(2)}),
        ([helper.make_node("Gather", ["a", "b"], ["c"])], {"a": np.zeros((2, 9999)), "b": np.zeros(999, np.int64)}),
        ([helper.make_node("Einsum", ["a", "b"], ["c"], equation="i,j->ij")],
         {"a": np.zeros(4096), "b": np.zeros(4096)}),
    ],
    ids=["constant of shape", "broadcast", "outer product", "range", "one-hot", "gather", "einsum"],
)  # fmt: skip
def test_constants_cannot_grow_beyond_the_budget(nodes, stored, tmp_path):
    shaped = [*nodes, helper.make_node("ReduceSum", ["c"], ["s0"], keepdims=0)]
    cast = helper.make_node("Cast", ["s0"], ["s1"], to=TensorProto.FLOAT)
    model = model_of([*shaped, cast, helper.make_node("Add", ["x", "s1"], ["y"])], stored=stored)
    assert "budget" in complaint(model, tmp_path, budget_bytes=5e6)


def test_many_small_constants_are_one_large_one(tmp_path):
    stored = {f"c{i}": np.zeros((100, 100), np.float32) for i in range(100)}
    model = model_of([small()], stored=WEIGHT | stored)
    assert "budget" in complaint(model, tmp_path, budget_bytes=2e6)
    assert deepcheck.load(model, budget_bytes=5e6).size == 3


def test_a_budget_can_be_raised_and_lowered(tmp_path):
    nodes = [helper.make_node("ConstantOfShape", ["s"], ["c"]), helper.make_node("MatMul", ["x", "c"], ["y"])]
    model = model_of(nodes, stored={"s": np.array([3, 100_000])})
    assert "budget_bytes" in complaint(model, tmp_path, budget_bytes=1e6)
    assert deepcheck.load(model, budget_bytes=1e8).outputs == 100_000


BOMB = """
import resource, sys
import deepcheck
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    deepcheck.load(sys.argv[1], budget_bytes=1e6)
except deepcheck.DeepCheckError as problem:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system does not say how much memory a process has taken")
@pytest.mark.parametrize("times", [12, 30, 60])
def test_what_is_refused_was_not_allocated(times, tmp_path):
    """In a process of its own: a refused model has taken some tens of MiB, imports included, whatever it asked for."""
    path = tmp_path / "bomb.onnx"
    nodes = [helper.make_node("ConstantOfShape", ["s"], ["c"]), *doubled(times, "Concat", axis=1)]
    path.write_bytes(model_of(nodes, stored={"s": np.array([2**times, 2**20])}).SerializeToString())
    done = subprocess.run([sys.executable, "-c", BOMB, path], capture_output=True, text=True, check=False)
    if times == 12:
        path.write_bytes(model_of(doubled(12, "Concat", axis=1)).SerializeToString())
        assert deepcheck.load(path, budget_bytes=1e6).outputs == 3 << 12
    assert done.returncode == 0, done.stderr
    assert done.stdout == "" or int(done.stdout) < 150 * 1024


def test_a_long_graph_is_walked_once():
    names = ["x", *(f"v{i}" for i in range(5000))]
    nodes = [helper.make_node("Identity", [a], [b]) for a, b in itertools.pairwise(names)]
    program = deepcheck.load(model_of([*nodes, small(read=names[-1])], stored=WEIGHT))
    assert program(np.float32([1, 2, 3])).tolist() == [6, 6]


@pytest.mark.parametrize("shadowed", ["x", "w", "t"])
def test_a_name_that_is_given_twice_is_refused(shadowed, tmp_path):
    nodes = [helper.make_node("Relu", ["x"], ["t"]), helper.make_node("Relu", ["t"], [shadowed]), small(read="t")]
    complaint(model_of(nodes, stored=WEIGHT), tmp_path)


def test_a_cycle_is_refused(tmp_path):
    nodes = [helper.make_node("Add", ["x", "b"], ["a"]), helper.make_node("Relu", ["a"], ["b"]), small(read="b")]
    complaint(model_of(nodes, stored=WEIGHT), tmp_path)


@pytest.mark.parametrize("opset", [0, -1, 10**6])
def test_an_operator_set_that_nobody_has(opset, tmp_path):
    model = model_of([small()], stored=WEIGHT)
    model.opset_import[0].version = opset
    complaint(model, tmp_path)


CONV = {"w": np.ones((1, 1, 2, 2), np.float32)}
IMAGE = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 4, 4])


@pytest.mark.parametrize(
    "attributes",
    [
        {"strides": [0, 1]},
        {"strides": [-1, 1]},
        {"dilations": [0, 0]},
        {"dilations": [2**40, 1]},
        {"group": 0},
        {"group": -1},
        {"group": 7},
        {"pads": [-9, 0, 0, 0]},
        {"pads": [2**40, 0, 0, 0]},
        {"pads": [1]},
        {"kernel_shape": [3, 3]},
        {"auto_pad": "SOMEHOW"},
        {"strides": [1.5, 2.5]},
        {"strides": "wide"},
    ],
    ids=str,
)
@pytest.mark.parametrize("operator", ["Conv", "ConvTranspose", "MaxPool", "AveragePool"])
def test_settings_without_meaning(operator, attributes, tmp_path):
    pools = operator.endswith("Pool")
    if pools:
        attributes = {"kernel_shape": [2, 2]} | {
            k: v for k, v in attributes.items() if k not in ("kernel_shape", "group")
        }
    node = helper.make_node(operator, ["x"] if pools else ["x", "w"], ["y"], **attributes)
    model = model_of([node], stored={} if pools else CONV, inputs=[IMAGE])
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    try:
        program = deepcheck.load(path, budget_bytes=1e8)
    except DeepCheckError:
        return
    # What loads must be what onnxruntime runs.
    x = np.random.default_rng(0).random((1, 1, 4, 4)).astype(np.float32)
    (expected,) = session_of(model).run(None, {"x": x})
    np.testing.assert_allclose(program(x[0]), expected[0], rtol=1e-5)


def test_a_pickle_under_any_name_is_not_run(tmp_path):
    marker = tmp_path / "it ran"
    bomb = f"cos\nsystem\n(S'touch {marker}'\ntR.".encode()
    for name in ("model.onnx", "model.nnet", "model.pt", "model.pkl"):
        (tmp_path / name).write_bytes(bomb)
        with pytest.raises(DeepCheckError):
            deepcheck.load(tmp_path / name)
    assert not marker.exists()


def test_an_if_within_an_if_within_an_if(tmp_path):
    """Protobuf itself ends what is nested too deep; what it lets through is translated."""

    def nested(depth):
        out = helper.make_tensor_value_info(f"o{depth}", TensorProto.FLOAT, [None, None])
        if depth == 0:
            return helper.make_graph([helper.make_node("Relu", ["x"], ["o0"])], "g", [], [out])
        inner = nested(depth - 1)
        node = helper.make_node("If", ["yes"], [f"o{depth}"], then_branch=inner, else_branch=inner)
        return helper.make_graph([node], "g", [], [out])

    top = nested(6)
    model = model_of([*top.node, small(read="o6")], stored=WEIGHT | {"yes": np.array(True)})
    assert deepcheck.load(model)(np.float32([1, -1, 2])).tolist() == [3, 3]


def test_an_operator_that_is_refused_says_so_in_its_fields(tmp_path):
    nodes = [helper.make_node("Sign", ["x"], ["t"], name="bad"), small(read="t")]
    with pytest.raises(UnsupportedOperator) as caught:
        deepcheck.load(model_of(nodes, stored=WEIGHT))
    assert caught.value.operator == "Sign"
    assert "jumps" in caught.value.reason


NNET = b"1,1,1,1\n"


@pytest.mark.parametrize(
    "content",
    [
        b"\n" * 10_000_000,
        NNET + b"," * 20_000_000,
        NNET + b"1,1\n0\n" + b"9" * 5_000_000,
        NNET + b"0,0\n",
        b"//" * 5_000_000,
    ],
    ids=["lines", "commas", "digits", "zeros", "comment"],
)
def test_a_text_of_one_sign_is_not_taken_apart(content, tmp_path):
    path = tmp_path / "net.nnet"
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(MalformedModel) as caught:
        deepcheck.load(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(caught.value).isprintable()
    assert peak < 4 * len(content) + 1e6


def test_the_budget_holds_for_nnet_files(tmp_path):
    path = tmp_path / "net.nnet"
    path.write_bytes(b"1,1000,1000,1000\n1000,1000\n0\n")
    with pytest.raises(MalformedModel, match="budget_bytes"):
        deepcheck.load(path, budget_bytes=1e6)
    with path.open("ab") as file:
        file.truncate(3 << 30)
    with pytest.raises(MalformedModel, match="budget_bytes"):
        deepcheck.load(path)


@pytest.mark.parametrize("name", ["a\0b.nnet", "a\0b.onnx", "a" * 5000 + ".nnet", "a" * 5000])
def test_names_that_no_file_can_have(name):
    with pytest.raises(MalformedModel) as caught:
        deepcheck.load(name)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1100


@pytest.mark.parametrize(
    "more",
    [
        {"offset": "1e3"},
        {"offset": "9" * 5000},
        {"length": "-1"},
        {"length": "9" * 30},
        {"length": "11"},
        {"offset": "1"},
    ],
    ids=lambda more: str(more)[:30],
)
def test_offsets_and_lengths_that_lie(more, tmp_path):
    (tmp_path / "weights.bin").write_bytes(bytes(12))
    model = with_external_weight("weights.bin")
    for key, value in more.items():
        model.graph.initializer[0].external_data.add(key=key, value=value)
    assert "weights.bin" in complaint(model, tmp_path)


@pytest.mark.parametrize("where", ["training", "sparse"])
def test_constants_in_other_files_beside_the_graph(where, tmp_path):
    (tmp_path / "secret.bin").write_bytes(bytes(12))
    model = model_of([small()], stored=WEIGHT)
    if where == "training":
        model.training_info.add().initialization.initializer.append(external())
    else:
        model.graph.sparse_initializer.add().values.CopyFrom(external())
    assert "store it in the model" in complaint(model, tmp_path)
