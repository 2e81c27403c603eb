"""``deepcheck text`` on files of texts, its pages, what it refuses, and what its page in the documentation says."""

import io
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_text import tiny_text

PAGE = Path(__file__).parents[2] / "docs" / "text.md"


@pytest.fixture
def files(tmp_path):
    return tiny_text(tmp_path)


@pytest.fixture
def text(command, files):
    """``deepcheck text VERB ...`` on the tiny network."""
    return lambda verb, *words: command("text", verb, *files.options, *words)


def test_a_file_of_texts_gives_a_row_for_each(text, tmp_path):
    (tmp_path / "texts.txt").write_bytes("\ufeffgreat great good\r\n\r\n!?\nbad film\n".encode())
    answer = text("attack", "--file", tmp_path / "texts.txt")
    assert answer.status == 1
    rows = {line.split()[0]: line for line in answer.out.splitlines()[3:] if line.strip()}
    assert list(rows) == ["1", "3", "4"]
    assert " ".join(rows["1"].split()[4:]) == "likes 99.3% attack 2 2 great -> bad, great -> bad"
    assert "expected a text with at least one word (letters or digits), got '!?'" in rows["3"]
    assert rows["4"].split()[1:8] == ["bad", "film", "dislikes", "81.8%", "attack", "1", "1"]


def test_a_file_of_texts_as_json_is_one_object(text, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"good\n \n...\nbad film\n")))
    answer = text("prove", "--file", "-", "--positions", "2", "--json")
    found = json.loads(answer.out)
    assert (answer.status, found["schema"]) == (1, 1)
    assert [each["line"] for each in found["results"]] == [1, 3, 4]
    assert [each["verdict"] for each in found["results"]] == [None, None, "attack"]
    assert found["results"][0]["reason"] == "expected positions from 1 to 1 (words that are read), got 2"


def test_a_file_that_is_answered_throughout_has_status_0(text, tmp_path):
    (tmp_path / "texts.txt").write_text("good film\ngreat great great\n", encoding="utf-8")
    assert text("prove", "--file", tmp_path / "texts.txt").status == 0
    rows = text("importance", "--file", tmp_path / "texts.txt", "--top", 1)
    assert rows.status == 0
    assert [line.split()[-2:] for line in rows.out.splitlines()[3:5]] == [["good", "1"], ["great", "2"]]


def test_pages_are_written(text, tmp_path):
    (tmp_path / "texts.txt").write_text("good film\n!!\n", encoding="utf-8")
    for number, words in enumerate((["importance", "good"], ["attack", "good"], ["attack", "--file"])):
        page = tmp_path / f"{number}.html"
        answer = text(*words, *([tmp_path / "texts.txt"] if "--file" in words else []), "--html", page)
        assert answer.err == f"wrote {page}\n"
        assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert 'href="#text-2"' in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["attack"], "expected a text in quotes or --file FILE, got neither"),
        (["attack", "good", "--file", "x"], "expected a text in quotes or --file FILE, got both"),
        (["attack", "?!"], "expected a text with at least one word (letters or digits), got '?!'"),
        (["attack", "good \udcff"], "expected a text in UTF-8, got bytes that are not"),
        (["attack", "--file", "missing.txt"], "but missing.txt cannot be read: No such file or directory"),
        (["attack", "good", "--most", "0"], "Invalid value for '--most'"),
        (["attack", "good", "--paths", "some"], "expected paths 'all' or 'same', got 'some'"),
        (["attack", "good", "--limit", "0"], "expected a limit of 1 or more sentences, got 0"),
        (["attack", "good", "--timeout", "nan"], "expected a positive number of seconds, got nan"),
        (["attack", "good", "--only", "zork"], "to put in, got 'zork', which it does not have"),
        (["attack", "good", "--keep", "a,,b"], "expected --keep as words such as good,bad, got 'a,,b'"),
        (["attack", "good", "--keep", "GOOD"], "expected at least one word that may change, but all 1 are kept"),
        (["attack", "good", "--positions", "x"], "expected --positions as indices such as 21,44, got 'x'"),
        (["attack", "good", "--positions", "2"], "expected positions from 1 to 1 (words that are read), got 2"),
        (["attack", "good", "--similar", "2"], "expected a cosine from -1 to 1, got 2.0"),
        (["prove", "good", "--size", "two"], "Invalid value for '--size'"),
        (["importance", "good", "--metric", "x"], "expected a metric of"),
        (["importance", "good", "--read", "all"], "expected --read last or first and --pad left or right, got 'all'"),
        (["importance", "good", "--html", "no/where.html"], "cannot write no/where.html: No such file"),
    ],
)
def test_bad_usage_is_one_line(text, tmp_path, monkeypatch, words, line):
    monkeypatch.chdir(tmp_path)
    answer = text(*words)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("error: ")
    assert answer.err.count("\n") == 1
    assert line in answer.err


def test_models_that_do_not_fit_are_one_line(command, files, tmp_path):
    for words, line in (
        (["--model", "nothing"], "there is no file 'nothing'"),
        (["--model", files.model], "expected vocabulary= (words, one a line)"),
        (["--vocabulary", files.words, "--vectors", files.vectors], "expected no vocabulary beside imdb_tuned"),
        ([*files.options[:2], "--vocabulary", files.model, "--vectors", files.vectors], "which is not UTF-8"),
        ([*files.options[:-1], "one,two,three"], "expected 2 names of labels, got 3"),
    ):
        answer = command("text", "importance", "good", *words)
        assert (answer.status, answer.err.count("\n")) == (2, 1)
        assert line in answer.err


def test_texts_that_are_not_utf8_name_their_line(text, tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"good\ncaf\xe9\n")
    answer = text("attack", "--file", tmp_path / "latin.txt")
    assert (answer.status, "which is not in line 2" in answer.err) == (2, True)
    (tmp_path / "blank.txt").write_bytes(b" \n\n")
    assert "with blank lines only" in text("attack", "--file", tmp_path / "blank.txt").err


def test_the_verbs_explain_themselves(command):
    bare = command("text")
    assert (bare.status, bare.out) == (2, "")
    for verb in ("importance", "attack", "prove"):
        assert verb in bare.err
        assert "--vocabulary" in command("text", verb, "--help").out
    assert " text " in command("--help").out


def test_the_page_says_what_happens(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts.txt").write_text("a fine film\nsuperb, superb, superb\n", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    files, answers = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    exec(compile(files, PAGE.name, "exec"), {})
    found: dict = {}
    exec(compile(answers, PAGE.name, "exec"), found)
    assert found["scores"].ranked == (("superb", 2.0), ("<UNK>", 0.0), ("film", 0.0))
    assert [change.after for change in found["result"].replacements[0].changes] == ["dreadful"]
    assert found["proof"].verdict == "proved"  # from 6, one word takes away 5
    commands = re.findall(r"^    deepcheck (.+)$", page, flags=re.MULTILINE)
    assert len(commands) >= 8
    for words in commands:
        answer = command(*shlex.split(words))
        assert answer.status in ((0, 1) if "--method lp" in words else (0,)), (words, answer)  # lp may stay open
    assert "[dreadful]" in answer.out


def test_an_escape_sequence_in_a_vocabulary_does_not_reach_the_terminal(text, files, tmp_path):
    listed = files.words.read_text(encoding="utf-8").replace("bad", "bad\x1b[2J")
    files.words.write_text(listed, encoding="utf-8")
    (tmp_path / "texts.txt").write_text("good\n", encoding="utf-8")
    for words in (["good"], ["--file", tmp_path / "texts.txt"]):
        answer = text("attack", *words)
        assert "bad [2J" in answer.out
        assert "\x1b" not in answer.out


@pytest.mark.parametrize("verb", [[], ["attack"], ["importance"]])
def test_help_loads_nothing_slow(verb):
    slow = ("numpy", "onnx", "rich", "deepcheck.text", "deepcheck.verbs")
    script = (
        f"import sys; from deepcheck.__main__ import main; main({['text', *verb, '--help']!r}); "
        f"sys.exit(' '.join(name for name in {slow!r} if name in sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert found.stderr.strip() == ""
    assert "Usage: deepcheck text" in found.stdout
