"""Certificates: what was found, with evidence that `deepcheck.certify.checker` accepts without trusting us."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import onnx

from deepcheck.certify import checker as independent
from deepcheck.certify.checker import AllPaths, Rejected, SamePath
from deepcheck.certify.claims import Attacked, Claim, attack
from deepcheck.certify.refutations import Refuter
from deepcheck.errors import OptionError, UnsupportedModel


@dataclass(frozen=True)
class Certificate:
    """A claim with its evidence.

    Attributes:
        held: What is written, as one JSON object.
    """

    held: dict[str, Any] = field(repr=False)

    @property
    def verdict(self) -> str:
        """What is certified: "attack", "proved" or "undecided"."""
        return str(self.held["claim"]["verdict"])

    @property
    def scope(self) -> str:
        """Which paths it is about: "this path" or "all paths"."""
        return str(self.held["claim"]["scope"])

    @property
    def attacks(self) -> int:
        """How many attackable sets are listed."""
        return len(self.held["attacks"])

    @property
    def undecided(self) -> int:
        """How many sets are listed as undecided."""
        return len(self.held["undecided"])

    @cached_property
    def text(self) -> bytes:
        """The file's content, before it is compressed."""
        return json.dumps(self.held, separators=(",", ":")).encode()

    def bytes(self, *, compress: bool = False) -> bytes:
        """The file's content."""
        return gzip.compress(self.text, mtime=0) if compress else self.text
