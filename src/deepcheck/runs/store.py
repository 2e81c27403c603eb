"""A store of answers in one SQLite file: written whole or not at all, read again after any interruption.

Verified on opening: that the file is such a store, of this schema, and that SQLite finds no page of it damaged.
Trusted: that the disk keeps what SQLite has told it to keep.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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

    def put(self, source: Source, item: int, payload: Mapping[str, Any]) -> None:
        """Keep an answer in the place of any other to the same question; on disk when this returns."""
        words = json.dumps(payload, allow_nan=False)
        with _readable(self.path):
            self.connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", (*source.key, item, words))

    def answers(self, source: Source) -> dict[int, dict[str, Any]]:
        """All answers to a question, by item, in increasing order."""
        where = "model = ? AND dataset = ? AND question = ?"
        with _readable(self.path):
            rows = self.connection.execute(
                f"SELECT item, payload FROM answers WHERE {where} ORDER BY item", source.key
            ).fetchall()
        return {int(item): self._object(words) for item, words in rows}

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
        return {Source(model, dataset, question): int(count) for model, dataset, question, count in rows}

    def _object(self, words: str) -> dict[str, Any]:
        try:
            found = json.loads(words)
        except (ValueError, TypeError) as problem:
            raise DataError(f"{self.path} holds an answer that is no JSON ({problem}): {_REMEDY}") from None
        if not isinstance(found, dict):
            raise DataError(f"{self.path} holds an answer that is no JSON object: {_REMEDY}")
        return found


_REMEDY = "move the file away, and what it held is computed again"


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Check a file, or make a new one a store."""
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")
    mark, schema = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    empty = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0] == 0
    if empty and mark == 0:
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
        connection.execute(TABLE)
    elif mark != APPLICATION:
        raise DataError(f"expected a store of answers, got {path}, an SQLite file of something else")
    elif schema != SCHEMA:
        raise DataError(
            f"expected a store of schema {SCHEMA}, got {path} of schema {schema}: use the DeepCheck it is of"
        )
    else:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    connection.execute("COMMIT")


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
