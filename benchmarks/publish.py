"""Write the figures of `results/*.json` into README.md and PERFORMANCE.md, between their markers.

Figures in the documents come from here and from nowhere else; `--check` only says whether they are up to date.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
NETS = ("imdb_frozen", "imdb_tuned")
BAR = r"\|"
"""In a table's cell."""


def figures(name: str) -> dict:
    return json.loads((HERE / "results" / f"{name}.json").read_text())


def readme() -> str:
    one, shares, conv, start = (figures(n) for n in ("one_pixel", "importance", "convolution", "startup"))
    f, agreed = one["figures"], figures("agreement")["figures"]
    pixels, big, large = agreed["pixels"], figures("concrete")["figures"], figures("networks")["figures"]
    two, three, least = (figures(name)["figures"] for name in ("pairs", "triples", "smallest"))
    weight = figures("install")["figures"]
    suite = json.loads((ROOT / "docs" / "conformance.json").read_text())
    rows = [
        ("all 784 pixels x 9 labels of an image, in batches, witnesses included", f"{f['ms an image, batch']:.3f} ms"),
        ("- times faster than brute force over 256 values", f"{f['times faster than brute force']:.0f}x"),
        ("- times faster than HiGHS per pixel and label", f"{f['times faster than HiGHS']:,.0f}x"),
        ("- times faster than Z3 per pixel and label", f"{f['times faster than Z3']:,.0f}x"),
        (
            f"pixels of {pixels:,} on which Z3 (exact), HiGHS or brute force over 256 levels disagree",
            str(sum(len(found) for found in agreed["disagreements"].values())),
        ),
        (
            f"all {two['pairs an image']:,} pairs of an image, in a batch; by itself; 95th percentile; slowest of 100",
            f"{two['ms, all pairs of an image in that batch, median']:.1f} ms; "
            f"{two['ms, all pairs of an image, median']:.1f} ms; "
            f"{two['ms, all pairs of an image, 95th percentile']:.0f} ms; "
            f"{two['ms, all pairs of an image, slowest']:.0f} ms",
        ),
        (
            "- times faster a pair (ours: the mean over all pairs) than HiGHS; Z3; PuLP with CBC",
            f"{two['times faster than HiGHS']:,.0f}x; {two['times faster than Z3']:,.0f}x; "
            f"{two['times faster than PuLP with CBC']:,.0f}x",
        ),
        (
            f"- of {two['pairs given to rivals']} pairs, those on which one of them disagrees",
            str(sum(two[f"disagreements with {name}"] for name in ("HiGHS", "Z3", "PuLP with CBC"))),
        ),
        (
            f"all {three['triples an image']:,} triples: images that are proved; median; 95th percentile of 20 images",
            f"{three['ms, all triples of an image that is proved, median']:.1f} ms; "
            f"{three['ms, all triples of an image, median'] / 1e3:.1f} s; "
            f"{three['s, all triples of an image, 95th percentile']:.0f} s",
        ),
        (
            f"the smallest set of an image, proved smallest on {least['proved optimal']} of {least['images']}: median",
            f"{1e3 * least['s an image, median']:.0f} ms",
        ),
        (
            "- times faster than HiGHS's own branch and bound, whose bound is not a proof",
            f"{least['times faster than HiGHS, median image']:.0f}x",
        ),
        (
            "`MNIST_ConvSmall` (3,604 ReLUs), all pairs of an image along its path",
            f"{1e3 * three['MNIST_ConvSmall: s, all pairs of an image, median']:.1f} ms",
        ),
        *all_paths(),
        *certificates(),
        *texts(),
        *evaluation(),
        *reports(),
        ("importance of an image, in batches", f"{shares['figures']['us an image, DeepCheck abs']:.1f} us"),
        ("- times faster than Captum's Saliency", f"{shares['figures']['times faster']:.1f}x"),
        (
            "`MNIST_ConvSmall`, all pixels of an image, against 784 runs in onnxruntime",
            f"{conv['figures']['times onnxruntime']:.2f}x their time",
        ),
        (
            "`MNIST_ConvBig`, 784 inputs in float64, against onnxruntime in float32",
            f"{big['times onnxruntime, 784 inputs']:.1f}x its time",
        ),
        ("a symbolic column of `MNIST_ConvBig`, in forward runs", f"{big['a column, in forward runs']:.2f}"),
        (
            "importance of an input of a ResNet-50, in forward runs",
            f"{large['ResNet-50, random weights: importance, in forward runs']:.1f}",
        ),
        (
            f"cases of the ONNX backend suite (onnx {suite['onnx']}) in scope; that pass",
            f"{len(suite['in_scope'])}; {sum(n for key, n in suite['counts'].items() if key.endswith('passes'))}",
        ),
        (
            f"`deepcheck attack` on the MNIST network, whole process ({start['machine']})",
            f"{start['figures']['s, deepcheck attack on the MNIST network, later runs']:.2f} s",
        ),
        (
            f"a core install, {weight['packages, core install']} packages; of these llvmlite, for numba",
            f"{weight['MB, core install']:.0f} MB; {weight['MB, llvmlite']:.0f} MB",
        ),
    ]
    lines = [f"Network 784x10x10x10x10 on MNIST, {one['machine']}, {one['date']}:", ""]
    lines += ["| what | measured |", "|---|---|"]
    lines += [f"| {what} | {value} |" for what, value in rows]
    return "\n".join([*lines, "", "From `benchmarks/results/`, written by `python benchmarks/publish.py`."])


def all_paths() -> list[tuple[str, str]]:
    """Rows about all paths: single pixels, and the protocols on published networks."""
    one, rivals = (figures(name)["figures"] for name in ("single_pixels", "all_paths_rivals"))
    rows = [
        (
            "**all paths**, all 784 pixels of an image: `mnist_10x4` in a batch; `MNIST_6x200_PGD`; `MNIST_ConvSmall`",
            f"{one['mnist_10x4: ms an image, all pixels, batch']:.1f} ms; "
            + "; ".join(
                f"{one[f'{name}: ms, all pixels of an image, median']:.0f} ms"
                for name in ("MNIST_6x200_PGD", "MNIST_ConvSmall")
            ),
        )
    ]
    for name, found in figures("few_pixels")["figures"].items():
        network, size = name.split(", size ")
        if size != "1":
            rows.append(
                (
                    f"all paths, at most {size} pixels, `{network}`: of {found['images']} images proved; attack; "
                    f"undecided; median; 95th percentile (limit {found['s, time limit']:.0f} s)",
                    f"{found['proved']}; {found['attack']}; {found['undecided']}; {found['s, median']:.2f} s; "
                    f"{found['s, 95th percentile']:.1f} s",
                )
            )
    net = "MNIST_6x200_PGD"
    rows.append(
        (
            f"a pair of pixels of `{net}` over all paths: by itself; in all 306,936; Marabou; disagreements on "
            f"{rivals[f'{net}: pairs']} pairs",
            f"{rivals[f'{net}: DeepCheck: ms a pair by itself, median']:.0f} ms; "
            f"{rivals[f'{net}: DeepCheck: us a pair, in all pairs']:.1f} us; "
            f"{rivals[f'{net}: Marabou: ms a pair by itself, median'] / 1e3:.1f} s; "
            f"{rivals[f'{net}: Marabou: disagreements']}",
        )
    )
    return rows


def certificates() -> list[tuple[str, str]]:
    """Rows about what others can check, about the float filter, and about float32."""
    made, filtered, deployed = (figures(name)["figures"] for name in ("certificates", "float_filter", "float32"))
    rows = []
    for what, keys in (
        ("all pixels, along the path", ("mnist_10x4, size 1, same path", "MNIST_6x200_PGD, size 1, same path")),
        ("all pairs, along the path", ("mnist_10x4, size 2, same path", "MNIST_6x200_PGD, size 2, same path")),
        ("all pixels, **all paths**", ("mnist_10x4, size 1, all paths", "MNIST_6x200_PGD, size 1, all paths")),
    ):
        found = [made[key] for key in keys]
        produced, checked = (
            " and ".join(f"{one[f's to {step}, median']:.2f}" for one in found) for step in ("produce", "check")
        )
        rows.append(
            (
                f"certificates of {what}, `mnist_10x4` and `MNIST_6x200_PGD`: to produce; to check (whole process, "
                "pure Python); largest file",
                f"{produced} s; {checked} s; {max(one['bytes, largest'] for one in found) / 1e3:.0f} kB",
            )
        )
    kinds = [key.removesuffix(": systems") for key in filtered if key.endswith(": systems")]
    rows.append(
        (
            "the float filter on random and degenerate systems of "
            f"{len(kinds)} kinds: systems; disagreements with exact arithmetic; its cost, largest median of "
            "three networks",
            f"{sum(filtered[f'{kind}: systems'] for kind in kinds):,}; "
            f"{sum(filtered[f'{kind}: disagreements'] for kind in kinds)}; "
            f"{max(value for key, value in filtered.items() if key.endswith('unfiltered, median')):.2f}x",
        )
    )
    shares = [value for key, value in deployed.items() if key.endswith(": pixels: share")]
    rows.append(
        (
            f"proved pixels that hold for the deployed float32 network too, {len(shares)} networks: least; median",
            f"{100 * min(shares):.1f} %; {100 * sorted(shares)[len(shares) // 2]:.1f} %",
        )
    )
    return rows


def texts() -> list[tuple[str, str]]:
    """Rows about words of texts, for the two shipped text networks."""
    found = figures("text")["figures"]

    def both(key: str, form: str = "{}") -> str:
        return " and ".join(form.format(found[f"{name}: {key}"]) for name in NETS)

    def shares(key: str) -> str:
        return " and ".join(
            ", ".join(f"{size}: {count}" for size, count in found[f"{name}: {key}"].items()) for name in NETS
        )

    reviews = found["reviews"]
    return [
        (
            "**text**, `imdb_frozen` and `imdb_tuned`: importance of the words of a review; every one of 300,000 "
            "single replacements over all paths, median; times faster than running them in onnxruntime; disagreements",
            f"{both('ms, importance of a text (coi), median', '{:.1f}')} ms; "
            f"{both('s, every single word over all paths, median', '{:.3f}')} s; "
            f"{both('running every changed sentence: times as long as ours', '{:.0f}x')}; "
            f"{both('running every changed sentence: disagreements')}",
        ),
        (
            f"- the fewest words of the vocabulary that overturn a review, anywhere: of {reviews} reviews by number; "
            "proved fewest; median; 95th percentile",
            f"{shares('texts by fewest words anywhere')}; {both('texts whose fewest words are proved fewest')}; "
            f"{both('s, fewest words anywhere, median', '{:.2f}')} s; "
            f"{both('s, fewest words anywhere, 95th percentile', '{:.1f}')} s",
        ),
        (
            "- any number of words, each replaced by one of its 8 nearest: reviews proved, attacked, open; median",
            " and ".join(
                ", ".join(map(str, found[f"{name}: texts, each word of the 8 nearest: proved, attack, undecided"]))
                for name in NETS
            )
            + f"; {both('s, any number of words, each of the 8 nearest, median', '{:.2f}')} s",
        ),
        (
            "- vectors of 5 words, and of all 30, by linear programs (the paper's attack), median",
            " and ".join(f"{found[f'{name}: s, vectors of 5 words, median; most'][0]:.3f}" for name in NETS)
            + " s; "
            + " and ".join(f"{found[f'{name}: s, vectors of 30 words, median; most'][0]:.2f}" for name in NETS)
            + " s",
        ),
    ]


def evaluation() -> list[tuple[str, str]]:
    """Rows about the paper's evaluation and ours: from the benchmarks, and from what docs/reproduction holds."""
    took, margins = (figures(name)["figures"] for name in ("reproduction", "worst_margins"))
    contest, rivals, least = (
        json.loads((ROOT / "docs" / "reproduction" / f"{name}.json").read_text())
        for name in ("importance", "rivals", "smallest_pixels")
    )
    return [
        (
            "`deepcheck reproduce all`, the paper's tables, figures and questions from trained networks: whole; "
            "`--quick`; again, only read",
            f"{took['all: s'] / 60:.1f} min; {took['quick: s']:.0f} s; {took['all, again: s']:.0f} s",
        ),
        (
            "exact worst margins of all 784 pixels over all paths, in a batch; every level of every pixel in "
            "onnxruntime takes so many times as long",
            f"{1e3 * margins['mnist_10x4: s an image, all paths, bounded']:.1f} ms; "
            f"{margins['mnist_10x4: onnxruntime / ours']:.0f}x",
        ),
        *contested(contest),
        *few_pixels(rivals),
        *(
            (
                f"smallest number of pixels over all paths, `{one['network']}`, first {one['images']} test images: "
                "images by proved number; open",
                ", ".join(f"{found['features']}: {found['images']}" for found in one["smallest"])
                + f"; {one['counts']['open']}",
            )
            for one in least["networks"]
            if one["network"] in ("mnist_10x4", "fashion_10x4")
        ),
    ]


def reports() -> list[tuple[str, str]]:
    """A row about the page that people look at."""
    record = figures("report_page")
    found = record["figures"]
    opened = ("until something is painted", "until the first exhibit is drawn", "until the page is read")
    return [
        (
            f"report of {found['images']} MNIST images: to run; to write; size; from disk in Chromium until something "
            f"is painted, the first image can be clicked, all is read ({record['machine']})",
            f"{found['s, deepcheck run (single pixels, this path and all paths)']:.0f} s; "
            f"{found['s, deepcheck report']:.1f} s; {found['MB']:.1f} MB; "
            f"{', '.join(f'{found[name]:.2f}' for name in (f's, {each}' for each in opened))} s",
        )
    ]


def contested(contest: dict) -> list[tuple[str, str]]:
    """How rankings are graded by exact margins, a row a network."""
    rows = []
    for one in contest["networks"]:
        means = one["settings"]["bounded, all"]["all"]["means"]
        known = {name: means[name]["spearman"][0] for name in contest["contestants"] if means.get(name)}
        best = max(known, key=lambda name: known[name] if known[name] is not None else -1)
        rows.append(
            (
                f"rankings against exact worst margins, `{one['name']}`, {one['images']:,} images: Spearman of coi; "
                "abs; the best attribution; reach (ours, a bound)",
                f"{known['coi']:.2f}; {known['abs']:.2f}; {known[best]:.2f} ({best.replace('|', BAR)}); "
                f"{means['reach']['spearman'][0]:.2f}",
            )
        )
    return rows


def few_pixels(rivals: dict) -> list[tuple[str, str]]:
    """What few-pixel attacks of others find of what is attackable by one pixel."""
    found = sorted(rivals["rivals"], key=lambda one: -one["one"]["recall"])
    shown = ", ".join(f"{one['name']} {100 * one['one']['recall']:.0f} %" for one in found)
    asked, known = rivals["images"]["asked"], rivals["images"]["verdicts_one"]
    return [
        (
            f"few-pixel attacks on {asked} images, {known['attack']} of them attackable by one pixel, all paths, the "
            f"others proved: share of these {known['attack']} found, {rivals['budget']:,} queries, five seeds",
            f"ours 100 %, {1e3 * rivals['images']['seconds_one']['mean']:.0f} ms an image; {shown}",
        )
    ]


def performance() -> str:
    parts = []
    for path in sorted((HERE / "results").glob("*.json")):
        record = json.loads(path.read_text())
        parts += [
            f"### {record['benchmark']}",
            "",
            f"`{record['command']}`, {record['date']}, commit {record['commit']}, {record['machine']}, "
            f"threads: {record['threads']}",
            "",
            "| figure | value |",
            "|---|---|",
            *(f"| {name} | {shown(value)} |" for name, value in record["figures"].items()),
            "",
        ]
    return "\n".join(parts)


def shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, dict):
        return "; ".join(
            f"{key}: {len(found) if isinstance(found, list) else shown(found)}" for key, found in value.items()
        )
    if isinstance(value, list):
        return ", ".join("none" if each is None else str(each) for each in value)
    return "none" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def filled(document: str, block: str) -> str:
    before, rest = document.split("<!-- figures -->")
    _, after = rest.split("<!-- /figures -->")
    return f"{before}<!-- figures -->\n{block.rstrip()}\n<!-- /figures -->{after}"


def main() -> int:
    stale = 0
    for name, block in (("README.md", readme()), ("PERFORMANCE.md", performance())):
        path = ROOT / name
        made = filled(path.read_text(), block)
        if made != path.read_text():
            stale = 1
            if "--check" not in sys.argv:
                path.write_text(made)
    return stale if "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
