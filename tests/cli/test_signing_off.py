"""``deepcheck attack`` for a build: --require, --junit, --sarif, --names, --out, and rows of a table."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from conftest import Command
from requirements import require
from test_attack_command import ATTACKED, PROVED, TIED, stored
from test_errors import refused

from deepcheck import datasets, zoo
from deepcheck.cli.naming import feature_names


@pytest.fixture
def proved(tmp_path) -> Path:
    return stored(tmp_path, PROVED, "proved.npy")


@pytest.fixture
def attacked(tmp_path) -> Path:
    return stored(tmp_path, ATTACKED, "attacked.npy")


@pytest.fixture
def tied(tmp_path) -> Path:
    return stored(tmp_path, TIED, "tied.npy")


class TestRequire:
    @pytest.mark.parametrize(
        ("x", "wanted", "status"),
        [
            ("proved", "proved", 0),
            ("proved", "attack", 1),
            ("attacked", "proved", 1),
            ("attacked", "attack", 0),
            ("tied", "proved", 1),
            ("tied", "attack", 1),
        ],
    )
    def test_another_verdict_is_a_check_that_failed(self, command: Command, model, x, wanted, status, request):
        features = ["--features", 0] if x == "tied" else []
        answer = command("attack", model, request.getfixturevalue(x), "--require", wanted, *features)
        assert answer.status == status
        assert answer.out.startswith({"proved": "proved (", "attacked": "attack (", "tied": "undecided: "}[x])

    def test_json_is_still_one_object(self, command: Command, model, attacked):
        answer = command("attack", model, attacked, "--require", "proved", "--json")
        assert (answer.status, json.loads(answer.out)["verdict"]) == (1, "attack")

    def test_only_a_verdict_that_decides_can_be_required(self, command: Command, model, attacked):
        refused(command("attack", model, attacked, "--require", "undecided"), "proved or attack, got 'undecided'")


class TestFiles:
    def test_junit_of_each_verdict(self, command: Command, model, proved, attacked, tied, tmp_path):
        for x, child in ((proved, None), (attacked, "failure"), (tied, "error")):
            file = tmp_path / f"{x.stem}.xml"
            features = ["--features", 0] if x == tied else []
            answer = command("attack", model, x, "--junit", file, *features)
            assert answer.err == f"wrote {file}\n"
            case = ET.parse(file).getroot().find("testsuite/testcase")
            assert {c.tag for c in case} & {"failure", "error"} == ({child} if child else set())

    def test_junit_passes_what_is_required(self, command: Command, model, attacked, tmp_path):
        file = tmp_path / "j.xml"
        assert command("attack", model, attacked, "--junit", file, "--require", "attack").status == 0
        root = ET.parse(file).getroot()
        assert (root.get("failures"), root.get("errors")) == ("0", "0")
        facts = {p.get("name"): p.get("value") for p in root.iter("property")}
        assert facts["required"] == "attack"
        assert facts["scope"] == "this path"
        assert facts["domain"] == "values in [0, 1]"
        assert (facts["size"], facts["arithmetic"]) == ("1", "exact")
        assert facts["onnxruntime"] == onnxruntime.__version__

    def test_sarif_names_model_input_status_and_verdict(self, command: Command, model, attacked, tmp_path):
        file = tmp_path / "s.sarif"
        assert command("attack", model, attacked, "--sarif", file, "--require", "proved", "--json").status == 1
        (run,) = json.loads(file.read_text())["runs"]
        (invocation,) = run["invocations"]
        assert (invocation["exitCode"], invocation["executionSuccessful"]) == (1, True)
        assert invocation["startTimeUtc"] <= invocation["endTimeUtc"]
        assert invocation["endTimeUtc"].endswith("Z")
        (result,) = run["results"]
        assert (result["ruleId"], result["kind"], result["level"]) == ("DC001", "fail", "error")
        assert [artifact["location"]["uri"] for artifact in run["artifacts"]] == [model.as_uri(), attacked.as_uri()]

    def test_one_file_for_both_is_refused_before_any_work(self, command: Command, model, attacked, tmp_path):
        words = ["--junit", tmp_path / "x", "--sarif", tmp_path / "a" / ".." / "x"]
        refused(command("attack", model, attacked, *words), "two files")
        assert not (tmp_path / "x").exists()

    def test_a_file_that_cannot_be_written(self, command: Command, model, attacked):
        answer = command("attack", model, attacked, "--junit", "/nowhere/x.xml")
        refused(answer, "/nowhere/x.xml")

    def test_a_name_that_is_not_utf8_and_holds_control_characters(self, model, tmp_path):
        name = os.fsdecode(b"\xff\x1b[31m.npy")
        os.rename(stored(tmp_path, ATTACKED), tmp_path / name)
        words = ["attack", str(model), name, "--junit", "j.xml", "--sarif", "s.json"]
        done = subprocess.run(
            [sys.executable, "-m", "deepcheck", *words], cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert ET.parse(tmp_path / "j.xml").getroot().get("failures") == "1"
        (run,) = json.loads((tmp_path / "s.json").read_text())["runs"]
        assert run["artifacts"][1]["location"]["uri"] == "%FF%1B%5B31m.npy"

    def test_an_answer_is_kept_in_a_run(self, command: Command, model, attacked, tmp_path):
        answer = command("attack", model, attacked, "--out", tmp_path / "run")
        assert answer.status == 0
        assert (tmp_path / "run" / "run.sqlite").is_file()


class TestNames:
    def test_one_a_line(self, command: Command, model, attacked, tmp_path):
        (tmp_path / "n.txt").write_text("\ufeffnorth\nsouth\n\neast pole\nw\x1b[31mest\n", encoding="utf-8")
        answer = command("attack", model, attacked, "--names", tmp_path / "n.txt", "--label-names", "cold,hot")
        lines = [" ".join(line.split()) for line in answer.out.splitlines()]
        assert "the label 0 (cold)" in lines
        assert any(line.startswith("2 east pole 1: [0.8, 1] ") and " 1 (hot) " in line for line in lines)
        assert any(line.startswith("3 w [31mest 1: [0.6, 1] ") for line in lines)
        assert "\x1b" not in answer.out

    def test_a_byte_order_mark_is_no_part_of_a_name(self, tmp_path):
        (tmp_path / "n.txt").write_text("\ufeffnorth\nsouth\n", encoding="utf-8")
        assert feature_names(tmp_path / "n.txt", 2) == ("north", "south")

    def test_a_csv_header(self, command: Command, model, attacked, tmp_path):
        (tmp_path / "n.csv").write_text('a,"b, of c",d,e\n1,2,3,4\n')
        answer = command("attack", model, attacked, "--names", tmp_path / "n.csv")
        assert "b, of c" in answer.out
        assert "name" in answer.out
        assert "position" not in answer.out

    def test_labels_from_a_file(self, command: Command, model, attacked, tmp_path):
        (tmp_path / "l.txt").write_text("cold\nhot\n")
        assert "(hot)" in command("attack", model, attacked, "--label-names", tmp_path / "l.txt").out

    @pytest.mark.parametrize(
        ("content", "fragment"),
        [(b"a\nb\n", "names of 4 features"), (b"a,b,c,d,e\n", "the first of 5 names"), (b"", "0 lines"),
         (b"\xff\xfe\n", "UTF-8"), (b"a,,c,d\n1,2,3,4\n", "names of 4 features")],
    )  # fmt: skip
    def test_files_that_do_not_fit_are_refused(self, command: Command, model, attacked, tmp_path, content, fragment):
        (tmp_path / "n.txt").write_bytes(content)
        refused(command("attack", model, attacked, "--names", tmp_path / "n.txt"), fragment, "n.txt")

    @pytest.mark.parametrize("text", ["a", "a,b,c", "a,", ""])
    def test_labels_that_do_not_fit_are_refused(self, command: Command, model, attacked, text):
        refused(command("attack", model, attacked, "--label-names", text), "2 names A,B,...")

    def test_no_such_file(self, command: Command, model, attacked):
        refused(command("attack", model, attacked, "--names", "nowhere.txt"), "nowhere.txt")


class TestTables:
    def test_a_row_is_asked_about_in_its_own_units_and_names(self, command: Command):
        require("sklearn")
        answer = command("attack", "cancer_16x2", "breast-cancer:test:1", "--paths", "all")
        assert answer.status == 0
        assert "the label 0 (malignant)" in answer.out
        assert "within its range in the training samples" in answer.out
        assert "fractal dimension error" in answer.out

    def test_the_intervals_are_those_of_a_grid_in_onnxruntime(self, command: Command):
        require("sklearn")
        samples = datasets.breast_cancer("test")
        session = onnxruntime.InferenceSession(zoo.path("cancer_16x2").read_bytes(), providers=["CPUExecutionProvider"])
        seen = 0
        for index in (1, 2, 4, 9, 76):
            x = samples.rows[index]
            answer = command("attack", "cancer_16x2", f"breast-cancer:test:{index}", "--paths", "all", "--json")
            found = json.loads(answer.out)
            intervals = {a["features"][0]: a["intervals"] for a in found["attacks"]}
            lower, upper = np.minimum(samples.lower, x), np.maximum(samples.upper, x)
            for feature in range(30):
                grid = np.linspace(lower[feature], upper[feature], 2001, dtype=np.float32)
                tried = np.repeat(x[None], len(grid), axis=0)
                tried[:, feature] = grid
                attacking = session.run(None, {"input": tried})[0].argmax(axis=1) != found["label"]
                spans = [pair for pairs in intervals.get(feature, {}).values() for pair in pairs]
                inside = (
                    np.any([(a <= grid) & (grid <= b) for a, b in spans], axis=0) if spans else np.zeros(2001, bool)
                )
                assert np.count_nonzero(inside != attacking) <= 2 * len(spans), (index, feature)  # ends may round
                seen += len(spans)
        assert seen > 20

    @pytest.mark.parametrize("words", [[], ["--paths", "all"], ["--bounds", "0:5000"], ["--names", "n.txt"]])
    def test_a_picture_of_ranges(self, command: Command, tmp_path, monkeypatch, words):
        require("sklearn")
        monkeypatch.chdir(tmp_path)
        (tmp_path / "n.txt").write_text("\n".join(f"$sensor^{i}" for i in range(30)))
        for name in ("a.png", "a.svg"):
            answer = command("attack", "cancer_16x2", "breast-cancer:test:41", "--plot", name, *words)
            assert (answer.status, answer.err) == (0, f"wrote {name}\n")
        drawn = (tmp_path / "a.svg").read_text()
        assert ("$sensor^7" if "n.txt" in words else "worst fractal dimension") in drawn
        assert "label 0 (malignant)" in drawn
        assert ("any path" in drawn) == ("all" in words)

    @pytest.mark.parametrize("size", ["2", "smallest"])
    def test_sets_have_no_picture_of_ranges(self, command: Command, tmp_path, size):
        require("sklearn")
        words = ["attack", "cancer_16x2", "breast-cancer:test:41", "--size", size, "--plot", tmp_path / "a.png"]
        refused(command(*words), "rows and columns")

    @pytest.mark.parametrize(
        ("verb", "words"),
        [
            ("importance", ["--metric", "reach"]),
            ("labels", ["--size", "1"]),
            ("explore", ["--features", "15"]),
            ("map", ["--features", "15,19"]),
            ("translate", ["--to", "smtlib", "--features", "15,19"]),
        ],
    )
    def test_every_verb_about_one_input_takes_a_row(self, command: Command, verb, words):
        require("sklearn")
        answer = command(verb, "cancer_16x2", "breast-cancer:test:1", *words)
        assert (answer.status, answer.err) == (0, "")

    def test_a_certificate_is_checked_by_the_name_of_the_network(self, command: Command, tmp_path):
        require("sklearn")
        file = tmp_path / "c.json"
        assert command("attack", "cancer_16x2", "breast-cancer:test:1", "--certificate", file).status == 0
        assert command("check", file, "--model", "cancer_16x2").status == 0

    def test_bounds_that_are_given_hold(self, command: Command, tmp_path):
        require("sklearn")
        words = ["attack", "cancer_16x2", "breast-cancer:test:1", "--json", "--bounds"]
        assert json.loads(command(*words, "0:5000").out)["domain"] == {"lower": 0.0, "upper": 5000.0, "levels": None}
        refused(command(*words, "0:5"), "within 0:5, got 12.45")

    @pytest.mark.parametrize(
        ("model", "x", "words", "fragment"),
        [
            ("digits_10x4", "breast-cancer:test:1", [], "a row of 30 values"),
            ("cancer_16x2", "breast-cancer:test:114", [], "114 samples"),
            ("cancer_16x2", "breast-cancer:tset:1", [], "split"),
            ("cancer_16x2", "breast-cancer:test:1", ["--levels", "256"], "no --levels"),
            ("cancer_16x2", "digits:test:1", [], "(30,)"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, command: Command, model, x, words, fragment):
        require("sklearn")
        refused(command("attack", model, x, *words), fragment)

    def test_the_true_label_and_names_go_into_a_run(self, command: Command, tmp_path):
        require("sklearn")
        command("attack", "cancer_16x2", "breast-cancer:test:1", "--out", tmp_path / "run")
        held = (tmp_path / "run" / "run.sqlite").read_bytes()
        assert b"fractal dimension error" in held
        assert b"malignant" in held
