"""A page of Markdown as one HTML file that needs nothing else: pictures are in it, nothing is fetched, no script."""

import base64
import re
from pathlib import Path

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: 0.85rem; }
th, td { border: 1px solid #8888; padding: 0.2rem 0.5rem; vertical-align: top; }
th { background: #8882; }
img { max-width: 100%; }
code { background: #8882; padding: 0 0.2rem; }
pre { background: #8882; overflow-x: auto; padding: 0.6rem; }
"""


def html_page(markdown: str, folder: Path, title: str) -> str:
    """The page; a picture is taken from the folder if it is a PNG file right in it.

    Args:
        markdown: CommonMark with tables; HTML in it is shown as text, comments are left out.
        folder: Where pictures are.
        title: Of the page, plain text.
    """
    from markdown_it import MarkdownIt

    words = re.sub(r"<!--.*?-->\n*", "", markdown, flags=re.DOTALL)
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(words)
    body = re.sub(r'src="([\w-]+\.png)"', lambda found: f'src="{_embedded(folder / found[1])}"', body)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>\n<body>\n{body}</body></html>\n'


def _embedded(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
