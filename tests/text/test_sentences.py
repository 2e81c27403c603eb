"""Texts of all kinds, and vocabularies whole and damaged."""

import io
import pickle

import numpy as np
import pytest
from text_oracle import Network

import deepcheck
from deepcheck.attacks.outcome import Outcome
from deepcheck.errors import InputError, OptionError
from deepcheck.text import (
    PADDING,
    UNKNOWN,
    Question,
    TextModel,
    Vocabulary,
    every_word,
    read_vocabulary,
    tokenise,
)

WORDS = ("<PAD>", "<UNK>", "a", "fine", "film", "wasn't", "br", "\u00fcber", "\u7535\u5f71", "\u0641\u064a\u0644\u0645")
VECTORS = np.arange(30, dtype=np.float32).reshape(10, 3)


@pytest.fixture(scope="module")
def program():
    net = Network(np.random.default_rng(1), 5, 3)
    net.dense(net.bend("relu", net.dense(net.flat("input"), 15, 2)), 2, 2)
    return deepcheck.load(net.model())


@pytest.fixture(scope="module")
def model(program):
    return TextModel.of(program, Vocabulary.of(WORDS, VECTORS))


def test_a_short_text_is_filled_and_a_long_one_cut(program):
    vocabulary = Vocabulary.of(WORDS, VECTORS)
    short, long = "A fine film", "br br a fine film wasn't fine"
    for keep, pad, rows, cut in (
        ("last", "left", [0, 0, 2, 3, 4], [2, 3, 4, 5, 3]),
        ("first", "right", [2, 3, 4, 0, 0], [6, 6, 2, 3, 4]),
    ):
        model = TextModel.of(program, vocabulary, keep=keep, pad=pad)
        assert model.sentence(short).rows.tolist() == rows
        assert model.sentence(long).rows.tolist() == cut
        assert model.sentence(short).places.tolist() == [at for at, row in enumerate(rows) if row]
        np.testing.assert_array_equal(model.inputs(np.array([rows]))[0], VECTORS[rows])
    assert TextModel.of(program, vocabulary).sentence(long).kept == "the last 5 of 7 words"
    assert TextModel.of(program, vocabulary, keep="first").sentence(long).kept == "the first 5 of 7 words"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("film", "the only word"),
        ("a fine film", "all 3 words"),
        ("a fine gilm", "all 3 words; unknown to the network: gilm"),
        ("zig zag", "all 2 words, none of which the network knows"),
        ("a <UNK> gilm <unk>", "all 4 words; unknown to the network: gilm and 2 times <UNK>"),
        ("zig a zig a zig", "all 5 words; unknown to the network: zig"),
    ],
)
def test_what_is_read_is_told(model, text, kept):
    assert model.sentence(text).kept == kept


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A FINE film!!!", ["a", "fine", "film"]),
        ("wasn\u2019t wasn't 'film'", ["wasn't", "wasn't", "film"]),
        ("a<br /><br />film", ["a", "br", "br", "film"]),
        ("\u00dcBER film", ["\u00fcber", "film"]),
        ("\u7535\u5f71\u3002\u7535\u5f71", ["\u7535\u5f71", "\u7535\u5f71"]),
        ("\u0641\u064a\u0644\u0645\u060c film", ["\u0641\u064a\u0644\u0645", "film"]),
        ("film \U0001f600\U0001f600 fine", ["film", "fine"]),
        ("<unk> film <UNK>", ["<UNK>", "film", "<UNK>"]),
        ("snake_case 3.5 x-ray", ["snake", "case", "3", "5", "x", "ray"]),
        ("\ufeff\u200bfilm\u00a0fine\n\ta", ["film", "fine", "a"]),
        ("\u0130stanbul film", ["i\u0307stanbul", "film"]),
    ],
)
def test_words_of_texts_in_all_scripts(model, text, words):
    tokens = tokenise(text)
    assert [token.word for token in tokens] == words
    sentence = model.sentence(text)
    kept = words[-5:]
    assert sentence.rows[sentence.places].tolist() == [WORDS.index(w) if w in WORDS else 1 for w in kept]
    assert sentence.rewritten({}) == text
    put_in = {int(sentence.places[-1]): 3}
    last = tokens[-1]
    assert sentence.rewritten(put_in) == text[: last.start] + "fine" + text[last.end :]
    assert sentence.readable(put_in) == " ".join([*(w if w in WORDS else "<UNK>" for w in kept[:-1]), "fine"])
    assert sentence.changed(put_in)[-1] == 3
    assert sentence.rows[-1] == sentence.rows[sentence.places[-1]]
    again = model.sentence(sentence.rewritten(put_in))
    assert again.rows.tolist() == sentence.changed(put_in).tolist()


def test_punctuation_stays_where_words_are_replaced(model):
    sentence = model.sentence("One, two: A fine (\u201cFILM\u201d) -- wasn\u2019t it?")
    words = {int(sentence.places[1]): 4, int(sentence.places[3]): 1}
    assert sentence.rewritten(words) == "One, two: A film (\u201cFILM\u201d) -- <UNK> it?"
    assert sentence.readable(words) == "a film film <UNK> <UNK>"
    assert sentence.written(int(sentence.places[3])) == "wasn't"
    assert sentence.before == 2


@pytest.mark.parametrize("text", ["", "   ", "!?...", "\U0001f600", "___", "\n"])
def test_a_text_without_words_is_refused(model, text):
    with pytest.raises(InputError, match="at least one word"):
        model.sentence(text)


def test_texts_up_to_a_size_are_read_and_others_refused(model):
    assert model.sentence("a" * (1 << 22)).unknown == ("a" * (1 << 22),)
    with pytest.raises(InputError, match="at most 4,194,304 characters, got 4,194,305 characters"):
        model.sentence("a" * ((1 << 22) + 1))
    for wrong in (b"film", None, 5):
        with pytest.raises(InputError, match=f"got {type(wrong).__name__}"):
            model.sentence(wrong)


def test_a_model_that_does_not_fit_is_refused(program):
    with pytest.raises(InputError, match=r"vectors of 4 numbers, \(positions, 4\), got an input of shape \(5, 3\)"):
        TextModel.of(program, Vocabulary.of(WORDS, np.ones((10, 4), np.float32)))
    vocabulary = Vocabulary.of(WORDS, VECTORS)
    with pytest.raises(OptionError, match="expected 2 names of labels, got 3"):
        TextModel.of(program, vocabulary, ("x", "y", "z"))
    with pytest.raises(OptionError, match="'middle'"):
        TextModel.of(program, vocabulary, keep="middle")


def test_special_words_that_are_missing_get_zeros():
    vocabulary = Vocabulary.of(("a", "film"), VECTORS[1:3])
    assert vocabulary.words == ("a", "film", PADDING, UNKNOWN)
    assert (vocabulary.padding, vocabulary.unknown, vocabulary.row("zig")) == (2, 3, 3)
    np.testing.assert_array_equal(vocabulary.vectors, [*VECTORS[1:3], [0, 0, 0], [0, 0, 0]])
    assert vocabulary.usable.tolist() == [True, True, False, True]


@pytest.mark.parametrize(("padding", "unknown"), [("[PAD]", "[UNK]"), ("<pad>", "<unk>")])
def test_special_words_of_other_makers_are_written_as_ours(program, padding, unknown):
    vocabulary = Vocabulary.of(("a", unknown, padding, "film"), VECTORS[:4])
    assert (vocabulary.padding, vocabulary.unknown) == (2, 1)
    sentence = TextModel.of(program, vocabulary).sentence("a <UNK> zig")
    assert sentence.rows.tolist() == [2, 2, 0, 1, 1]
    assert sentence.words == ("a", "<UNK>", "<UNK>")
    assert sentence.readable() == "a <UNK> <UNK>"
    assert sentence.readable({2: 1}) == "<UNK> <UNK> <UNK>"
    assert sentence.rewritten({2: 1}) == "<UNK> <UNK> zig"


def test_words_are_rounded_to_the_model_s_type():
    vocabulary = Vocabulary.of(("a",), np.array([[0.1]]), np.dtype(np.float32))
    assert vocabulary.vectors.dtype == np.float32
    assert vocabulary.vectors[0, 0] == np.float32(0.1)
    with pytest.raises(InputError, match="finite vectors"):
        Vocabulary.of(("a",), np.array([[1e300]]), np.dtype(np.float32))


def test_what_is_decided_is_what_the_model_receives_not_finer_vectors():
    net = Network(np.random.default_rng(0), 2, 2)
    dense = net.node("Gemm", net.node("Flatten", "input"), net.constant(np.float32([[1], [0], [0], [0]])))
    shifted = net.node("Sub", net.node("Relu", dense), net.constant(np.float32([0.1])))
    net.node("Sigmoid", shifted)
    finer = float(np.float32(0.1)) + np.array([0.0, 1e-9, 1e-3])
    vectors = np.concatenate([[[0.0, 0.0]] * 2, np.stack([finer, 0 * finer], axis=1)])
    vocabulary = Vocabulary.of(("<PAD>", "<UNK>", "at", "nearly", "above"), vectors)
    model = TextModel.of(deepcheck.load(net.model()), vocabulary)
    sentence = model.sentence("zig zag")
    question = Question(model, sentence, np.array([0]), np.array([[0, 0, 1, 1, 1]], bool))
    assert every_word(question).outcomes[0].tolist()[2:] == [Outcome.PROVED, Outcome.PROVED, Outcome.ATTACKABLE]
    assert model.vocabulary.vectors.dtype == np.float32


def npy(array):
    made = io.BytesIO()
    np.save(made, array, allow_pickle=True)
    return made.getvalue()


GOOD = npy(VECTORS[:3])


def archive():
    made = io.BytesIO()
    np.savez(made, vectors=VECTORS[:3])
    return made.getvalue()


def read(folder, words, vectors):
    paths = folder / "words.txt", folder / "vectors.npy"
    for path, content in zip(paths, (words, vectors), strict=True):
        if content is not None:
            path.write_bytes(content)
    return read_vocabulary(*paths)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a\nfilm\nfine\n", ("a", "film", "fine")),
        (b"a\r\nfilm\r\nfine", ("a", "film", "fine")),
        (b"\xef\xbb\xbfa\nfilm\nfine\n", ("a", "film", "fine")),
        ("a\nfi\u2028lm\nfi\x85ne\n".encode(), ("a", "fi\u2028lm", "fi\x85ne")),
        (b"a b\nfilm\x0b\nfine\x1c\n", ("a b", "film\x0b", "fine\x1c")),
    ],
)
def test_one_line_is_one_word(tmp_path, content, words):
    vocabulary = read(tmp_path, content, GOOD)
    assert vocabulary.words == (*words, PADDING, UNKNOWN)
    np.testing.assert_array_equal(vocabulary.vectors[:3], VECTORS[:3])


@pytest.mark.parametrize(
    ("words", "vectors", "said"),
    [
        (b"a\nb\n\xff\n", GOOD, "words.txt, which is not UTF-8"),
        (b"a\nb\n", GOOD, "2 words and 3 vectors"),
        (b"a\nb\na\n", GOOD, "'a' again in line 3"),
        (b"a\n\nb\n", GOOD, "got '' in line 2"),
        (None, GOOD, "words.txt cannot be read: No such file"),
        (b"a\nb\nc\n", None, "vectors.npy cannot be read: No such file"),
        (b"a\nb\nc\n", b"", "vectors.npy"),
        (b"a\nb\nc\n", GOOD[:-1], "vectors.npy"),
        (b"a\nb\nc\n", GOOD[:20], "vectors.npy"),
        (b"a\nb\nc\n", b"not an array", "vectors.npy"),
        (b"a\nb\nc\n", b"PK\x03\x04 not an archive", "vectors.npy"),
        (b"a\nb\nc\n", archive(), "vectors"),
        (b"a\nb\nc\n", pickle.dumps([1, 2]), "vectors.npy"),
        (b"a\nb\nc\n", npy(np.array([[1, "x"]], dtype=object)), "vectors.npy"),
        (b"a\nb\nc\n", npy(np.array([[1], [np.nan], [2]])), "finite vectors"),
        (b"a\nb\nc\n", npy(np.array([[1], [np.inf], [2]])), "finite vectors"),
        (b"a\nb\nc\n", npy(np.ones(3)), "got float64 \\(3,\\)"),
        (b"a\nb\nc\n", npy(np.ones((3, 2), int)), "got int64 \\(3, 2\\)"),
        (b"a\nb\nc\n", npy(np.ones((3, 2), complex)), "got complex128"),
        (b"a\nb\nc\n", npy(np.ones((3, 0))), "got float64 \\(3, 0\\)"),
        (b"", GOOD, "vectors"),
        (b"a\nb\nc\n", GOOD.replace(b"(3, 3)", b"(3,(3)"), "vectors.npy"),
        (b"a\nb\nc\n", GOOD.replace(b"(3, 3)", b"(9,99)"), "vectors.npy"),
        (b"a\nb\nc\n", GOOD.replace(b"(3, 3)", b"(-3,3)"), "vectors.npy"),
    ],
)
def test_damaged_vocabularies_are_refused_in_one_line(tmp_path, words, vectors, said):
    with pytest.raises(InputError, match=said) as refusal:
        read(tmp_path, words, vectors)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).startswith("expected ")


def test_whatever_byte_is_damaged_numpy_s_own_errors_do_not_pass(tmp_path):
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        content = bytearray(GOOD)
        for at in rng.integers(0, 128, size=rng.integers(1, 3)):
            content[at] = rng.integers(0, 256)
        try:
            read(tmp_path, b"a\nb\nc\n", bytes(content))
        except InputError:
            refused += 1
    assert refused > 50
