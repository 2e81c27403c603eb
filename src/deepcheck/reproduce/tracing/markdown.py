"""Markdown of where important pixels lie."""

from deepcheck.reproduce.layout import Content, percent, table
from deepcheck.reproduce.rules import SHORTLISTS
from deepcheck.reproduce.tracing.shares import BESIDE, INSIDE, ON

COLUMNS = ((ON, "on strokes"), (BESIDE, "beside"), (INSIDE, "central"))
GROUPS = {"ten": "The ten images", "test": "Test images"}


def tracing_text(content: Content) -> str:
    """The shares of every order's top pixels, by images; then those of randomised networks."""
    sections = ["## Where important pixels lie (RQ1)\n"]
    groups = {f"{GROUPS[name]} ({content['images'][name]:,})": group for name, group in content["groups"].items()}
    groups |= {f"Test images, network with {kind} weights": group for kind, group in content["randomised"].items()}
    for title, group in groups.items():
        head = ["order", *(f"{shortlist} {words}" for shortlist in SHORTLISTS for _, words in COLUMNS)]
        rows = [
            [order, *(percent(lists[shortlist][name], 0) for shortlist in SHORTLISTS for name, _ in COLUMNS)]
            for order, lists in group.items()
        ]
        sections += [f"### {title}\n", table(head, rows)]
    return "\n".join(sections)


def tracing_remarks(content: Content) -> tuple[str, ...]:
    """What the shares say, in sentences whose numbers come from the JSON."""
    test, shortlist = content["groups"]["test"], SHORTLISTS[1]
    names = ("coi", "abs", "co", "value", "centre", "random")
    ours = ", ".join(f"{order} {percent(test[order][shortlist][BESIDE], 0)}" for order in names)
    weights = ", ".join(
        f"{kind} {percent(group['coi'][shortlist][BESIDE], 0)}" for kind, group in content["randomised"].items()
    )
    return (
        f"RQ1: of the top 10 % on {content['images']['test']:,} test images so many lie within a pixel of a stroke: "
        f"{ours}. With weights that have learned nothing coi has {weights}: coi is a coefficient times a value, and "
        "the values alone are the digit, so tracing it says little about the network.",
    )
