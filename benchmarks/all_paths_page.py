"""Write docs/all_paths.md: our few-pixel results over all paths beside the published protocols, and beside rivals.

    python benchmarks/all_paths_page.py [--check]

Every number comes from `results/few_pixels.json`, `results/single_pixels.json`, `results/all_paths_rivals.json` and
`published.json`; a part whose file is not there says so. `--check` only says whether the page is up to date.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "all_paths.md"

QUANTILES = ("median", "90th percentile", "95th percentile", "longest")

INTRODUCTION = """# All paths: complete answers for a few pixels

<!-- Written by `python benchmarks/all_paths_page.py`: do not edit. -->

*No values of any t pixels change the label*: for every path, not only the one that the image takes. `proved` is a proof
in real arithmetic (bounds rounded outward, what they leave open decided exactly); `attack` has a witness that is
replayed on the untouched model in onnxruntime; everything else is `undecided`. Pixels are in [0, 1].

    deepcheck attack MODEL INPUT --size 2 --paths all
    deepcheck run --minimal MODEL DATASET --out DIR
"""


def main() -> int:
    made = "\n".join([INTRODUCTION, *ours(), *published(), *single(), *rivals()])
    if "--check" in sys.argv:
        return int(not PAGE.exists() or PAGE.read_text() != made)
    PAGE.write_text(made)
    return 0


def results(name: str) -> dict | None:
    path = HERE / "results" / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def published_figures() -> dict:
    return json.loads((HERE / "published.json").read_text())


def ours() -> list[str]:
    """Our protocols, each beside the published ones on the same network and size."""
    record = results("few_pixels")
    lines = ["## Ours\n"]
    if record is None:
        return [*lines, "Not measured yet: `python benchmarks/few_pixels.py`.\n"]
    rows = []
    for name, found in record["figures"].items():
        network, size = name.split(", size ")
        rows.append(
            [
                f"`{network}`", size, found["images"], found["proved"], found["attack"], found["undecided"],
                found["attackable along the path"], found["only along another path"],
                *(seconds(found[f"s, {which}"]) for which in QUANTILES),
                seconds(found["s, time limit"]), theirs(network, int(size)),
            ]
        )  # fmt: skip
    head = ["network", "t", "images", "proved", "attack", "undecided", "attackable along its path"]
    head += [
        "only along another path",
        "s, median",
        "90 %",
        "95 %",
        "longest",
        "limit",
        "published limit, first images",
    ]
    words = (
        "Images: those of the first 100 of MNIST's test set that the network labels rightly, in order, as many as the "
        "table says; `benchmarks/few_pixels.py`. From t = 3 on the search stops at the first attack. No GPU and no "
        "licence."
    )
    return [*lines, words + "\n", machine(record), table(head, sorted(rows, key=lambda row: (row[0], row[1])))]


def theirs(network: str, size: int) -> str:
    """The published protocols of one network and size."""
    found = [row for row in published_figures()["protocols"] if (row["network"], row["size"]) == (network, size)]
    return "; ".join(
        f"{row['tool']}: {row['limit_seconds']:,} s, {row['first_images']} images, {row['gpus']} GPUs" for row in found
    )


def published() -> list[str]:
    found = published_figures()
    lines = ["## Published\n", found["about"] + "\n"]
    head = ["tool", "paper", "t", "needs", "its authors state"]
    rows = [
        [
            name,
            tool["paper"],
            tool["sizes"] or "not found",
            linked(tool["needs"], tool["needs_source"]) if tool["needs"] else "not found",
            " ".join(linked(said["text"], said["source"]) for said in tool["states"]),
        ]
        for name, tool in found["tools"].items()
    ]
    runs = found["protocols"]
    sources = {row["tool"]: row["source"] for row in runs}
    order = list(dict.fromkeys(row["network"] for row in runs))
    asked = sorted({(row["network"], row["size"]) for row in runs}, key=lambda run: (order.index(run[0]), run[1]))
    words = ", ".join(f"[{tool}]({source})" for tool, source in sources.items())
    lines += [table(head, rows), f"The runs that they configure, on the networks that we have ({words}):\n"]
    protocols = [
        [f"`{network}`", size, *(_run(runs, tool, network, size) for tool in sources)] for network, size in asked
    ]
    head = ["network", "t", *sources]
    lines += [table(head, protocols), "Not found, so not here:\n", *(f"- {each}" for each in found["not_found"]), ""]
    return lines


def _run(runs: list[dict], tool: str, network: str, size: int) -> str:
    """One tool's run on one network and size."""
    for row in runs:
        if (row["tool"], row["network"], row["size"]) == (tool, network, size):
            return (
                f"first {row['first_images']} images, {row['limit_seconds']:,} s, {row['gpus']} GPUs, "
                f"{row['milp_instances']} MILP verifiers"
            )
    return ""


def single() -> list[str]:
    record = results("single_pixels")
    lines = ["## Single pixels, beside brute force over 256 values\n"]
    if record is None:
        return [*lines, "Not measured yet: `python benchmarks/single_pixels.py`.\n"]
    return [*lines, machine(record), table(["figure", *networks(record)], by_network(record))]


def rivals() -> list[str]:
    record = results("all_paths_rivals")
    lines = ["## Pairs, beside a complete verifier and Z3\n"]
    if record is None:
        return [*lines, "Not measured yet: `python benchmarks/all_paths_rivals.py`.\n"]
    words = (
        f"Marabou (maraboupy {record['figures']['maraboupy']}, from a wheel) and Z3 are asked about sampled pairs; the "
        "rule of the sample is written in `benchmarks/all_paths_rivals.py`. A disagreement is a pair that both decide, "
        "differently."
    )
    return [*lines, words + "\n", machine(record), table(["figure", *networks(record)], by_network(record))]


def networks(record: dict) -> list[str]:
    return list(dict.fromkeys(name.split(": ", 1)[0] for name in record["figures"] if ": " in name))


def by_network(record: dict) -> list[list[str]]:
    """One row a figure, one column a network."""
    figures, columns = record["figures"], networks(record)
    names = dict.fromkeys(name.split(": ", 1)[1] for name in figures if ": " in name)
    return [[name, *(shown(figures.get(f"{column}: {name}")) for column in columns)] for name in names]


def machine(record: dict) -> str:
    load = (
        f"load over five minutes {record['load']}" if "load" in record else "load not recorded: others may have run too"
    )
    where = f"{record['machine']}; threads: {record['threads']}; {load}"
    return f"{where}; {record['date']}, commit {record['commit']}.\n"


def linked(text: str, source: str) -> str:
    return f"{text} ([source]({source}))"


def seconds(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def table(head: list[str], rows: list[list]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
