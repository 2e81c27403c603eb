from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tiny_models import two_sums

from deepcheck.__main__ import main


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command in this process."""

    def run(*words: object) -> Answer:
        capsys.readouterr()
        status = main([str(word) for word in words])
        found = capsys.readouterr()
        return Answer(status, found.out, found.err)

    return run


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return two_sums(tmp_path / "two_sums.onnx")
