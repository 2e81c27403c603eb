import csv
import json

import numpy as np
import pytest
from conftest import Command
from test_attack_command import ATTACKED, stored

FIRST = [0.0, 0.0, 0.0, 1.0]


def saved(tmp_path, scores, name="scores.npy"):
    """A file of scores."""
    np.save(tmp_path / name, np.array(scores))
    return tmp_path / name


def words(model, tmp_path, *more):
    return ("grade", model, stored(tmp_path, ATTACKED), *more)


def test_json_has_the_grades_worked_out_by_hand(command: Command, model, tmp_path):
    """Scores ``x0 + x1`` and ``x2 + x3`` at ``(0.5, 0.5, 0.4, 0.2)``: the gaps are 0.1 up to 0.4 for the last pixel."""
    answer = command(*words(model, tmp_path, "--scores", saved(tmp_path, [0.0, 1.0, 2.0, 3.0]), "--json"))
    assert answer.status == 0
    found = json.loads(answer.out)
    x = np.array(np.load(stored(tmp_path, ATTACKED)), dtype=np.float64).ravel()
    gap = x[2] + x[3] - x[0] - x[1]
    margins = np.array([gap + x[0], gap + x[1], gap + 1 - x[2], gap + 1 - x[3]])
    attackable = margins > 0
    hits = attackable[[3, 2, 1, 0]]
    ranks = np.flatnonzero(hits) + 1
    assert found["images"]["attackable"] == [int(attackable.sum())]
    assert found["images"]["first"] == [int(ranks[0])]
    precision = np.mean([(k + 1) / rank for k, rank in enumerate(ranks)])
    assert found["images"]["average_precision"] == pytest.approx([precision])
    assert set(found["rankings"]) == {"yours", "coi", "abs", "co", "reach", "random"}
    assert found["ranking"] == "yours"
    assert found["scope"]["domain"] == {"lower": 0.0, "upper": 1.0, "levels": None}
    # A linear network: reach is the worst margin itself.
    assert found["rankings"]["reach"]["spearman"]["mean"] == pytest.approx(1.0)


def test_the_table_and_the_file_of_every_image(command: Command, model, tmp_path):
    out = tmp_path / "grades.csv"
    answer = command(*words(model, tmp_path, "--scores", saved(tmp_path, FIRST), "-o", out))
    assert answer.status == 0
    assert "over all paths, values in [0, 1], rounded outward" in answer.out
    assert "random order" in answer.out
    assert answer.err == f"wrote {out}\n"
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [row["ranking"] for row in rows] == ["yours", "coi", "abs", "co", "reach", "random"]
    assert {row["image"] for row in rows} == {"0"}


def test_a_metric_of_ours_unbounded_along_the_path(command: Command, model, tmp_path):
    answer = command(*words(model, tmp_path, "--metric", "abs", "--unbounded", "--paths", "same", "--json"))
    found = json.loads(answer.out)
    assert set(found["rankings"]) == {"abs", "coi", "co", "random"}
    assert found["scope"]["paths"] == "same"
    assert found["scope"]["domain"]["lower"] is None


def test_a_batch_of_arrays(command: Command, model, tmp_path):
    np.save(tmp_path / "many.npy", np.random.default_rng(0).random((3, 1, 2, 2)).astype(np.float32))
    scores = saved(tmp_path, np.random.default_rng(1).random((3, 2, 2)))
    answer = command("grade", model, tmp_path / "many.npy", "--scores", scores, "--json")
    assert json.loads(answer.out)["summary"]["images"] == 3


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ((), "expected --scores FILE or --metric METRIC, got none"),
        (("--metric", "coi", "--scores", "FILE"), "expected --scores FILE or --metric METRIC, got both"),
        (("--scores", "nowhere.npy"), "expected --scores as a .npy or .npz file, but there is no file 'nowhere.npy'"),
        (("--scores", "SHORT"), "expected scores of shape (2, 2) or (4,), or a batch of them, got (3,)"),
        (("--scores", "NAN"), "expected scores without NaN"),
        (("--scores", "TWO"), "expected one ranking for each of 1 inputs, got 2"),
        (("--scores", "PICKLE"), "without pickle"),
        (("--metric", "best"), "expected a metric of"),
        (("--metric", "coi", "--paths", "some"), "expected paths='same' or 'all', got 'some'"),
        (("--metric", "coi", "-o", "grades.txt"), "expected --output FILE.csv, got 'grades.txt'"),
        (("--scores", "FILE", "--images", "3"), "expected --images with --metric only"),
    ],
)
def test_errors_are_one_clear_line(command: Command, model, tmp_path, more, message):
    np.save(tmp_path / "pickle.npy", np.array([object()]), allow_pickle=True)
    files = {
        "FILE": saved(tmp_path, FIRST, "good.npy"),
        "SHORT": saved(tmp_path, FIRST[:3], "short.npy"),
        "NAN": saved(tmp_path, [0, 0, 0, np.nan], "nan.npy"),
        "TWO": saved(tmp_path, [FIRST, FIRST], "two.npy"),
        "PICKLE": tmp_path / "pickle.npy",
    }
    answer = command(*words(model, tmp_path, *(files.get(word, word) for word in more)))
    assert answer.status == 2
    assert message in answer.err
    assert len(answer.err.splitlines()) == 1
    assert "Traceback" not in answer.err


def test_a_model_alone_is_refused(command: Command, model):
    answer = command("grade", model, "--metric", "coi")
    assert (answer.status, "expected MODEL and INPUT, or neither" in answer.err) == (2, True)
