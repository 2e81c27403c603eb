from typing import Any

import numpy as np
import pytest
from page_reading import cells, data_of, written
from page_samples import answer, attack, exhibit, features, packed

from deepcheck.report.page_parts import Section
from deepcheck.report.page_whole import report_html


def many(count: int) -> list[dict[str, Any]]:
    """Exhibits of 30 x 30 pixels with 40 attacks each."""
    attacks = [attack(at, 1, 0.5, 1.0, 0.75) for at in range(40)]
    both = [answer(900, attacks), answer(900, attacks, paths="all")]
    return [features(f"image {at}", grid=(30, 30), seed=at, answers=both) for at in range(count)]


def test_a_page_that_would_be_too_large_is_thinned_step_by_step() -> None:
    held = many(6)
    for each in held:
        each["labels"] = ["zero", "one", "two", "three"]
        each["outputs"] = [3.0, 1.0, 2.0, -1.0]
        each["coefficients"] = {"labels": [0, 1, 2, 3], "values": packed(np.arange(3600).reshape(4, 900))}
        for own in each["answers"]:
            own["labels_reached"] = {"1": 40}
    whole = written(*held)
    assert "left out" not in whole
    first = written(*held, budget_bytes=len(whole))  # some bytes are kept for what is said about it
    assert (
        "coefficients are those of the predicted label, the runner-up and the labels that an attack reaches." in first
    )
    kept = data_of(first)[0]
    assert kept["coefficients"]["labels"] == [0, 1, 2]
    assert kept["coefficients"]["values"] == packed(np.arange(2700))
    assert len(kept["answers"][0]["attacks"]) == 40
    second = written(*held, budget_bytes=len(first))
    assert "which values of a feature attack is not listed" in second
    thin = data_of(second)[5]
    assert thin["answers"][0]["attacks"] == []
    assert thin["answers"][0]["attackable"] == list(range(40))
    third = written(*held, budget_bytes=len(second))
    assert "The last input is in the totals and the overview only." in third
    assert len(data_of(third)) == 5
    assert len(cells(third, "overview")) == 6
    assert cells(third, "totals")[0][2] == "6"
    assert len(whole) > len(first) > len(second) > len(third)


@pytest.mark.parametrize("budget", [150_000, 300_000, 600_000])
def test_a_page_keeps_to_its_budget(budget: int) -> None:
    html = report_html("t", [Section("s", {}, [exhibit(each) for each in many(8)])], budget_bytes=budget)
    assert len(html) <= budget


def test_a_hundred_images_fit() -> None:
    html = report_html("t", [Section("s", {}, [exhibit(each) for each in many(100)])])
    assert len(html) <= 10_000_000
    assert len(data_of(html.decode())) == 100
