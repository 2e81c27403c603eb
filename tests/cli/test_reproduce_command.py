"""``deepcheck reproduce`` and ``python -m deepcheck.reproduce`` from the shell."""

import json
from pathlib import Path

from conftest import Command

from deepcheck.reproduce import PARTS
from deepcheck.reproduce.__main__ import main

DOCS = Path(__file__).parents[2] / "docs"


def test_the_help_names_every_part(command: Command) -> None:
    words = command("reproduce", "--help").out.replace(",", " ").replace(":", " ").replace(".", " ").replace(")", " ")
    assert set(PARTS) <= set(words.replace("(", " ").split())


def test_an_unknown_part_is_one_line(command: Command, tmp_path: Path) -> None:
    answer = command("reproduce", "table2", "table9", "--out", tmp_path / "out")
    assert answer.status == 2
    assert answer.err.startswith("error: expected parts of table1, table2, ")
    assert answer.err.strip().endswith("got 'table9'; did you mean 'table4'?")
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_missing_data_are_one_line(command: Command, tmp_path: Path) -> None:
    answer = command("reproduce", "table2", "--data", tmp_path, "--out", tmp_path / "out")
    assert answer.status == 2
    assert answer.err.count("\n") == 1
    assert "train-images-idx3-ubyte.gz" in answer.err


def test_a_page_without_its_files_is_one_line(command: Command, tmp_path: Path) -> None:
    answer = command("reproduce", "page", "--out", tmp_path)
    assert answer.status == 2
    assert answer.err.startswith("error: expected tracing.json in ")


def test_the_page_from_the_shell(tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    assert main([str(DOCS / "reproduction"), str(tmp_path / "page.md")]) == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == (DOCS / "reproduction.md").read_text(encoding="utf-8")
    assert main([str(tmp_path)]) == 2
    assert "expected a folder of JSON files" in capsys.readouterr().err
    (tmp_path / "table2.json").write_text(json.dumps({"part": "table3"}))
    assert main([str(tmp_path), str(tmp_path / "other.md")]) == 2
    assert capsys.readouterr().err.startswith("expected the JSON of table2 at ")
    assert not (tmp_path / "other.md").exists()
