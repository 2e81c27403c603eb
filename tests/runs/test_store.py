"""The store of answers: nothing is lost, nothing is mixed up, and damage is one clear line."""

import multiprocessing
import os
import sqlite3

import pytest

from deepcheck.errors import DataError
from deepcheck.runs import SCHEMA, Source, Store

ONE = Source("model a", "data", "question")
OTHERS = [Source("model b", "data", "question"), Source("model a", "more", "question"), Source("model a", "data", "?")]


def test_answers_come_back_by_item_in_order(tmp_path):
    with Store.opened(tmp_path / "run.sqlite") as store:
        assert store.answers(ONE) == {}
        for item in (7, 2, 10):
            store.put(ONE, item, {"bound": item, "features": None, "words": 'é "'})
    with Store.opened(tmp_path / "run.sqlite") as store:
        found = store.answers(ONE)
    assert list(found) == [2, 7, 10]
    assert found[7] == {"bound": 7, "features": None, "words": 'é "'}


def test_a_later_answer_takes_the_place_of_an_earlier_one(tmp_path):
    with Store.opened(tmp_path / "run.sqlite") as store:
        store.put(ONE, 0, {"bound": 1})
        store.put(ONE, 0, {"bound": 2})
        assert store.answers(ONE) == {0: {"bound": 2}}
        assert store.sources() == {ONE: 1}


def test_what_differs_in_model_data_or_question_is_apart(tmp_path):
    with Store.opened(tmp_path / "run.sqlite") as store:
        for number, source in enumerate([ONE, *OTHERS]):
            store.put(source, 0, {"number": number})
        assert [store.answers(source)[0]["number"] for source in [ONE, *OTHERS]] == [0, 1, 2, 3]
        assert store.sources() == dict.fromkeys([ONE, *OTHERS], 1)


def test_nothing_that_is_not_json_is_kept(tmp_path):
    with Store.opened(tmp_path / "run.sqlite") as store:
        with pytest.raises(ValueError, match="JSON"):
            store.put(ONE, 0, {"margin": float("nan")})
        assert store.answers(ONE) == {}


def die_after_two(path):
    with Store.opened(path) as store:
        store.put(ONE, 0, {"bound": 1})
        store.put(ONE, 1, {"bound": 2})
        store.connection.execute("BEGIN")
        store.connection.execute("INSERT INTO answers VALUES ('model a', 'data', 'question', 2, '{}')")
        os._exit(9)


def test_a_process_that_dies_leaves_what_it_had_put_and_nothing_half_done(tmp_path):
    process = multiprocessing.get_context("spawn").Process(target=die_after_two, args=(tmp_path / "run.sqlite",))
    process.start()
    process.join()
    assert process.exitcode == 9
    with Store.opened(tmp_path / "run.sqlite") as store:
        assert store.answers(ONE) == {0: {"bound": 1}, 1: {"bound": 2}}


def refused(path):
    with pytest.raises(DataError) as problem, Store.opened(path) as store:
        store.answers(ONE)
    assert "\n" not in str(problem.value)
    assert str(path) in str(problem.value)
    return str(problem.value)


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "run.sqlite"
    path.write_bytes(b"not a store at all" * 100)
    assert "move the file away" in refused(path)
    assert path.read_bytes() == b"not a store at all" * 100
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE cats (name TEXT)")
    connection.commit()
    connection.close()
    assert "something else" in refused(other)


def test_a_store_of_another_schema_is_refused(tmp_path):
    path = tmp_path / "run.sqlite"
    with Store.opened(path) as store:
        store.connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    assert f"schema {SCHEMA + 1}" in refused(path)


def test_damage_is_found_on_opening(tmp_path):
    path = tmp_path / "run.sqlite"
    with Store.opened(path) as store:
        for item in range(200):
            store.put(ONE, item, {"words": "x" * 100})
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * 8192 + whole[12288:])
    assert "move the file away" in refused(path)
    path.write_bytes(whole[: len(whole) // 2])
    assert "move the file away" in refused(path)


@pytest.mark.parametrize("words", ["{", "[1]"])
def test_a_damaged_answer_is_one_clear_line(tmp_path, words):
    path = tmp_path / "run.sqlite"
    with Store.opened(path) as store:
        store.connection.execute("INSERT INTO answers VALUES (?, ?, ?, 0, ?)", (*ONE.key, words))
    assert "no JSON" in refused(path)


def test_no_folder_is_one_clear_line(tmp_path):
    assert "cannot use" in refused(tmp_path / "nowhere" / "run.sqlite")


def test_two_stores_on_one_file_see_each_other(tmp_path):
    with Store.opened(tmp_path / "run.sqlite") as one, Store.opened(tmp_path / "run.sqlite") as two:
        one.put(ONE, 0, {"bound": 1})
        two.put(ONE, 1, {"bound": 2})
        assert one.answers(ONE) == two.answers(ONE) == {0: {"bound": 1}, 1: {"bound": 2}}
