"""Answers that last: a store on disk, one row for each input and question."""

from deepcheck.runs.store import SCHEMA, Source, Store

__all__ = ["SCHEMA", "Source", "Store"]
