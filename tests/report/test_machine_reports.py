"""JUnit XML and SARIF: what readers need, hostile names, and that no verdict is turned into another."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import onnx
import pytest

import deepcheck
from deepcheck.report.checked import Checked, checked
from deepcheck.report.junit import junit, outcome
from deepcheck.report.sarif import sarif, uri_of
from deepcheck.report.witness_words import least_attack

PROVED = Checked(
    name="mnist:test:7",
    question="can any one of 4 features change the label?",
    verdict="proved",
    said="proved (all paths): nothing changes it",
    witness="",
    seconds=0.25,
    model="models/net.onnx",
    model_sha256="ab" * 32,
    identity="cd" * 32,
    facts={"scope": "all paths"},
)
ATTACK = replace(PROVED, name="mnist:test:8", verdict="attack", said="attack (all paths)", witness="feature 3 turns it")
OPEN = replace(PROVED, name="mnist:test:9", verdict="undecided", said="undecided: untried", seconds=1.5)
ALL = [PROVED, ATTACK, OPEN]
HOSTILE = "a\x00b\x1b[31m<&>\"']]>\ud800\ufffe\x85\nc"


def suite(checks, **options) -> ET.Element:
    root = ET.fromstring(junit(checks, **options))
    assert root.tag == "testsuites"
    (found,) = root
    return found


def log(checks, **options) -> dict:
    given = {"version": "1.2.3", "command": "deepcheck attack m x", "exit_status": 0}
    return json.loads(sarif(checks, **(given | options)))


# JUnit


def test_the_counts_of_a_suite_are_those_of_its_cases():
    found = suite(ALL)
    assert {k: found.get(k) for k in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3",
        "failures": "1",
        "errors": "1",
        "skipped": "0",
    }
    assert float(found.get("time", "")) == 2.0
    assert len(found.findall("testcase")) == 3
    root = ET.fromstring(junit(ALL))
    assert [root.get(k) for k in ("tests", "failures", "errors")] == ["3", "1", "1"]


def test_an_attack_fails_an_open_question_errs_and_a_proof_passes():
    proved, attack, opened = suite(ALL).findall("testcase")
    assert [child.tag for child in proved] == ["properties", "system-out"]
    failure, error = attack.find("failure"), opened.find("error")
    assert (failure.get("type"), failure.get("message")) == ("attack", "feature 3 turns it")
    assert failure.text == "attack (all paths)\nfeature 3 turns it\nrequired: proved"
    assert (error.get("type"), error.get("message")) == ("undecided", "undecided: untried")
    assert attack.find("error") is opened.find("failure") is attack.find("system-out") is None


@pytest.mark.parametrize(
    ("verdict", "required", "expected"),
    [
        ("proved", "proved", "passed"),
        ("attack", "proved", "failure"),
        ("undecided", "proved", "error"),
        ("proved", "attack", "failure"),
        ("attack", "attack", "passed"),
        ("undecided", "attack", "error"),
        ("undecided", "undecided", "passed"),
    ],
)
def test_what_a_verdict_is_to_a_test(verdict, required, expected):
    assert outcome(verdict, required) == expected
    case = suite([replace(PROVED, verdict=verdict)], required=required).find("testcase")
    became = {child.tag for child in case} & {"failure", "error"}
    assert became == (set() if expected == "passed" else {expected})


def test_facts_that_all_cases_share_are_those_of_the_suite():
    found = suite([PROVED, replace(ATTACK, facts={"scope": "this path"})])
    shared = {p.get("name"): p.get("value") for p in found.find("properties")}
    assert shared == {"model": "models/net.onnx", "model sha256": "ab" * 32}
    own = [{p.get("name"): p.get("value") for p in case.find("properties")} for case in found.findall("testcase")]
    assert own[0] == {"verdict": "proved", "input": "mnist:test:7", "scope": "all paths"}
    assert own[1] == {"verdict": "attack", "input": "mnist:test:8", "scope": "this path"}


def test_a_suite_without_cases_and_one_with_a_date():
    assert suite([]).get("tests") == "0"
    assert suite([], date="2026-11-30T10:00:00").get("timestamp") == "2026-11-30T10:00:00"


def test_xml_survives_hostile_names():
    hostile = replace(ATTACK, name=HOSTILE, witness=HOSTILE, said=HOSTILE, model=HOSTILE, facts={HOSTILE: HOSTILE})
    (case,) = suite([hostile], suite=HOSTILE).findall("testcase")
    clean = "a\ufffdb\ufffd[31m<&>\"']]>\ufffd\ufffd\ufffd\nc"
    assert case.get("name") == f"{clean}: {hostile.question}"
    assert case.find("failure").text == f"{clean}\n{clean}\nrequired: proved"


# SARIF


def test_the_log_has_what_the_standard_requires():
    found = log(ALL, exit_status=1, started="2026-11-30T10:00:00Z", ended="2026-11-30T10:00:01Z")
    assert (found["version"], found["$schema"].rsplit("/", 1)[1]) == ("2.1.0", "sarif-schema-2.1.0.json")
    (run,) = found["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("deepcheck", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["DC001", "DC002", "DC003"]
    assert run["invocations"] == [
        {
            "commandLine": "deepcheck attack m x",
            "executionSuccessful": True,
            "exitCode": 1,
            "startTimeUtc": "2026-11-30T10:00:00Z",
            "endTimeUtc": "2026-11-30T10:00:01Z",
        }
    ]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]["artifactLocation"]
        assert run["artifacts"][place["index"]]["location"]["uri"] == place["uri"] == "models/net.onnx"
        assert result["kind"] == "fail" or result["level"] == "none"  # section 3.27.10
        assert set(result["properties"].values()) >= {"ab" * 32, "all paths"}
    assert run["artifacts"] == [
        {"location": {"uri": "models/net.onnx"}, "roles": ["analysisTarget"], "hashes": {"sha-256": "ab" * 32}}
    ]


def test_each_verdict_has_its_rule_kind_and_level():
    results = log(ALL)["runs"][0]["results"]
    assert [(r["ruleId"], r["kind"], r["level"]) for r in results] == [
        ("DC003", "pass", "none"),
        ("DC001", "fail", "error"),
        ("DC002", "open", "none"),
    ]
    assert results[1]["message"]["text"] == "mnist:test:8: attack (all paths). Feature 3 turns it."
    assert {r["partialFingerprints"]["deepcheckQuestion/v1"] for r in results} == {"cd" * 32}
    assert log(ALL, exit_status=130)["runs"][0]["invocations"][0]["executionSuccessful"] is False


def test_proofs_can_be_left_out():
    found = log(ALL, passes=False)["runs"][0]
    assert [r["kind"] for r in found["results"]] == ["fail", "open"]
    assert log([PROVED], passes=False)["runs"][0]["artifacts"] == []


def test_the_input_is_a_related_location_where_it_is_a_file():
    run = log([replace(ATTACK, input_file="in put.npy")])["runs"][0]
    related = run["results"][0]["relatedLocations"][0]
    assert related["physicalLocation"]["artifactLocation"] == {"uri": "in%20put.npy", "index": 1}
    assert run["artifacts"][1] == {"location": {"uri": "in%20put.npy"}}
    assert "relatedLocations" not in log([ATTACK])["runs"][0]["results"][0]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a/b.onnx", "a/b.onnx"),
        ("a b#?%.onnx", "a%20b%23%3F%25.onnx"),
        ("/x/./y/../z.onnx", "file:///x/z.onnx"),
        ("//x", "file:///x"),
        ("C:\\m\\n o.onnx", "file:///C:/m/n%20o.onnx"),
        ("n:o", "n%3Ao"),
        ("\udcff.onnx", "%FF.onnx"),
        ("ü", "%C3%BC"),
    ],
)
def test_a_file_as_a_uri(file, uri):
    assert uri_of(file) == uri


def test_json_survives_hostile_names():
    hostile = replace(
        ATTACK, name=HOSTILE, witness=HOSTILE, said=HOSTILE, model="\udcff.onnx", facts={HOSTILE: HOSTILE}
    )
    content = sarif([hostile], version="1", command=HOSTILE, exit_status=0)
    found = json.loads(content)["runs"][0]
    clean = HOSTILE.replace("\ud800", "?")
    assert found["results"][0]["properties"][clean] == clean
    assert found["invocations"][0]["commandLine"] == clean
    assert content.isascii()


# From results


@pytest.fixture
def program() -> deepcheck.Program:
    """Scores x0 and x1."""
    info = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Relu", ["x"], ["y"])], "g", [info("x", 1, [1, 2])], [info("y", 1, [1, 2])]
    )
    return deepcheck.load(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8))


def test_a_result_as_plain_data(program):
    x = np.float32([0.75, 0.25])
    result = deepcheck.attack(program, x, paths="all")
    found = checked(
        result, name="x", model="m.onnx", facts={"command": "c"}, names=["a", "b"], label_names=["no", "yes"]
    )
    assert (found.verdict, found.model_sha256) == ("attack", program.origin.sha256)
    assert found.said == str(result)
    shown = result.attacks[0].witness.values[0], result.attacks[1].witness.values[0]
    assert found.witness.startswith(
        (f"feature 0 (a) from 0.75 to {shown[0]:.6g}", f"feature 1 (b) from 0.25 to {shown[1]:.6g}")
    )
    assert "turns the label 0 (no) into 1 (yes)" in found.witness
    assert found.facts["scope"] == "all paths"
    assert found.facts["command"] == "c"
    assert found.facts["attackable"] == "2"


def test_the_identity_is_that_of_the_question_and_not_of_the_answer(program):
    def identity(x=(0.75, 0.25), **options):
        result = deepcheck.attack(program, np.float32(x), **options)
        return checked(result, name="n", model="m").identity

    same = identity()
    assert identity() == same
    others = [
        identity(x=(0.75, 0.5)),
        identity(paths="all"),
        identity(size=2),
        identity(features=[0]),
        identity(features=[1]),
        identity(target=1),
        identity(domain=deepcheck.Pixels(0, 2)),
        identity(domain=deepcheck.Pixels(np.float32([0, 0]), np.float32([1, 0.5]))),
        identity(domain=deepcheck.Pixels(np.float32([0, 0]), np.float32([0.75, 1]))),
    ]
    assert len({same, *others}) == 10


def test_a_proof_has_no_witness(program):
    result = deepcheck.attack(program, np.float32([0.75, 0.25]), domain=deepcheck.Pixels(0.25, 0.75), features=[1])
    found = checked(result, name="x", model="m.onnx")
    assert (found.verdict, found.witness) == ("proved", "")


def test_an_attack_that_does_not_replay_is_not_the_one_that_is_told():
    def attack(count, margin, replayed):
        witness = SimpleNamespace(margin=margin, replayed=replayed)
        return SimpleNamespace(features=tuple(range(count)), witness=witness)

    lost, small, strong, large = (
        attack(1, 9.0, False),
        attack(2, 0.5, True),
        attack(2, 0.75, True),
        attack(3, 8.0, True),
    )
    result = SimpleNamespace(attacks=[lost, small, strong, large], replays=4)
    assert least_attack(result) is strong
    assert least_attack(SimpleNamespace(attacks=[lost], replays=1)) is None
