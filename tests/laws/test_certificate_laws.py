"""Laws that tie certificates to answers and to fractions, on random networks of every operator the checker has."""

import contextlib
import itertools
import json
import random
from fractions import Fraction

import numpy as np
import pytest
from certifiable import certifiable, exact_scores
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from oracles import answers, box_spans, fractions_of, label_of, label_scores, run_exactly
from strategies import DEGENERATE, ORDINARY, networks

import deepcheck
from deepcheck import Pixels
from deepcheck.certify import checker
from deepcheck.errors import OptionError

EVERY_KIND = certifiable(ORDINARY + DEGENERATE)


def relaxed(examples):
    return settings(max_examples=examples, suppress_health_check=list(HealthCheck))


def ask(network, **options):
    return deepcheck.attack(deepcheck.load(network.model), network.x, features_as="element", **options)


def certified(result, reasons=("nothing to certify", "loading rounded"), **options):
    """A certificate; None where rounding decides the label of the input, or loading rounded a product of constants."""
    with contextlib.suppress(OptionError):
        return deepcheck.certificate(result, **options)
    with pytest.raises(OptionError, match="|".join(reasons)) as refusal:
        deepcheck.certificate(result, **options)
    assert len(str(refusal.value).splitlines()) == 1
    return None


def verify(made, network, tmp_path):
    model = tmp_path / "model.onnx"
    model.write_bytes(network.model.SerializeToString())
    return deepcheck.check(made, model)


def exact_label(network, x):
    return label_of(exact_scores(network.model, x))


@pytest.mark.parametrize(("size", "examples"), [(1, 80), (2, 40), (3, 20)])
def test_an_answer_along_the_path_is_certified_and_nothing_more(size, examples, tmp_path):
    """Attacks and proofs alike; undecided stays only what the answer leaves undecided too."""

    @relaxed(examples)
    @given(EVERY_KIND)
    def law(network):
        assume(size <= network.x.size <= 10)
        result = ask(network, size=size)
        made = certified(result)
        if made is None:
            return event("label depends on rounding")
        text = verify(made, network, tmp_path)
        event(made.verdict)
        assert text.startswith(f"verified: {made.verdict} (this path, real arithmetic)")
        assert made.attacks == len(result.attacks)
        assert made.verdict != "proved" or result.counts["attackable"] == 0
        assert made.undecided <= result.counts["undecided"]
        assert result.verdict == "undecided" or (made.verdict == "attack") == bool(result.counts["attackable"])
        assert result.verdict != "proved" or made.verdict == "proved"
        return None

    law()


def test_single_features_left_out_of_a_verified_certificate_reach_no_label(tmp_path):
    """Along the path, against half-lines in fractions: not even a tie that would change the label."""

    @relaxed(60)
    @given(EVERY_KIND)
    def law(network):
        made = certified(ask(network, size=1))
        assume(made is not None)
        verify(made, network, tmp_path)
        exact = run_exactly(network.model, network.x)
        _, found = answers(exact, box_spans(network.x, 0, 1))
        listed = {attack["features"][0] for attack in made.held["attacks"]}
        undecided = {features[0] for features in made.held["undecided"]}
        for element, answer in enumerate(found):
            reached = [j for j, span in answer.reached.items() if not span.empty]
            assert not reached or element in listed | undecided
            assert element not in listed or any(not span.empty for span in answer.won.values())

    law()


@pytest.mark.parametrize(("size", "examples"), [(1, 30), (2, 20)])
@pytest.mark.parametrize("levels", [None, 3])
def test_no_sample_contradicts_a_certificate_over_all_paths(size, examples, levels, tmp_path):
    @relaxed(examples)
    @given(EVERY_KIND, st.integers(0, 2**32 - 1))
    def law(network, seed):
        assume(size <= network.x.size <= 6)
        assume(levels is None or set(network.x.ravel()) <= {0, 0.5, 1})
        made = certified(ask(network, size=size, paths="all", timeout=0.2, domain=Pixels(levels=levels)), timeout=1)
        if made is None:
            return event("label depends on rounding")
        verify(made, network, tmp_path)
        event(made.verdict)
        covered = [set(each["features"]) for each in made.held["attacks"]]
        covered += [set(features) for features in made.held["undecided"]]
        rng, label = np.random.default_rng(seed), exact_label(network, network.x)
        assert made.held["label"] == label
        for features in itertools.combinations(range(network.x.size), size):
            if any(each <= set(features) for each in covered):
                continue
            for _ in range(4):
                changed = network.x.copy().ravel()
                values = rng.integers(0, 3, size) / 2 if levels or rng.random() < 0.5 else rng.random(size)
                changed[list(features)] = values.astype(changed.dtype)
                assert exact_label(network, changed.reshape(network.x.shape)) == label
        for each in made.held["attacks"]:
            assert each["label"] != label

    law()


def test_what_the_checker_does_not_support_is_said(tmp_path):
    """Any network: its certificate is verified, or there is none, and one line says why."""

    @relaxed(40)
    @given(networks(ORDINARY))
    def law(network):
        assume(network.x.size <= 8)
        made = certified(ask(network, size=1), ("no certificate for this: ", "nothing to certify", "loading rounded"))
        if made is None:
            return event("no certificate")
        verify(made, network, tmp_path)

    law()


def claim_of(network):
    """The checker's view of a network, without evidence: all elements, in [0, 1]."""
    from deepcheck.certify.claims import array

    outputs = run_exactly(network.model, network.x, slopes=False).outputs
    one, zero = (array(np.full(1, end, network.x.dtype)) for end in (1, 0))
    features = [[e, [e]] for e in range(network.x.size)]
    if network.x.size > 3:
        features = [[0, [0, 1]], *features[2:]]
    return {
        "model": {"output": network.model.graph.output[0].name},
        "decision": "sign" if outputs.shape[1] == 1 else "arg max",
        "input": array(network.x.ravel()),
        "label": label_of(label_scores(outputs)[0]),
        "claim": {"verdict": "proved", "scope": "all paths", "size": 1, "features": features, "target": None, "left": 0}
        | {"domain": {"lower": zero, "upper": one}},
        "attacks": [],
        "undecided": [],
    }


def some_blocks(rng, features):
    """Disjoint blocks of features with how many of each change, and none of some."""
    order, blocks = rng.sample(features, rng.randint(1, len(features))), []
    while order:
        size = rng.randint(1, len(order))
        part, order = order[:size], order[size:]
        blocks.append((part, rng.choice([size, rng.randint(1, size)])))
    return blocks


def some_box(rng, tree, blocks):
    """The domain, of blocks that change as a whole some part of it."""
    box = dict(tree.claim.box)
    for e in (e for part, count in blocks if count == len(part) for f in part for e in tree.claim.features[f]):
        low, high = sorted(rng.randint(*box[e]) for _ in range(2))
        box[e] = rng.choice([box[e], (low, high), (low, low)])
    return box


def some_point(rng, tree, blocks, box):
    """The features that change, and an input in fractions."""
    point, chosen = [Fraction(x, tree.claim.scale) for x in tree.claim.x], []
    for part, count in blocks:
        chosen += rng.sample(part, count)
    for e in (e for f in chosen for e in tree.claim.features[f]):
        low, high = box[e]
        step = rng.choice([low, high, Fraction(rng.randint(low * 16, high * 16), 16)])
        point[e] += Fraction(step) / tree.claim.scale
    return chosen, point


def shaped(point, network):
    found = np.empty(len(point), dtype=object)
    found[:] = point
    return found.reshape(network.x.shape)


def test_bounds_contain_what_any_point_of_a_part_gives():
    """Of random blocks and boxes: every lead at every sampled point is below its base and its features' gains."""

    @relaxed(250)
    @given(EVERY_KIND, st.integers(0, 2**32 - 1))
    def law(network, seed):
        rng, tree = random.Random(seed), checker.AllPaths(claim_of(network), network.model)
        tree.prepare()
        factors = []

        def remembered(*given):
            found = checker.AllPaths.linear(tree, *given)
            factors.append(found[1])
            return found

        tree.linear = remembered
        blocks = some_blocks(rng, list(tree.claim.features))
        box = some_box(rng, tree, blocks)
        bounds = tree.bounds(blocks, box)
        scale = factors[-1] * tree.net.scales[tree.net.output]
        for _ in range(6):
            chosen, point = some_point(rng, tree, blocks, box)
            scores = exact_scores(network.model, shaped(point, network))
            for label, base, gains in bounds:
                lead = scores[label] - scores[tree.claim.label]
                assert lead <= Fraction(base + sum(gains[f] for f in chosen), scale)
                kept = list(checker.open_sets(blocks, gains, base, label < tree.claim.label))
                wins = lead > 0 or (lead == 0 and label < tree.claim.label)
                assert not wins or sorted(chosen) in [sorted(each) for each in kept]

    law()


def test_a_walk_passes_through_every_point_of_its_box():
    """Where several paths go on, one has all its guards kept at the point; at its end are the point's scores."""

    @relaxed(150)
    @given(EVERY_KIND, st.integers(0, 2**32 - 1))
    def law(network, seed):
        rng, tree = random.Random(seed), checker.AllPaths(claim_of(network), network.model)
        features = rng.sample(list(tree.claim.features), rng.randint(1, min(3, len(tree.claim.features))))
        blocks = [(features, len(features))]
        whole = some_box(rng, tree, blocks)
        box = {e: whole[e] for f in features for e in tree.claim.features[f]}
        _, point = some_point(rng, tree, blocks, box)
        moved = {e: point[e] * tree.claim.scale - tree.claim.x[e] for e in box}

        def at(guard):
            scale, value, slopes = guard
            return Fraction(value + sum(slopes[e] * d for e, d in moved.items())) / scale

        walk = checker.Walk(tree.net, tree.claim, box)
        while choices := walk.on():
            before = len(walk.guards)
            forks = [walk.fork(choice) for choice in choices]
            kept = [fork for fork in forks if all(at(guard) >= 0 for guard in fork.guards[before:])]
            assert kept
            walk = rng.choice(kept)
        scale, expected = tree.net.scales[tree.net.output], exact_scores(network.model, shaped(point, network))
        for found, score in zip(tree.scores(walk.values[tree.net.output]), expected, strict=True):
            assert at(walk.row(found, scale)) == score

    law()


@pytest.mark.parametrize("levels", [None, 2, 5])
def test_cut_boxes_leave_nothing_out(levels):
    """Below and above a cut lies everything that the box has, on levels exactly their levels."""

    @relaxed(200)
    @given(st.integers(0, 2**32 - 1))
    def law(seed):
        rng = random.Random(seed)
        held = json.loads(json.dumps(HELD))
        if levels:
            from deepcheck.certify.claims import array

            table = np.array(sorted({0.5, *(rng.random() for _ in range(levels - 1))}), np.float32)
            held["claim"]["domain"] |= {"tables": [array(table)], "channel": [0]}
        claim = checker.Claim(held)
        value = rng.choice([rng.uniform(-1, 2), 0.0, 1.0, 0.5, -1e300, 1e300, 2.0**-40])
        low, high = claim.box[0]
        inside = sorted(rng.randint(low, high) for _ in range(2)) if not levels else rng.choices(claim.levels[0], k=2)
        box = {**claim.box, 0: (min(inside), max(inside))}
        parts = [part for part in claim.cut(box, 0, value.hex()) if part is not None]
        points = [v for v in claim.levels[0] if box[0][0] <= v <= box[0][1]] if levels else None
        points = points or [*box[0], *(Fraction(rng.randint(box[0][0] * 8, box[0][1] * 8), 8) for _ in range(20))]
        for point in points:
            assert any(part[0][0] <= point <= part[0][1] for part in parts)
        for part in parts:
            assert box[0][0] <= part[0][0] <= part[0][1] <= box[0][1]

    law()


def _held():
    from deepcheck.certify.claims import array

    domain = {"lower": array(np.zeros(1, np.float32)), "upper": array(np.ones(1, np.float32))}
    claim = {"verdict": "proved", "scope": "all paths", "size": 1, "features": [[0, [0]]], "target": None, "left": 0}
    return {
        "label": 0,
        "input": array(np.array([0.5], np.float32)),
        "claim": {**claim, "domain": domain},
        "attacks": [],
    }


HELD = _held()


def test_fractions_of_arrays_are_read_exactly():
    """The checker's reading of arrays, of all its types, against numpy's."""

    @relaxed(100)
    @given(st.integers(0, 2**32 - 1), st.sampled_from(["float16", "float32", "float64", "int32", "int64"]))
    def law(seed, dtype):
        from deepcheck.certify.claims import array

        rng = np.random.default_rng(seed)
        values = (rng.normal(size=5) * 10.0 ** rng.integers(-4, 4, 5)).astype(dtype)
        numbers, scale = checker.array(array(values))
        assert [Fraction(n, scale) for n in numbers] == list(fractions_of(values.astype(np.float64)))

    law()
