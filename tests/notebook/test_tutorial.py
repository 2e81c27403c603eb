"""The tutorial says what executing it gives; and what compares them sees when it does not."""

import importlib.util
import json
import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest
from requirements import require

ROOT = Path(__file__).parents[2]
SCRIPT, TUTORIAL = ROOT / "scripts" / "notebook.py", ROOT / "docs" / "tutorial.ipynb"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("notebook_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def kept():
    return require("nbformat").read(TUTORIAL, as_version=4)


def output(notebook, kind, nth=0):
    """The data of the nth output that has a kind."""
    found = [o["data"] for c in notebook.cells if c.cell_type == "code" for o in c.outputs if kind in o.get("data", {})]
    return found[nth]


def test_every_output_is_still_true():
    for name in ("nbclient", "ipykernel", "sklearn"):
        require(name)
    told = os.environ | {"PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, env=told)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]


def test_it_is_small_offline_and_has_all_that_a_reader_is_promised(kept):
    assert TUTORIAL.stat().st_size < 1_000_000
    source = "\n".join(cell.source for cell in kept.cells)
    assert "http" not in json.dumps(kept)
    wanted = "load importance importance_picture attack smallest certificate check region_map explore_paths load_text "
    wanted += "word_importance attack_text save_report picture"
    for verb in wanted.split():
        assert f"deepcheck.{verb}(" in source
    for arguments in ('paths="all"', "size=2"):
        assert arguments in source


def test_nothing_in_it_changes_by_itself(script, kept):
    again = script.settled(deepcopy(kept))
    assert again == kept
    assert not any(cell.metadata for cell in kept.cells)
    assert [cell.id for cell in kept.cells] == [f"cell-{number:02d}" for number in range(len(kept.cells))]
    assert not any(o.output_type == "error" for c in kept.cells if c.cell_type == "code" for o in c.outputs)


class TestDifferences:
    def test_none(self, script, kept):
        assert script.differences(kept, deepcopy(kept)) == []

    def test_times_versions_and_pixels_may_differ(self, script, kept):
        made = deepcopy(kept)
        html = output(made, "text/html", 1)
        html["text/html"] = script.LOOSE[0][0].sub("data:image/png;base64,AAAA", html["text/html"])
        assert "<dt>seconds</dt><dd>" in html["text/html"]
        html["text/html"] = html["text/html"].replace("<dt>seconds</dt><dd>", "<dt>seconds</dt><dd>12")
        html["text/html"] = html["text/html"].replace("onnxruntime 1.", "onnxruntime 7.")
        assert html != output(kept, "text/html", 1)
        assert script.differences(kept, made) == []

    @pytest.mark.parametrize(
        ("was", "now"), [("63 proved", "62 proved"), ("attackable", "attackble"), ("0.617", "0.618")]
    )
    def test_what_is_said_may_not(self, script, kept, was, now):
        made = deepcopy(kept)
        html = output(made, "text/html", 1)
        assert was in html["text/html"]
        html["text/html"] = html["text/html"].replace(was, now)
        (line,) = script.differences(kept, made)
        assert "text/html" in line

    def test_the_last_digits_may_differ(self, script, kept):
        made = deepcopy(kept)
        html = output(made, "text/html", 1)
        html["text/html"] = html["text/html"].replace("0.6177", "0.6178")
        assert script.differences(kept, made) == []

    def test_cells_outputs_kinds_and_sizes_of_pictures(self, script, kept):
        for change in (
            lambda made: made.cells[2].update(source="program = None"),
            lambda made: made.cells[2].update(outputs=[]),
            lambda made: output(made, "image/png").pop("image/png"),
            lambda made: output(made, "image/png").update({"image/png": output(made, "image/png", 1)["image/png"]}),
            lambda made: made.cells[4].outputs[0].update(text="(1, 8, 8) label 6\n"),
        ):
            made = deepcopy(kept)
            change(made)
            assert len(script.differences(kept, made)) == 1
