"""``deepcheck translate --to smtlib|lp|vnnlib``: only the question is printed; one line says what cannot be asked."""

import re
import shlex
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import Command
from requirements import require
from test_attack_command import ATTACKED, PROVED, TIED, stored
from test_errors import refused
from tiny_models import regression, rgb_sum

PAGE = Path(__file__).parents[2] / "docs" / "exports.md"


def z3_answer(text):
    z3 = require("z3")
    solver = z3.SolverFor("QF_LRA")
    solver.from_string(text)
    return str(solver.check())


def highs_optimum(file):
    solver = require("highspy").Highs()
    solver.setOptionValue("output_flag", False)
    solver.readModel(str(file))
    solver.run()
    return solver.getObjectiveValue()


@pytest.mark.parametrize(
    ("values", "features", "options", "expected"),
    [
        (ATTACKED, "2", [], "sat"),
        (ATTACKED, "2,3", ["--target", "1"], "sat"),
        (ATTACKED, "2", ["--bounds", "0:0.75"], "unsat"),
        (ATTACKED, "2", ["--bounds", "0:0.75", "--target", "1"], "unsat"),
        (PROVED, "2", [], "unsat"),
        (PROVED, "2", ["--unbounded"], "sat"),
        (PROVED, "0,2", [], "unsat"),
        (PROVED, "0,1,2", [], "sat"),
        (TIED, "0", [], "sat"),
        (TIED, "0", ["--bounds", "0:0.9375"], "unsat"),
    ],
)
def test_smtlib(command: Command, model, tmp_path, values, features, options, expected):
    x = stored(tmp_path, values)
    answer = command("translate", model, x, "--to", "smtlib", "--features", features, *options)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith("; May these features change the label?")
    assert z3_answer(answer.out) == expected


def test_levels(command: Command, model, tmp_path):
    x = stored(tmp_path, [[[0.5, 0.5], [0, 0.5]]])
    for levels, expected in (("3", "unsat"), ("5", "sat")):  # between 1/2 and 1 lies 3/4, a level of five
        answer = command("translate", model, x, "--to", "smtlib", "--features", "2", "--levels", levels)
        assert z3_answer(answer.out) == "sat"
        assert answer.out.count("(= x2 ") == int(levels)
        answer = command(
            "translate", model, x, "--to", "smtlib", "--features", "2", "--levels", levels, "--bounds", "0:1"
        )
        few = answer.out.replace("\n(check-sat)", "\n(assert (< x2 1))\n(assert (> x2 (/ 1 2)))\n(check-sat)")
        assert z3_answer(few) == expected


def test_lp(command: Command, model, tmp_path):
    file = tmp_path / "question.lp"
    answer = command(
        "translate", model, stored(tmp_path, ATTACKED), "--to", "lp", "--features", "2", "--target", "1", "-o", file
    )
    assert (answer.status, answer.out) == (0, "")
    assert str(file) in answer.err
    scale = int(re.search(r"2\^(-?\d+)", file.read_text()).group(1))
    assert highs_optimum(file) == pytest.approx(0.2 * 2**scale)


def test_vnnlib(command: Command, model, tmp_path):
    x = stored(tmp_path, ATTACKED)
    older = command("translate", model, x, "--to", "vnnlib", "--features", "2")
    assert older.status == 0
    assert "(assert (<= X_2 1.0))\n(assert (>= X_2 0.0))" in older.out
    assert older.out.endswith("(assert (>= Y_1 Y_0))\n")
    newer = command("translate", model, x, "--to", "vnnlib", "--features", "2", "--vnnlib-version", "2.0")
    query = require("vnnlib").parse_query_string(newer.out)
    assert query.networks[0].inputs[0].shape == [1, 1, 2, 2]
    assert newer.out.endswith("(assert (> Y[0,1] Y[0,0]))\n")


def test_masks_groups_and_bounds_of_their_own(command: Command, model, tmp_path):
    x, mask = stored(tmp_path, ATTACKED), tmp_path / "mask.npy"
    np.save(mask, np.array([[False, False], [True, True]]))
    by_mask = command("translate", model, x, "--to", "smtlib", "--mask", mask)
    assert by_mask.out == command("translate", model, x, "--to", "smtlib", "--features", "2,3").out
    near = np.float32(ATTACKED)
    np.savez(tmp_path / "ball.npz", lower=near - np.float32(0.125), upper=near + np.float32(0.125))
    answer = command("translate", model, x, "--to", "vnnlib", "--mask", mask, "--bounds", tmp_path / "ball.npz")
    highest = Fraction(re.search(r"<= X_2 (\S+)\)\)", answer.out).group(1))
    assert highest == Fraction(float(np.float32(0.4) + np.float32(0.125)))
    colour = rgb_sum(tmp_path / "rgb.onnx")
    half = stored(tmp_path, np.full((3, 2, 1), 0.5), "rgb.npy")
    for kind, names in (("pixel", ["x1", "x3", "x5"]), ("element", ["x1"])):
        answer = command("translate", colour, half, "--to", "smtlib", "--features", "1", "--features-as", kind)
        assert re.findall(r"declare-const (\w+)", answer.out) == names


def test_what_is_missing_or_wrong(command: Command, model, tmp_path):
    x = stored(tmp_path, ATTACKED)

    def ask(*options, to="smtlib", features=("--features", "2"), given=(x,)):
        return command("translate", model, *given, "--to", to, *features, *options)

    refused(ask(features=()), "expected features for smtlib", "got none")
    refused(ask(given=()), "expected one input", "got none")
    refused(ask(features=("--features", "4")), "from 0 to 3")
    refused(ask(features=("--features", "2;3")), "2;3")
    refused(ask("--target", "2"), "from 0 to 1")
    refused(ask("--target", "0"), "has label 0 already")
    refused(ask("--vnnlib-version", "2.0"), "expected no version for smtlib")
    refused(ask("--vnnlib-version", "3.0", to="vnnlib"), "1.0 or 2.0", "'3.0'")
    refused(ask("--levels", "2", to="vnnlib"), "on one of 2 levels")
    refused(ask("--unbounded", to="vnnlib"), "bounded domain")
    refused(ask(to="lp"), "one target")
    refused(ask("--bounds", "0.45:1"), "outside")
    refused(ask("--features-as", "letter"), "letter")
    for option in (["--target", "1"], ["--levels", "3"], ["--unbounded"], ["--vnnlib-version", "1.0"]):
        refused(ask(*option, to="python", features=()), f"expected no {option[0]} with --to python")
    refused(ask(to="c"), "expected no --features with --to c")
    refused(command("translate", regression(tmp_path / "r.onnx"), x, "--to", "vnnlib", "--features", "0"), "regression")


def test_a_failure_leaves_the_old_file(command: Command, model, tmp_path):
    file, x = tmp_path / "question.smt2", stored(tmp_path, ATTACKED)
    file.write_text("before")
    refused(command("translate", model, x, "--to", "smtlib", "--features", "9", "-o", file), "from 0 to 3")
    assert file.read_text() == "before"
    assert command("translate", model, x, "--to", "smtlib", "--features", "2", "-o", file).status == 0
    assert file.read_text(encoding="ascii") == command("translate", model, x, "--to", "smtlib", "--features", "2").out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["question.smt2", "two_sums.onnx", "x.npy"]


def test_the_page_says_what_happens(command: Command, tmp_path, monkeypatch):
    require("sklearn")
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^    deepcheck (.+)$", PAGE.read_text(), flags=re.MULTILINE)
    assert len(commands) == 4
    for words in commands:
        assert command(*shlex.split(words)).status == 0
    assert z3_answer(Path("question.smt2").read_text()) == "sat"
    assert highs_optimum("question.lp") > 0
    assert require("vnnlib").parse_query_file("newer.vnnlib").networks[0].outputs[0].shape == [1, 10]
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    from_command = Path("question.vnnlib").read_text()
    exec(compile(example.replace("open(", "opened("), "exports.md", "exec"), {"opened": closing(tmp_path)})
    assert Path("question.vnnlib").read_text() == from_command
    import onnx

    onnx.checker.check_model(onnx.load("network.onnx"))


def closing(folder):
    """``open`` whose file is closed once it has been written."""

    class Written:
        def __init__(self, name, mode):
            self.path, self.binary = folder / name, "b" in mode

        def write(self, content):
            self.path.write_bytes(content) if self.binary else self.path.write_text(content, encoding="ascii")

    return Written
