"""Text: sentences as word vectors, important words, and sentences changed in a few words.

A word is a feature that owns one whole vector.

Source: section IV-B.
"""

from deepcheck.text.allowed import Choices, stop_words
from deepcheck.text.fewest import Fewest, fewest_words
from deepcheck.text.model import TextModel
from deepcheck.text.pairs import Pairs, every_pair
from deepcheck.text.question import Question
from deepcheck.text.sentence import Sentence
from deepcheck.text.singles import Singles, every_word
from deepcheck.text.tokens import UNKNOWN, Token, tokenise
from deepcheck.text.vocabulary import PADDING, Vocabulary, read_vocabulary

__all__ = [
    "PADDING",
    "UNKNOWN",
    "Choices",
    "Fewest",
    "Pairs",
    "Question",
    "Sentence",
    "Singles",
    "TextModel",
    "Token",
    "Vocabulary",
    "every_pair",
    "every_word",
    "fewest_words",
    "read_vocabulary",
    "stop_words",
    "tokenise",
]
