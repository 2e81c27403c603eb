"""Marabou's side of `all_paths_rivals.py`, run by an interpreter that has maraboupy; it needs nothing else.

A line of JSON in, a line out. First {"layers": [[weights, offsets], ...]} of all layers but the first, weights by
output; then questions {"slopes", "offsets", "lower", "upper", "label", "seconds"}: the first layer as a function of the
free inputs, their bounds, the label to keep, and the time limit. Each answer is {"verdict": "attack", "proved" or
"unknown", "point", "build", "solve"}: one query a label, its score at least `LEAD` above the label's, until one has a
solution; seconds of making the queries and of solving them.
"""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
from maraboupy import Marabou, MarabouCore

LEAD = 1e-5
"""What another score must lead by: without one, most solutions are ties, which tolerances put on either side."""


class Query:
    """A query as it grows."""

    def __init__(self) -> None:
        self.equations, self.relus, self.bounds, self.variables = [], [], [], 0

    def free(self, count: int) -> list[int]:
        self.variables += count
        return list(range(self.variables - count, self.variables))

    def dense(self, weights: list[list[float]], offsets: list[float], operands: list[int]) -> list[int]:
        found = self.free(len(weights))
        for row, offset, variable in zip(weights, offsets, found, strict=True):
            self.equations.append(
                ([(w, v) for w, v in zip(row, operands, strict=True) if w] + [(-1.0, variable)], -offset)
            )
        return found

    def relu(self, operands: list[int]) -> list[int]:
        found = self.free(len(operands))
        self.relus += zip(operands, found, strict=True)
        return found

    def made(self, inputs: list[int], outputs: list[int], lower: list, upper: list, label: int, other: int):
        query = MarabouCore.InputQuery()
        query.setNumberOfVariables(self.variables)
        for place, variable in enumerate(inputs):
            query.markInputVariable(variable, place)
            query.setLowerBound(variable, lower[place])
            query.setUpperBound(variable, upper[place])
        for place, variable in enumerate(outputs):
            query.markOutputVariable(variable, place)
        for terms, scalar in self.equations:
            equation = MarabouCore.Equation()
            for coefficient, variable in terms:
                equation.addAddend(coefficient, variable)
            equation.setScalar(scalar)
            query.addEquation(equation)
        for before, after in self.relus:
            query.setLowerBound(after, 0.0)
            MarabouCore.addReluConstraint(query, before, after)
        above = MarabouCore.Equation(MarabouCore.Equation.GE)
        above.addAddend(1.0, outputs[other])
        above.addAddend(-1.0, outputs[label])
        above.setScalar(LEAD)
        query.addEquation(above)
        return query


def answer(layers: list, asked: dict) -> dict:
    started = time.perf_counter()
    query = Query()
    inputs = query.free(len(asked["lower"]))
    values = query.dense(asked["slopes"], asked["offsets"], inputs)
    for weights, offsets in layers:
        values = query.dense(weights, offsets, query.relu(values))
    build, solve, verdict = time.perf_counter() - started, 0.0, "proved"
    for other in range(len(values)):
        if other == asked["label"]:
            continue
        started = time.perf_counter()
        made = query.made(inputs, values, asked["lower"], asked["upper"], asked["label"], other)
        build += time.perf_counter() - started
        left = max(1, int(asked["seconds"] - solve))
        started = time.perf_counter()
        options = Marabou.createOptions(numWorkers=1, timeoutInSeconds=left, verbosity=0)
        code, found, _ = MarabouCore.solve(made, options, "")
        solve += time.perf_counter() - started
        if code == "sat":
            return {
                "verdict": "attack",
                "point": [found[v] for v in inputs],
                "other": other,
                "build": build,
                "solve": solve,
            }
        if code != "unsat":
            verdict = "unknown"
    return {"verdict": verdict, "point": None, "build": build, "solve": solve}


def main() -> None:
    layers = json.loads(sys.stdin.readline())["layers"]
    for line in sys.stdin:
        print(json.dumps(answer(layers, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
