"""Random small text networks with a sentence each, asked of DeepCheck and tried out in full."""

from dataclasses import dataclass

import numpy as np
from text_oracle import ONE_LAYER, Truth, network, truth, words_of

import deepcheck
from deepcheck.text import Question, TextModel, Vocabulary

SEEDS = 30


@dataclass(frozen=True)
class Trial:
    """A question, and the truth about it."""

    question: Question
    truth: Truth
    complete: bool

    def words(self, new):
        """New words by place among those that may change, as the truth counts them."""
        places = self.question.places.tolist()
        return {places.index(position): row for position, row in new.items()}


def trial(kind, seed, along=False, further=None):
    """A network of a kind, a sentence as long as the network or shorter, and random words that are allowed.

    Args:
        kind: One of `ONE_LAYER` and `DEEPER`.
        seed: What all is drawn from.
        along: Only along the sentence's path?
        further: Replaced words stand so many places further apart than those that share units; None: anywhere.
    """
    rng = np.random.default_rng([seed, *kind.encode()])
    net = network(kind, rng)
    words, vectors = words_of(rng, net.dimensions)
    vocabulary = Vocabulary.of(words, vectors)
    model = TextModel.of(deepcheck.load(net.model()), vocabulary, pad=("left", "right")[seed % 2])
    count = int(rng.integers(2, net.length + 1))
    text = " ".join(rng.choice([*words[2:], "unheard"], size=count))
    sentence = model.sentence(text)
    places = sentence.places[np.sort(rng.permutation(count)[: max(2, count - seed % 2)])]
    allowed = rng.random((len(places), len(words))) < 0.85
    allowed[:, vocabulary.padding] = False
    allowed[np.arange(len(places)), sentence.rows[places]] = False
    assert sentence.rows[sentence.places].tolist() == [words.index(w) if w in words else 1 for w in text.split()]
    apart = 1 if further is None else model.tables.gap + further
    question = Question(model, sentence, places, allowed, along, apart)
    assert (model.tables is not None) == (kind in ONE_LAYER)
    return Trial(question, truth(net, vectors, sentence.rows, places, allowed, along, apart), kind in ONE_LAYER)
