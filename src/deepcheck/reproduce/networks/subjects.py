"""The networks that are measured, by group."""

from dataclasses import dataclass
from pathlib import Path
from typing import final

from deepcheck import zoo
from deepcheck.program import Program
from deepcheck.reproduce.networks.rules import DOMAINS_OF, MEAN, QUICK_CONTROLS, SHARED, STD
from deepcheck.reproduce.randomised import randomised
from deepcheck.reproduce.rules import DOMAINS, NETWORK
from deepcheck.verbs import load

TRAINED = ("seeds", "chosen", "shared")
CONTROL = ("permuted", "fresh")
GROUPS = TRAINED + CONTROL


@final
@dataclass(frozen=True)
class Subject:
    """A network and the group that it is counted in.

    Attributes:
        name: Unique among the subjects.
        group: One of `GROUPS`.
        program: The network.
    """

    name: str
    group: str
    program: Program

    @property
    def domains(self) -> tuple[str, ...]:
        """Where its pixels may go."""
        return DOMAINS_OF.get(self.group, tuple(DOMAINS))


def subjects(program: Program, models: Path | None, quick: bool) -> tuple[list[Subject], list[str]]:
    """All networks, and the names of those whose file is not there.

    Args:
        program: The network of the study, whose weights are randomised for control.
        models: The folder of the shared networks; None leaves them out.
        quick: Take few networks for control.

    Raises:
        ModelError: If a file of a shared network cannot be read.
    """
    files = {name: None if models is None else models / f"{name}.onnx" for name in SHARED}
    found = [Subject(name, "seeds", load(zoo.path(name))) for name in zoo.seeds()]
    found.append(Subject(NETWORK, "chosen", program))
    found += [Subject(name, "shared", load(file, mean=MEAN, std=STD)) for name, file in files.items() if _there(file)]
    for kind, programs in randomised(program).items():
        kept = programs[:QUICK_CONTROLS] if quick else programs
        found += [Subject(f"{NETWORK} {kind} {seed}", kind, some) for seed, some in enumerate(kept)]
    return found, [name for name, file in files.items() if not _there(file)]


def _there(file: Path | None) -> bool:
    return file is not None and file.is_file()
