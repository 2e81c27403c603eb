"""Markdown from JSON alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from deepcheck.errors import DataError
from deepcheck.reproduce.census import census
from deepcheck.reproduce.layout import table
from deepcheck.reproduce.markdown import table2_text, table3_text
from deepcheck.reproduce.page import page
from deepcheck.reproduce.pair_markdown import pairs_text
from deepcheck.reproduce.storage import write_json
from deepcheck.reproduce.study import Study
from deepcheck.reproduce.tables import table2, table3
from deepcheck.reproduce.text_markdown import table4_text

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


def test_a_page_needs_all_five_files(
    study: Study, pairs_content: dict[str, Any], text_content: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "json"
    write_json(folder / "table2.json", table2(study))
    write_json(folder / "table3.json", table3(study))
    with pytest.raises(DataError, match=r"census\.json"):
        page(folder)
    write_json(folder / "census.json", census(study))
    with pytest.raises(DataError, match=r"pairs\.json"):
        page(folder)
    write_json(folder / "pairs.json", pairs_content)
    with pytest.raises(DataError, match=r"table4\.json"):
        page(folder)
    write_json(folder / "table4.json", text_content)
    text = page(folder)
    assert "digits 6 and 7 contradict its own count" in text
    assert text.startswith("# The paper again")
    assert all(f"\n{number}. " in text for number in range(1, 22))
    write_json(folder / "census.json", table2(study))
    with pytest.raises(DataError, match="deepcheck reproduce census"):
        page(folder)


def test_the_page_in_docs_is_the_one_that_its_json_gives() -> None:
    assert (DOCS / "reproduction.md").read_text(encoding="utf-8") == page(DOCS / "reproduction")


def test_every_row_of_a_table_has_as_many_cells(
    study: Study, pairs_content: dict[str, Any], text_content: dict[str, Any]
) -> None:
    images = (table2_text(table2(study)), table3_text(table3(study)), pairs_text(pairs_content))
    for text in (*images, table4_text(text_content)):
        for block in text.split("\n\n"):
            lines = [line for line in block.splitlines() if line.startswith("|")]
            assert len({line.count("|") for line in lines}) <= 1
