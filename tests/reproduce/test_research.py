"""Research questions, main claims, and the paper's slips, by hand."""

from deepcheck.reproduce.claims import TABLE_2_CLAIMS, TABLE_3_CLAIMS
from deepcheck.reproduce.contest.analysis import PAPERS_CLAIM
from deepcheck.reproduce.networks.claims import CLAIMS as NETWORK_CLAIMS
from deepcheck.reproduce.pairs.claims import FIRST_PAIR_CLAIMS, PAIR_CLAIMS
from deepcheck.reproduce.research import HEADLINES, counts_of, headlines, research_question, sentence
from deepcheck.reproduce.research_markdown import research_text
from deepcheck.reproduce.slips import against_chance, consistent, slips
from deepcheck.reproduce.tracing.claims import CLAIMS
from deepcheck.reproduce.words.claims import ATTACKED, JUDGED

HOLDS = {"text": "A", "source": "IV", "question": 3, "found": {"paper": {"holds": True, "detail": "1 of 1"}}}
FAILS = {
    "text": "B",
    "source": "IV",
    "question": 3,
    "found": {"paper": {"holds": None, "detail": "a picture"}, "bounded": {"holds": False, "detail": "0 of 1"}},
}
OTHER = {"text": "C", "source": "IV", "question": 2, "found": {"paper": {"holds": True, "detail": "x"}}}


def test_a_question_has_its_own_claims_only() -> None:
    found = research_question(3, {"table2": {"claims": [HOLDS, OTHER]}, "table3": {"claims": [FAILS]}, "census": {}})
    assert found["claims"] == {"table2": [HOLDS], "table3": [FAILS]}
    assert found["counts"] == {
        "paper": {"hold": 1, "do not hold": 0, "not shown": 1},
        "bounded": {"hold": 0, "do not hold": 1, "not shown": 0},
    }
    text = research_text(found)
    assert "| B (IV) | a picture | **does not hold**: 0 of 1 |" in text
    assert "ours, pixels in [0, 1]: 0 hold, 1 do not" in text
    assert research_question(5, {"table2": {"claims": [HOLDS]}})["claims"] == {}


def test_a_sentence_says_all() -> None:
    assert sentence(FAILS) == (
        "the paper's own figures: not shown (a picture); ours, pixels in [0, 1]: does not hold (0 of 1)"
    )
    assert counts_of([]) == {}


def test_main_claims_rest_on_claims_that_are_judged() -> None:
    judged = {claim.text for claim in TABLE_2_CLAIMS + TABLE_3_CLAIMS + PAIR_CLAIMS + FIRST_PAIR_CLAIMS}
    judged |= (
        {text for text, _, _ in CLAIMS}
        | {text for text, *_ in NETWORK_CLAIMS}
        | {text for _, _, text, _ in JUDGED}
        | {ATTACKED, PAPERS_CLAIM}
    )
    assert all(name in judged for _, names in HEADLINES for name in names)
    assert len(HEADLINES) == 7
    known = HEADLINES[5][1][0]
    found = headlines({"table2": {"claims": [{**HOLDS, "text": known}]}})
    assert [len(main["claims"]) for main in found] == [0, 0, 0, 0, 0, 1, 0]


def test_slips_carry_their_evidence() -> None:
    words = [" | ".join(slip) for slip in slips()]
    for expected in (
        "784 over 2 is 306,946 | IV-C, RQ3 | 784 x 783 / 2 = 306,936",
        "72 of 126",
        "digit 7 has 22 of 47; only taken together have the 5 remaining images 63 of 117",
        "make 38 pairs that have one and are attackable; 287 - 186 = 101",  # 741 - 703
        "make 531 pairs that have one and are attackable; 651 - 75 = 576",  # 741 - 210
        "55 of the pairs contain only pixels that are not attackable alone",
        "819 is the sum of the column of new pairs",
        "126 is the number of attackable pixels",
    ):
        assert sum(expected in word for word in words) == 1
    assert len(words) == 8
    assert consistent() == ()


def test_the_papers_baseline_against_chance() -> None:
    found = {row.digit: row for row in against_chance()}
    assert (found[3].expected, found[3].baseline) == (392.5, 346)
    assert round(found[5].expected, 1) == 21.2
    assert found[5].baseline == 103
    assert sum(row.baseline > row.expected for row in found.values()) == 7
