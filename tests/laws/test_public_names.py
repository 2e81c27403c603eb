"""The public names stay true, and importing the package costs next to nothing."""

import json
import subprocess
import sys

import deepcheck

NAMES = [
    "Attack",
    "Attacks",
    "DeepCheckError",
    "Features",
    "Pixels",
    "Program",
    "UncertifiedPath",
    "Result",
    "Witness",
    "as_json",
    "attack",
    "datasets",
    "fgsm",
    "grade",
    "importance",
    "labels_within",
    "smallest",
    "SmallestResult",
    "translate",
    "load",
    "order_of",
    "pgd",
    "shortlist_length",
    "worst_margins",
    "zoo",
]


def ask(code):
    """What a fresh interpreter prints, as JSON."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_every_public_name_is_there():
    assert set(NAMES) <= set(deepcheck.__all__)
    for name in deepcheck.__all__:
        assert getattr(deepcheck, name) is not None
    assert set(deepcheck.__all__) <= set(dir(deepcheck))
    assert deepcheck.__version__.count(".") == 2


def test_importing_loads_nothing_slow():
    slow = ["numpy", "onnx", "onnxruntime", "flint", "matplotlib", "torch", "z3", "scipy", "sklearn", "PIL", "rich"]
    loaded = ask(f"import sys, json, deepcheck; print(json.dumps([m for m in {slow} if m in sys.modules]))")
    assert loaded == []


def test_using_the_core_loads_no_optional_package():
    code = """
import sys, json, numpy, deepcheck
program = deepcheck.load(deepcheck.zoo.path("digits_10x4"))
deepcheck.attack(program, numpy.zeros(program.input_shape, numpy.float32), order="coi")
print(json.dumps([m for m in ("torch", "z3", "sklearn", "matplotlib", "rich", "typer") if m in sys.modules]))
"""
    assert ask(code) == []


def test_the_package_is_typed():
    from importlib.resources import files

    assert (files("deepcheck") / "py.typed").is_file()
