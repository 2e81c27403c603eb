"""Pairs of pixels: the paper's two-pixel columns, the law that ties them to single pixels, and their census."""
