"""Markdown from JSON alone."""

import json
from pathlib import Path
from typing import Any

import pytest

import deepcheck.reproduce.figure1 as figure1_module
from deepcheck.errors import DataError
from deepcheck.reproduce.census import census
from deepcheck.reproduce.figure1 import figure1
from deepcheck.reproduce.gradients.study import rq5
from deepcheck.reproduce.html import html_page
from deepcheck.reproduce.layout import filled, table
from deepcheck.reproduce.markdown import table2_text, table3_text
from deepcheck.reproduce.page import page
from deepcheck.reproduce.pairs.markdown import pairs_text
from deepcheck.reproduce.storage import write_json
from deepcheck.reproduce.study import Study
from deepcheck.reproduce.tables import table2, table3
from deepcheck.reproduce.tracing.study import where_important
from deepcheck.reproduce.words.markdown import table4_text

DOCS = Path(__file__).parents[2] / "docs"


def test_table_by_hand() -> None:
    assert table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n"


def test_tables_hold_the_papers_figures_beside_ours(study: Study) -> None:
    content = json.loads(json.dumps(table2(study)))
    first = content["rows"]["bounded"][5]
    assert (first["image"], first["digit"]) == (0, 5)
    text = table2_text(content)
    assert f"| 5 | 0 | {first['attackable']} (36) | {first['within']['5%']['abs']} (1) |" in text
    assert "| 0 | no image qualifies | " in text
    tries = table3_text(json.loads(json.dumps(table3(study))))
    assert f"{785 / (first['attackable'] + 1):.1f} (21.2) |" in tries  # 785 / 37
    assert "**does not hold**: less on digit 7: 22 of 47" in text


def test_pairs_stand_beside_the_papers(study: Study) -> None:
    content = json.loads(json.dumps(table2(study)))
    text = table2_text(content)
    five = content["rows"]["bounded"][5]["pairs"]
    assert f"| 5 | 0 | {five['alone']} (11) | {five['attackable']} (463) | {five['new']} (100) |" in text
    assert "| 5 | 11 | 463 | 100 | 363 | 363 | yes |" in text
    assert "| 6 | 1 | 287 | 186 | 101 | 38 | **no**, nor with any other a |" in text
    assert "not asked" in text  # all unbounded pairs: a quick run leaves them out
    tries = table3_text(json.loads(json.dumps(table3(study))))
    assert f"| {five['first_features'] or 'none'} (2) |" in next(
        line for line in tries.splitlines() if line.startswith("| 5 | 0 |")
    )


@pytest.fixture(scope="session")
def contents(pair_study: Study, text_content: dict[str, Any]) -> dict[str, Any]:
    """What a page needs, measured on few images; six labels have one, 3 has none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figure1_module, "FIGURE_DIGIT", 5)
        return {
            "table2": table2(pair_study),
            "table3": table3(pair_study),
            "census": census(pair_study),
            "figure1": figure1(pair_study),
            "tracing": where_important(pair_study),
            "gradients": rq5(pair_study),
            "table4": text_content,
        }


@pytest.fixture
def folder(contents: dict[str, Any], tmp_path: Path) -> Path:
    """The JSON files that a page needs."""
    folder = tmp_path / "json"
    for name, content in contents.items():
        write_json(folder / f"{name}.json", content)
    return folder


@pytest.mark.parametrize("name", ["table2", "table3", "census", "figure1", "tracing", "gradients", "table4"])
def test_a_page_needs_the_papers_own_part(folder: Path, name: str) -> None:
    (folder / f"{name}.json").unlink()
    with pytest.raises(DataError, match=rf"expected {name}\.json in .*: run deepcheck reproduce {name}"):
        page(folder)


def test_a_page_shows_what_there_is(
    folder: Path, pairs_content: dict[str, Any], reviews_content: dict[str, Any]
) -> None:
    text = page(folder)
    assert text.startswith("# The paper again")
    for number in range(1, 6):
        assert f"\n## RQ{number}: " in text
    assert "Census of pairs" not in text
    write_json(folder / "pairs.json", pairs_content)
    write_json(folder / "reviews.json", reviews_content)
    longer = page(folder)
    assert "digits 6 and 7 contradict its own count" in longer
    assert len(longer) > len(text) + 2000
    assert longer.count("ours, reviews") > 2
    for rule in pairs_content["rules"]:
        assert longer.count(filled("", rule).split("\n")[0].split("`")[0].strip()[:40]) >= 1
    write_json(folder / "census.json", json.loads((folder / "table2.json").read_text(encoding="utf-8")))
    with pytest.raises(DataError, match="deepcheck reproduce census"):
        page(folder)


def test_a_page_has_the_papers_claims_and_slips(folder: Path) -> None:
    text = page(folder)
    for claim in ("Important pixels trace the digit", "At most a third of the list is needed", "New pairs exist"):
        assert f"| {claim} | " in text
    assert "306,936" in text
    assert "22 of 47" in text
    assert "| 5 | 36 | 103 | 21.2 | 1 |" in text


def test_a_page_as_html_needs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "dot.png").write_bytes(b"\x89PNG")
    text = "# A\n\n<!-- made -->\n\n![B](dot.png)\n\n| x | y |\n| --- | --- |\n| <script> | 1 |\n"
    found = html_page(text, tmp_path, "T")
    assert '<img src="data:image/png;base64,iVBORw==" alt="B"' in found
    assert "<td>&lt;script&gt;</td>" in found
    assert "made" not in found
    assert "http" not in found


def test_the_page_in_docs_is_the_one_that_its_json_gives() -> None:
    assert (DOCS / "reproduction.md").read_text(encoding="utf-8") == page(DOCS / "reproduction")


def test_every_row_of_a_table_has_as_many_cells(
    study: Study, folder: Path, pairs_content: dict[str, Any], text_content: dict[str, Any]
) -> None:
    images = (table2_text(table2(study)), table3_text(table3(study)), pairs_text(pairs_content))
    for text in (*images, table4_text(text_content), page(folder)):
        for block in text.split("\n\n"):
            lines = [line for line in block.splitlines() if line.startswith("|")]
            assert len({line.count("|") for line in lines}) <= 1
