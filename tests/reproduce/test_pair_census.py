"""The census of pairs and the two-pixel columns: they add up, and agree with each other."""

from math import comb
from typing import Any

from deepcheck.reproduce.pairs.census import images_of
from deepcheck.reproduce.pairs.measure import ALL, TOP
from deepcheck.reproduce.rows import Pairs
from deepcheck.reproduce.study import Study
from deepcheck.reproduce.tables import rows_of, table2


def test_the_census_adds_up(pairs_content: dict[str, Any]) -> None:
    asked = {"top": 741, "all": comb(784, 2)}
    images = {"top": {"bounded": 9, "unbounded": 9}, "all": {"bounded": 9, "unbounded": 2}}
    for scope, domains in pairs_content["scopes"].items():
        for domain, found in domains.items():
            group = found["all"]
            assert group["images"] == images[scope][domain]
            assert group["pairs_asked"] == group["images"] * asked[scope]
            assert group["new_pairs"] <= group["attackable_pairs"] <= group["pairs_asked"]
            assert group["only_by_pairs_images"] <= group["attackable_images"] <= group["images"]
            assert group["replayed"] <= group["replays"] <= group["attackable_pairs"]
            assert found["rightly_labelled"]["images"] <= group["images"]


def test_both_scopes_find_the_same_in_the_shortlist(pairs_content: dict[str, Any]) -> None:
    """The same nine images: 741 pairs asked about, or picked out of all."""
    top, every = (pairs_content["scopes"][scope]["bounded"]["all"] for scope in ("top", "all"))
    found = every["shortlists"]["coi"]["5%"]
    assert top["new_pairs"] == found["new_pairs"]
    assert abs(found["pairs_share"] * every["attackable_pairs"] - top["attackable_pairs"]) < 0.5
    assert every["attackable_pairs"] > top["attackable_pairs"] > 0


def test_random_pixels_by_hand(pairs_content: dict[str, Any]) -> None:
    """39 * 38, 78 * 77 and 235 * 234 of 784 * 783."""
    assert pairs_content["random_share"] == {"5%": 0.002414, "10%": 0.009784, "30%": 0.089579}


def test_no_shortlist_has_more_than_it_can(pairs_content: dict[str, Any]) -> None:
    for found in pairs_content["scopes"]["all"].values():
        for shortlists in found["all"]["shortlists"].values():
            for short in shortlists.values():
                assert short["pairs_share"] <= short["at_most"] <= 1


def test_a_quick_run_asks_less(study: Study) -> None:
    assert [images_of(study, domain, TOP) for domain in ("bounded", "unbounded")] == [30, 30]
    assert [images_of(study, domain, ALL) for domain in ("bounded", "unbounded")] == [30, 2]


def test_the_columns_of_the_tables(pair_study: Study) -> None:
    rows = {domain: rows_of(pair_study, domain) for domain in ("bounded", "unbounded")}
    for domain, found in rows.items():
        for row in found:
            assert (row.pairs is None) == (row.image is None)
            if isinstance(row.pairs, Pairs):
                assert row.pairs.lawful
                assert row.pairs.alone == row.within["5%"]["coi"]
                assert (row.pairs.first_features is None) == (row.pairs.attackable == 0)
                assert (row.pairs.everywhere is None) == (domain == "unbounded")
                assert row.pairs.everywhere is None or row.pairs.attackable <= row.pairs.everywhere
    content = table2(pair_study)
    law = next(claim for claim in content["claims"] if claim["text"].startswith("The law"))
    assert [found["holds"] for found in law["found"].values()] == [False, True, True]
