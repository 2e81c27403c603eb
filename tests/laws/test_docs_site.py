"""The site builds without a warning, says everything it must, and needs nothing from the network."""

import importlib
import importlib.util
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from requirements import absent

import deepcheck
import deepcheck.errors
from deepcheck.attacks.outcome import Outcome

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs" / "site"
BUNDLED = ("sphinx", "myst_nb", "furo", "sphinx_copybutton", "sphinx_design")
OPTIONS = ("-E", "-W", "-n", "--keep-going", "-q", "-b", "html")
LINK = re.compile(r"\]\(([^)\s#:]+)(?:#[^)\s]*)?\)")


def need(name):
    """Skip without a package that the site is built with; all of them come with the extra ``docs``."""
    if importlib.util.find_spec(name) is None:
        absent("sphinx", f"{name} is not installed: pip install -e '.[docs]'")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    for name in BUNDLED:
        need(name)
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *OPTIONS, "-d", out / "trees", SITE, out / "html"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out / "html"


@pytest.fixture(scope="module")
def extension():
    """Import a module of the site's own extensions."""
    need("sphinx")
    sys.path.insert(0, str(SITE / "_ext"))
    yield importlib.import_module
    sys.path.remove(str(SITE / "_ext"))


class Page(HTMLParser):
    """What a page loads, where it leads, and the places that can be led to."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.links, self.places = set(), set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.places.add(given.get("id"))
        if tag in ("script", "img", "iframe", "source") and given.get("src"):
            self.loads.add(given["src"])
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.add(given["href"])
        if tag == "a" and given.get("href"):
            self.links.add(given["href"])


def pages(built):
    return {path: Page(path.read_text(encoding="utf-8")) for path in sorted(built.glob("*.html"))}


def test_the_site_builds_and_needs_no_network(built):
    for path, page in pages(built).items():
        assert not [name for name in page.loads if re.match(r"(https?:)?//", name)], path.name
    sheets = "".join(path.read_text(encoding="utf-8") for path in built.glob("_static/**/*.css"))
    assert not re.search(r"@import|url\(['\"]?(https?:)?//", sheets)


def test_internal_links_of_the_site_lead_somewhere(built):
    found = pages(built)
    for path, page in found.items():
        for link in page.links:
            if re.match(r"[a-z]+:", link):
                continue
            name, _, place = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            assert target.exists(), f"{path.name}: {link}"
            if place and target in found:
                assert place in found[target].places, f"{path.name}: {link}"


def test_every_page_is_built_and_listed(built):
    for source in SITE.glob("*.md"):
        assert (built / f"{source.stem}.html").exists()


def test_figures_are_read_and_not_typed(built, extension):
    measured = extension("measured")
    asked = re.findall(r"\{measured\}`([^`]+)`", (SITE / "choosing.md").read_text(encoding="utf-8"))
    text = re.sub(r"<[^>]+>", "", (built / "choosing.html").read_text(encoding="utf-8"))
    assert len(asked) > 30
    for one in asked:
        assert measured.figure(one) in text
    assert measured.figure("docs/reproduction/census: images [,d]") == "10,000"
    with pytest.raises(KeyError):
        measured.figure("pairs: no such figure [d]")
    with pytest.raises(ValueError, match="expected 'file: key"):
        measured.figure("pairs")


def test_the_command_line_reference_has_every_option(built):
    from deepcheck.cli.app import command

    text = re.sub(r"<[^>]+>", "", (built / "command_line.html").read_text(encoding="utf-8"))
    verbs = [((name,), verb) for name, verb in command().commands.items()]
    for words, verb in verbs:
        assert f"deepcheck {' '.join(words)}" in text
        verbs.extend(((*words, name), member) for name, member in getattr(verb, "commands", {}).items())
        for parameter in verb.params:
            for option in (*parameter.opts, *parameter.secondary_opts):
                assert option in text or not option.startswith("-"), f"{words}: {option}"


def test_the_api_reference_has_every_public_name():
    page = (SITE / "api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"auto(?:function|class|module|exception):: deepcheck\.(\w+)", page))
    if "errors" in named:
        named |= {name for name in deepcheck.__all__ if hasattr(deepcheck.errors, name)}
    assert set(deepcheck.__all__) <= named
    assert named <= {*deepcheck.__all__, "errors"}


def test_every_reason_for_undecided_is_explained():
    page = (SITE / "trust.md").read_text(encoding="utf-8")
    for outcome in Outcome:
        if outcome.undecided:
            assert f"`{outcome.words}`" in page


def test_links_between_documents_lead_to_files():
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    for path in documents:
        for link in LINK.findall(path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_files_that_contributing_names_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w.]+/[\w./]*)`", text)
    assert len(named) > 20
    for name in named:
        assert (ROOT / name).exists() or (ROOT / "src" / "deepcheck" / name).exists(), name
