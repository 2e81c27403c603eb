"""What a test reads in a report page."""

import json
import re
from html.parser import HTMLParser
from typing import Any

from page_samples import exhibit

from deepcheck.report.page_parts import Section
from deepcheck.report.page_whole import report_html


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, and the text inside each kind."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in {"meta", "img", "input", "rect", "path", "circle", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def inside(self, tag: str) -> list[str]:
        return [data for found, data in self.texts if found == tag]


def written(*held: dict[str, Any], **options: Any) -> str:
    """A page of one section with these exhibits."""
    return report_html("A title", [Section("All", {}, [exhibit(each) for each in held])], **options).decode()


def data_of(html: str) -> list[dict[str, Any]]:
    """The data of each exhibit in a page."""
    blocks = re.findall(r'<script type="application/json" class="data">(.*?)</script>', html, re.DOTALL)
    return [json.loads(block) for block in blocks]


def cells(html: str, table: str) -> list[list[str]]:
    """The texts of a table's body, row by row."""
    found = re.search(rf'<table class="[^"]*{table}[^"]*">.*?<tbody>(.*?)</tbody>', html, re.DOTALL)
    assert found
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", found.group(1), re.DOTALL)
    strip = re.compile(r"<[^>]+>")
    return [
        [strip.sub("", each).strip() for each in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)]
        for row in rows
    ]
