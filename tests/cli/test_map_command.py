import json

import numpy as np
import pytest
from conftest import Command
from PIL import Image
from test_attack_command import stored

X = np.array([[[0.75, 0.25], [0.25, 0.5]]], dtype=np.float32)


def test_the_map_by_hand(command: Command, model, tmp_path):
    """Label 0 where ``x0 + 1/4 >= x2 + 1/2``: a triangle of ``0.75 ** 2 / 2``."""
    answer = command("map", model, stored(tmp_path, X), "--features", "0,2", "--json")
    assert answer.status == 0
    found = json.loads(answer.out)
    assert (found["features"], found["label"], found["paths"]) == ([0, 2], 0, 1)
    assert found["shares"] == {"1": pytest.approx(0.71875), "0": pytest.approx(0.28125)}
    triangle = next(region for region in found["regions"] if region["label"] == 0)
    corners = sorted(tuple(round(value, 9) for value in corner) for corner in triangle["corners"])
    assert corners == [(0.25, 0.0), (1.0, 0.0), (1.0, 0.75)]


def test_the_table_and_the_picture(command: Command, model, tmp_path):
    picture = tmp_path / "map.png"
    answer = command("map", model, stored(tmp_path, X), "--features", "0,2", "--plot", picture, "--limit", 1)
    assert "1 linear region (all paths); label 1 on 71.9% of it, label 0 on 28.1% of it" in answer.out
    assert "and 1 smaller ones: --limit 2" in answer.out
    colours = np.asarray(Image.open(picture).convert("RGB")).reshape(-1, 3)
    blue, orange = (np.count_nonzero((colours == colour).all(axis=1)) for colour in ((86, 180, 233), (230, 159, 0)))
    assert orange / blue == pytest.approx(0.71875 / 0.28125, rel=0.1)


@pytest.mark.parametrize("features", ["0", "0,0", "0,9", "a,b"])
def test_bad_features(command: Command, model, tmp_path, features):
    answer = command("map", model, stored(tmp_path, X), "--features", features)
    assert answer.status == 2
    assert len(answer.err.strip().splitlines()) == 1


def test_all_paths_and_the_same_path_are_printed_beside_each_other(command: Command, model, tmp_path):
    words = ("attack", model, stored(tmp_path, X), "--paths", "all")
    answer = command(*words)
    assert "all paths" in answer.out
    assert "along this path" in answer.out
    found = json.loads(command(*words, "--json").out)
    assert (found["paths"], found["scope"], found["arithmetic"]) == ("all", "all paths", "rounded outward")
    assert found["comparison"]["any_path"] == found["counts"]["attackable"] > 0
