"""``deepcheck attack``: the few features that, changed, overturn the prediction; or a proof that none do."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deepcheck.cli.options import (
    TABLE_ROWS,
    Bounds,
    Budget,
    Data,
    Decision,
    Exclude,
    FeaturesAs,
    Input,
    InputShape,
    Json,
    Layout,
    Levels,
    Limit,
    Mask,
    Mean,
    Model,
    NoBatch,
    Output,
    Plot,
    Std,
    Unbounded,
)
from deepcheck.errors import OptionError

if TYPE_CHECKING:
    from deepcheck.attacks import Result
    from deepcheck.cli.inputs import Question

SOLVERS = "auto, interval, polygon, lp, milp or smt"


def attack(
    model: Model,
    x: Input,
    size: Annotated[
        str,
        typer.Option(
            metavar="T|all|smallest",
            help="Sets of so many features; all: those of --features, or the shortlist; smallest: the least that work.",
        ),
    ] = "1",
    features: Annotated[str | None, typer.Option(metavar="I,J,...", help="Try only these features.")] = None,
    exclude: Exclude = None,
    mask: Mask = None,
    order: Annotated[
        str, typer.Option(metavar="METRIC", help="Try by falling coi, co, abs or reach; none: in index order.")
    ] = "none",
    shortlist: Annotated[
        str | None, typer.Option(metavar="5%|N", help="Try only the top of the order: a percentage or a number.")
    ] = None,
    first: Annotated[bool, typer.Option("--first/--all", help="Stop at the first attackable set.")] = False,
    target: Annotated[int | None, typer.Option(metavar="LABEL", help="Only this new label counts.")] = None,
    bounds: Bounds = None,
    unbounded: Unbounded = False,
    mean: Mean = None,
    std: Std = None,
    levels: Levels = None,
    objective: Annotated[
        str, typer.Option(metavar="GOAL", help="The witness shown: largest 'margin', or smallest change 'l1', 'linf'.")
    ] = "margin",
    solver: Annotated[str, typer.Option(metavar="NAME", help=f"{SOLVERS}.")] = "auto",
    paths: Annotated[str, typer.Option(metavar="same|all", help="The path that the input takes, or any.")] = "same",
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="Leave the rest untried then.")] = None,
    memory: Annotated[
        float | None, typer.Option(metavar="MIB", help="Memory for the columns of one pass; by default 256 MiB.")
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Of sets over all paths: keep there what is known, now and then and at the end, Ctrl-C included; the "
            "same command goes on from there.",
        ),
    ] = None,
    limit: Limit = None,
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write each listed witness: .npy, and .png of an image.")
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what 'deepcheck check' can check; compressed if FILE ends in .gz."),
    ] = None,
    plot: Plot = None,
    out: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Keep the answer in a run's folder, for 'deepcheck report RUN'.")
    ] = None,
    require: Annotated[
        str | None,
        typer.Option(metavar="proved|attack", help="Exit with status 1, a check that failed, on another verdict."),
    ] = None,
    junit: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the verdict as JUnit XML: what is required (by default 'proved') passes."
        ),
    ] = None,
    sarif: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the verdict as SARIF 2.1.0: rules DC001 to DC003.")
    ] = None,
    names: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Names of the features: one a line, or a CSV file's header.")
    ] = None,
    label_names: Annotated[
        str | None, typer.Option(metavar="A,B,...|FILE", help="Names of the labels, in the order of the scores.")
    ] = None,
    features_as: FeaturesAs = None,
    layout: Layout = "nchw",
    decision: Decision = None,
    output_tensor: Output = None,
    input_shape: InputShape = None,
    no_batch_axis: NoBatch = False,
    budget: Budget = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Find the features, or sets of a few, that, changed, overturn the prediction; or prove that there are none.

    The answer is exact, for the path that the input takes; each witness is replayed on the untouched model.
    Exit status: 0 attack or proved, 1 undecided or, with --require, another verdict than required, 2 bad input.
    """
    import deepcheck
    from deepcheck.cli import (
        attack_files,
        attack_printing,
        attack_ranges,
        attack_reports,
        inputs,
        naming,
        recording,
        showing,
        values,
    )

    values.picture(plot)
    wanted = attack_reports.wanted(junit, sarif, require)
    program = inputs.read_program(
        model, inputs.ModelOptions(mean, std, decision, output_tensor, input_shape, no_batch_axis, budget)
    )
    domain = values.domain(bounds, unbounded, levels, program)
    channels = values.layout(layout)
    grouping = values.grouping(features_as)
    question = inputs.read_input(x, program, domain=domain, layout=channels, data=data)
    grouped = deepcheck.Features.of(program.input_shape, grouping, channels)
    called = attack_printing.Names(
        naming.feature_names(names, grouped.count) or question.feature_names,
        naming.label_names(label_names, program.decided().labels) or question.label_names,
    )
    metric = None if order == "none" else order
    count = values.size(size)
    common: dict[str, Any] = {
        "features": values.features(features, mask),
        "exclude": values.indices(exclude, "--exclude"),
        "target": target,
        "domain": question.domain,
        "timeout": timeout,
        "features_as": grouping,
        "layout": channels,
    }
    result: Result
    if count == "smallest":
        _only_for_sets(order, shortlist, first, objective, solver)
        with showing.working("looking for the smallest set") as advance:
            report = showing.bounds(advance)
            result = deepcheck.smallest(program, question.pixels, **common, paths=paths, report=report, state=state)
    else:
        with showing.working(f"trying {'every feature' if count == 1 else f'sets of {count} features'}") as advance:
            found = deepcheck.attack(
                program,
                question.pixels,
                **common,
                size=count,
                order=metric,
                shortlist=shortlist,
                first=first,
                objective=objective,
                solver=solver,
                paths=paths,
                memory_bytes=values.mebibytes(memory),
                state=state,
                progress=showing.shares(advance),
            )
            assert isinstance(found, deepcheck.Result)
            result = found
    if state is not None and state.is_file():
        showing.say(f"kept in {state}: the same command goes on from there")
    listed = result.attacks[: limit if as_json or limit is not None else TABLE_ROWS]
    made = None
    if certificate is not None:
        with showing.working("writing the evidence down") as advance:
            made = deepcheck.certificate(result, timeout=timeout, progress=showing.shares(advance))
        deepcheck.save_certificate(made, certificate)
        showing.say(f"wrote {certificate}: {made}")
    if plot is not None and attack_ranges.drawable(result, called):
        attack_ranges.draw(plot, result, called)
    elif plot is not None:
        attack_files.draw(plot, result, question, order=metric, layout=channels)
    if save is not None:
        attack_files.save(save, listed, result, question, layout=channels)
    if out is not None:
        recording.record_attack(
            out,
            result,
            model=model,
            name=x,
            data=data,
            timeout=timeout,
            certificate=made,
            true_label=question.true_label,
            label_names=called.labels or None,
            feature_names=called.features or None,
        )
    attack_reports.write_reports(result, wanted, model=model, name=x, names=called)
    if as_json:
        showing.print_json(deepcheck.as_json(result, limit))
    else:
        given = bounds is not None or unbounded
        attack_printing.print_result(result, listed, default="" if given else _default(question), names=called)
    raise typer.Exit(attack_reports.exit_status(result, wanted.required))


def _default(question: "Question") -> str:
    """What the domain is, where nobody asked for it."""
    if question.domain.per_element:
        return "each measurement within its range in the training samples, widened to hold this one (the default"
    return f"{question.domain.describe()} (the default"


def _only_for_sets(order: str, shortlist: str | None, first: bool, objective: str, solver: str) -> None:
    """Refuse options that the search for the smallest set would not heed."""
    asked = (order, shortlist, first, objective, solver)
    names = ("--order", "--shortlist", "--first", "--objective", "--solver")
    usual = ("none", None, False, "margin", "auto")
    for name, given, default in zip(names, asked, usual, strict=True):
        if given != default:
            raise OptionError(f"expected no {name} with --size smallest, which looks at all sets itself")
