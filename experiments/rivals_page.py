"""Writes docs/rivals.md."""


def page(content):
    return "stub"
