import hashlib
import json

import pytest
from conftest import Command
from tiny_models import regression

from deepcheck import zoo


def test_json_describes_the_model(command: Command, model):
    found = json.loads(command("info", model, "--json", "--mean", "0.5").out)
    assert found["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
    assert found["input"] == {"name": "x", "shape": [1, 2, 2], "dtype": "float32"}
    assert found["output"] == {"name": "scores", "shape": [2]}
    assert found["decision"] == {"kind": "arg max", "labels": 2}
    assert found["preprocessing"] == {"mean": [0.5], "std": [1.0]}
    assert found["branches"] == {"relu": 2}
    assert found["parameters"] == 8
    kinds = [(i["kind"], i["shape"]) for i in found["instructions"]]
    assert kinds[-3:] == [("dense", [1, 2]), ("relu", [1, 2]), ("reshape", [2])]
    assert (found["stripped"], found["folded"], found["rounded_constants"]) == (None, 0, [])


@pytest.mark.parametrize("name", [*zoo.names(), zoo.seeds()[4]])
def test_the_networks_of_the_zoo_are_known_by_name(command: Command, name):
    answer = command("info", name)
    assert answer.status == 0
    assert zoo.card(name).sha256 in answer.out
    assert "arg max of 10 labels" in answer.out


def test_a_regression_has_no_decision(command: Command, tmp_path):
    answer = command("info", regression(tmp_path / "price.onnx"))
    assert answer.status == 0
    assert "none: a regression" in answer.out


def test_the_program_is_printed(command: Command, model):
    answer = command("info", model, "--program")
    assert answer.out.startswith("program two_sums(x)")
    assert json.loads(command("info", model, "--program", "--json").out)["program"] + "\n" == answer.out
