"""Beyond one path: all paths over a few features."""
