"""Processes that record into one run at once lose nothing; certificates lie beside, under names that any system has."""

import multiprocessing

import numpy as np
import onnx
import pytest

import deepcheck
from deepcheck.report.exhibit_keeping import read_exhibits
from deepcheck.runs import Store
from deepcheck.verbs import keeping
from deepcheck.verbs.exhibiting import exhibit_of

X = np.float32([0.5, 0.125, 0.25, 0.0])


@pytest.fixture
def program():
    info = onnx.helper.make_tensor_value_info
    weight = onnx.numpy_helper.from_array(np.float32([[1, 0], [1, 0], [0, 1], [0, 1]]), "w")
    node = onnx.helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = onnx.helper.make_graph([node], "sums", [info("x", 1, [1, 4])], [info("y", 1, [1, 2])], [weight])
    opset = [onnx.helper.make_opsetid("", 17)]
    return deepcheck.load(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8))


def _record(folder, exhibits, source, start):
    start.wait()
    for exhibit in exhibits:
        keeping.record(folder, exhibit, source, 0)


def test_processes_that_record_at_once_lose_nothing(program, tmp_path):
    results = [deepcheck.attack(program, X, features=[feature]) for feature in range(4)]
    results += [deepcheck.attack(program, X, features=[a, b]) for a, b in ((0, 1), (0, 2), (1, 3), (2, 3))]
    made = [exhibit_of(result, name="x") for result in results]
    source = keeping.feature_source(results[0], "input")
    context = multiprocessing.get_context("fork")
    start = context.Event()
    processes = [context.Process(target=_record, args=(tmp_path, made[n::4], source, start)) for n in range(4)]
    for process in processes:
        process.start()
    start.set()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    with Store.reading(tmp_path / "run.sqlite") as store:
        ((_, _, found),) = read_exhibits(store)
    assert sorted(answer["features_asked"] for answer in found.answers) == sorted(
        answer["features_asked"] for each in made for answer in each.answers
    )


def test_a_certificate_is_written_and_checks(program, tmp_path):
    made = deepcheck.certificate(deepcheck.attack(program, X))
    held = keeping.keep_certificate(tmp_path, made, "../mnist:test:7 \u2028<b>")
    file = tmp_path / held["file"]
    assert file.parent == tmp_path / "certificates"
    assert file.name.startswith("mnist-test-7-b-")
    assert file.stat().st_size == held["bytes"]
    (tmp_path / "net.onnx").write_bytes(program.origin.model)
    assert deepcheck.check(file, tmp_path / "net.onnx")


def test_places():
    assert keeping.place_of("mnist:test:7", b"") == ("mnist:test", 7)
    assert keeping.place_of("x.npy", b"a") != keeping.place_of("x.npy", b"b")
    dataset, item = keeping.place_of("../x:y.npy", b"a")
    assert (dataset, item) == keeping.place_of("z.npy", b"a")
    assert 0 <= item < 2**63
