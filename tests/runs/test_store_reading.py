"""A store that is only read does not change; one that is changed in one step loses nothing to other processes."""

import multiprocessing
import os
import signal
import sqlite3
import time
from functools import partial
from hashlib import sha256

import pytest

from deepcheck.errors import DataError
from deepcheck.runs import Source, Store

ONE = Source("model a", "data", "question")


def everything(path):
    with Store.reading(path) as store:
        return [store.answers(source) for source in store.sources()]


def digests(folder):
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def test_reading_changes_nothing(tmp_path):
    folder = tmp_path / "a run? #1 100%"
    folder.mkdir()
    with Store.opened(folder / "run.sqlite") as store:
        store.put(ONE, 3, {"bound": 2})
    before = digests(folder)
    with Store.reading(folder / "run.sqlite") as store:
        assert store.answers(ONE) == {3: {"bound": 2}}
        assert store.sources() == {ONE: 1}
        with pytest.raises(DataError, match="readonly"):
            store.put(ONE, 4, {})
    assert digests(folder) == before


def test_a_folder_that_cannot_be_written_can_be_read(tmp_path):
    with Store.opened(tmp_path / "run.sqlite") as store:
        store.put(ONE, 3, {})
    tmp_path.chmod(0o500)
    try:
        with Store.reading(tmp_path / "run.sqlite") as store:
            assert store.answers(ONE) == {3: {}}
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be looked at" * 40])
def test_what_is_no_store_is_one_line(tmp_path, content):
    (tmp_path / "run.sqlite").write_bytes(content)
    with pytest.raises(DataError, match="store of answers") as caught, Store.reading(tmp_path / "run.sqlite"):
        pass
    assert "\n" not in str(caught.value)
    assert (tmp_path / "run.sqlite").read_bytes() == content


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(DataError, match="there is no file"), Store.reading(tmp_path / "run.sqlite"):
        pass
    assert not (tmp_path / "run.sqlite").exists()


def test_a_store_of_something_else_and_of_a_later_schema(tmp_path):
    sqlite3.connect(tmp_path / "other.sqlite").executescript("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
    with pytest.raises(DataError, match="of something else"), Store.reading(tmp_path / "other.sqlite"):
        pass
    with Store.opened(tmp_path / "run.sqlite") as store:
        store.connection.execute("PRAGMA user_version = 9")
    with pytest.raises(DataError, match="of schema 9"), Store.reading(tmp_path / "run.sqlite"):
        pass


def test_a_damaged_page_is_one_line(tmp_path):
    with Store.opened(tmp_path / "run.sqlite") as store:
        for item in range(200):
            store.put(ONE, item, {"words": "x" * 500})
    content = bytearray((tmp_path / "run.sqlite").read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    (tmp_path / "run.sqlite").write_bytes(content)
    with pytest.raises(DataError) as caught, Store.reading(tmp_path / "run.sqlite") as store:
        store.answers(ONE)
    assert "\n" not in str(caught.value)


def _killed_while_writing(path):
    """Die with a change half written: SQLite's journal is then beside the file."""
    with Store.opened(path) as store:
        store.connection.execute("PRAGMA cache_size = 1")
        store.connection.execute("PRAGMA cache_spill = 1")
        store.connection.execute("BEGIN IMMEDIATE")
        for item in range(2000):
            store.put(ONE, item, {"words": "y" * 500})
        os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_killed_process_had_begun_to_write_is_not_read(tmp_path):
    with Store.opened(tmp_path / "run.sqlite") as store:
        for item in range(50):
            store.put(ONE, item, {"words": "x" * 500})
    process = multiprocessing.get_context("fork").Process(target=_killed_while_writing, args=(tmp_path / "run.sqlite",))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    before = digests(tmp_path)
    assert set(before) == {"run.sqlite", "run.sqlite-journal"}
    with Store.reading(tmp_path / "run.sqlite") as store:
        assert store.answers(ONE) == {item: {"words": "x" * 500} for item in range(50)}
    assert digests(tmp_path) == before


def _longer(more, held):
    time.sleep(0.003)  # between reading and writing
    return {"all": [*(held or {"all": []})["all"], more]}


def _add(path, number, start):
    start.wait()
    for turn in range(20):
        with Store.opened(path) as store:
            store.change(ONE, 0, partial(_longer, [number, turn]))


def test_processes_that_change_one_answer_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("fork")
    start = context.Event()
    processes = [context.Process(target=_add, args=(tmp_path / "run.sqlite", n, start)) for n in range(4)]
    for process in processes:
        process.start()
    start.set()
    for process in processes:
        process.join()
    with Store.reading(tmp_path / "run.sqlite") as store:
        found = store.answers(ONE)[0]["all"]
    assert sorted(found) == [[number, turn] for number in range(4) for turn in range(20)]


def test_a_change_that_fails_leaves_what_was_there(tmp_path):
    with Store.opened(tmp_path / "run.sqlite") as store:
        store.put(ONE, 0, {"bound": 1})

        def fail(held):
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            store.change(ONE, 0, fail)
        with pytest.raises(ValueError, match="JSON"):
            store.change(ONE, 0, lambda held: {"bound": float("nan")})
        assert store.answer(ONE, 0) == {"bound": 1}
        store.change(ONE, 0, lambda held: {"bound": held["bound"] + 1})
        assert store.answer(ONE, 0) == {"bound": 2}


def test_json_that_is_nested_without_end_is_one_line(tmp_path):
    with Store.opened(tmp_path / "run.sqlite") as store:
        deep = '{"a":' + "[" * 100_000 + "]" * 100_000 + "}"
        store.connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", (*ONE.key, 0, deep))
    with Store.reading(tmp_path / "run.sqlite") as store, pytest.raises(DataError, match="no JSON"):
        store.answers(ONE)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE answers SET item = 'first'",
        "UPDATE answers SET item = 1.5",
        "UPDATE answers SET model = x'ff'",
        "UPDATE answers SET dataset = x'00'",
        "UPDATE answers SET question = x'7b7d'",
        "UPDATE answers SET payload = x'ff00'",
        "UPDATE answers SET payload = CAST(x'22ff22' AS TEXT)",
        "CREATE VIEW more AS SELECT 1",
        "CREATE TABLE more (x)",
        "CREATE TRIGGER t AFTER INSERT ON answers BEGIN DELETE FROM answers; END",
        "ALTER TABLE answers RENAME TO held; CREATE VIEW answers AS WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL "
        "SELECT n + 1 FROM t) SELECT '' AS model, '' AS dataset, '' AS question, n AS item, '{}' AS payload FROM t",
    ],
)
def test_a_store_with_anything_else_in_it_is_one_line(tmp_path, change):
    with Store.opened(tmp_path / "run.sqlite") as store:
        store.put(ONE, 3, {})
    connection = sqlite3.connect(tmp_path / "run.sqlite")
    connection.executescript(change)
    connection.close()
    with pytest.raises(DataError) as caught:
        everything(tmp_path / "run.sqlite")
    assert "\n" not in str(caught.value)


def test_only_the_first_answers_are_read(tmp_path):
    with Store.opened(tmp_path / "run.sqlite") as store:
        for item in range(5):
            store.put(ONE, item, {"item": item})
        assert store.answers(ONE, 2) == {0: {"item": 0}, 1: {"item": 1}}
        assert list(store.answers(ONE)) == [0, 1, 2, 3, 4]
