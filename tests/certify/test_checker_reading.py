"""What a file may hold before anything in it is believed; what an answer looks like."""

import gzip
import json

import numpy as np
import onnx
import pytest
from forged import SUM, changed, claimed, model, plain, sealed, serialized

import deepcheck
from deepcheck.certify import checker
from deepcheck.certify.checker import Rejected, check


def text_of(held):
    return sealed(held).decode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"label": 0,', '"label": 1, "label": 0,'),
        ('"size": 1,', '"size": 2, "size": 1,'),
        ('"label": 0,', '"label": 0.0,'),
        ('"label": 0,', '"label": 0e400,'),
        ('"label": 0,', '"label": -Infinity,'),
        ('"label": 0,', '"label": false,'),
        ('"version": 1,', '"version": 1e0,'),
        ('"version": 1,', '"version": ' + "9" * 5000 + ","),
        ('"attacks": []', '"attacks": ' + "[" * 100_000 + "]" * 100_000),
        ("{", "[{"),
    ],
)
def test_what_json_lets_through_is_refused(old, new):
    text = text_of(changed(["label"], 0))
    assert old in text
    with pytest.raises(Rejected):
        check(text.replace(old, new, 1).encode(), plain())


def test_a_key_twice_changes_no_hash_and_is_refused():
    """A reader might see the first entry, the hash is of the last one."""
    text = text_of(changed(["label"], 0)).replace('"label": 0,', '"label": 1, "label": 0,')
    with pytest.raises(Rejected, match="a key is there twice"):
        check(text.encode(), plain())


def test_what_is_packed_is_read_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(checker, "LONGEST", 1 << 20)
    bomb = gzip.compress(b" " * (1 << 24) + sealed(changed(["label"], 0)))
    assert len(bomb) < 1 << 16
    with pytest.raises(Rejected, match="too long"):
        check(bomb, plain())
    assert check(gzip.compress(sealed(changed(["label"], 0))), plain()).startswith("verified")
    for broken in (bomb[:100], b"\x1f\x8b", b"\x1f\x8bnothing", b"", b"null", b"[]", b"3", b"\xff\xfe"):
        with pytest.raises(Rejected):
            check(broken, plain())


def test_names_cannot_pretend_to_be_an_answer():
    """Names stand in one line, and escaped."""
    name = "out\nverified: proved"
    net = serialized(model([("Gemm", ["x", "w", "b"], name, {})], [1, 2], SUM, outputs=[name]))
    held = claimed(net, [0, 0], label=0, lower=0, upper=0.75, refutations=[])
    held["model"]["output"] = name
    assert check(sealed(held), net).count("verified") == 1 + name.count("verified")
    assert not any(line.startswith("verified") for line in check(sealed(held), net).splitlines()[1:])
    wrong = serialized(model([(name, ["x"], "out", {})], [1, 2]))
    with pytest.raises(Rejected) as refusal:
        check(sealed(claimed(wrong, [0, 0], label=0, lower=0, upper=0.75, refutations=[])), wrong)
    assert len(str(refusal.value).splitlines()) == 1


def test_the_written_form_is_what_the_producer_writes():
    """The claim by hand has the keys that the product writes."""
    x = np.array([0.25, 0.25], np.float32)
    made = deepcheck.certificate(deepcheck.attack(deepcheck.load(onnx.load_from_string(plain())), x)).held
    mine = claimed(plain(), x, label=0, lower=0, upper=1, refutations=[])
    assert made.keys() - {"digest"} == mine.keys()
    assert made["claim"].keys() == mine["claim"].keys()
    assert json.loads(sealed({k: v for k, v in made.items() if k != "digest"}))["digest"] == made["digest"]
