"""What bad input gets: one line on standard error, exit status 2, nothing on standard output, no file."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Command
from matplotlib.figure import Figure
from PIL import Image
from test_attack_command import ATTACKED, stored
from tiny_models import regression, with_operator

import deepcheck


def refused(answer, *fragments: str) -> None:
    assert answer.status == 2
    assert answer.out == ""
    assert answer.err.startswith("error: ")
    assert answer.err.count("\n") == 1
    for fragment in fragments:
        assert fragment in answer.err


@pytest.mark.parametrize("verb", ["attack", "importance"])
class TestModels:
    def test_missing(self, command: Command, verb, tmp_path):
        refused(command(verb, "nothing.onnx", stored(tmp_path, ATTACKED)), "mnist_10x4", "nothing.onnx")

    def test_truncated(self, command: Command, verb, model, tmp_path):
        model.write_bytes(model.read_bytes()[:-20])
        refused(command(verb, model, stored(tmp_path, ATTACKED)), "two_sums.onnx")

    def test_not_onnx(self, command: Command, verb, tmp_path):
        (tmp_path / "text.onnx").write_text("this is no network\n" * 20)
        refused(command(verb, tmp_path / "text.onnx", stored(tmp_path, ATTACKED)), "text.onnx")

    def test_unsupported_operator(self, command: Command, verb, tmp_path):
        found = command(verb, with_operator(tmp_path / "m.onnx", "Tanh"), stored(tmp_path, ATTACKED))
        refused(found, "Tanh", "'curve'", "supported are")

    def test_regression(self, command: Command, verb, tmp_path):
        refused(command(verb, regression(tmp_path / "m.onnx"), stored(tmp_path, ATTACKED)), "regression")


@pytest.mark.parametrize("verb", ["attack", "importance"])
class TestInputs:
    @pytest.mark.parametrize(
        ("values", "fragment"),
        [
            ([[0.5, 0.5], [0.4, 0.2]], "expected an input of shape (1, 2, 2)"),
            (np.zeros((3, 1, 2, 2)), "a batch of 3"),
            ([[[0.5, np.nan], [0.4, 0.2]]], "finite"),
            ([[[0.5, np.inf], [0.4, 0.2]]], "finite"),
        ],
    )
    def test_arrays(self, command: Command, verb, model, tmp_path, values, fragment):
        refused(command(verb, model, stored(tmp_path, values)), fragment)

    def test_missing(self, command: Command, verb, model):
        refused(command(verb, model, "nothing.npy"), "nothing.npy")

    def test_pickled_object(self, command: Command, verb, model, tmp_path):
        np.savez(tmp_path / "x.npz", x=np.array([{"a": 1}], dtype=object))
        refused(command(verb, model, tmp_path / "x.npz"), "without pickle")
        np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object))
        refused(command(verb, model, tmp_path / "x.npy"), "without pickle")

    def test_two_arrays(self, command: Command, verb, model, tmp_path):
        np.savez(tmp_path / "x.npz", a=np.zeros(4), b=np.zeros(4))
        refused(command(verb, model, tmp_path / "x.npz"), "expected 1 array", "got 2")

    @pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.png"])
    def test_garbage(self, command: Command, verb, model, tmp_path, name):
        (tmp_path / name).write_bytes(b"garbage")
        refused(command(verb, model, tmp_path / name), name)

    def test_truncated_array(self, command: Command, verb, model, tmp_path):
        file = stored(tmp_path, ATTACKED)
        file.write_bytes(file.read_bytes()[:-4])
        refused(command(verb, model, file), "x.npy")

    def test_image_of_another_size(self, command: Command, verb, model, tmp_path):
        Image.fromarray(np.zeros((3, 2), dtype=np.uint8)).save(tmp_path / "x.png")
        refused(command(verb, model, tmp_path / "x.png"), "(1, 2, 2)", "(1, 3, 2)")

    def test_image_of_16_bits(self, command: Command, verb, model, tmp_path):
        Image.fromarray(np.zeros((2, 2), dtype=np.uint16)).save(tmp_path / "x.png")
        refused(command(verb, model, tmp_path / "x.png"), "8-bit", "I;16")

    def test_transparent_image(self, command: Command, verb, model, tmp_path):
        Image.new("RGBA", (2, 2), (1, 2, 3, 100)).save(tmp_path / "x.png")
        refused(command(verb, model, tmp_path / "x.png"), "without transparency")

    @pytest.mark.parametrize(
        ("name", "fragment"),
        [("digits:test:360", "360"), ("digits:tset:0", "split"), ("letters:test:0", "fashion-mnist")],
    )
    def test_data_sets(self, command: Command, verb, name, fragment):
        refused(command(verb, "digits_10x4", name), fragment)

    def test_a_data_set_of_another_size(self, command: Command, verb, model):
        refused(command(verb, model, "digits:test:0"), "(1, 2, 2)", "(1, 8, 8)")

    def test_no_data_in_the_folder(self, command: Command, verb, tmp_path):
        refused(command(verb, "mnist_10x4", "mnist:test:0", "--data", tmp_path), "t10k-images")


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (["attack", "--target", "10"], "target label from 0 to 1"),
        (["attack", "--order", "best"], "order of abs, co, coi, reach"),
        (["attack", "--order", "coi", "--shortlist", "0"], "'0'"),
        (["attack", "--order", "coi", "--shortlist", "0%"], "0%"),
        (["attack", "--order", "coi", "--shortlist", "101%"], "101%"),
        (["attack", "--order", "coi", "--shortlist", "abc"], "'abc'"),
        (["attack", "--shortlist", "50%"], "order"),
        (["attack", "--bounds", "0:0.3"], "0.5"),
        (["attack", "--bounds", "1:0"], "1.0:0.0"),
        (["attack", "--bounds", "0"], "A:B"),
        (["attack", "--bounds", "0:1", "--unbounded"], "unbounded"),
        (["attack", "--levels", "1"], "levels"),
        (["attack", "--levels", "256"], "levels"),
        (["attack", "--mean", "x"], "--mean"),
        (["attack", "--mean", "nan"], "--mean"),
        (["attack", "--std", "0"], "positive std"),
        (["attack", "--mean", "1,2,3"], "numbers for mean"),
        (["attack", "--features", "1,a"], "--features"),
        (["attack", "--features", "4"], "0 to 3"),
        (["attack", "--size", "5"], "4 features"),
        (["attack", "--size", "some"], "--size"),
        (["attack", "--features", "1", "--mask", "m.npy"], "--mask, got both"),
        (["attack", "--paths", "some"], "paths"),
        (["attack", "--solver", "simplex"], "solver"),
        (["attack", "--objective", "l7"], "objective"),
        (["attack", "--timeout", "0"], "timeout"),
        (["attack", "--timeout", "soon"], "--timeout"),
        (["attack", "--limit", "-1"], "limit"),
        (["attack", "--layout", "hwcn"], "--layout"),
        (["attack", "--features-as", "thing"], "--features-as"),
        (["attack", "--decision", "vote"], "decision"),
        (["attack", "--plot", "a.jpg"], ".png"),
        (["attack", "--plot", "/nowhere/a.png"], "/nowhere/a.png"),
        (["attack", "--save", "/dev/null/w"], "/dev/null/w"),
        (["attack", "--wrong"], "--wrong"),
        (["importance", "--metric", "best"], "metric of abs, co, coi, reach"),
        (["importance", "--metric", "reach", "--unbounded"], "bounded"),
        (["importance", "--top", "0"], "'0'"),
        (["importance", "--top", "200%"], "200%"),
    ],
)
def test_options(command: Command, model, tmp_path, words, fragment):
    verb, *options = words
    refused(command(verb, model, stored(tmp_path, ATTACKED), *options), fragment)


def test_input_outside_its_default_bounds(command: Command, model, tmp_path):
    refused(command("attack", model, stored(tmp_path, [[[2.0, 0.5], [0.4, 0.2]]])), "--bounds A:B", "got 2")


@pytest.mark.parametrize(
    "words", [["nope"], ["attack"], ["attack", "mnist_10x4"], ["info", "a", "b"], ["info", "none"]]
)
def test_bad_usage(command: Command, words):
    refused(command(*words))


def test_no_command_shows_the_help(command: Command):
    answer = command()
    assert answer.status == 2
    assert answer.out == ""
    assert "importance" in answer.err


def test_a_full_disk_leaves_no_picture(command: Command, model, tmp_path, monkeypatch):
    def full(figure, stream, **options):
        stream.write(b"half a picture")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", full)
    x, plot = stored(tmp_path, ATTACKED), tmp_path / "a.png"
    plot.write_bytes(b"the old picture")
    before = sorted(tmp_path.iterdir())
    refused(command("attack", model, x, "--plot", plot), "No space left")
    assert sorted(tmp_path.iterdir()) == before
    assert plot.read_bytes() == b"the old picture"


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt])
def test_an_interrupt_is_one_line(command: Command, model, tmp_path, monkeypatch, interrupt):
    def interrupted(*arguments, **options):
        raise interrupt

    monkeypatch.setattr(deepcheck, "attack", interrupted)
    answer = command("attack", model, stored(tmp_path, ATTACKED))
    assert (answer.status, answer.out, answer.err.count("\n")) == (130, "", 1)
    assert answer.err.startswith("interrupted: no answer yet")


def test_an_error_of_the_program_itself_is_not_hidden(command: Command, model, tmp_path, monkeypatch):
    def broken(*arguments, **options):
        raise ZeroDivisionError

    monkeypatch.setattr(deepcheck, "attack", broken)
    with pytest.raises(ZeroDivisionError):
        command("attack", model, stored(tmp_path, ATTACKED))


def run_process(*words: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deepcheck", *words], capture_output=True, text=True, check=False, **options
    )


def test_a_process_with_bad_input_prints_no_traceback(tmp_path: Path):
    found = run_process("attack", "mnist_10x4", str(tmp_path / "nothing.png"))
    assert (found.returncode, found.stdout, found.stderr.count("\n")) == (2, "", 1)
    assert found.stderr.startswith("error: ")


def test_a_reader_that_goes_away_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        process = subprocess.run(
            [sys.executable, "-m", "deepcheck", "info", "digits_10x4", "--program"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (process.returncode, process.stderr) == (141, b"")


@pytest.mark.parametrize("verb", [[], ["attack"], ["demo"]])
def test_help_loads_nothing_slow(verb):
    slow = ("numpy", "onnx", "onnxruntime", "matplotlib", "PIL", "flint", "deepcheck.verbs")
    script = (
        f"import sys; from deepcheck.__main__ import main; status = main({[*verb, '--help']!r}); "
        f"loaded = [name for name in {slow!r} if name in sys.modules]; sys.exit(f'{{loaded}}' if loaded else status)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")
    assert "Usage: deepcheck" in found.stdout
