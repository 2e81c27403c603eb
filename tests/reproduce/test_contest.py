"""The contest of rankings: statistics by hand and against scipy, curves by a loop, its page from made-up grades."""

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from requirements import require

from deepcheck.display.pictures import save_figure
from deepcheck.reproduce.contest.analysis import Measured, contest
from deepcheck.reproduce.contest.curves import area, areas, states
from deepcheck.reproduce.contest.expected import judged
from deepcheck.reproduce.contest.grading import Margins, grades_of
from deepcheck.reproduce.contest.markdown import contest_page
from deepcheck.reproduce.contest.picture import contest_picture
from deepcheck.reproduce.contest.rules import (
    APART,
    CONTESTANTS,
    CURVES,
    EXPECTED,
    GRADES,
    MAIN,
    SETTINGS,
)
from deepcheck.reproduce.contest.statistics import correlation, drawn, duel, means

NAMES = (*CONTESTANTS, *APART)
GRADE, NAME = list(GRADES).index, NAMES.index
NAN = float("nan")
Rows = np.ndarray


def test_samples_draw_as_many_images_as_there_are() -> None:
    counts = drawn(7, samples=50)
    assert counts.shape == (50, 7)
    assert (counts.sum(axis=1) == 7).all()
    assert counts.std() > 0.5
    np.testing.assert_array_equal(counts, drawn(7, samples=50))


def test_means_leave_out_images_without_a_value() -> None:
    found = means(np.array([[1.0, NAN, NAN], [3.0, 5.0, NAN], [8.0, 5.0, NAN]]), drawn(3))
    np.testing.assert_array_equal(found.mean, [4.0, 5.0, NAN])
    np.testing.assert_array_equal(found.images, [3, 2, 0])
    assert (found.low[0], found.high[0]) == (1.0, 8.0)  # of three images all samples can be one image
    assert (found.low[1], found.high[1]) == (5.0, 5.0)
    assert np.isnan(found.low[2])


def test_intervals_are_those_of_a_bootstrap() -> None:
    scipy = require("scipy.stats")
    values = np.random.default_rng(1).exponential(size=60)
    theirs = scipy.bootstrap(
        (values,), np.mean, n_resamples=9_999, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    ours = means(values[:, None], drawn(60))
    assert ours.mean[0] == pytest.approx(values.mean())
    assert (ours.low[0], ours.high[0]) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_a_duel_counts_images_that_grade_both() -> None:
    one = np.array([0.5, 0.2, 0.3, NAN, 0.9, 0.9])
    other = np.array([0.4, 0.3, 0.3 + 1e-15, 0.1, 0.1, 0.2])
    assert duel(one, other, more_is_better=True)[:3] == (3, 1, 1)
    assert duel(one, other, more_is_better=False)[:3] == (1, 1, 3)
    assert duel(one, other, more_is_better=True).effect == pytest.approx(2 / 5)
    assert duel(one, other, more_is_better=True).p == pytest.approx(2 * (1 + 4) / 2**4)
    assert np.isnan(duel(one[3:4], other[3:4], more_is_better=True).effect)


def test_correlations_are_spearmans() -> None:
    scipy = require("scipy.stats")
    rng = np.random.default_rng(3)
    one, other = rng.integers(5, size=(2, 4, 9)).astype(np.float64)
    expected = [scipy.spearmanr(a, b).statistic for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(correlation(one, other), expected)
    assert np.isnan(correlation(np.ones(4), np.arange(4.0)))
    assert np.isnan(correlation(np.array([1, 2, NAN]), np.arange(3.0)))


def test_states_go_from_the_image_to_black_and_back() -> None:
    without, within = states(np.array([0.2, 0.5, 0.9]), np.array([2, 0, 1]))
    np.testing.assert_array_equal(without, [[0.2, 0.5, 0.9], [0.2, 0.5, 0], [0, 0.5, 0], [0, 0, 0]])
    np.testing.assert_array_equal(within, [[0, 0, 0], [0, 0, 0.9], [0.2, 0, 0.9], [0.2, 0.5, 0.9]])


def test_areas_are_those_of_a_loop_over_pixels() -> None:
    rng = np.random.default_rng(4)
    matrix, image, order = rng.normal(size=(6, 3)), rng.random(6), rng.permutation(6)
    label = int((image @ matrix).argmax())
    expected = []
    for kind in ("probability", "label"):
        for start in (image, np.zeros(6)):
            now, curve = start.copy(), []
            for step in range(7):
                scores = np.exp(now @ matrix)
                share = scores[label] / scores.sum()
                curve.append(share if kind == "probability" else float(scores[label] >= scores.max()))
                if step < 6:
                    now[order[step]] = 0.0 if start is image else image[order[step]]
            expected.append(np.trapezoid(curve, dx=1 / 6))
    np.testing.assert_allclose(areas(lambda x: x @ matrix, image, order, label), expected)
    assert area(np.array([1.0, 1.0, 0.0])) == 0.75


def measured(images: int = 30, areas: bool = True) -> Measured:
    """Grades that nobody measured: noise, about which a test says more."""
    rng = np.random.default_rng(5)
    shape = (images, 2, len(NAMES), len(GRADES))
    grades = {setting: rng.uniform(0.4, 0.5, size=shape) for setting in SETTINGS}
    attackable = {setting: np.tile([3, 1], (images, 1)) for setting in SETTINGS}
    about = {
        "name": "mnist_10x4",
        "sha256": "0" * 64,
        "data": "mnist test",
        "images": images,
        "planned": 1_000,
        "of": 10_000,
        "largest_excess": 1e-9,
        "milliseconds_an_image": {"truth": dict.fromkeys(SETTINGS, 1.0), "scores": dict.fromkeys(NAMES, 1.0)},
    }
    drawn_areas = rng.random((images // 2, len(NAMES), len(CURVES))) if areas else None
    tied = rng.random((images, 2, len(NAMES)))
    return Measured(
        about, NAMES, grades, attackable, tied, np.full(images, 100), np.arange(images) % 3 > 0, drawn_areas
    )


PROVENANCE: dict[str, Any] = {
    "command": "python experiments/importance_benchmark.py",
    "date": "2026-01-01",
    "deepcheck": "0",
    "versions": {"torch": "0"},
    "machine": {"system": "Linux", "processor": "x86_64", "cores": 2},
    "networks_left_out": {"MNIST_ConvSmall": "its file is not in --models"},
}


def as_read(*found: Measured) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(json.dumps(contest(found, PROVENANCE), allow_nan=False))
    return content


def test_figures_are_means_over_the_images_that_have_a_grade() -> None:
    one = measured()
    one.grades[MAIN][:20, 0, :, GRADE("tries")] = NAN
    one.grades[MAIN][20:, 0, NAME("coi"), GRADE("tries")] = 7.0
    network = as_read(one)["networks"][0]
    figures = network["settings"][MAIN]["all"]
    assert figures["means"]["coi"]["tries"] == [7.0, 7.0, 7.0]
    assert figures["graded"]["tries"] == 10
    median = np.median(one.grades[MAIN][20:, 0, NAME("abs"), GRADE("tries")])
    assert figures["median_tries"]["abs"] == pytest.approx(median, abs=1e-4)
    assert figures["graded"]["spearman"] == 30
    value = one.grades[MAIN][:, 0, NAME("ig"), GRADE("ndcg")].mean()
    assert figures["means"]["ig"]["ndcg"][0] == pytest.approx(value, abs=1e-4)
    assert (network["rightly_labelled"], network["lit"], figures["attackable_images"]) == (20, 100.0, 30)
    assert figures["duels"]["tries"]["abs"][:3] == [0, 0, 10]  # fewer tries are better, and noise is below 1


def test_duels_are_corrected_over_the_contestants() -> None:
    one = measured()
    grades = one.grades[MAIN][:, 0, :, GRADE("spearman")]
    grades[:, NAME("coi")] = 0.45
    grades[:, [NAME(name) for name in CONTESTANTS if name != "coi"]] = 0.45
    grades[:10, NAME("abs")] = 0.1
    found = as_read(one)["networks"][0]["settings"][MAIN]["all"]["duels"]["spearman"]
    assert found["abs"] == [10, 20, 0, round(1 / 3, 4), float(f"{2 / 1024:.3g}"), float(f"{14 * 2 / 1024:.3g}")]
    assert found["co"] == [0, 30, 0, 0.0, 1.0, 1.0]
    assert set(found) == set(CONTESTANTS) - {"coi"}


def planted(**lead: float) -> Measured:
    """The grades with some rankings moved: ``coi=0.3`` adds 0.3 (tries: takes it away), in all settings and scopes."""
    one = measured()
    for grades in one.grades.values():
        for name, by in lead.items():
            grades[:, :, NAME(name.replace("_", " "))] += by * np.where(list(GRADES.values()), 1, -1)
    return one


def holds(content: dict[str, Any], number: int) -> bool | None:
    answer: bool | None = content["expected"][number - 1]["found"]["mnist_10x4"]["holds"]
    return answer


def test_expectations_are_judged_by_the_figures() -> None:
    won = as_read(planted(coi=0.3, reach=0.4))
    assert [holds(won, number) for number in (1, 2, 3, 4, 5, 7)] == [True, True, False, True, False, True]
    lost = as_read(planted(abs=0.3))
    assert [holds(lost, number) for number in (1, 2, 3, 4, 5, 7)] == [False, False, True, False, False, False]
    assert [one["text"] for one in won["expected"]] == list(EXPECTED)
    difference = replace(planted(flip=0.3), areas=None)
    difference.grades[MAIN][:, :, NAME("|difference|")] += 0.2
    assert holds(as_read(difference), 5) is True
    steps = planted()
    steps.grades[MAIN][..., NAME("ig, 50 steps"), :] = steps.grades[MAIN][..., NAME("ig"), :] + 0.005
    assert holds(as_read(steps), 6) is True
    steps.grades[MAIN][..., NAME("ig, 50 steps"), :] += 0.02
    assert holds(as_read(steps), 6) is False


def test_grades_of_few_images_are_neither_shown_nor_judged() -> None:
    few = planted(coi=0.3)
    few.grades[MAIN][:, :, NAME("abs"), GRADE("tries")] = 0.01
    few.grades[MAIN][9:, :, :, 2:] = NAN  # nine images have an attackable pixel
    content = as_read(few)
    assert holds(content, 1) is True
    page = contest_page(content)
    assert "too few images (9)" in page
    assert "tries" not in content["expected"][0]["found"]["mnist_10x4"]["detail"]
    few.grades[MAIN][9, 0, :, GRADE("tries")] = few.grades[MAIN][8, 0, :, GRADE("tries")]  # ten
    content = as_read(few)
    assert holds(content, 1) is False
    assert content["networks"][0]["settings"][MAIN]["all"]["graded"]["tries"] == 10


def test_open_duels_decide_nothing() -> None:
    assert holds(as_read(measured()), 2) is None


@pytest.mark.parametrize("sign", [1, -1])
def test_the_agreement_of_curves_with_exact_grades(sign: int) -> None:
    one = measured()
    ladder = np.arange(len(NAMES), dtype=np.float64) / len(NAMES)
    one.grades[MAIN][:, 0, :, GRADE("spearman")] = ladder
    assert one.areas is not None
    one.areas[:, :, 0] = 1 - sign * ladder  # deletion: less is better
    one.areas[:, :, 1] = sign * ladder
    content = as_read(one)
    found = content["curves"][0]["agreement"]
    for curve in ("deletion", "insertion"):
        assert found[curve]["of_means"]["spearman"] == sign
        assert found[curve]["by_image"] == [sign, sign, sign]
    assert holds(content, 8) is (sign == -1)


def test_the_page_and_the_picture_show_every_network(tmp_path: Path) -> None:
    content = as_read(measured(), replace(measured(), about={**measured().about, "name": "other"}, areas=None))
    page = contest_page(content)
    for text in (
        "mnist_10x4, first 30 images",
        "first 30 of 10,000 of mnist test (the rules: 1,000)",
        "## other",
        "Left out: MNIST_ConvSmall",
        "image by image",
        EXPECTED[0],
    ):
        assert text in page
    bars = [line.count("|") - line.count("\\|") if line.startswith("|") else 0 for line in page.splitlines()]
    assert all(one == other for one, other in itertools.pairwise(bars) if one and other)  # rows as wide as their heads
    save_figure(contest_picture(content), tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 10_000


def test_a_ranking_that_is_not_there_is_named() -> None:
    whole = measured()
    keep = [i for i, name in enumerate(NAMES) if name != "deeplift"]
    part = replace(
        whole,
        names=tuple(NAMES[i] for i in keep),
        grades={setting: grades[:, :, keep] for setting, grades in whole.grades.items()},
        tied=whole.tied[..., keep],
        areas=None,
    )
    content = as_read(part)
    assert content["left_out"] == {"deeplift": "captum"}
    assert "Left out: deeplift (captum" in contest_page(content)
    assert holds(content, 6) is not None


def graded(scores: Rows, lit: Rows, undecided: Rows | None = None) -> Rows:
    """Two images of four pixels, of which the first has attackable ones."""
    margins = np.array([[-1.0, 2.0, 0.5, -3.0], [-4.0, -4.0, -1.0, -2.0]])
    nothing = np.zeros((2, 4), dtype=bool)
    truth = Margins(margins, margins + 5, margins > 0, nothing if undecided is None else undecided)
    return grades_of(scores, truth, np.stack([~nothing, lit]))


def test_grades_of_each_scope_by_hand() -> None:
    scipy = require("scipy.stats")
    scores = np.array([[[0.0, 3, 1, 2], [1, 2, 3, 4]], [[5.0, 5, 5, 5], [0, 0, 1, 1]]])
    lit = np.array([[True, False, True, True], [False] * 4])
    found = graded(scores, lit)
    assert found.shape == (2, 2, 3, 7)
    assert found[0, 0, 0, 0] == pytest.approx(scipy.spearmanr([0, 3, 1, 2], [-1, 2, 0.5, -3]).statistic)
    assert found[0, 1, 0, 0] == pytest.approx(scipy.spearmanr([0, 1, 2], [-1, 0.5, -3]).statistic)
    # Order 1, 3, 2, 0 with pixels 1 and 2 attackable; then lit pixels 3, 2, 0.
    np.testing.assert_allclose(found[0, 0, 0, 2:], [(1 / 1 + 2 / 3) / 2, 1, 0, 0, 0.5])
    np.testing.assert_allclose(found[0, 1, 0, 2:4], [1 / 2, 2])
    discounts = 1 / np.log2(np.arange(2, 6))
    assert found[0, 0, 0, 1] == pytest.approx(discounts @ [7, 2, 5.5, 4] / (discounts @ [7, 5.5, 4, 2]))
    assert np.isnan(found[0, 0, 1, 0])  # all scores tie
    assert found[0, 0, 1, 3] == 2  # and the lower index comes first
    np.testing.assert_allclose(found[0, 0, 2, [0, 3]], [0, 5 / 3])  # a random order
    assert np.isnan(found[1, :, :, 2:]).all()  # nothing attackable
    assert np.isnan(found[1, 1]).all()  # nothing lit
    assert found[1, 0, 0, 0] == pytest.approx(scipy.spearmanr([1, 2, 3, 4], [-4, -4, -1, -2]).statistic)


def test_undecided_pixels_leave_no_binary_grade_where_they_are_in_scope() -> None:
    scores = np.random.default_rng(6).random((1, 2, 4))
    undecided = np.array([[False, True, False, False], [False] * 4])
    found = graded(scores, np.array([[False, False, True, True]] * 2), undecided)
    assert np.isnan(found[0, 0, :, 2:]).all()
    assert not np.isnan(found[0, 0, :, :2]).any()
    assert not np.isnan(found[0, 1]).any()


def test_the_page_in_the_documentation_is_what_its_figures_say() -> None:
    docs = Path(__file__).parents[2] / "docs"
    content = json.loads((docs / "reproduction" / "importance.json").read_text())
    assert contest_page(content) == (docs / "importance_benchmark.md").read_text()
    assert content["expected"] == judged(content)
