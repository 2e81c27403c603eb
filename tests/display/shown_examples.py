"""Answers of every public class, about networks worked out by hand, and a reader of the HTML that they show."""

import base64
import io
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import numpy as np
from PIL import Image
from plain_text_network import signed_network
from strategies import dense_network

import deepcheck
from deepcheck.campaign import MinimalTable
from deepcheck.text import TextModel, Vocabulary

HOSTILE = "<img/src=http://evil/x onerror=alert(1)>\"'&"
TAGS = {"section", "style", "p", "b", "span", "del", "ins", "dl", "dt", "dd", "div", "figure", "figcaption", "img"} | {
    "table", "thead", "tbody", "tr", "th", "td", "svg", "path", "circle", "text", "br", "code"
}  # fmt: skip
VOID = {"img", "br"}


def square(color=False, name="by hand"):
    """Scores ``(x[5] - 1/2, x[9])`` of 64 pixels (or of the first channel of three): label 0 where ``x[5] = 1``."""
    size = 192 if color else 64
    weight = np.zeros((size, 2), dtype=np.float32)
    weight[5, 0] = weight[9, 1] = 1.0
    shape = (3, 8, 8) if color else (1, 8, 8)
    program = deepcheck.load(dense_network([(weight, [-0.5, 0.0])], input_shape=shape))
    return replace(program, origin=replace(program.origin, name=name))


def lit(color=False):
    """Black but for pixel 5, in the first channel."""
    x = np.zeros((3, 8, 8) if color else (1, 8, 8), dtype=np.float32)
    x.reshape(-1)[5] = 1.0
    return x


def table(name="a table"):
    """The same of five features, and of those only: a network with ReLUs that are active."""
    first = np.eye(5, dtype=np.float32)
    second = np.zeros((5, 2), dtype=np.float32)
    second[0, 0] = second[1, 1] = 1.0
    program = deepcheck.load(dense_network([(first, np.ones(5)), (second, [-0.5, 0.0])]))
    return replace(program, origin=replace(program.origin, name=name))


@cache
def examples(name="by hand"):
    """An answer of each kind, by a name for people."""
    program, x, few = square(name=name), lit(), table(name)
    y = np.float32([1, 0.25, 0.125, 0, 0])  # scores 1 1/2 and 1 1/4
    single, pairs = deepcheck.attack(program, x), deepcheck.attack(program, x, size=2)
    batch = np.repeat(x[None], 25, axis=0)
    margins = deepcheck.worst_margins(program, batch)
    text = TextModel.of(
        deepcheck.load(signed_network(3)),
        Vocabulary.of(("<PAD>", "<UNK>", "good", "dull", name), np.float32([[0, 0], [0, 1], [1, 0], [-8, 0], [-9, 0]])),
        ("bad", name),
    )
    return {
        "program": program,
        "features": single,
        "all paths": deepcheck.attack(program, x, paths="all", order="coi", shortlist=4),
        "proved": deepcheck.attack(program, x, features=[0, 1]),
        "sets": pairs,
        "smallest": deepcheck.smallest(program, x, paths="all"),
        "batch": deepcheck.attack(program, batch),
        "colours": deepcheck.attack(square(True, name), lit(True)),
        "table": deepcheck.attack(few, y),
        "sets of a table": deepcheck.attack(few, y, size=2),
        "batch of tables": deepcheck.attack(few, np.stack([y, y]), size=2),
        "attack": single.attacks[0],
        "attack by two": pairs.attacks[0],
        "attack on a table": deepcheck.attack(few, y).attacks[0],
        "exploration": deepcheck.explore_paths(few, y, features=[0, 1, 2]),
        "exploration of an image": deepcheck.explore_paths(program, x, features=[5, 6]),
        "region map": deepcheck.region_map(program, x, [5, 9]),
        "worst margins": margins,
        "worst margins of a table": deepcheck.worst_margins(few, y[None]),
        "grades": deepcheck.grade(deepcheck.importance(program, batch), program, batch, truth=margins),
        "certificate": deepcheck.certificate(single),
        "minimal": MinimalTable(3, (1,), {}, 2, 784, "all", {"dataset": name}, 0, 0, True),
        "fgsm": deepcheck.fgsm(program, x),
        "fgsm of a batch": deepcheck.fgsm(program, batch),
        "pgd of a table": deepcheck.pgd(few, y, epsilon=0.3),
        "label": deepcheck.labels_within(program, x, most=1)[0],
        "words": deepcheck.word_importance(text, f"good {name} dull"),
        "text": deepcheck.attack_text(text, "good good dull"),
        "vectors": deepcheck.attack_vectors(text, "good good dull", order="coi"),
    }


class Reader(HTMLParser):
    """What a browser makes of HTML: its tags, its attributes, its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.open, self.text = [], [], [], ""
        self.feed(html)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    @property
    def pictures(self):
        """The pictures, as arrays of whole numbers."""
        sources = [value.partition("base64,")[2] for name, value in self.attributes if name == "src"]
        return [np.asarray(Image.open(io.BytesIO(base64.b64decode(source)))).astype(int) for source in sources]
