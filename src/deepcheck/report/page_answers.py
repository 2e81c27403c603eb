"""What a page says of each answer of an exhibit: a title, the verdict with its scope, facts, and its certificate."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from deepcheck.report.page_facts import (
    OUTCOMES,
    Facts,
    Json,
    apart_facts,
    feature_facts,
    smallest_words,
    text_facts,
    verdict_words,
)

EMBEDDED = 64 << 10
"""The most bytes of a certificate that stands in the page itself."""

Reader = Callable[[str], bytes | None]
"""Reads a file of a run by its place in it; None where it is not there."""


@dataclass(frozen=True)
class Proof:
    """The certificate of an answer.

    Attributes:
        name: Its file's name.
        place: Where the file lies beside the page, as an address; "" where that is not known.
        inside: The file itself, as an address; "" where it does not stand in the page.
        sha256: Of its bytes, as recorded.
        said: What it proves.
        command: The command that checks it.
    """

    name: str
    place: str
    inside: str
    sha256: str
    said: str
    command: str

    def apart(self) -> "Proof":
        """The same, with a link to the file in place of the file."""
        return Proof(self.name, self.place, "", self.sha256, self.said, self.command)


@dataclass(frozen=True)
class Answer:
    """One answer as a page shows it.

    Attributes:
        title: What was asked, in a few words.
        verdict: attack, proved or undecided.
        words: The verdict with its scope or reason.
        facts: The rest of the statement.
        command: The command that asks this again.
        proof: The certificate, if there is one.
        found: The answer itself.
    """

    title: str
    verdict: str
    words: str
    facts: Facts
    command: str
    proof: Proof | None
    found: Json

    @property
    def single(self) -> bool:
        """Is it about features one by one?"""
        return self.found.get("size") == 1 and not self.found.get("smallest")

    @property
    def limits(self) -> str:
        """To which features or words and to which new label it is limited; "" where it is about all."""
        return _limits(self.found)

    @property
    def usual(self) -> bool:
        """Is it about features one by one, all of them, and about any new label?"""
        return self.single and not self.limits

    @property
    def heading(self) -> str:
        """Along which paths, and to what it is limited."""
        return ("All paths" if self.paths == "all" else "This path") + self.limits

    @property
    def brief(self) -> str:
        """The counts, those that are not 0; of a search for the smallest set, what it found."""
        if self.found.get("smallest"):
            return smallest_words(self.found)
        counts = self.found["counts"]
        some = [f"{counts[name]:,} {name}" for name in OUTCOMES if counts.get(name)]
        return ", ".join(some) or "nothing asked"

    @property
    def paths(self) -> str:
        """Along the input's path ("same") or along all paths."""
        return str(self.found.get("paths", "same"))


def plainest(answers: Sequence[Answer], paths: str) -> Answer | None:
    """Of the answers along these paths the one that says most by itself: about single features, limited to nothing."""
    found = [answer for answer in answers if answer.paths == paths]
    return min(found, key=lambda answer: (not answer.usual, bool(answer.limits), not answer.single), default=None)


def answers_of(exhibit: Json, read: Reader, beside: str) -> list[Answer]:
    """The answers of an exhibit.

    Args:
        exhibit: The exhibit.
        read: Reads a certificate's file.
        beside: Where the run's folder lies, as an address seen from the page.
    """
    word = feature_word(exhibit)
    return [_answer(found, exhibit["kind"], word, read, beside) for found in exhibit["answers"]]


def feature_word(exhibit: Json) -> str:
    """What a feature of this input is called."""
    if exhibit["kind"] == "text":
        return "word"
    features: Mapping[str, Any] = exhibit["features"]
    return "pixel" if features.get("grid") else "word" if features.get("grouping") == "word" else "feature"


def _answer(found: Json, kind: str, word: str, read: Reader, beside: str) -> Answer:
    facts = text_facts(found) if kind == "text" else feature_facts(found, word)
    verdict = str(found.get("verdict"))
    return Answer(
        title=_title(found, kind, word),
        verdict=verdict if verdict in ("attack", "proved") else "undecided",
        words=verdict_words(found),
        facts=[*facts, *apart_facts(found.get("made"))],
        command=str(found.get("command") or ""),
        proof=_proof(found.get("certificate"), read, beside),
        found=found,
    )


def _title(found: Json, kind: str, word: str) -> str:
    paths = "all paths" if found.get("paths") == "all" else "this path"
    size = found.get("size")
    if kind == "text":
        what = "fewest words" if size is None else f"at most {size} words" if size != 1 else "one word"
    elif found.get("smallest"):
        what = f"fewest {word}s"
    else:
        what = f"one {word}" if size == 1 else f"{size} {word}s together"
    return f"{what}, {paths}{_limits(found)}"


def _limits(found: Json) -> str:
    """What an answer leaves out, so that it is not taken for one about everything."""
    choices = found.get("choices")
    places = choices.get("positions") if isinstance(choices, dict) else None
    asked, target = found.get("features_asked"), found.get("target")
    chosen = f", only {len(asked):,} features" if asked is not None else ""
    chosen += f", only {len(places):,} places" if isinstance(places, list) else ""
    return chosen + (f", to label {target}" if target is not None else "")


def _proof(found: Json | None, read: Reader, beside: str) -> Proof | None:
    if not found:
        return None
    name, sha256 = str(found.get("file") or ""), str(found.get("sha256") or "")
    inner = _inner(name)
    held = read(name) if inner else None
    whole = held is not None and len(held) <= EMBEDDED and hashlib.sha256(held).hexdigest() == sha256
    address = "data:application/gzip;base64," + base64.b64encode(held).decode() if whole and held is not None else ""
    return Proof(
        name=PurePosixPath(name).name,
        place=beside + quote(name) if inner else "",
        inside=address,
        sha256=sha256,
        said=str(found.get("said") or ""),
        command=str(found.get("command") or ""),
    )


def _inner(name: str) -> bool:
    """Does a name stay inside the run's folder, whatever system reads it?"""
    path = PurePosixPath(name)
    plain = bool(path.parts) and not path.is_absolute() and ".." not in path.parts
    return plain and not any(character in name for character in ":\\\0")
