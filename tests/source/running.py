"""Running translated source: Python in a fresh name space, C through gcc."""

import shutil
import subprocess

import numpy as np
from requirements import absent

import deepcheck
from deepcheck.program import Origin, Program

FLAGS = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-O1", "-ffp-contract=off"]


def program_of(*instructions, shape, decision=None, name="net", **origin):
    """A program of instructions, without a model file."""
    words = {"sha256": "0" * 64, "input_name": "in", "output_name": "out"} | origin
    made = Origin(name=name, model=b"", input_shape=(1, *shape), **words)
    return Program(tuple(instructions), shape, np.dtype(np.float64), decision, made)


def module_of(source):
    """The names that Python source defines."""
    names = {"__name__": "translated"}
    exec(compile(source, "translated", "exec"), names)
    return names


def run_python(source, x):
    return np.array(module_of(source)["run"](np.asarray(x, np.float64).tolist()))


def compiled(source, folder):
    """The compiled C program; a warning is an error."""
    if shutil.which("gcc") is None:
        absent("gcc", "gcc is missing: translated C cannot be compiled")
    (folder / "net.c").write_text(source, encoding="ascii")
    done = subprocess.run(
        ["gcc", *FLAGS, "net.c", "-o", "net"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "net"


def answer(binary, x):
    """What the compiled program answers to an input."""
    text = " ".join(repr(float(v)) for v in np.ravel(x))
    return subprocess.run([str(binary)], input=text, capture_output=True, text=True, check=False)


def run_c(binary, x):
    """The scores, and the label or None."""
    done = answer(binary, x)
    assert (done.returncode, done.stderr) == (0, "")
    scores, *label = done.stdout.splitlines()
    return np.array([float(v) for v in scores.split()]), int(label[0].split()[1]) if label else None


def both(program, folder, x):
    """The scores in both languages."""
    python = run_python(deepcheck.translate(program, "python"), x)
    return python, run_c(compiled(deepcheck.translate(program, "c"), folder), x)[0]
