"""``deepcheck.save_report``: whatever was found, as one page."""

import numpy as np
import onnx
import pytest

import deepcheck
from deepcheck.errors import DataError, OptionError
from deepcheck.verbs.reporting import beside

X = np.float32([[0.5, 0.125, 0.25, 0.0], [0.1, 0.2, 0.9, 0.8], [1, 1, 0, 0]])


@pytest.fixture(scope="module")
def program():
    info = onnx.helper.make_tensor_value_info
    weight = onnx.numpy_helper.from_array(np.float32([[1, 0], [1, 0], [0, 1], [0, 1]]), "w")
    node = onnx.helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = onnx.helper.make_graph([node], "sums", [info("x", 1, [1, 4])], [info("y", 1, [1, 2])], [weight])
    opset = [onnx.helper.make_opsetid("", 17)]
    return deepcheck.load(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8))


def page(tmp_path, what, **options):
    deepcheck.save_report(what, tmp_path / "r.html", **options)
    return (tmp_path / "r.html").read_text(encoding="utf-8")


def test_one_result_a_batch_and_a_list(program, tmp_path):
    one = page(tmp_path, deepcheck.attack(program, X[0]), title="A <title>", label_names=["ham", "spam"])
    assert "A &lt;title&gt;" in one
    assert "spam" in one
    batch = page(tmp_path, deepcheck.attack(program, X), names=["first", "second", "third"], true_labels=[0, 1, None])
    for name in ("first", "second", "third"):
        assert name in batch
    mixed = page(tmp_path, [deepcheck.attack(program, X), deepcheck.attack(program, X, paths="all"),
                            deepcheck.smallest(program, X[0])])  # fmt: skip
    assert "input 2" in mixed
    assert "input 3" not in mixed  # answers about one input are shown together
    assert "fewest features" in mixed
    few = page(tmp_path, deepcheck.attack(program, X), limit=2)
    assert "the first 2; 1 more are not" in few


def test_texts(tmp_path):
    model = deepcheck.load_text("imdb_tuned")
    found = [deepcheck.prove_text(model, "a fine film"), deepcheck.word_importance(model, "a dull film")]
    found.append(deepcheck.word_importance(model, "a fine film"))
    content = page(tmp_path, found)
    assert "a dull film" in content
    assert "input 2" not in content


def test_a_folder(program, tmp_path):
    with pytest.raises(DataError, match="there is no folder"):
        page(tmp_path, tmp_path / "run")
    with pytest.raises(OptionError, match="for answers only"):
        page(tmp_path, tmp_path, names=["x"])


@pytest.mark.parametrize(
    ("what", "options", "said"),
    [
        ([], {}, "empty list"),
        (7, {}, "got int"),
        ([None], {}, "got NoneType"),
        ("result", {"names": ["a", "b"]}, "names of 1 inputs, got 2"),
        ("result", {"true_labels": []}, "true labels of 1 inputs, got 0"),
        ("result", {"label_names": ["a"]}, "2 names of labels"),
        ("result", {"limit": 0}, "limit of 1 or more"),
    ],
)
def test_what_cannot_be_shown_is_one_line(program, tmp_path, what, options, said):
    shown = deepcheck.attack(program, X[0]) if what == "result" else what
    with pytest.raises(OptionError, match=said):
        page(tmp_path, shown, **options)
    assert not (tmp_path / "r.html").exists()


def test_where_a_folder_lies_seen_from_a_page(tmp_path):
    (tmp_path / "a b").mkdir()
    assert beside(tmp_path / "a b", tmp_path / "r.html") == "a%20b/"
    assert beside(tmp_path / "a b", tmp_path / "a b" / "r.html") == ""
    assert beside(tmp_path, tmp_path / "a b" / "r.html") == "../"
