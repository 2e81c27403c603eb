"""Table IV: the paper's sentences, and the same asked of many reviews."""
