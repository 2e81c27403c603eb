"""What goes with the exhibits of ``deepcheck run``: names, commands that ask again; and what is said at the end."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepcheck.cli.collections import Collection
from deepcheck.cli.recording import command_line, true_of

if TYPE_CHECKING:
    from deepcheck.program import Program
    from deepcheck.verbs.running_exhibits import Exhibited, Labelled, Wanted

EXHIBITS_SCHEMA = 1


def labelled(
    model: str,
    chosen: Collection,
    program: "Program",
    *,
    out: Path,
    data: Path | None,
    limit_seconds: float,
    given: Mapping[str, Any],
) -> "Labelled":
    """Names and commands for the exhibits of a run.

    Args:
        model: MODEL as it was given.
        chosen: The inputs.
        program: The model.
        out: The run's folder.
        data: The folder of all data sets, if given.
        limit_seconds: The time limit of one input and question; 0 for none.
        given: Options that an attack needs, too, as they were given, or None.
    """
    from deepcheck.verbs.exhibit_heads import Names
    from deepcheck.verbs.exhibiting import Made
    from deepcheck.verbs.running_exhibits import Labelled

    whole = command_line()
    options = _options(given)
    _, classes = true_of(chosen.name, 0, data)
    classes = chosen.label_names or classes
    fits = classes is not None and len(classes) == program.decided().labels

    def command(item: int, paths: str) -> str:
        if not chosen.inputs:
            return whole
        size = ["--size", "smallest", "--paths", "all"] if paths == "smallest" else ["--paths", paths]
        limit = ["--timeout", f"{limit_seconds:g}"] if limit_seconds else []
        return shlex.join(["deepcheck", "attack", model, chosen.inputs[item], *size, *limit, *options])

    return Labelled(
        name_of=lambda item: chosen.names[item],
        command=command,
        check=lambda file: shlex.join(["deepcheck", "check", str(out / file), "--model", model]),
        called=Names(chosen.feature_names or None, classes if fits else None),
        made=Made(whole),
    )


def _options(given: Mapping[str, Any]) -> list[str]:
    """Options as words of a command line."""
    found = []
    for name, value in given.items():
        if value is not None:
            found += [name] if value is True else [f"{name}={value}"]
    return found


def tell(kept: "Exhibited", wanted: "Wanted", *, as_json: bool) -> int:
    """Say what a run has kept; the exit status.

    Raises:
        KeyboardInterrupt: If somebody stopped it.
    """
    from deepcheck.cli import showing
    from deepcheck.verbs.running_exhibits import ALONG

    if kept.repeated:
        showing.say(f"{kept.repeated} of {kept.asked} images were in {wanted.out} already")
    for (item, paths), why in kept.refused.items():
        showing.say(f"no certificate of image {item}, {_where(paths)}: {why}")
    counts = {paths: kept.counts(paths) for paths in ALONG[wanted.paths]}
    if as_json:
        showing.print_json(
            {
                "schema": EXHIBITS_SCHEMA,
                "kind": "exhibits",
                "dataset": wanted.name,
                "images": kept.asked,
                "kept": len(kept.kept),
                "paths": counts,
                "domain": wanted.domain.describe(),
            }
        )
    else:
        from deepcheck.display.tables import print_table

        print(f"{len(kept.kept)} of {kept.asked} images of {wanted.name}, {wanted.domain.describe()}, single features")
        rows = [[_where(paths), *found.values()] for paths, found in counts.items()]
        print_table(["", "attack", "proved", "undecided"], rows, title="images by verdict", left=1)
    folder = shlex.quote(str(wanted.out))
    showing.say(f"kept in {wanted.out}: deepcheck report {folder} -o report.html shows it")
    if kept.interrupted:
        raise KeyboardInterrupt
    return 1 if any(found["undecided"] for found in counts.values()) else 0


def _where(paths: str) -> str:
    return "along any path" if paths == "all" else "along its own path"
