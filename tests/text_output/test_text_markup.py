"""Answers about texts as HTML: what it says, and that nothing of a text, a model or a vocabulary becomes markup."""

from html.parser import HTMLParser

import numpy as np
import pytest
from plain_text_network import signed_network

import deepcheck
from deepcheck.display.markup import escaped, page
from deepcheck.text import TextModel, Vocabulary
from deepcheck.text.markup import result_html, result_part, scores_html, scores_part
from deepcheck.text.spans import spans, strengths

HOSTILE = "<img/src=x/onerror=alert(1)>"
TEXT = '<i>not</i> A <UNK> <script>alert(1)</script> "good" film & so <good>\n<b>GOOD</b>?'
TAGS = {"section", "style", "p", "b", "span", "del", "ins", "dl", "dt", "dd"} | {
    "table", "thead", "tbody", "tr", "th", "td"
}  # fmt: skip
VOID = {"meta"}


class Reader(HTMLParser):
    """What a browser makes of HTML: its tags, its attributes, and the text of each class."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.open, self.texts = [], [], [], []
        self.feed(html)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("class", "")))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.texts.append((tuple(self.open), data))

    def within(self, tag, kind=""):
        """The text in all elements of a tag whose class has a word."""
        return "".join(data for path, data in self.texts if any(t == tag and kind in ["", *c.split()] for t, c in path))


@pytest.fixture(scope="module")
def model():
    words = ("<PAD>", "<UNK>", "good", "film", "dull", HOSTILE)
    vectors = np.float32([[0, 0], [0, 1], [1, 0], [0, 0.5], [-8, 0.25], [-9, 0.25]])
    program = deepcheck.load(signed_network(13))
    return TextModel.of(program, Vocabulary.of(words, vectors), ("<i>bad</i>", '"nice" & <u>'))


@pytest.fixture(scope="module")
def scored(model):
    return deepcheck.word_importance(model, TEXT)


@pytest.fixture(scope="module")
def attacked(model):
    return deepcheck.attack_text(model, TEXT)


def test_nothing_of_a_text_a_model_or_a_vocabulary_becomes_markup(scored, attacked):
    for html in (scores_html(scored), result_html(attacked)):
        read = Reader(html)
        assert set(read.tags) <= TAGS
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in read.attributes)


def test_the_text_has_a_part_that_is_not_read_and_a_word_in_brackets(model):
    sentence = model.sentence(TEXT)
    assert sentence.text[: sentence.tokens[0].start] == "<i>not</i> "
    assert sentence.tokens[1].word == "<UNK>"


def test_the_text_is_there_as_it_was_given(scored, attacked):
    assert Reader(scores_part(scored)).within("p", "dc-text") == TEXT
    after = attacked.replacements[0].rewritten
    assert HOSTILE in after
    assert Reader(result_part(attacked)).within("p", "dc-text") == TEXT + after
    assert Reader(result_part(attacked)).within("del") == "good"
    assert Reader(result_part(attacked)).within("ins") == HOSTILE


def test_labels_verdict_and_numbers_are_there(scored, attacked):
    read = Reader(result_part(attacked))
    assert read.within("b", "dc-verdict") == "attack"
    assert '"nice" & <u>' in read.within("p", "dc-label")
    assert "<i>bad</i>" in read.within("p", "dc-label")
    assert f"good -> {HOSTILE}" in read.within("td")
    assert "95.3%" in read.within("p", "dc-label")  # the logit of three good words is 3
    assert Reader(scores_part(scored, top=2)).tags.count("tr") == 3


def test_notebooks_show_the_same(scored, attacked):
    assert scored._repr_html_() == scores_html(scored)
    assert attacked._repr_html_() == result_html(attacked)


def test_words_are_tinted_by_sign_and_strength(model):
    found = deepcheck.word_importance(model, "good film dull")
    assert strengths(found) == pytest.approx((-1 / 8, 0, 1))  # the label is the bad one
    html = scores_part(found)
    assert 'dc-against" style="background: rgba(213, 94, 0, 0.125)" title="-1, rank' in html
    assert 'dc-for" style="background: rgba(0, 158, 115, 0.650)" title="8, rank 1"' in html


def test_metrics_without_a_sign_are_tinted_in_one_colour(model):
    for metric, wanted in (("abs", (1, 1)), ("reach", (1, 0))):
        found = deepcheck.word_importance(model, "good film", metric)
        assert strengths(found) == pytest.approx(wanted)
        assert "dc-for" not in scores_part(found)
        assert "matters most" in scores_part(found)


def test_what_is_not_read_is_told_from_what_is(model):
    sentence = model.sentence(f"not read, {'good ' * 13}!")
    pieces = spans(sentence)
    assert "".join(piece.text for piece in pieces) == sentence.text
    assert [piece.text for piece in pieces if not piece.read] == ["not read, "]
    assert [piece.place for piece in pieces if piece.place] == list(range(1, 14))
    html = scores_part(deepcheck.word_importance(model, sentence.text))
    assert Reader(html).within("span", "dc-unread") == "not read, "


def test_characters_that_html_has_no_place_for_are_replaced():
    assert escaped("a\0b\x1b\x85\ud800 <&>\"'\n") == "a\ufffdb\ufffd\ufffd\ufffd &lt;&amp;&gt;&quot;&#x27;\n"


def test_a_page_needs_nothing_else(scored):
    content = page("<title>", [("1 < 2", scores_part(scored))], overview="<p>all</p>", footer="a & b").decode()
    read = Reader(content.removeprefix("<!DOCTYPE html>"))
    assert "script" not in read.tags
    assert "link" not in read.tags
    assert "http" not in content.replace("http-equiv", "")
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in read.attributes
    assert (read.within("title"), read.within("h2"), read.within("footer")) == ("<title>", "1 < 2", "a & b")
