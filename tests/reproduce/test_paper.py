"""The paper's figures as transcribed: their sums and what its text says about them."""

from deepcheck.reproduce import paper
from deepcheck.reproduce.claims import TABLE_2_CLAIMS, TABLE_3_CLAIMS, judged


def test_one_pixel_attacks_add_up_to_126() -> None:
    assert sum(row.attackable for row in paper.rows()) == 126


def test_new_pairs_add_up_to_819_as_the_text_says() -> None:
    assert sum(new for _, new, _ in paper.PAIRS.values()) == 819
    assert sum(pairs for pairs, _, _ in paper.PAIRS.values()) == 2830


def test_the_example_of_section_3() -> None:
    three = paper.rows()[3]
    assert (three.attackable, three.first["coi"], three.first["baseline"]) == (1, 21, 346)
    assert paper.PAIRS[3] == (93, 55, 3)


def test_a_shortlist_holds_no_more_than_a_longer_one_nor_than_there_are() -> None:
    for row in paper.rows():
        for metric in ("abs", "co", "coi"):
            found = [row.within[shortlist][metric] for shortlist in ("5%", "10%", "30%")]
            assert found == sorted(found)
            assert found[-1] <= row.attackable


def test_tables_2_and_3_agree() -> None:
    """A shortlist has an attackable pixel exactly if the first one's rank lies in it."""
    for row in paper.rows():
        for shortlist, length in (("5%", 39), ("10%", 78), ("30%", 235)):
            for metric, found in row.within[shortlist].items():
                tries = row.first[metric]
                assert tries is not None
                assert (found > 0) == (tries <= length), (row.digit, shortlist, metric)


def test_claims_on_the_papers_own_tables() -> None:
    """Counted by hand in tables II and III: digit 7 has 22 of 47, and five images have more than their top 10 %."""
    found = [judged(claim, paper.rows()) for claim in TABLE_2_CLAIMS + TABLE_3_CLAIMS]
    assert [f["holds"] for f in found] == [None, True, False, True, False, True, None, None] + [True] * 6
    assert found[1]["detail"] == "5 of 10 images"
    assert found[2]["detail"] == "less on digit 7: 22 of 47"
    assert found[3]["detail"] == "63 of 117 pixels on 5 images"
    assert found[9]["detail"] == "at most abs 254, co 169, coi 21"
    assert found[10]["detail"] == "abs 5, co 5, coi 6 images"
    assert found[13]["detail"] == "4 of 10 images"
