"""``deepcheck translate``: only source on standard output, files whole or not at all, one line for what is wrong."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from conftest import Command
from test_attack_command import ATTACKED, stored
from test_errors import refused
from tiny_models import regression, with_operator


def scores_of(source, x):
    names = {"__name__": "translated"}
    exec(compile(source, "translated", "exec"), names)
    return names["run"](x), names


def test_only_the_source_is_printed(command: Command, model):
    answer = command("translate", model)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith('"""two_sums: ')
    scores, names = scores_of(answer.out, ATTACKED)
    assert np.allclose(scores, [1.0, 0.6], atol=1e-6)
    assert names["label"](scores) == 0


def test_c_is_printed(command: Command, model):
    answer = command("translate", model, "--to", "c")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith("/*\n * two_sums: ")
    assert "void run(const double *x, double *scores)" in answer.out


def test_the_path_of_an_input(command: Command, model, tmp_path):
    answer = command("translate", model, stored(tmp_path, ATTACKED), "--to", "python")
    assert answer.status == 0
    scores, names = scores_of(answer.out, ATTACKED)
    assert np.allclose(scores, [1.0, 0.6], atol=1e-6)
    with pytest.raises(AssertionError):
        names["run"]([[-1, 0], [0, 0]])


def test_preprocessing(command: Command, model):
    answer = command("translate", model, "--mean", "0.5", "--std", "0.25")
    assert scores_of(answer.out, [[1, 1], [0.5, 0.75]])[0] == [4.0, 1.0]


@pytest.mark.parametrize("option", ["-o", "--output"])
def test_a_file_is_the_same_text(command: Command, model, tmp_path, option):
    file = tmp_path / "net.py"
    answer = command("translate", model, option, file)
    assert (answer.status, answer.out) == (0, "")
    assert str(file) in answer.err
    assert file.read_text(encoding="ascii") == command("translate", model).out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.py", "two_sums.onnx"]
    done = subprocess.run(
        [sys.executable, "-I", str(file)], input="0.5 0.5 0.25 0.25", capture_output=True, text=True, check=True
    )
    assert done.stdout == "1.0 0.5\nlabel 0\n"


def test_a_file_that_cannot_be_written(command: Command, model, tmp_path):
    refused(command("translate", model, "-o", tmp_path / "nowhere" / "net.py"), "nowhere")
    refused(command("translate", model, "-o", tmp_path), "not a file")


def test_a_failure_leaves_the_old_file(command: Command, model, tmp_path):
    file = tmp_path / "net.py"
    file.write_text("before")
    refused(command("translate", model, "nothing.npy", "-o", file), "nothing.npy")
    assert file.read_text() == "before"


def test_an_unknown_language(command: Command, model, tmp_path):
    refused(
        command("translate", model, "--to", "rust", "-o", tmp_path / "net"),
        "--to python, c, smtlib, lp or vnnlib",
        "'rust'",
    )
    assert not (tmp_path / "net").exists()


def test_bad_models_and_inputs(command: Command, model, tmp_path):
    refused(command("translate", "nothing.onnx"), "mnist_10x4", "nothing.onnx")
    refused(command("translate", with_operator(tmp_path / "m.onnx", "Tanh")), "Tanh", "'curve'")
    refused(command("translate", model, stored(tmp_path, [[[0.5, np.nan], [0.4, 0.2]]])), "finite")
    refused(command("translate", model, stored(tmp_path, np.zeros((3, 1, 2, 2)))), "a batch of 3")


def test_a_regression_is_translated(command: Command, tmp_path):
    answer = command("translate", regression(tmp_path / "price.onnx"))
    assert answer.status == 0
    scores, names = scores_of(answer.out, ATTACKED)
    assert np.allclose(scores, [1.6], atol=1e-6)
    assert "label" not in names


def test_the_help_names_the_languages(command: Command):
    answer = command("translate", "--help")
    assert answer.status == 0
    assert "python" in answer.out
    assert "'c'" in answer.out


def test_a_network_of_the_zoo_compiles(command: Command, tmp_path):
    if shutil.which("gcc") is None:
        from requirements import absent

        absent("gcc", "gcc is missing: translated C cannot be compiled")
    assert command("translate", "digits_10x4", "--to", "c", "-o", tmp_path / "net.c").status == 0
    subprocess.run(["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-O1", "net.c"], cwd=tmp_path, check=True)
