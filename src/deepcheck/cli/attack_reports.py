"""What ``deepcheck attack`` says to machines: JUnit XML, SARIF, and an exit status."""

import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import deepcheck
from deepcheck.cli.attack_printing import Names
from deepcheck.cli.recording import command_line
from deepcheck.cli.showing import say
from deepcheck.display.files import write_atomically
from deepcheck.errors import OptionError
from deepcheck.report.checked import Checked, Verdict, checked
from deepcheck.report.junit import junit
from deepcheck.report.sarif import sarif

if TYPE_CHECKING:
    from deepcheck.attacks import Result

REQUIRABLE: tuple[Verdict, ...] = ("proved", "attack")


@dataclass(frozen=True)
class Wanted:
    """What was asked for.

    Attributes:
        junit: The JUnit XML file, or None.
        sarif: The SARIF file, or None.
        required: The verdict that is required, or None.
        started: When the question was asked.
    """

    junit: Path | None
    sarif: Path | None
    required: Verdict | None
    started: datetime


def wanted(junit: Path | None, sarif: Path | None, require: str | None) -> Wanted:
    """Read the options, before any work is done for them.

    Raises:
        OptionError: If no such verdict can be required, or both files are one.
    """
    if junit is not None and sarif is not None and junit.resolve() == sarif.resolve():
        raise OptionError(f"expected two files for --junit and --sarif, got {junit} twice")
    found = [verdict for verdict in REQUIRABLE if verdict == require]
    if require is not None and not found:
        raise OptionError(f"expected --require proved or attack, got '{require}'")
    return Wanted(junit, sarif, found[0] if found else None, datetime.now(UTC))


def exit_status(result: "Result", required: Verdict | None) -> int:
    """0 where the question is answered, and as required; else 1."""
    if result.verdict == "undecided" or required not in (None, result.verdict):
        return 1
    return 0


def write_reports(result: "Result", asked: Wanted, *, model: str, name: str, names: Names) -> None:
    """Write the files asked for.

    Args:
        result: The result.
        asked: What was asked for.
        model: MODEL as it was given.
        name: INPUT as it was given.
        names: Of features and labels.
    """
    if asked.junit is None and asked.sarif is None:
        return
    found = _checked(result, asked, model, name, names)
    if asked.junit is not None:
        date = asked.started.strftime("%Y-%m-%dT%H:%M:%S")
        content = junit([found], required=asked.required or "proved", suite="deepcheck attack", date=date)
        _write(asked.junit, content)
    if asked.sarif is not None:
        started, ended = (
            time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            for time in (asked.started, datetime.now(UTC))
        )
        content = sarif(
            [found],
            version=deepcheck.__version__,
            command=command_line(),
            exit_status=exit_status(result, asked.required),
            started=started,
            ended=ended,
        )
        _write(asked.sarif, content)


def _checked(result: "Result", asked: Wanted, model: str, name: str, names: Names) -> Checked:
    packages = {package: version(package) for package in ("numpy", "onnx", "onnxruntime")}
    facts = {
        "command": command_line(),
        "deepcheck": deepcheck.__version__,
        "python": platform.python_version(),
        **packages,
        **({} if asked.required is None else {"required": asked.required}),
    }
    return checked(
        result,
        name=name,
        model=model,
        input_file=name if Path(name).is_file() else "",
        facts=facts,
        names=names.features,
        label_names=names.labels,
    )


def _write(file: Path, content: bytes) -> None:
    write_atomically(file, lambda stream: stream.write(content))
    say(f"wrote {file}")
