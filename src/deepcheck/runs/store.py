"""A store of answers in one SQLite file: written whole or not at all, read again after any interruption.

Verified on opening: that the file is such a store, of this schema, and that SQLite finds no page of it damaged.
Trusted: that the disk keeps what SQLite has told it to keep.
"""

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from deepcheck.errors import DataError

SCHEMA = 1
APPLICATION = 0x44706368
"""SQLite's mark of whose file it is."""
BUSY_SECONDS = 30.0
"""How long to wait for another process that is writing."""

TABLE = """
CREATE TABLE answers (
    model TEXT NOT NULL, dataset TEXT NOT NULL, question TEXT NOT NULL, item INTEGER NOT NULL, payload TEXT NOT NULL,
    PRIMARY KEY (model, dataset, question, item)
) WITHOUT ROWID
"""


@final
@dataclass(frozen=True)
class Source:
    """What a set of answers is about; none of it may change within the set.

    Attributes:
        model: The model file's sha256.
        dataset: The data set, by name and by the digest of what is in it.
        question: What is asked, in words that change wherever the answer could.
    """

    model: str
    dataset: str
    question: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Its columns."""
        return self.model, self.dataset, self.question


@final
@dataclass(frozen=True, eq=False)
class Store:
    """One row for each (model, data set, question, item), with a JSON object; every row is committed by itself.

    Attributes:
        path: The file.
        connection: Its only connection.
    """

    path: Path
    connection: sqlite3.Connection

    @staticmethod
    @contextmanager
    def opened(path: Path) -> "Iterator[Store]":
        """Open a store, made new where there is none.

        Raises:
            DataError: If the file is damaged, of something else, of a later schema, or cannot be opened.
        """
        with _readable(path):
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            with _readable(path):
                _prepare(connection, path)
            yield Store(path, connection)
        finally:
            connection.close()

    @staticmethod
    @contextmanager
    def reading(path: Path) -> "Iterator[Store]":
        """Open a store for reading only: nothing of it changes, whatever is done with it.

        Where a process was stopped in the middle of writing, the store's last whole state is read, from a copy.

        Raises:
            DataError: If there is none, or it is damaged, of something else, or of a later schema.
        """
        if not path.is_file():
            raise DataError(f"expected a store of answers, but there is no file {path}: make one with deepcheck run")
        with ExitStack() as stack:
            with _readable(path):
                connection = stack.enter_context(_connected(path))
                if _half_written(connection):
                    copy = stack.enter_context(_copied(path))
                    connection = stack.enter_context(_connected(copy, "rw"))
                _check(connection, path)
            yield Store(path, connection)

    def change(
        self, source: Source, item: int, make: Callable[[dict[str, Any] | None], Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Put an answer in the place of another that it is made from; no other process writes in between.

        Args:
            source: What it is about.
            item: Which input.
            make: Makes the new answer of the one that is there, or of None.

        Returns:
            The new answer.
        """
        with self.together():
            made = dict(make(self.answer(source, item)))
            self.put(source, item, made)
        return made

    @contextmanager
    def together(self) -> Iterator[None]:
        """All that is kept inside is on disk when this is over, or none of it; no other process writes in between."""
        if self.connection.in_transaction:
            yield
            return
        with _readable(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        with _readable(self.path):
            self.connection.execute("COMMIT")

    def put(self, source: Source, item: int, payload: Mapping[str, Any]) -> None:
        """Keep an answer in the place of any other to the same question; on disk when this returns."""
        words = json.dumps(payload, allow_nan=False)
        with _readable(self.path):
            self.connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", (*source.key, item, words))

    def answers(self, source: Source, most: int | None = None) -> dict[int, dict[str, Any]]:
        """All answers to a question, or the first so many, by item, in increasing order."""
        where = "model = ? AND dataset = ? AND question = ?"
        with _readable(self.path):
            rows = self.connection.execute(
                f"SELECT item, payload FROM answers WHERE {where} ORDER BY item LIMIT ?",
                (*source.key, -1 if most is None else most),
            ).fetchall()
        return {self._item(item): self._object(words) for item, words in rows}

    def answer(self, source: Source, item: int) -> dict[str, Any] | None:
        """The answer about one item; None where there is none."""
        where = "model = ? AND dataset = ? AND question = ? AND item = ?"
        with _readable(self.path):
            row = self.connection.execute(f"SELECT payload FROM answers WHERE {where}", (*source.key, item)).fetchone()
        return None if row is None else self._object(row[0])

    def sources(self) -> dict[Source, int]:
        """Everything that the store has answers about, with how many."""
        with _readable(self.path):
            rows = self.connection.execute(
                "SELECT model, dataset, question, COUNT(*) FROM answers GROUP BY model, dataset, question"
            ).fetchall()
        if not all(isinstance(words, str) for row in rows for words in row[:3]):
            raise DataError(f"{self.path} holds an answer about no text: {_REMEDY}")
        return {Source(model, dataset, question): int(count) for model, dataset, question, count in rows}

    def _item(self, held: object) -> int:
        if not isinstance(held, int):
            raise DataError(f"{self.path} holds an answer about no whole number: {_REMEDY}")
        return held

    def _object(self, words: str) -> dict[str, Any]:
        try:
            found = json.loads(words)
        except (ValueError, TypeError, RecursionError) as problem:
            raise DataError(f"{self.path} holds an answer that is no JSON ({problem}): {_REMEDY}") from None
        if not isinstance(found, dict):
            raise DataError(f"{self.path} holds an answer that is no JSON object: {_REMEDY}")
        return found


_REMEDY = "move the file away, and what it held is computed again"


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Check a file, or make a new one a store."""
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")
    empty = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0] == 0
    if empty and _pragma(connection, "application_id") == 0:
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
        connection.execute(TABLE)
    else:
        _check(connection, path)
    connection.execute("COMMIT")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Check that a file is a store of this schema, and whole."""
    mark, schema = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if mark != APPLICATION:
        raise DataError(f"expected a store of answers, got {path}, an SQLite file of something else")
    if schema != SCHEMA:
        raise DataError(
            f"expected a store of schema {SCHEMA}, got {path} of schema {schema}: use the DeepCheck it is of"
        )
    kinds = [kind for (kind,) in connection.execute("SELECT type FROM sqlite_master WHERE type <> 'index'")]
    if kinds != ["table"]:
        raise DataError(f"expected a store of one table of answers, got {path}, which holds more: {_REMEDY}")
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(found)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


@contextmanager
def _connected(path: Path, mode: str = "ro") -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}", timeout=BUSY_SECONDS, isolation_level=None, uri=True
    )
    try:
        yield connection
    finally:
        connection.close()


def _half_written(connection: sqlite3.Connection) -> bool:
    """Would SQLite first have to take back what somebody began to write?"""
    try:
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as problem:
        if problem.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            return True
        raise
    return False


@contextmanager
def _copied(path: Path) -> Iterator[Path]:
    """A copy of a store, with what SQLite keeps beside it to take back a change."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.sqlite"
        for end in ("", "-journal"):
            beside = path.with_name(path.name + end)
            if beside.is_file():
                shutil.copyfile(beside, copy.with_name(copy.name + end))
        yield copy


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Whatever SQLite complains of is one clear line."""
    try:
        yield
    except sqlite3.OperationalError as problem:
        raise DataError(f"cannot use the store {path}: {problem}") from None
    except sqlite3.Error as problem:
        reason = " ".join(str(problem).split())
        raise DataError(f"{path} is not a store of answers that can be read ({reason}): {_REMEDY}") from None
