"""The pieces of HTML that answers are shown with, and a page that needs nothing but itself."""

import html
from collections.abc import Iterable, Sequence

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """<style>
.dc { max-width: 56em; margin: 0 0 1.5em; line-height: 1.6; }
.dc p { margin: .35em 0; }
.dc .dc-text { font-size: 1.15em; line-height: 2; white-space: pre-wrap; overflow-wrap: anywhere;
  border-left: 3px solid rgba(128, 128, 128, .4); padding: .2em .8em; }
.dc .dc-unread { opacity: .45; }
.dc .dc-word { padding: .1em .15em; border-radius: .25em; }
.dc .dc-for { background: rgba(0, 158, 115, .55); border-bottom: 2px solid #00785a; }
.dc .dc-against { background: rgba(213, 94, 0, .5); border-bottom: 2px dashed #b64f00; }
.dc .dc-much { background: rgba(60, 120, 230, .5); }
.dc del { background: rgba(213, 94, 0, .3); text-decoration: line-through; border-radius: .25em; padding: .1em .2em; }
.dc ins { background: rgba(0, 158, 115, .35); text-decoration: underline; border-radius: .25em;
  padding: .1em .2em; font-weight: 600; }
.dc .dc-bar { display: inline-block; height: .75em; border: 0; border-radius: .15em; min-width: 1px; }
.dc .dc-share { display: inline-block; width: 8em; height: .6em; border-radius: .3em; overflow: hidden;
  background: rgba(128, 128, 128, .25); }
.dc .dc-share span { display: block; height: 100%; background: rgba(60, 120, 230, .8); }
.dc .dc-legend, .dc .dc-when, .dc dt { opacity: .75; }
.dc .dc-when { display: inline-block; min-width: 3.5em; }
.dc .dc-verdict { padding: .1em .6em; border-radius: 1em; color: #fff; background: #6b6b6b; }
.dc .dc-attack { background: #a84300; }
.dc .dc-proved { background: #0b5a94; }
.dc dl { display: grid; grid-template-columns: max-content 1fr; gap: .1em 1em; margin: .6em 0; }
.dc dd { margin: 0; }
.dc table { border-collapse: collapse; margin: .6em 0; }
.dc th, .dc td { text-align: left; padding: .2em .9em .2em 0; border-bottom: 1px solid rgba(128, 128, 128, .3);
  vertical-align: top; overflow-wrap: break-word; }
.dc a { color: inherit; }
.dc td.dc-number, .dc th.dc-number { text-align: right; font-variant-numeric: tabular-nums; }
.dc .dc-pictures { display: flex; flex-wrap: wrap; gap: .9em 1.2em; align-items: flex-end; margin: .7em 0; }
.dc .dc-wide { overflow-x: auto; }
.dc td .dc-img { max-width: none; }
.dc .dc-line { white-space: nowrap; }
.dc figure { margin: 0; }
.dc figcaption { font-size: .9em; margin-bottom: .25em; max-width: 15em; }
.dc .dc-img { display: block; image-rendering: pixelated; max-width: 100%; height: auto; margin: 0;
  outline: 1px solid rgba(128, 128, 128, .45); }
.dc .dc-green, .dc .dc-red { padding: 0 .35em; border-radius: .2em; font-weight: 600; color: #fff; }
.dc .dc-green { background: #00785a; }
.dc .dc-red { background: #b64f00; }
.dc .dc-said { overflow-wrap: anywhere; }
.dc code { background: rgba(128, 128, 128, .15); border-radius: .2em; padding: 0 .25em; font-size: .92em; }
.dc svg text { fill: currentColor; font: 13px system-ui, sans-serif; }
.dc svg .dc-on { fill: #000; stroke: #fff; stroke-width: 3px; paint-order: stroke; font-weight: 600; }
</style>
"""
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; }}
h1 {{ font-size: 1.4em; }}
h2 {{ font-size: 1.05em; margin: 2em 0 .3em; }}
footer {{ opacity: .7; font-size: .85em; margin-top: 3em; }}
</style>
{style}</head>
<body>
<h1>{title}</h1>
{body}
<footer>{footer}</footer>
</body>
</html>
"""


def escaped(text: object) -> str:
    """Text as it may stand anywhere in HTML, between tags or in an attribute's quotes.

    Characters that HTML or UTF-8 has no place for become U+FFFD.
    """
    shown = "".join("\ufffd" if _unfit(character) else character for character in str(text))
    return html.escape(shown, quote=True)


def _unfit(character: str) -> bool:
    code = ord(character)
    return (code < 0x20 and character not in "\t\n\r") or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the cells are HTML, the headings are not."""
    head = "".join(f"<th>{escaped(heading)}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def fact_list(facts: Iterable[tuple[str, str]]) -> str:
    """Names and what they stand for, escaped here."""
    return f"<dl>{''.join(f'<dt>{escaped(name)}</dt><dd>{escaped(said)}</dd>' for name, said in facts)}</dl>"


def section(*pieces: str) -> str:
    """Pieces of an answer, together and with their style, as a notebook shows them."""
    return f'{STYLE}<section class="dc">{"".join(pieces)}</section>'


def verdict_line(verdict: str, said: str) -> str:
    """A verdict, and what it is about, in a paragraph; both are text."""
    return f'<p class="dc-said"><b class="dc-verdict dc-{escaped(verdict)}">{escaped(verdict)}</b> {escaped(said)}</p>'


def figures(shown: Iterable[tuple[str, str]]) -> str:
    """Pictures side by side: HTML of each, and the text above it."""
    each = (f"<figure><figcaption>{escaped(said)}</figcaption>{picture}</figure>" for picture, said in shown)
    return f'<div class="dc-pictures">{"".join(each)}</div>'


def listing(headings: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 0, more: int = 0) -> str:
    """A table of numbers, and how many rows are left out.

    Args:
        headings: Text; "" for none.
        rows: The cells, HTML.
        left: How many of the first columns hold words or pictures; numbers are set to the right.
        more: How many rows there are beyond these.
    """
    kinds = ["" if at < left else ' class="dc-number"' for at in range(len(headings))]
    head = "".join(f"<th{kind}>{escaped(heading)}</th>" for kind, heading in zip(kinds, headings, strict=True))
    lines = ("".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, row, strict=True)) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    rest = f'<p class="dc-legend">and {more:,} more</p>' if more > 0 else ""
    whole = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="dc-wide">{whole}</div>{rest}'


def page(title: str, parts: Sequence[tuple[str, str]], *, overview: str = "", footer: str = "") -> bytes:
    """One self-contained page: no script, nothing loaded from anywhere.

    Args:
        title: What it is about.
        parts: Headings ("" for none), and the HTML below each.
        overview: HTML above them.
        footer: Where it comes from.
    """
    body = [f'<section class="dc">{overview}</section>' if overview else ""]
    for number, (heading, part) in enumerate(parts, start=1):
        body.append(f'<h2 id="text-{number}">{escaped(heading)}</h2>' if heading else "")
        body.append(part)
    said = {"title": escaped(title), "footer": escaped(footer), "policy": escaped(_POLICY)}
    return _PAGE.format(style=STYLE, body="\n".join(piece for piece in body if piece), **said).encode()
