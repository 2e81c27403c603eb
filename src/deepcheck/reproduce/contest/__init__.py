"""The importance benchmark: rankings graded by exact worst margins; `experiments/importance_benchmark.py` runs it."""
