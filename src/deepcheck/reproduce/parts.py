"""The entry: which parts there are, and what each one writes."""

from collections.abc import Callable, Sequence
from pathlib import Path

from deepcheck.errors import OptionError
from deepcheck.reproduce.bars import announced
from deepcheck.reproduce.census import census
from deepcheck.reproduce.drawings import draw_figure3, draw_table1
from deepcheck.reproduce.figure1 import draw_figure1, figure1
from deepcheck.reproduce.gradients.figure import draw_figure4
from deepcheck.reproduce.gradients.markdown import rq5_text
from deepcheck.reproduce.gradients.study import rq5
from deepcheck.reproduce.html import html_page
from deepcheck.reproduce.layout import Content
from deepcheck.reproduce.markdown import census_text, table2_text, table3_text
from deepcheck.reproduce.networks.part import networks
from deepcheck.reproduce.networks.text import networks_text
from deepcheck.reproduce.page import ELSEWHERE, page, read_contents
from deepcheck.reproduce.pairs.census import pair_census
from deepcheck.reproduce.pairs.markdown import pairs_text
from deepcheck.reproduce.research import NEEDED, research_question
from deepcheck.reproduce.research_markdown import research_text
from deepcheck.reproduce.session import Session
from deepcheck.reproduce.storage import write_json, write_text
from deepcheck.reproduce.tables import table2, table3
from deepcheck.reproduce.tracing.markdown import tracing_text
from deepcheck.reproduce.tracing.study import where_important
from deepcheck.reproduce.words.markdown import reviews_text, table4_text
from deepcheck.reproduce.words.table import reviews, table4

Make = Callable[[Session], list[Path]]


def run(
    parts: Sequence[str],
    data: Path | None,
    out: Path,
    quick: bool = False,
    progress: bool = True,
    models: Path | None = None,
) -> list[Path]:
    """Reproduce parts of the paper; what an earlier run into the same folder measured is read, not measured again.

    Args:
        parts: Names of `PARTS`; "all" stands for the paper's own part, "figures" for its figures, "more" for what
            goes beyond it (then "page" again, which needs the paper's own part).
        data: The folder of data sets, of which a part needs its own: MNIST, or for words the IMDB reviews; None for
            ``DEEPCHECK_DATA`` or, without that, the user's cache.
        out: Where the results go; measurements go to ``run.sqlite`` in it.
        quick: Fewer images and reviews; the ten images and the eleven sentences are whole, but for the count of all
            unbounded pairs.
        progress: Show progress on standard error.
        models: The folder of other networks, for the part "networks"; None: it does without them.

    Returns:
        The files written, in the order of `PARTS`.

    Raises:
        OptionError: If there is no such part, or a file cannot be written.
        DataError: If a data set that is needed is missing or damaged.
    """
    unknown = [part for part in parts if part not in PARTS]
    if unknown or not parts:
        got = ", ".join(f"'{part}'" for part in unknown) or "none"
        raise OptionError(f"expected parts of {', '.join(PARTS)}, got {got}")
    asked = {name for part in parts for name in GROUPS.get(part, (part,))}
    chosen = [part for part in MAKERS if part in asked]
    session = Session(data, out, quick, progress, models)
    written: list[Path] = []
    for number, part in enumerate(chosen, 1):
        with announced(f"[{number}/{len(chosen)}] {part}", progress):
            written += MAKERS[part](session)
    return written


def _measured(name: str, make: Callable[[Session], Content], text: Callable[[Content], str]) -> Make:
    def written(session: Session) -> list[Path]:
        content = session.content(name, make)
        return [
            write_text(session.out / f"{name}.md", text(content)),
            write_json(session.out / f"{name}.json", content),
        ]

    return written


def _figure1(session: Session) -> list[Path]:
    content = session.content("figure1", CONTENTS["figure1"])
    picture = draw_figure1(session.images, content, session.out / "figure1.png")
    return [picture, write_json(session.out / "figure1.json", content)]


def _figure4(session: Session) -> list[Path]:
    return [draw_figure4(session.images, session.out / "figure4.png")]


def _question(number: int) -> Make:
    def written(session: Session) -> list[Path]:
        known = read_contents(session.out) | {part: session.content(part, CONTENTS[part]) for part in NEEDED[number]}
        content = research_question(number, {part: known[part] for part in (*CONTENTS, ELSEWHERE) if part in known})
        name = content["part"]
        return [
            write_text(session.out / f"{name}.md", research_text(content)),
            write_json(session.out / f"{name}.json", content),
        ]

    return written


def _page(session: Session) -> list[Path]:
    text = page(session.out)
    whole = html_page(text, session.out, "DeepCheck: the paper again")
    return [
        write_text(session.out / "reproduction.md", text),
        write_text(session.out / "reproduction.html", whole),
    ]


CONTENTS: dict[str, Callable[[Session], Content]] = {
    "table2": lambda session: table2(session.images),
    "table3": lambda session: table3(session.images),
    "table4": lambda session: table4(session.words),
    "figure1": lambda session: figure1(session.images),
    "tracing": lambda session: where_important(session.images),
    "gradients": lambda session: rq5(session.images),
    "census": lambda session: census(session.images),
    "pairs": lambda session: pair_census(session.images),
    "reviews": lambda session: reviews(session.words),
    "networks": lambda session: networks(session.images, session.models),
}
"""What is measured, each as one JSON object."""
TEXTS: dict[str, Callable[[Content], str]] = {
    "table2": table2_text,
    "table3": table3_text,
    "table4": table4_text,
    "tracing": tracing_text,
    "gradients": rq5_text,
    "census": census_text,
    "pairs": pairs_text,
    "reviews": reviews_text,
    "networks": networks_text,
}
_MEASURED = {name: _measured(name, CONTENTS[name], text) for name, text in TEXTS.items()}
OWN: dict[str, Make] = {
    "table1": lambda session: [draw_table1(session.images, session.out / "table1.png")],
    **{name: _MEASURED[name] for name in ("table2", "table3", "table4")},
    "figure1": _figure1,
    "figure3": lambda session: [draw_figure3(session.images, session.out / "figure3.png")],
    "figure4": _figure4,
    **{name: _MEASURED[name] for name in ("tracing", "gradients", "census")},
    **{f"rq{number}": _question(number) for number in NEEDED},
}
MORE: dict[str, Make] = {name: _MEASURED[name] for name in ("pairs", "reviews", "networks")}
MAKERS: dict[str, Make] = {**OWN, **MORE, "page": _page}
GROUPS: dict[str, tuple[str, ...]] = {
    "figures": ("figure1", "figure3", "figure4"),
    "all": (*OWN, "page"),
    "more": tuple(MORE),
}
PARTS = (*MAKERS, *GROUPS)
