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
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command in this process, whose command line is then the command's."""

    def run(*words: object) -> Answer:
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", ["deepcheck", *map(str, words)])
        status = main()
        found = capsys.readouterr()
        return Answer(status, found.out, found.err)

    return run


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return two_sums(tmp_path / "two_sums.onnx")
