"""Pages of the repository, shown in the site as they are: included when it is built, never copied.

A page of the site that is one ``{include}`` of a file outside of it becomes that file, with its links turned: to the
page of the site where the linked file has one, else to the file itself, which then comes along as a download.
"""

import os
import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[3]
SITE = ROOT / "docs" / "site"
INCLUDE = re.compile(r"^```\{include\} (\S+)\n```$", re.MULTILINE)
LINK = re.compile(r"(\]\()([^)\s#:]+)(#[^)\s]*)?(\))")
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "extending.md", "ARCHITECTURE.md": "architecture.md"}
"""Files whose page in the site has another name."""


def page_of(file: Path) -> str | None:
    """The page of the site that shows a file of the repository, if one does."""
    name = PAGES.get(str(file.relative_to(ROOT)), file.name.lower())
    return name if file.suffix in (".md", ".ipynb") and (SITE / name).exists() else None


def turned(text: str, folder: Path) -> str:
    """The text of a file in ``folder`` with its links to files turned to what the site has."""

    def turn(link: re.Match[str]) -> str:
        file = (folder / link[2]).resolve()
        if not file.is_relative_to(ROOT) or not file.exists():
            return link[0]
        target = page_of(file) or os.path.relpath(file, SITE)
        return f"{link[1]}{target}{link[3] or ''}{link[4]}"

    return LINK.sub(turn, text)


def borrow(app: Sphinx, docname: str, content: list[str]) -> None:
    """Put included files in the place of their includes."""

    def read(found: re.Match[str]) -> str:
        file = (SITE / docname).parent.joinpath(found[1]).resolve()
        app.env.note_dependency(str(file))
        return turned(file.read_text(encoding="utf-8"), file.parent)

    content[0] = INCLUDE.sub(read, content[0])


def fetch_notebook(app: Sphinx) -> None:
    """Bring the tutorial into the source folder, where Sphinx finds it; git ignores it there."""
    tutorial = ROOT / "docs" / "tutorial.ipynb"
    if tutorial.exists():
        shutil.copyfile(tutorial, SITE / "tutorial.ipynb")


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.connect("builder-inited", fetch_notebook, priority=100)
    app.connect("source-read", borrow)
    return {"parallel_read_safe": True}
