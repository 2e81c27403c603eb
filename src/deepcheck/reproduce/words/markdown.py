"""Markdown of table IV and the study of reviews, from the JSON of a run."""

from deepcheck.reproduce.layout import Content, footer, number, percent, table
from deepcheck.reproduce.rules import L1_REVIEWS, LIMITS, MOST
from deepcheck.reproduce.words.measure import METRICS

ORDERS = (*METRICS, "random")
NAMES = {order: order for order in METRICS} | {"random": "random, all draws", "exact": "smallest, exact"}
WHERE = {"paper": "the paper's table", "sentences": "the paper's sentences, ours", "reviews": "reviews, ours"}
SHORT = {"negative": "NEG", "positive": "POS"}


def table4_text(content: Content) -> str:
    """Table IV."""
    return "\n".join([_sentences(content), _replaced(content), _claims(content), footer(content)])


def reviews_text(content: Content) -> str:
    """The study of reviews."""
    found = content["reviews"]
    sections = (_lengths(found), _compared(found), _rounding(found), _claims(content), footer(content))
    return "\n".join(sections)


def _sentences(content: Content) -> str:
    draws = content["draws"]
    head = (
        "ID",
        "label in the data set / by the paper's network / by ours",
        *METRICS,
        f"random: mean, least to most; successes of {draws}",
        "smallest, exact",
        "paper: importance",
        "paper: random",
    )
    rows = [[str(row["id"]), _labels(row), *_needed(row), *_printed(row)] for row in content["rows"]]
    return (
        "## Table IV: words replaced in the paper's eleven sentences\n\n"
        "Words that differ in the first attack that each order finds, by our network; and the paper's figures.\n\n"
        + table(head, rows)
    )


def _labels(row: Content) -> str:
    known = row["paper"]
    return " / ".join(SHORT[label] for label in (known["original"], known["network"], row["label"]))


def _needed(row: Content) -> list[str]:
    found, exact = row["random"], row["exact"]
    lengths = [str(row["orders"][metric]["length"] or "none") for metric in METRICS]
    span = f"{number(found['mean'])}, {found['least']} to {found['most']}; " if found["succeeded"] else "none; "
    return [*lengths, f"{span}{found['succeeded']}", smallest(exact)]


def smallest(exact: Content) -> str:
    """The smallest number of words, or between which two it lies."""
    if exact["found"] is None:
        return f"at least {exact['bound']}"
    return str(exact["found"]) if exact["found"] == exact["bound"] else f"{exact['bound']} to {exact['found']}"


def _printed(row: Content) -> list[str]:
    return [str(row["paper"]["importance"]), str(row["paper"]["random"])]


def _replaced(content: Content) -> str:
    rows = [
        [
            str(row["id"]),
            ", ".join(f"{old} ({at}): {new}" for at, old, new in row["orders"]["coi"]["replaced"]) or "no attack",
        ]
        for row in content["rows"]
    ]
    text = "### What coi replaces in them: the word, its place, and the new word\n\n"
    return text + table(("ID", "words"), rows)


def _lengths(reviews: Content) -> str:
    head = ("", "with an attack", *(f"of at most {limit}" for limit in LIMITS), "words: median", "words: mean")
    groups = {**{order: reviews["orders"][order] for order in ORDERS}, "exact": reviews["exact"]}
    rows = [[NAMES[name], *_row(found)] for name, found in groups.items()]
    return (
        f"## Words replaced in {reviews['count']:,} test reviews\n\n"
        f"The network labels {reviews['rightly_labelled']:,} of them rightly. Shares of reviews, and lengths of the "
        f"attacks that succeed with at most {MOST} symbolic words (exact: of any); 95 % intervals in brackets.\n\n"
        + table(head, rows)
    )


def _row(found: Content) -> list[str]:
    shares = [found["success"], *(found["at_most"][str(limit)] for limit in LIMITS)]
    return [*(_share(figure) for figure in shares), *(_words(found[name]) for name in ("median", "mean"))]


def _share(figure: Content) -> str:
    return f"{percent(figure['value'])} ({100 * figure['low']:.1f} to {100 * figure['high']:.1f})"


def _words(figure: Content) -> str:
    if figure["value"] is None:
        return "-"
    return f"{_two(figure['value'])} ({_two(figure['low'])} to {_two(figure['high'])})"


def _two(value: float) -> str:
    text = f"{value:.2f}"
    return text.rstrip("0").rstrip(".")


def _compared(reviews: Content) -> str:
    head = ("coi against", "coi shorter", "as long", "coi longer", "p, sign test")
    rows = [
        [rival, f"{found['better']:,}", f"{found['equal']:,}", f"{found['worse']:,}", f"{found['p']:.2g}"]
        for rival, found in reviews["compared"].items()
    ]
    draws = reviews["against_draws"]
    return (
        "### coi against the other orders, on the same reviews\n\n"
        + table(head, rows)
        + f"\nAgainst single random draws coi is shorter in {percent(draws['better'])}, as long in "
        f"{percent(draws['equal'])}, longer in {percent(draws['worse'])} of all pairs of a review and a draw.\n"
    )


def _rounding(reviews: Content) -> str:
    head = (
        "",
        "sets of words tried",
        "with vectors that change the label",
        "of them: nearest words differ",
        "of them: nearest words change nothing",
        "texts or draws",
        "with an attack",
        "with vectors, no attack",
        "no vectors",
        "undecided sets",
    )
    groups = {NAMES[order]: reviews["rounding"][order] for order in ORDERS}
    groups[f"coi, smallest l1 change, first {L1_REVIEWS}"] = reviews["smallest_change"]
    return "### What is lost when vectors become words\n\n" + table(head, ([n, *_lost(f)] for n, f in groups.items()))


def _lost(found: Content) -> list[str]:
    counts = [f"{found[name]:,}" for name in ("asked", "attacks", "lost_altogether", "without_vectors", "undecided")]
    lost = f"{found['lost']:,} ({percent(found['lost_share'])})"
    return [f"{found['sets']:,}", f"{found['vectors']:,}", f"{found['moved']:,}", lost, *counts]


def _claims(content: Content) -> str:
    verdicts = {True: "holds: ", False: "**does not hold**: ", None: "not shown: "}
    rows = (
        [
            f"{claim['text']} ({claim['source']})",
            *(verdicts[found["holds"]] + found["detail"] for found in claim["found"].values()),
        ]
        for claim in content["claims"]
    )
    places = (WHERE[where] for where in content["claims"][0]["found"])
    return "### What the paper says about words\n\n" + table(("claim", *places), rows)
