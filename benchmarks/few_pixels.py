"""Few-pixel robustness over all paths on published networks: resumable protocols, one record per image.

    python benchmarks/few_pixels.py MNIST_6x200_PGD --size 2 --images 100 --seconds 60
    python benchmarks/few_pixels.py --publish

Images: the first 100 of `../models/data/mnist_test.csv` beside `DEEPCHECK_DATA`, those that the network labels rightly
behind its source's own normalisation; pixels in [0, 1]. Up to size 2 every set gets a verdict; from size 3 on the
search stops at the first attack (the verdict of published tables). Records lie in `--out` (by default
`runs/few_pixels`, which git ignores); what is there is not run again. A machine that does something else beside makes
them slower: say so.
"""

import argparse
import json
import os
import time
from pathlib import Path

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

import numpy as np
from measure import store

import deepcheck
from deepcheck import zoo

ROOT = Path(__file__).parent.parent
NORMALISED = {"mean": 0.1307, "std": 0.3081}
"""As the verifiers of the MNIST networks apply it; `../models/README.md`."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", nargs="?", help="a network of ../models, or mnist_10x4")
    parser.add_argument("--size", type=int, default=2)
    parser.add_argument("--images", type=int, default=100, help="of the first 100, so many rightly labelled ones")
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of an image")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "few_pixels")
    parser.add_argument("--publish", action="store_true", help="write what is there to results/few_pixels.json")
    options = parser.parse_args()
    if options.publish:
        publish(options.out)
    else:
        protocol(options.network, options.size, options.images, options.seconds, options.out)


def models() -> Path:
    return Path(os.environ["DEEPCHECK_DATA"]).parent / "models"


def load(network: str) -> deepcheck.Program:
    if network == "mnist_10x4":
        return deepcheck.load(zoo.path(network))
    return deepcheck.load(models() / f"{network}.onnx", **NORMALISED)


def images_of(program: deepcheck.Program) -> list[tuple[int, np.ndarray]]:
    """The images that the network labels rightly, with their places among the first 100."""
    rows = np.loadtxt(models() / "data" / "mnist_test.csv", delimiter=",")
    pixels = (rows[:, 1:] / 255).astype(np.float32).reshape(-1, *program.input_shape)
    right = np.argmax(program(pixels).reshape(len(pixels), -1), axis=1) == rows[:, 0]
    return [(int(at), pixels[at]) for at in np.flatnonzero(right)]


def protocol(network: str, size: int, count: int, seconds: float, out: Path) -> None:
    program = load(network)
    chosen = images_of(program)[:count]
    folder = out / network / f"size_{size}"
    folder.mkdir(parents=True, exist_ok=True)
    missing = [(at, image) for at, image in chosen if not (folder / f"{at:03d}.json").exists()]
    if missing:
        deepcheck.attack(program, missing[0][1], size=size, paths="all", timeout=min(seconds, 5.0))  # warm-up
    for at, image in missing:
        record = one(program, image, size, seconds) | {"network": network, "image": at, "limit": seconds}
        temporary = folder / f".{at:03d}.json"
        temporary.write_text(json.dumps(record))
        temporary.replace(folder / f"{at:03d}.json")
        print(at, record["verdict"], record["counts"], f"{record['seconds']:.2f} s", flush=True)


def one(program: deepcheck.Program, image: np.ndarray, size: int, seconds: float) -> dict:
    started = time.perf_counter()
    result = deepcheck.attack(program, image, size=size, paths="all", first=size > 2, timeout=seconds)
    compared = result.comparison
    return {
        "size": size,
        "verdict": result.verdict,
        "reason": result.reason,
        "counts": result.counts,
        "along_path": compared.along_path,
        "flips": compared.flips,
        "seconds": result.seconds,
        "seconds with replay": time.perf_counter() - started,
        "date": time.strftime("%Y-%m-%d"),
    }


def publish(out: Path) -> None:
    figures = {}
    for folder in sorted(out.glob("*/size_*")):
        records = [json.loads(path.read_text()) for path in sorted(folder.glob("[0-9]*.json"))]
        if records:
            figures[f"{folder.parent.name}, size {records[0]['size']}"] = summary(records)
    threads = "2 cores: one BLAS thread a product, two threads of ours"
    store("few_pixels", figures, threads)


def summary(records: list[dict]) -> dict:
    took = np.array([record["seconds"] for record in records])
    verdicts = [record["verdict"] for record in records]
    whole = [not record["counts"]["untried"] and not record["counts"]["undecided"] for record in records]
    flips = [record["flips"] for record in records if record["flips"] is not None]
    return {
        "images": len(records),
        "proved": verdicts.count("proved"),
        "attack": verdicts.count("attack"),
        "undecided": verdicts.count("undecided"),
        "every set decided": sum(whole) if records[0]["size"] <= 2 else None,
        "attackable along the path": sum(record["along_path"] > 0 for record in records),
        "only along another path": sum(
            v == "attack" and r["along_path"] == 0 for v, r in zip(verdicts, records, strict=True)
        ),
        "flips of the nearest attack, median": float(np.median(flips)) if flips else None,
        "s, median": float(np.median(took)),
        "s, 90th percentile": float(np.percentile(took, 90)),
        "s, 95th percentile": float(np.percentile(took, 95)),
        "s, longest": float(took.max()),
        "s, time limit": records[0]["limit"],
    }


if __name__ == "__main__":
    main()
