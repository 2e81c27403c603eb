"""What is stored is read again; what the parts write is whole and consistent."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from deepcheck import attack
from deepcheck.errors import OptionError
from deepcheck.reproduce import PARTS, census, figure1, measure, run
from deepcheck.reproduce.kept import FILE
from deepcheck.reproduce.pairs import census as pair_census
from deepcheck.reproduce.parts import GROUPS, MAKERS
from deepcheck.reproduce.session import Session
from deepcheck.reproduce.study import Study


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many images each call of attack got."""
    seen: list[int] = []

    def counted(program, x, **options):  # type: ignore[no-untyped-def]
        seen.append(len(x))
        return attack(program, x, **options)

    monkeypatch.setattr(measure, "attack", counted)
    return seen


def again(study: Study) -> Study:
    """A fresh study in the same folder."""
    return Study(study.program, study.train, study.test, study.out, quick=study.quick, progress=False)


def test_a_second_run_measures_nothing(study: Study, calls: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census, "CHUNK", 20)
    first = census.census(study)
    assert calls == [20, 10, 20, 10]
    second = census.census(again(study))
    assert calls == [20, 10, 20, 10]
    assert first == second


def test_a_run_that_was_stopped_goes_on(study: Study, calls: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census, "CHUNK", 10)
    census.census(study)
    with sqlite3.connect(study.out / FILE) as file:
        gone = file.execute("DELETE FROM answers WHERE item = 0 AND question LIKE '%unbounded=False%'")
        assert gone.rowcount == 1
        half = 'UPDATE answers SET payload = \'{"items": {"data": "cut"}}\' WHERE item = 10'
        assert file.execute(f"{half} AND question LIKE '%unbounded=False%'").rowcount == 1
    file.close()
    del calls[:]
    census.census(again(study))
    assert calls == [10, 10]


def test_other_labels_are_other_data(study: Study, calls: list[int]) -> None:
    items = np.arange(5)
    study.store.measured(study.train, items, "bounded")
    study.store.measured(study.train, items, "unbounded")
    study.store.measured(study.test, items, "bounded")
    assert calls == [5, 5, 5]
    study.store.measured(study.train, items, "bounded")
    assert calls == [5, 5, 5]


IMAGE_PARTS = ("table1", "table2", "table3", "figure1", "figure3", "tracing", "census", "rq1", "pairs")


def test_the_parts_write_what_they_say(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_census, "QUICK_ALL_PAIRS_IMAGES", {"bounded": 3, "unbounded": 1})
    monkeypatch.setattr(figure1, "FIGURE_DIGIT", 5)
    session = Session(None, study.out, quick=True, progress=False)
    session.images = study
    for name in IMAGE_PARTS:
        for path in MAKERS[name](session):
            assert path.stat().st_size > 100
    names = {path.name for path in study.out.iterdir()}
    measured = ("table2", "table3", "tracing", "census", "rq1", "pairs")
    tables = {f"{name}.{kind}" for name in measured for kind in ("md", "json")}
    assert names == {FILE, "table1.png", "figure1.png", "figure1.json", "figure3.png"} | tables


def test_the_census_adds_up(study: Study) -> None:
    content = json.loads(json.dumps(census.census(study), allow_nan=False))
    assert content["images"] == 30
    for found in content["domains"].values():
        group = found["all"]
        assert group["pixels_asked"] == 30 * 784
        assert group["attackable_images"] <= group["images"] == 30
        assert group["replayed"] <= group["attackable_pixels"]
        assert found["rightly_labelled"]["images"] <= 30
    assert set(content["domains"]["unbounded"]["all"]["tries"]) == {"baseline", "abs", "co", "coi", "random"}


@pytest.mark.parametrize("parts", [("table5",), (), ("table2", "nothing")])
def test_unknown_parts_are_refused(parts: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=f"expected parts of {', '.join(PARTS)}, got"):
        run(parts, None, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_groups_name_parts_that_there_are() -> None:
    assert all(part in MAKERS for group in GROUPS.values() for part in group)
    assert set(MAKERS) == {part for group in ("all", "more") for part in GROUPS[group]}
    for paper in ("table1", "table2", "table3", "table4", "figure1", "figure3", "figure4", "rq1", "rq5", "page"):
        assert paper in GROUPS["all"]


def test_what_goes_beyond_needs_nothing_of_the_papers_own_part() -> None:
    assert "page" not in GROUPS["more"]
