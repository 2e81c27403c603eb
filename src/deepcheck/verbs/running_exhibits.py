"""Everything about the first inputs of a data set, kept on disk as exhibits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import numpy as np

from deepcheck.attacks import Attacks, Result, SmallestResult
from deepcheck.campaign import Report
from deepcheck.campaign.batches import batches_of, in_batches
from deepcheck.domains import Features, Pixels
from deepcheck.domains.features import Grouping, Layout
from deepcheck.errors import InputError, OptionError
from deepcheck.program import Array, Program
from deepcheck.report.exhibit import Exhibit
from deepcheck.report.exhibit_keeping import keep
from deepcheck.runs import Source, Store
from deepcheck.verbs.attacking import attack
from deepcheck.verbs.certifying import certificate
from deepcheck.verbs.exhibit_heads import Names, input_digest
from deepcheck.verbs.exhibiting import Made, Said, exhibits
from deepcheck.verbs.keeping import STORE, exhibit_source, folder_of, keep_certificate

ALONG: Mapping[str, tuple[str, ...]] = {"same": ("same",), "all": ("all",), "both": ("same", "all")}
"""Which questions are asked for each word."""


@dataclass(frozen=True)
class Labelled:
    """What goes with the exhibits of a run.

    Attributes:
        name_of: What an input is called, by its place.
        command: The command that asks again about an input, by its place, along which paths.
        check: The command that checks a certificate, by its file's name in the run's folder.
        called: What features and labels are called.
        made: How all this came about.
    """

    name_of: Callable[[int], str] = field(default=lambda item: f"input {item}")
    command: Callable[[int, str], str] = field(default=lambda item, paths: "")
    check: Callable[[str], str] = field(default=lambda file: "")
    called: Names = field(default_factory=Names)
    made: Made = field(default_factory=Made)


@final
@dataclass(frozen=True)
class Exhibited:
    """What a run has kept.

    Attributes:
        kept: The exhibits asked for, by the place of their inputs, as far as they are there.
        asked: How many were asked for.
        repeated: How many of them were there before this call.
        interrupted: Did somebody stop it?
        refused: Why certificates could not be made, by the place of the input and the paths.
    """

    kept: Mapping[int, Exhibit]
    asked: int
    repeated: int
    interrupted: bool
    refused: Mapping[tuple[int, str], str]

    def counts(self, paths: str) -> dict[str, int]:
        """How many inputs have each verdict about single features along these paths."""
        found = dict.fromkeys(("attack", "proved", "undecided"), 0)
        for exhibit in self.kept.values():
            answer = single_answer(exhibit, paths)
            if answer is not None:
                found[answer["verdict"]] += 1
        return found


@dataclass(frozen=True)
class Wanted:
    """What is asked about each input, and where it is kept.

    Attributes:
        out: The run's folder, made where there is none; its answers are in ``run.sqlite``.
        name: What the data set is called.
        paths: Along each input's own path ("same"), along "all" paths, or "both".
        limit_seconds: The time limit of one input and question; None for none.
        certificates: Write a certificate of each answer into the run's folder?
        domain: Where features may go.
        features_as: "element" or "pixel" (all channels at one position).
        layout: Where a pixel's channels are.
        labelled: Names and commands.
    """

    out: Path
    name: str = ""
    paths: str = "both"
    limit_seconds: float | None = 60.0
    certificates: bool = False
    domain: Pixels = field(default_factory=Pixels)
    features_as: Grouping | None = None
    layout: Layout = "nchw"
    labelled: Labelled = field(default_factory=Labelled)


@dataclass(frozen=True)
class _Call:
    """One call: what is asked of which inputs, and where it is kept."""

    program: Program
    inputs: Array
    labels: Array | None
    features: Features
    source: Source
    wanted: Wanted

    @property
    def paths(self) -> tuple[str, ...]:
        """Along which paths each input is asked about."""
        return ALONG[self.wanted.paths]

    def ask(self, items: Sequence[int]) -> dict[str, list[Result]]:
        """The results of a batch, by paths."""
        return {paths: self._along(list(items), paths, self.wanted.limit_seconds) for paths in self.paths}

    def _along(self, items: list[int], paths: str, limit: float | None) -> list[Result]:
        found = attack(
            self.program, self.inputs[items], paths=paths, timeout=limit, domain=self.wanted.domain,
            features_as=self.features.grouping, layout=self.features.layout,
        )  # fmt: skip
        results = list(found) if isinstance(found, Attacks) else [found]
        if len(items) == 1:
            return results
        return [
            self._along([item], paths, limit)[0] if result.counts["untried"] else result
            for item, result in zip(items, results, strict=True)
        ]

    def keep(
        self, store: Store, items: Sequence[int], found: Mapping[str, list[Result]], more: Sequence[Result] = ()
    ) -> tuple[list[Exhibit], dict[tuple[int, str], str]]:
        """Keep the exhibits of a batch, certificates first."""
        results, said, refused = [], [], {}
        for at, item in enumerate(items):
            own = [found[paths][at] for paths in self.paths]
            with_each = []
            for result, paths in zip(own, self.paths, strict=True):
                held, why = self._certificate(item, result, paths)
                with_each.append(Said(self.wanted.labelled.command(item, paths), self.wanted.limit_seconds, held))
                if why:
                    refused[item, paths] = why
            results.append([*own, *more])
            smallest = self.wanted.labelled.command(item, "smallest")
            said.append([*with_each, *(Said(smallest, self.wanted.limit_seconds) for _ in more)])
        made = exhibits(
            results,
            names=[self.wanted.labelled.name_of(item) for item in items],
            true_labels=None if self.labels is None else [int(self.labels[item]) for item in items],
            said=said,
            called=self.wanted.labelled.called,
            made=self.wanted.labelled.made,
        )
        with store.together():
            return [keep(store, self.source, item, each) for item, each in zip(items, made, strict=True)], refused

    def _certificate(self, item: int, result: Result, paths: str) -> tuple[dict[str, Any] | None, str]:
        if not self.wanted.certificates:
            return None, ""
        try:
            made = certificate(result, timeout=self.wanted.limit_seconds)
        except OptionError as problem:
            return None, str(problem)
        held = keep_certificate(self.wanted.out, made, f"{self.wanted.labelled.name_of(item)}-{paths}")
        return held | {"command": self.wanted.labelled.check(held["file"])}, ""

    def stands(self, item: int, held: Mapping[str, Any] | None) -> Exhibit | None:
        """What is kept about an input, unless asking again would tell more."""
        if held is None:
            return None
        exhibit = Exhibit.from_json(held)
        received = self.program.preprocessing.model_input(self.inputs[item][None], self.program.dtype)[0]
        if exhibit.held["input"]["sha256"] != input_digest(received):
            return None
        answers = [single_answer(exhibit, paths) for paths in self.paths]
        return exhibit if all(answer is not None and self._enough(answer) for answer in answers) else None

    def _enough(self, answer: Mapping[str, Any]) -> bool:
        had = answer["timeout"]
        longer = had is not None and (self.wanted.limit_seconds is None or self.wanted.limit_seconds > had)
        if answer["counts"]["untried"] and longer:
            return False
        held = answer["certificate"]
        return not self.wanted.certificates or (held is not None and (self.wanted.out / held["file"]).is_file())


def run_exhibits(
    program: Program,
    images: Array,
    labels: Array | None,
    wanted: Wanted,
    *,
    items: Sequence[int] | None = None,
    report: Report | None = None,
) -> Exhibited:
    """Ask about every single feature of many inputs, and keep all that a report shows of each as it comes.

    A run that was stopped goes on where it was. What is kept counts only for the same model file, domain and input.

    Args:
        program: The program.
        images: Pixels, ``(items, *input_shape)``.
        labels: Their true labels, ``(items,)``, or None; inputs that are labelled wrongly are asked about like others.
        wanted: What is asked, and where it is kept.
        items: Only these inputs, by their places; by default all.
        report: Told how far it is.

    Raises:
        OptionError: If an option has no meaning.
        InputError: If an input does not fit the program or lies outside its domain.
        DataError: If the folder's store is damaged, or of something else.
        NoDecision: If the network is a regression.
    """
    call = _call(program, images, labels, wanted)
    asked = list(range(len(call.inputs))) if items is None else [int(item) for item in items]
    refused: dict[tuple[int, str], str] = {}
    with Store.opened(wanted.out / STORE) as store:
        standing = {item: call.stands(item, store.answer(call.source, item)) for item in asked}
        kept = {item: exhibit for item, exhibit in standing.items() if exhibit is not None}
        repeated = len(kept)

        def ask(batch: Sequence[int], stopped: Callable[[], bool]) -> int:
            found = call.ask(batch)
            if stopped():
                return 0
            made, why = call.keep(store, batch, found)
            kept.update(zip(batch, made, strict=True))
            refused.update(why)
            return sum(any(answer["verdict"] == "undecided" for answer in each.answers) for each in made)

        left = batches_of(sorted(set(asked) - set(kept)), program.products)
        done = in_batches(left, ask, before=repeated, report=report or _nothing)
    return Exhibited(
        {item: kept[item] for item in asked if item in kept}, len(asked), repeated, done.interrupted, refused
    )


def keeper(
    program: Program, images: Array, labels: Array | None, wanted: Wanted
) -> Callable[[int, SmallestResult], None]:
    """What keeps the exhibit of an input, by its place, as soon as its smallest set is known."""
    call = _call(program, images, labels, wanted)

    def keep_one(item: int, result: SmallestResult) -> None:
        with Store.opened(wanted.out / STORE) as store:
            call.keep(store, [item], call.ask([item]), [result])

    return keep_one


def single_answer(exhibit: Exhibit, paths: str) -> Mapping[str, Any] | None:
    """The answer about every single feature of an input along these paths, or None."""
    usual = {
        "size": 1, "paths": paths, "target": None, "order": None, "shortlist": None, "first_only": False,
        "features_asked": None, "objective": "margin",
    }  # fmt: skip
    for answer in exhibit.answers:
        if "smallest" not in answer and all(answer.get(name) == value for name, value in usual.items()):
            return answer
    return None


def _call(program: Program, images: Array, labels: Array | None, wanted: Wanted) -> _Call:
    if wanted.paths not in ALONG:
        raise OptionError(f"expected paths of same, all or both, got '{wanted.paths}'")
    inputs = np.asarray(images)
    if inputs.ndim != len(program.input_shape) + 1 or not len(inputs):
        raise InputError(f"expected a batch of inputs of shape {program.input_shape}, got an array {inputs.shape}")
    if labels is not None and np.shape(labels) != (len(inputs),):
        raise InputError(f"expected one label for each of {len(inputs)} inputs, got labels of shape {np.shape(labels)}")
    program.decided()
    features = Features.of(program.input_shape, wanted.features_as, wanted.layout)
    source = exhibit_source(program, features, wanted.domain, wanted.name)
    folder_of(wanted.out)
    return _Call(program, program.batch(inputs), labels, features, source, wanted)


def _nothing(place: object) -> None:
    """Report nothing."""
