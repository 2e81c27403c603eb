"""Markdown of the research questions, the main claims, the paper's slips and its missing control."""

from collections.abc import Mapping

from deepcheck.reproduce.layout import Content, table
from deepcheck.reproduce.research import TITLES, headlines, sentence
from deepcheck.reproduce.slips import against_chance, consistent, slips

VERDICTS = {True: "holds", False: "**does not hold**", None: "-"}


def research_text(content: Content) -> str:
    """One question: a table of claims for each part that has some."""
    number = content["part"].removeprefix("rq")
    sections = [f"## RQ{number}: {content['question']}\n"]
    counts = "; ".join(
        f"{TITLES.get(where, where)}: {count['hold']} hold, {count['do not hold']} do not"
        for where, count in content["counts"].items()
        if count["hold"] + count["do not hold"]
    )
    if counts:
        sections.append(f"Of what can be judged: {counts}.\n")
    sections += [_claims(part, found) for part, found in content["claims"].items()]
    return "\n".join(sections)


def _claims(part: str, claims: list[Content]) -> str:
    places = list(dict.fromkeys(where for claim in claims for where in claim["found"]))
    rows = ([f"{claim['text']} ({claim['source']})", *(_cell(claim, where) for where in places)] for claim in claims)
    head = ["claim", *(TITLES.get(where, where) for where in places)]
    return f"### From {part}\n\n" + table(head, rows, words=True)


def _cell(claim: Content, where: str) -> str:
    found = claim["found"].get(where)
    return "" if found is None else f"{VERDICTS[found['holds']]}: {found['detail']}".removeprefix("-: ")


def headlines_text(contents: Mapping[str, Content]) -> str:
    """The paper's main claims, a sentence for each."""
    rows = [
        [main["text"] if at == 0 else "", claim["text"], sentence(claim)]
        for main in headlines(contents)
        for at, claim in enumerate(main["claims"])
    ]
    return "## The paper's main claims\n\n" + table(("claim", "rests on", "does it hold?"), rows, words=True)


def slips_text() -> str:
    """Where the paper contradicts itself, and what a random order would need on its images."""
    rows = [[slip.printed, slip.source, slip.evidence] for slip in slips()]
    more = consistent()
    agree = (
        "Tables II and III agree otherwise: each shortlist has an attackable pixel just where the first one that its "
        "order meets says so.\n"
        if not more
        else table(("tables II and III", "where", "why"), [list(slip) for slip in more])
    )
    return (
        "## Known slips of the paper\n\nWorked out from its own printed figures.\n\n"
        + table(("printed", "where", "evidence"), rows, words=True)
        + f"\n{agree}\n"
        + _chance()
    )


def _chance() -> str:
    found = against_chance()
    rows = [
        [str(row.digit), str(row.attackable), str(row.baseline), f"{row.expected:.1f}", str(row.coi)] for row in found
    ]
    slow = sum(row.baseline > row.expected for row in found)
    return (
        "### The control that table III lacks\n\n"
        "A random order finds the first of ap attackable pixels after 785 / (ap + 1) tries on average. The paper's "
        f"baseline, the scan from the top left, is slower than that on {slow} of {len(found)} images, so that being "
        "faster than the scan says less than it seems.\n\n"
        + table(("digit", "attackable", "baseline", "random order, expected", "coi"), rows)
    )
