"""What is stored is read again; what the parts write is whole and consistent."""

import json
from pathlib import Path

import numpy as np
import pytest

from deepcheck import attack
from deepcheck.errors import OptionError
from deepcheck.reproduce import PARTS, census, measure, pair_census, run
from deepcheck.reproduce.parts import MAKERS
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
    stored = sorted((study.out / "runs").glob("mnist-test-bounded-*.npz"))
    stored[0].unlink()
    stored[1].write_bytes(stored[1].read_bytes()[:200])
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


def test_the_parts_write_what_they_say(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_census, "QUICK_ALL_PAIRS_IMAGES", {"bounded": 3, "unbounded": 1})
    for make in MAKERS.values():
        for path in make(study):
            assert path.stat().st_size > 100
    names = {path.name for path in study.out.iterdir()}
    tables = {f"{name}.{kind}" for name in ("table2", "table3", "census", "pairs") for kind in ("md", "json")}
    assert names == {"runs", "table1.png", "figure3.png"} | tables


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
    known = "table1, table2, table3, census, pairs, figure3, table4, all"
    with pytest.raises(OptionError, match=f"expected parts of {known}, got"):
        run(parts, None, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert PARTS[-1] == "all"
