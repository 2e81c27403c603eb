"""Assert that no few features change a label: for tests and for scripts that sign a model off."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from deepcheck.attacks import Attacks, Result
from deepcheck.domains import Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import NotRobust, OptionError
from deepcheck.program import Array, Program
from deepcheck.report.witness_words import attack_in_words, label_in_words, least_attack, one_line
from deepcheck.verbs.attacking import attack

LISTED = 5
"""So many inputs that fail are described; the rest are counted."""


def assert_robust(
    program: Program,
    x: Array,
    *,
    label: int | Sequence[int] | Array | None = None,
    size: int | str = 1,
    paths: str = "all",
    features: Sequence[int] | Array | None = None,
    exclude: Sequence[int] | Array | None = None,
    target: int | None = None,
    domain: Pixels | None = None,
    timeout: float | None = None,
    undecided: Literal["fail", "allow"] = "fail",
    features_as: Grouping | None = None,
    layout: Layout = "nchw",
    names: Sequence[str] = (),
    label_names: Sequence[str] = (),
) -> Result | Attacks:
    """Assert that changing at most ``size`` of the features, within the domain, does not change the label.

    The assertion holds for the paths, the features, the size and the domain given, and for nothing beyond; each
    result's ``scope``, ``domain`` and ``semantics`` say so. Its proofs are those of `attack`.

    Args:
        program: The program.
        x: Pixels, ``input_shape``, or a batch of them.
        label: The label that the input must have, one for each of a batch (or one for all); by default whichever it
            has.
        size: How many features change at once at most, or "all" of ``features``.
        paths: "all": along any path. "same": only along the input's own, which says nothing about other paths.
        features: Only these features, by index or as a mask; by default all.
        exclude: None of these.
        target: Only this new label counts.
        domain: Where features may go; by default ``[0, 1]`` where the input lies in it.
        timeout: Seconds of this call, after which the rest stays undecided.
        undecided: "fail": an open question fails. "allow": it passes, and the result says that it is open.
        features_as: "element" or "pixel" (all channels at one position).
        layout: Where a pixel's channels are.
        names: Of the features, for the message.
        label_names: Of the labels, likewise.

    Returns:
        The result, or for a batch the results.

    Raises:
        NotRobust: If an input is attacked, its question is open, or it has another label: an `AssertionError`.
        OptionError: If an option has no meaning.
        InputError: If the input does not fit the program or lies outside its domain.
    """
    __tracebackhide__ = True  # pytest shows the line that called
    if undecided not in ("fail", "allow"):
        raise OptionError(f"expected undecided='fail' or 'allow', got {undecided!r}")
    batch = np.ndim(x) != len(program.input_shape)
    wanted = _wanted(label, len(program.batch(x)), program)
    found = attack(
        program,
        x,
        size=size,
        paths=paths,
        features=features,
        exclude=exclude,
        target=target,
        domain=domain,
        timeout=timeout,
        features_as=features_as,
        layout=layout,
    )
    results = [found] if isinstance(found, Result) else list(found)
    _check_names(names, label_names, results)
    said = [
        _complaint(result, expected, undecided, timeout, names, label_names)
        for result, expected in zip(results, wanted, strict=True)
    ]
    failed = [(position, text) for position, text in enumerate(said) if text]
    if failed:
        raise NotRobust(_message(failed, results, batch=batch), results)
    return found


def _wanted(label: int | Sequence[int] | Array | None, count: int, program: Program) -> list[int | None]:
    """The label that each input must have; None for any.

    Raises:
        OptionError: If they are no labels of the program, or not one for each input.
    """
    if label is None:
        return [None] * count
    try:
        given, labels = np.asarray(label), program.decided().labels
    except ValueError:
        raise OptionError(
            f"expected one label, or one for each of {count} inputs, got lists of several lengths"
        ) from None
    if given.dtype.kind not in "iu" or given.ndim > 1 or (given.ndim == 1 and len(given) != count):
        raise OptionError(f"expected one label, or one for each of {count} inputs, got {one_line(repr(label))}")
    if given.size and not 0 <= given.min() <= given.max() < labels:
        raise OptionError(f"expected labels from 0 to {labels - 1}, got {one_line(repr(label))}")
    return [int(each) for each in np.broadcast_to(given, (count,))]


def _check_names(names: Sequence[str], label_names: Sequence[str], results: Sequence[Result]) -> None:
    for result in results[:1]:
        counts = (result.study.features.count, result.study.program.decided().labels)
        for given, count, what in zip((names, label_names), counts, ("features", "labels"), strict=True):
            if given and len(given) != count:
                raise OptionError(f"expected {count} names of {what}, or none, got {len(given)}")


def _complaint(
    result: Result,
    expected: int | None,
    undecided: str,
    timeout: float | None,
    names: Sequence[str],
    label_names: Sequence[str],
) -> str:
    """What is wrong with one input; "" where nothing is."""
    if expected is not None and result.label != expected:
        labelled, wanted = (label_in_words(label, label_names) for label in (result.label, expected))
        return f"labelled {labelled}, expected {wanted}, before anything is changed"
    if result.verdict == "attack":
        shown = least_attack(result)
        return str(result) + ("" if shown is None else f"\n    {attack_in_words(shown, result, names, label_names)}")
    if result.verdict == "undecided" and undecided == "fail":
        return f"{result}\n    {_remedy(result, timeout)}"
    return ""


def _remedy(result: Result, timeout: float | None) -> str:
    allow = "or undecided='allow' where an open question may pass"
    if result.counts["untried"] and timeout is not None:
        return f"ask with a longer timeout= (now {timeout:g} s) or fewer features=, {allow}"
    return f"ask about fewer features= or a smaller domain=, {allow}"


def _message(failed: Sequence[tuple[int, str]], results: Sequence[Result], *, batch: bool) -> str:
    """Which inputs failed, how, and how to ask again."""
    program, asked = results[0].study.program, results[0].study.asked
    size, several = results[0].size, len(results[0].order)
    what = "any single one" if size == 1 else f"at most {size}"
    where = "along any path" if asked.paths == "all" else "along its own path"
    changed = f"with {what} of {several} features changed, {results[0].domain.describe()}, {where}"
    was = "the label was to stay" if asked.target is None else f"the label was not to become {asked.target}"
    lines = [f"{len(failed)} of {len(results)} inputs failed: {was} {changed}"]
    for position, text in failed[:LISTED]:
        lines.append(f"  {f'input {position}: ' if batch else ''}{text}")
    if len(failed) > LISTED:
        lines.append(f"  and {len(failed) - LISTED} more")
    which = f"x[{failed[0][0]}]" if batch else "x"
    target = "" if asked.target is None else f", target={asked.target}"
    name, sha256 = one_line(program.origin.name), program.origin.sha256
    lines.append(f"  model: {name}, sha256 {sha256}")
    lines.append(
        f"  again: deepcheck.attack(program, {which}, size={size}, paths='{asked.paths}'{target}), "
        "with the same domain= and features="
    )
    return "\n".join(lines)
