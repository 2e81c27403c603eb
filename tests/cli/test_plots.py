"""``--plot``: PNG or SVG by the file's name, for every verb that draws."""

import numpy as np
import pytest
from conftest import Command
from PIL import Image
from test_attack_command import ATTACKED, stored

VERBS = {"attack": [], "importance": [], "map": ["--features", "0,2"]}


@pytest.mark.parametrize("verb", VERBS)
def test_an_svg_keeps_its_text(command: Command, model, tmp_path, verb):
    plot = tmp_path / "a.SVG"
    answer = command(verb, model, stored(tmp_path, ATTACKED), *VERBS[verb], "--plot", plot)
    assert f"wrote {plot}" in answer.err
    content = plot.read_text()
    assert "<text" in content
    assert "<dc:date>" not in content


@pytest.mark.parametrize("verb", VERBS)
def test_a_png_opens(command: Command, model, tmp_path, verb):
    command(verb, model, stored(tmp_path, ATTACKED), *VERBS[verb], "--plot", tmp_path / "a.png")
    assert np.asarray(Image.open(tmp_path / "a.png")).size > 1000


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", ["a.jpg", "a.pdf", "a"])
def test_another_kind_is_one_line_before_any_work(command: Command, model, tmp_path, verb, name):
    answer = command(verb, model, stored(tmp_path, ATTACKED), *VERBS[verb], "--plot", tmp_path / name)
    assert (answer.status, answer.out) == (2, "")
    assert "--plot FILE.png or FILE.svg" in answer.err
    assert len(answer.err.strip().splitlines()) == 1
