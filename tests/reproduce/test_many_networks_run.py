"""Which networks are measured, and a small run of the part from end to end."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from deepcheck import datasets, load, zoo
from deepcheck.program import Program
from deepcheck.reproduce import store
from deepcheck.reproduce.networks.part import networks
from deepcheck.reproduce.networks.rules import IMAGES, RULES, SHARED
from deepcheck.reproduce.networks.subjects import subjects
from deepcheck.reproduce.networks.text import networks_text
from deepcheck.reproduce.study import Study


@pytest.fixture(scope="module")
def trained() -> Program:
    return load(zoo.path("mnist_10x4"))


def test_networks_and_those_whose_file_is_missing(trained: Program, tmp_path: Path) -> None:
    found, left_out = subjects(trained, None, quick=False)
    assert left_out == list(SHARED)
    assert [s.group for s in found] == ["seeds"] * 10 + ["chosen"] + ["permuted"] * 5 + ["fresh"] * 5
    assert [s.name for s in found[:10]] == list(zoo.seeds())
    assert len({s.name for s in found}) == len(found)
    (tmp_path / "MNIST_ConvSmall.onnx").write_bytes(zoo.path("mnist_10x4").read_bytes())
    found, left_out = subjects(trained, tmp_path, quick=True)
    assert left_out == [name for name in SHARED if name != "MNIST_ConvSmall"]
    shared = found[11]
    assert (shared.name, shared.group, shared.domains) == ("MNIST_ConvSmall", "shared", ("bounded",))
    assert (shared.program.preprocessing.mean, shared.program.preprocessing.std) == ((0.1307,), (0.3081,))
    assert [s.group for s in found[12:]] == ["permuted", "permuted", "fresh", "fresh"]


@pytest.fixture(scope="module")
def small(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    test = datasets.mnist("test", data_folder)
    few = replace(test, images=test.images[20:24].copy(), labels=test.labels[20:24].copy())
    return Study(load(zoo.path("mnist_10x4")), few, few, tmp_path_factory.mktemp("networks"), True, False)


@pytest.fixture(scope="module")
def content(small: Study) -> dict[str, Any]:
    return dict(json.loads(json.dumps(networks(small), allow_nan=False)))


def test_a_small_run(content: dict[str, Any]) -> None:
    assert (content["part"], content["images"], content["left_out"]) == ("networks", 4, list(SHARED))
    assert content["rules"] == list(RULES)
    assert len(content["networks"]) == 15
    assert all(n["domains"]["bounded"]["undecided_pixels"] == 0 for n in content["networks"])
    seeds = [n for n in content["networks"] if n["group"] == "seeds"]
    assert {n["sha256"] for n in seeds} == {zoo.card(name).sha256 for name in zoo.seeds()}
    assert sum(n["domains"]["unbounded"]["attackable_images"] for n in seeds) > 0
    group = content["comparisons"]["unbounded"]["abs"]["groups"]["seeds"]
    assert group["effect"]["low"] <= group["effect"]["value"] <= group["effect"]["high"]


def test_a_second_run_measures_nothing(small: Study, content: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(store, "measure", refused)
    monkeypatch.setattr(store, "measure_pairs", refused)
    again = networks(Study(small.program, small.train, small.test, small.out, quick=True, progress=False))
    assert json.loads(json.dumps(again)) == content


def test_the_text_says_what_is_in_the_json(content: dict[str, Any]) -> None:
    text = networks_text(content)
    assert text.startswith("## More than one network\n")
    assert f"Left out, since their files were not given: {', '.join(SHARED)}." in text
    for claim in content["claims"]:
        assert claim["text"] in text
    for network in content["networks"]:
        assert f"| {network['name']} |" in text
    attackable = sum(d["attackable_pixels"] for n in content["networks"] for d in n["domains"].values())
    assert f"of {attackable:,} attackable pixels" in text
    assert "nan" not in text
    widths = [{line.count(" | ") for line in block.splitlines()} for block in text.split("\n\n") if block[:1] == "|"]
    assert all(len(found) == 1 for found in widths)


def test_measurements_of_one_model_under_two_preprocessings_are_two(small: Study, trained: Program) -> None:
    other = load(zoo.path("mnist_10x4"), mean=0.1307, std=0.3081)
    assert trained.origin.sha256 == other.origin.sha256
    items = np.arange(2)
    plain = store.Store(small.kept, trained).measured(small.test, items, "bounded")
    shifted = store.Store(small.kept, other).measured(small.test, items, "bounded")
    session = onnxruntime.InferenceSession(str(zoo.path("mnist_10x4")), providers=["CPUExecutionProvider"])
    x = small.test.pixels(items)
    for measured, given in ((plain, x), (shifted, (x - np.float32(0.1307)) / np.float32(0.3081))):
        assert measured.labels.tolist() == session.run(None, {"input": given})[0].argmax(1).tolist()


def test_the_rules_say_what_the_code_does() -> None:
    text = " ".join(RULES)
    assert f"first {IMAGES} of MNIST's test set" in text
    assert all(name in text for name in SHARED)
