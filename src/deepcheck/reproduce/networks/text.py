"""The part "networks" as Markdown."""

from collections.abc import Iterator
from typing import Any

from deepcheck.reproduce.layout import TITLES, footer, number, percent, table
from deepcheck.reproduce.networks.remarks import network_remarks
from deepcheck.reproduce.networks.rules import ORDER, RANDOM, SIGNIFICANT
from deepcheck.reproduce.networks.subjects import TRAINED
from deepcheck.reproduce.rules import BASELINE, METRICS

Content = dict[str, Any]
GROUPS = {
    "seeds": "ten seeds of the paper's shape",
    "chosen": "the network of the other tables",
    "shared": "networks of others",
    "permuted": "its weights permuted",
    "fresh": "weights before training",
}
ORDERS = (BASELINE, *METRICS, RANDOM)
RIVALS = tuple(order for order in ORDERS if order != ORDER)
TRIES = (
    "Tries are geometric means over images with an attackable pixel; pixels each is the median over these; pairs are "
    "those in the top 5 % by coi."
)
SAID = {True: "yes", False: "no", None: "-"}


def networks_text(content: Content) -> str:
    """The part as a section: tables of networks, comparisons, claims, the control, and what was expected."""
    return "\n".join(_sections(content))


def _sections(content: Content) -> Iterator[str]:
    yield "## More than one network\n"
    left = content["left_out"]
    yield f"The first {content['images']} test images on each of {len(content['networks'])} networks.\n"
    if left:
        yield f"Left out, since their files were not given: {', '.join(left)}.\n"
    yield "\n".join(f"- {sentence}" for sentence in network_remarks(content)) + "\n"
    for domain in ("bounded", "unbounded"):
        yield f"### Each network, {TITLES[domain]}\n"
        yield _networks(content, domain)
        yield f"### coi against each other order, {TITLES[domain]}\n"
        yield _compared(content, domain)
    yield "### coi against each other order, network by network\n"
    yield _each(content)
    yield "### The paper's claims, on how many networks\n"
    yield _claims(content)
    yield "### Does an order owe its tracing to training?\n"
    yield _traced(content)
    yield "### What was expected\n"
    yield _expected(content)
    yield footer(content)


def _networks(content: Content, domain: str) -> str:
    head = [
        "network",
        "right",
        "attackable images",
        "pixels each",
        *(f"tries, {order}" for order in ORDERS),
        "in coi's top 10 %",
        "attackable pairs",
        "new pairs",
    ]
    rows = (_network(found, domain) for found in content["networks"] if domain in found["domains"])
    return f"{TRIES}\n\n{table(head, rows)}"


def _network(found: Content, domain: str) -> list[str]:
    single, pairs = found["domains"][domain], found["pairs"][domain]
    return [
        found["name"],
        percent(found["labelled_rightly"]),
        percent(single["attackable_share"]),
        number(single["per_attackable_image"]["median"]),
        *(number(single["tries"].get(order, {}).get("geometric_mean")) for order in ORDERS),
        percent(single["shortlists"]["coi"]["10%"]["pixels_share"]),
        percent(pairs["attackable_share"], 2),
        f"{pairs['new']:,} on {pairs['new_images']}",
    ]


def _compared(content: Content, domain: str) -> str:
    head = [
        "against",
        "networks",
        "images",
        "effect",
        "median ratio of tries",
        "geometric mean ratio",
        "better, worse on",
        "p, flips",
        "p, signs",
    ]
    rows = (
        [
            f"{order}, {GROUPS[group]}",
            f"{found['networks']}",
            f"{found['images']:,}",
            *(_interval(found[name]) for name in ("effect", "median_ratio", "geometric_ratio")),
            f"{found['better_on']}, {found['worse_on']}" if "better_on" in found else "-",
            *(_chance(found.get(name)) for name in ("p_flips_holm", "p_signs_holm")),
        ]
        for order, cell in content["comparisons"][domain].items()
        for group, found in cell["groups"].items()
    )
    return (
        "The effect is the share of images where coi needs fewer tries less the share where it needs more (1: always "
        "fewer). A ratio below 1 means fewer tries by coi. In brackets 95 % intervals. The chances p are about the "
        "geometric mean ratio of seeds, after Holm's correction; better and worse count seeds whose own test is below "
        f"{SIGNIFICANT}. All networks see the same images; the intervals treat each network's images as drawn for it."
        "\n\n"
    ) + table(head, rows)


def _each(content: Content) -> str:
    rows = [
        [
            f"{found['name']}, {domain}",
            _images(found, domain),
            *(_cell(orders, order, found["name"]) for order in RIVALS),
        ]
        for domain, orders in content["comparisons"].items()
        for found in content["networks"]
        if found["group"] in TRAINED and domain in found["domains"]
    ]
    return "The effect, and p after correction over the whole table.\n\n" + table(["network", "images", *RIVALS], rows)


def _images(found: Content, domain: str) -> str:
    return f"{found['domains'][domain]['attackable_images']}"


def _cell(orders: Content, order: str, name: str) -> str:
    found = orders.get(order, {"networks": {}})["networks"].get(name)
    return "-" if found is None else f"{_figure(found['effect']['value'])} ({_chance(found['p_holm'])})"


def _claims(content: Content) -> str:
    columns = {
        "seeds": "seeds, [0, 1]",
        "seeds_unbounded": "seeds, unbounded",
        "shared": "networks of others, [0, 1]",
    }
    rows = (
        [f"{claim['text']} ({claim['source']})", *(_claimed(claim["found"].get(where)) for where in columns)]
        for claim in content["claims"]
    )
    return table(["claim", *columns.values()], rows)


def _claimed(found: Content | None) -> str:
    return "-" if found is None else f"{SAID[found['holds']]}: {found['detail']}"


def _traced(content: Content) -> str:
    traced = content["tracing"]
    first = next(iter(traced.values()))
    orders = list(next(iter(first.values())))
    rows = (
        [f"{GROUPS[group]}, top {shortlist}", *(_interval(found[shortlist][order], percent) for order in orders)]
        for group, found in traced.items()
        for shortlist in found
    )
    return "The share of an order's top that is on a stroke or within a pixel of one.\n\n" + table(
        ["networks", *orders], rows
    )


def _expected(content: Content) -> str:
    rows = (
        [e["text"], SAID[e["found"]["ours"]["holds"]], e["found"]["ours"]["detail"]] for e in content["expectations"]
    )
    return table(["expected before the run", "came true", "figures"], rows)


def _interval(found: Content, shown: Any = None) -> str:
    value, low, high = ((shown or _figure)(found[name]) for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def _figure(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:,.0f}"


def _chance(chance: float | None) -> str:
    if chance is None:
        return "-"
    return "< 0.0001" if chance < 0.0001 else f"{chance:.4f}"
