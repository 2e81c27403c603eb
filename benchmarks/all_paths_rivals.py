"""Sampled pairs of pixels over all paths: DeepCheck beside Marabou, a complete verifier from a wheel, and beside Z3.

    python -m venv MARABOU && MARABOU/bin/pip install maraboupy
    python benchmarks/all_paths_rivals.py --marabou MARABOU/bin/python

The rule for the sample, written before anything was measured: of each network the first `--images` images of
`../models/data/mnist_test.csv` beside `DEEPCHECK_DATA` that it labels rightly; of each of them `--pairs` pairs drawn
uniformly with `SEED`, as many of the ten pixels of largest reach, and as many that DeepCheck calls attackable (a single
attackable pixel with a partner drawn uniformly). Everyone is asked the same: can these two pixels, in [0, 1], change
the label, along any path? Marabou and Z3 get the first layer as a function of the two pixels, so that nothing is
computed about the other 782; making their queries is not counted for Marabou. One core, one after another; one pair
before the first is for warming up. Z3 is exact and gets the small network only. Marabou works in floats with tolerances
and has no strict inequalities, so it is asked for a lead of 1e-5; an answer whose point does not change the label in
float64 is counted apart.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")
os.environ |= dict.fromkeys(THREADS, "1")
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # all of it, the rivals' processes too, on one core
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

import numpy as np
import z3
from few_pixels import images_of, load, models
from measure import store
from plain import Plain

import deepcheck
from deepcheck import zoo

SEED = 20261125
NETWORKS = ("mnist_10x4", "MNIST_6x200_PGD")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--marabou", required=True, help="an interpreter with maraboupy")
    parser.add_argument("--images", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=4, help="of each of three kinds, of each image")
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of a pair")
    parser.add_argument("--dry", action="store_true", help="print, store nothing")
    options = parser.parse_args()
    figures: dict = {"maraboupy": _version(options.marabou), "time limit of a pair, s": options.seconds}
    for network in NETWORKS:
        found = side_by_side(network, options)
        figures |= {f"{network}: {key}": value for key, value in found.items()}
        print(json.dumps(found, indent=1), file=sys.stderr)
    if not options.dry:
        store(
            "all_paths_rivals",
            figures,
            "one core for each of DeepCheck, Marabou (numWorkers=1) and Z3, one after another",
        )


def side_by_side(network: str, options: argparse.Namespace) -> dict:
    program = load(network)
    path = zoo.path(network) if network == "mnist_10x4" else models() / f"{network}.onnx"
    plain, rng = Plain.of(path), np.random.default_rng(SEED)
    marabou = Marabou(options.marabou, plain)
    rivals = {"Marabou": marabou.ask} | ({"Z3": z3_ask} if network == "mnist_10x4" else {})
    rows: dict[str, list[tuple[str, float, bool]]] = {name: [] for name in ("DeepCheck", *rivals)}
    whole, uniform, warm = [], [], True
    for place, image in images_of(program)[: options.images]:
        result = deepcheck.attack(program, image, size=2, paths="all", timeout=options.seconds)
        whole.append(result.seconds)
        for number, pair in enumerate(sampled(program, image, result, rng, options.pairs)):
            uniform.append(number < options.pairs)
            asked = question(program, plain, image, pair) | {"seconds": options.seconds}
            if warm:
                ours(program, image, pair, options.seconds)
                for ask in rivals.values():
                    ask(plain, asked)
                warm = False
            answers = {"DeepCheck": ours(program, image, pair, options.seconds)}
            answers |= {name: ask(plain, asked) for name, ask in rivals.items()}
            for name, (verdict, seconds, point) in answers.items():
                changes = point is None or changed(plain, program.model_input(image).ravel(), pair, point)
                rows[name].append((verdict, seconds, changes))
            print(
                network,
                place,
                pair,
                {name: answer[:2] for name, answer in answers.items()},
                file=sys.stderr,
                flush=True,
            )
    marabou.close()
    return summary(rows, whole, uniform)


def sampled(
    program: deepcheck.Program, image: np.ndarray, result: deepcheck.Result, rng: np.random.Generator, count: int
) -> list:
    """Pairs of three kinds, each kind ``count`` times where there are so many."""
    uniform = [tuple(sorted(rng.choice(784, 2, replace=False).tolist())) for _ in range(count)]
    scores = deepcheck.importance(program, image, metric="reach", domain=deepcheck.Pixels(0, 1))
    top = deepcheck.order_of(scores.reshape(1, -1))[0][:10]
    near = [tuple(sorted(rng.choice(top, 2, replace=False).tolist())) for _ in range(count)]
    known = sorted(tuple(sorted(features)) for features in result.attackable)
    drawn = [known[at] for at in rng.choice(len(known), min(count, len(known)), replace=False)] if known else []
    found = [pair if len(pair) == 2 else with_partner(pair[0], rng) for pair in drawn]
    return uniform + near + found


def with_partner(feature: int, rng: np.random.Generator) -> tuple[int, int]:
    other = int(rng.choice(np.setdiff1d(np.arange(784), [feature])))
    return min(feature, other), max(feature, other)


def question(program: deepcheck.Program, plain: Plain, image: np.ndarray, pair: tuple[int, int]) -> dict:
    """The first layer as a function of the two inputs that the model receives, and their bounds."""
    received, ends = program.model_input(image).ravel().astype(np.float64), np.stack([np.zeros(784), np.ones(784)])
    lower, upper = (program.model_input(end.reshape(1, *program.input_shape)).ravel()[list(pair)] for end in ends)
    weights, columns = plain.weights[0], list(pair)
    fixed = np.delete(np.arange(784), columns)
    scores = plain(received)
    return {
        "slopes": weights[columns].T.tolist(),
        "offsets": (received[fixed] @ weights[fixed] + plain.offsets[0]).tolist(),
        "lower": lower.astype(float).tolist(),
        "upper": upper.astype(float).tolist(),
        "label": int(scores[0].argmax()),
    }


def ours(program: deepcheck.Program, image: np.ndarray, pair: tuple[int, int], limit: float) -> tuple:
    started = time.perf_counter()
    result = deepcheck.attack(program, image, size=2, features=pair, paths="all", timeout=limit)
    return result.verdict, time.perf_counter() - started, None


class Marabou:
    """Marabou in an interpreter of its own."""

    def __init__(self, interpreter: str, plain: Plain) -> None:
        worker = Path(__file__).with_name("marabou_worker.py")
        self.process = subprocess.Popen(
            [interpreter, str(worker)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        pairs = zip(plain.weights[1:], plain.offsets[1:], strict=True)
        self._tell({"layers": [[weights.T.tolist(), offsets.tolist()] for weights, offsets in pairs]})

    def _tell(self, words: dict) -> None:
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()

    def ask(self, plain: Plain, asked: dict) -> tuple:
        """The verdict, the seconds of solving alone, and a point."""
        self._tell(asked)
        while not (line := self.process.stdout.readline()).startswith("{"):
            if not line:
                raise RuntimeError("Marabou's process ended")
        answer = json.loads(line)
        return answer["verdict"], answer["solve"], answer["point"]

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def z3_ask(plain: Plain, asked: dict) -> tuple:
    """Exact arithmetic from the first layer's offsets on, which are float64 sums of the fixed inputs."""
    started = time.perf_counter()
    free = [z3.Real(f"x{place}") for place in range(2)]
    solver = z3.Solver()
    solver.set("timeout", int(1e3 * asked["seconds"]))
    for x, lower, upper in zip(free, asked["lower"], asked["upper"], strict=True):
        solver.add(x >= exact(lower), x <= exact(upper))
    values = free
    for place, (weights, offsets) in enumerate(_layers(plain, asked)):
        if place:
            values = [_relu(solver, f"y{place}_{at}", value) for at, value in enumerate(values)]
        values = [
            z3.Sum([exact(offset), *(exact(w) * value for w, value in zip(row, values, strict=True))])
            for row, offset in zip(weights, offsets, strict=True)
        ]
    label = asked["label"]
    solver.add(
        z3.Or([v >= values[label] if j < label else v > values[label] for j, v in enumerate(values) if j != label])
    )
    found = {"sat": "attack", "unsat": "proved"}.get(str(solver.check()), "unknown")
    return found, time.perf_counter() - started, None


def _layers(plain: Plain, asked: dict) -> list:
    later = [(w.T.tolist(), b.tolist()) for w, b in zip(plain.weights[1:], plain.offsets[1:], strict=True)]
    return [(asked["slopes"], asked["offsets"]), *later]


def _relu(solver: z3.Solver, name: str, value: z3.ArithRef) -> z3.ArithRef:
    before, after = z3.Real(f"{name}_before"), z3.Real(name)
    solver.add(before == value, after == z3.If(before > 0, before, 0))
    return after


def exact(value: float) -> z3.RatNumRef:
    numerator, denominator = float(value).as_integer_ratio()
    return z3.Q(numerator, denominator)


def changed(plain: Plain, received: np.ndarray, pair: tuple[int, int], point: list[float]) -> bool:
    """Does a rival's point change the label, in float64?"""
    moved = received.astype(np.float64).copy()
    moved[list(pair)] = point
    before, after = (int(plain(x)[0].argmax()) for x in (received, moved))
    return before != after


def summary(rows: dict[str, list[tuple[str, float, bool]]], whole: list[float], uniform: list[bool]) -> dict:
    mine, each = rows["DeepCheck"], float(np.sum(whole)) / (306_936 * len(whole))
    figures: dict = {
        "pairs": len(mine),
        "of which attackable": sum(verdict == "attack" for verdict, _, _ in mine),
        "undecided by DeepCheck": sum(verdict == "undecided" for verdict, _, _ in mine),
        "DeepCheck: s, all 306,936 pairs of an image, median": float(np.median(whole)),
        "DeepCheck: us a pair, in all pairs": 1e6 * each,
    }
    for name, answers in rows.items():
        spent = np.array([seconds for _, seconds, _ in answers])
        figures |= {
            f"{name}: ms a pair by itself, median": 1e3 * float(np.median(spent)),
            f"{name}: ms a pair by itself, mean": 1e3 * float(spent.mean()),
            f"{name}: ms a pair by itself, longest": 1e3 * float(spent.max()),
        }
        if name == "DeepCheck":
            continue
        both = [(a, b) for (a, _, _), (b, _, _) in zip(answers, mine, strict=True) if "un" not in (a[:2], b[:2])]
        kept = [changes for verdict, _, changes in answers if verdict == "attack"]
        figures |= {
            f"{name}: undecided": sum(verdict == "unknown" for verdict, _, _ in answers),
            f"{name}: decided by both": len(both),
            f"{name}: disagreements": sum(a != b for a, b in both),
            f"{name}: its points that do not change the label": len(kept) - sum(kept),
            f"{name}: times as long as ours, a pair by itself": float(spent.sum() / sum(s for _, s, _ in mine)),
            f"{name}: times as long as ours, a uniform pair beside ours in all pairs": float(
                spent[uniform].mean() / each
            ),
        }
    return figures


def _version(interpreter: str) -> str:
    code = "from importlib.metadata import version; print(version('maraboupy'))"
    return subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
