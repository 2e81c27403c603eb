"""Programs as source: readable, imperative code with explicit branches, in Python and C (the paper's DeepCheck^T)."""

from deepcheck.source.write import LANGUAGES, write

__all__ = ["LANGUAGES", "write"]
