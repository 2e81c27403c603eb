"""Certificates that somebody changed: without a new hash all are rejected; with one, what still passes is true.

Whether a claim is true is decided by `claim_oracle`, which reads nothing but the claim. Evidence may be changed into
other evidence that holds (a multiplier by one bit): then the claim is what it was.
"""

import base64
import copy
import hashlib
import json
import random

import numpy as np
import pytest
from claim_oracle import Claim
from forgeable import CASES, certified, verified
from forged import array, sealed
from plain_networks import Net
from requirements import require

from deepcheck.certify.checker import Rejected, check

require("z3")


truths: dict = {}


def is_true(held, net):
    claim = {key: value for key, value in held.items() if key not in ("refutations", "tree", "digest")}
    key = json.dumps(claim, sort_keys=True)  # with the model's hash
    if key not in truths:
        truths[key] = Claim(held, net).truth()
    return truths[key]


def assert_rejected_or_true(held, net):
    """The one law: what the checker verifies is true."""
    if verified(held, net):
        assert is_true(held, net), {key: value for key, value in held.items() if key != "tree"}
        return True
    return False


@pytest.mark.parametrize("name", CASES)
def test_certificates_are_verified_and_true(name):
    held, net = certified(name)
    assert verified(held, net)
    assert is_true(held, net)


def test_the_cases_hold_what_is_to_be_changed():
    """Attacks, proofs, multipliers, cuts, and every kind of node."""
    text = "".join(json.dumps(certified(name)[0]) for name in CASES)
    for word in ('"halve"', '"keep"', '"cut"', '"close"', '"walk"', '"lead"', '"none"', '"element"', '"tables"'):
        assert word in text, word
    verdicts = [certified(name)[0]["claim"]["verdict"] for name in CASES]
    assert {"attack", "proved"} <= set(verdicts)
    ((_, _, [[*_, below]]),) = certified("same tie")[0]["refutations"]
    assert below % 2  # a third is no float
    assert sum(len(certified(name)[0].get("refutations", ())) for name in CASES) > 30


def leaves(held, path=()):
    yield path
    if isinstance(held, dict | list):
        for key, value in held.items() if isinstance(held, dict) else enumerate(held):
            yield from leaves(value, (*path, key))


def other_values(value, rng):
    """What a leaf or a list could be instead."""
    if isinstance(value, bool) or value is None:
        return [0, 1, 2]
    if isinstance(value, int):
        return [value + 1, value - 1, -value, value * 2, None, str(value), float(value), True, [value]]
    if isinstance(value, str):
        at = rng.randrange(len(value)) if value else 0
        return [value[:at] + ("A" if value[at : at + 1] != "A" else "g") + value[at + 1 :], value[:-1], "", None, 0]
    if isinstance(value, list) and value:
        at = rng.randrange(len(value))
        return [value[:at] + value[at + 1 :], [*value, value[at]], value[::-1], [], value[at], None]
    if isinstance(value, dict) and value:
        key = rng.choice(list(value))
        return [{k: v for k, v in value.items() if k != key}, {**value, "more": 1}, {**value, key: None}, {}]
    return [None, [0]]


def mutants(held, rng, count):
    """So many certificates with one entry changed."""
    places = [path for path in leaves(held) if path]
    top = [path for path in places if path[0] not in ("refutations", "tree")]
    deep = [path for path in places if path[0] in ("refutations", "tree")]
    for path in [*rng.sample(top, min(count, len(top))), *rng.sample(deep, min(count, len(deep)))]:
        inner = held
        for key in path:
            inner = inner[key]
        options = other_values(inner, rng)
        for value in rng.sample(options, min(3, len(options))):
            yield path, replaced(held, path, value)


def replaced(held, path, value):
    if not path:
        return value
    new = copy.copy(held)
    new[path[0]] = replaced(held[path[0]], path[1:], value)
    return new


@pytest.mark.parametrize("name", CASES)
def test_any_change_without_a_new_hash_is_rejected(name):
    held, net = certified(name)
    rng, model = random.Random(name), net.model.SerializeToString()
    original = json.loads(sealed(held))
    for path, mutant in mutants(original, rng, 14):
        if mutant == original and str(mutant) == str(original):
            continue
        with pytest.raises(Rejected):
            print(path, check(json.dumps(mutant).encode(), model))


@pytest.mark.parametrize("name", CASES)
def test_any_change_with_a_new_hash_is_rejected_or_true(name):
    held, net = certified(name)
    rng = random.Random(name)
    for _, mutant in mutants(held, rng, 14):
        assert_rejected_or_true(mutant, net)


def changed_claims(held, net):
    """Whole claims with the evidence of another one."""
    claim, features = held["claim"], held["claim"]["features"]

    def say(**entries):
        return {**held, "claim": {**claim, **entries}}

    for size in (1, 2, 3, 4):
        yield say(size=size)
    for target in (None, 0, 1, 2):
        yield say(target=target)
    for label in (0, 1, 2):
        yield {**held, "label": label}
    for scope in ("this path", "all paths"):
        for evidence in ({"tree": ["close", []], "refutations": []}, {"refutations": held.get("refutations", [])}):
            yield {**say(scope=scope), **evidence}
    for lower, upper in ((0, 2), (-1, 1), (-1, 2), (0, 0.5), (0, 1 + 2**-23), (0.25, 0.75), (0, 1e30)):
        yield say(domain={**claim["domain"], "lower": array([lower]), "upper": array([upper])})
    yield say(domain={key: claim["domain"][key] for key in ("lower", "upper")})
    for levels in ([0, 0.25, 0.5, 0.75, 1], [0, 0.25, 0.5, 0.75, 0.8, 1], [1, 0.75, 0, 0, 0.5, 0.25]):
        yield say(domain={**claim["domain"], "tables": [array(levels)], "channel": [0]})
    yield say(domain={**claim["domain"], "tables": [array([0, 0.25, 0.5, 0.75, 1]), array([0.25])], "channel": [0]})
    for decision in ("arg max", "arg min", "sign"):
        yield {**held, "decision": decision}
    for step in range(len(net.steps)):
        yield {**held, "model": {**held["model"], "output": f"t{step}"}}
    for k in range(len(features)):
        yield say(features=features[:k] + features[k + 1 :])
        yield say(features=[*features[:k], [features[k][0], features[k - 1][1]], *features[k + 1 :]])
        yield say(features=[*features[:k], [features[k][0], features[k][1] + features[k - 1][1]], *features[k + 1 :]])
        merged = [features[j] for j in range(len(features)) if j not in (k, (k - 1) % len(features))]
        yield say(features=[*merged, [features[k][0], features[k][1] + features[k - 1][1]]])
        yield say(features=[*features[:k], [features[k][0], []], *features[k + 1 :]])
    yield say(features=features[::-1])
    for attack in held["attacks"]:
        rest = [other for other in held["attacks"] if other is not attack]
        verdict = "attack" if rest else "undecided" if held["undecided"] else "proved"
        yield {**say(verdict=verdict), "attacks": rest}
        yield {**say(verdict="attack"), "attacks": [*held["attacks"], attack]}
        fewer = {**attack, "features": attack["features"][:-1]}
        yield {**held, "attacks": [*rest, fewer]}
        yield {**held, "attacks": [*rest, {**attack, "features": attack["features"][::-1]}]}
        for label in (0, 1, 2):
            yield {**held, "attacks": [*rest, {**attack, "label": label}]}
    for chosen in held["undecided"]:
        yield {**held, "undecided": [other for other in held["undecided"] if other != chosen]}
        yield {**say(verdict="proved"), "undecided": [other for other in held["undecided"] if other != chosen]}
    yield {**say(verdict="undecided"), "attacks": [], "undecided": [[feature] for feature, _ in features]}
    yield {**say(verdict="proved"), "attacks": [], "undecided": []}
    yield {**say(verdict="attack"), "attacks": [], "undecided": []}


@pytest.mark.parametrize("name", CASES)
def test_claims_with_evidence_of_others_are_rejected_or_true(name):
    held, net = certified(name)
    passed = [assert_rejected_or_true(mutant, net) for mutant in changed_claims(held, net)]
    assert 0 < sum(passed) < len(passed)


@pytest.mark.parametrize("name", CASES)
def test_other_inputs_are_rejected_or_true(name):
    """An element of the input, or of a witness, moved: a little, by a level, or out of the domain."""
    held, net = certified(name)
    x = np.frombuffer(base64.b64decode(held["input"]["base64"]), np.float32)
    for element in range(len(x)):
        for value in (0, 1, x[element] + np.float32(2**-20), 1.25):
            moved = x.copy()
            moved[element] = value
            assert_rejected_or_true({**held, "input": array(moved)}, net)


@pytest.mark.parametrize("name", CASES)
def test_another_model_with_its_own_hash_is_rejected_or_true(name):
    """Weights altered, and the hash of the certificate with them."""
    held, net = certified(name)
    rng = np.random.default_rng(5)
    for at in [k for k, step in enumerate(net.steps) if step.arrays]:
        for _ in range(3):
            arrays = [array.copy() for array in net.steps[at].arrays]
            part = arrays[int(rng.integers(2))]
            part.reshape(-1)[int(rng.integers(part.size))] += np.float32(rng.choice([-1, -0.125, 0.125, 1]))
            step = type(net.steps[at])(net.steps[at].name, tuple(arrays), net.steps[at].numbers)
            other = Net(net.shape, (*net.steps[:at], step, *net.steps[at + 1 :]))
            sha256 = hashlib.sha256(other.model.SerializeToString()).hexdigest()
            assert not verified(held, other)
            new = {**held, "model": {**held["model"], "sha256": sha256}}
            assert_rejected_or_true(new, other)
