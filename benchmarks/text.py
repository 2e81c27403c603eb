"""Text, on the shipped networks: how long answers take, and how they compare with running every sentence.

Reviews: the first of the IMDB test reviews in the order ``np.random.default_rng(2018).permutation(25000)``, whatever
their label. Times are through the public functions, tables of a network made once and not counted. The rival for single
words runs the model in onnxruntime on all 300,000 changed sentences, in batches of 2,048 and with both cores; a
disagreement is a sentence whose label differs from our verdict (onnxruntime computes in float32).
"""

import argparse
import time

import numpy as np
import onnxruntime
from measure import store

import deepcheck
from deepcheck import datasets, zoo
from deepcheck.text import Question
from deepcheck.text.answers import Asked
from deepcheck.text.singles import every_word
from deepcheck.text.vectors import VectorSearch

K = (1, 2, 3, 5, 10, 30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", type=int, default=200)
    parser.add_argument("--columns", type=int, default=40, help="reviews for the linear programs")
    parser.add_argument("--brute", type=int, default=10, help="reviews for running every sentence")
    options = parser.parse_args()
    texts = datasets.imdb("test").texts
    chosen = [texts[at] for at in np.random.default_rng(2018).permutation(len(texts))[: options.reviews]]
    figures: dict[str, object] = {"reviews": len(chosen)}
    for name in zoo.text_names():
        model = deepcheck.load_text(name)
        warm_up(model, chosen[0])
        figures |= {f"{name}: {key}": value for key, value in of_network(model, chosen, options).items()}
    store("text", figures, "2 for single words and pairs, else one")


def warm_up(model: deepcheck.TextModel, text: str) -> None:
    deepcheck.word_importance(model, text)
    deepcheck.attack_text(model, text)
    deepcheck.prove_text(model, text, size=2, choices=deepcheck.Choices(nearest=500))


def of_network(model: deepcheck.TextModel, texts: list[str], options: argparse.Namespace) -> dict[str, object]:
    scored = [timed(lambda t=t: deepcheck.word_importance(model, t))[0] for t in texts]
    ones = [timed(lambda t=t: deepcheck.prove_text(model, t, limit=1)) for t in texts]
    apart = [timed(lambda t=t: deepcheck.attack_text(model, t, most=2, apart=3, limit=1)) for t in texts]
    fewest = [timed(lambda t=t: deepcheck.attack_text(model, t, limit=1)) for t in texts]
    far = [timed(lambda t=t: deepcheck.attack_text(model, t, apart=3, limit=1))[1] for t in texts]
    along = [deepcheck.prove_text(model, t, paths="same", limit=1) for t in texts]
    near = [
        timed(lambda t=t: deepcheck.attack_text(model, t, choices=deepcheck.Choices(nearest=8), limit=1)) for t in texts
    ]
    return {
        "ms, importance of a text (coi), median": 1e3 * float(np.median(scored)),
        **linear_programs(model, texts[: options.columns]),
        "s, every single word over all paths, median": median(ones),
        "s, every single word over all paths, 95th percentile": high(ones),
        "texts that no single word changes, over all paths": sum(r.verdict == "proved" for _, r in ones),
        "texts that no single word changes, along the path": sum(r.verdict == "proved" for r in along),
        "single words that change a text, median": float(np.median([r.singles["attackable"] for _, r in ones])),
        "s, two words at least three places apart, median": median(apart),
        "s, two words at least three places apart, most": float(max(t for t, _ in apart)),
        "texts by fewest words at least three places apart": counted([r.found for r in far]),
        "s, fewest words anywhere, median": median(fewest),
        "s, fewest words anywhere, 95th percentile": high(fewest),
        "texts by fewest words anywhere": counted([r.found for _, r in fewest]),
        "texts whose fewest words are proved fewest": sum(r.optimal for _, r in fewest),
        "s, any number of words, each of the 8 nearest, median": median(near),
        "texts, each word of the 8 nearest: proved, attack, undecided": [
            sum(r.verdict == verdict for _, r in near) for verdict in ("proved", "attack", "undecided")
        ],
        "listed attacks that do not replay": sum(
            not each.replayed for _, r in (*ones, *apart, *fewest, *near) for each in r.replacements
        ),
        **brute_force(model, texts[: options.brute]),
    }


def linear_programs(model: deepcheck.TextModel, texts: list[str]) -> dict[str, object]:
    """From the text to the rounded sentence, the top words by coi; texts of 30 words."""
    spent: dict[int, list[float]] = {k: [] for k in K}
    for text in texts:
        if len(model.sentence(text).tokens) < model.length:
            continue
        for k in K:
            started = time.perf_counter()
            question = Asked(deepcheck.Choices(unknown=False)).question(model, text)
            order = question.sentence.places[deepcheck.word_importance(model, text).order]
            VectorSearch(question).attempt([int(place) for place in order[:k]])
            spent[k].append(time.perf_counter() - started)
    return {
        f"s, vectors of {k} words, median; most": [round(float(f(spent[k])), 4) for f in (np.median, max)] for k in K
    }


def brute_force(model: deepcheck.TextModel, texts: list[str]) -> dict[str, object]:
    session = onnxruntime.InferenceSession(model.program.origin.model, providers=["CPUExecutionProvider"])
    spent, ours, wrong, asked = [], [], 0, 0
    for text in texts:
        question = Asked().question(model, text)
        took, singles = timed(lambda q=question: every_word(Question(q.model, q.sentence, q.places, q.allowed)))
        ours.append(took)
        place, word = np.nonzero(question.allowed)
        flipped = np.zeros(len(place), dtype=bool)
        started = time.perf_counter()
        for start in range(0, len(place), 2048):
            part = slice(start, start + 2048)
            rows = np.repeat(question.sentence.rows[None], len(place[part]), axis=0)
            rows[np.arange(len(rows)), question.places[place[part]]] = word[part]
            (output,) = session.run(None, {model.program.origin.input_name: model.inputs(rows)})
            flipped[part] = (output[:, 0] > 0.5) != bool(question.label)
        spent.append(time.perf_counter() - started)
        wrong += int(np.count_nonzero(flipped != singles.attacking[place, word]))
        asked += len(place)
    return {
        "running every changed sentence: sentences": asked,
        "running every changed sentence: disagreements": wrong,
        "running every changed sentence: s a text": float(np.median(spent)),
        "running every changed sentence: times as long as ours": float(np.median(spent) / np.median(ours)),
    }


def timed(action):
    started = time.perf_counter()
    found = action()
    return time.perf_counter() - started, found


def median(found: list) -> float:
    return float(np.median([seconds for seconds, _ in found]))


def high(found: list) -> float:
    return float(np.percentile([seconds for seconds, _ in found], 95))


def counted(numbers: list) -> dict[str, int]:
    values = sorted({-1 if n is None else n for n in numbers})
    return {"none" if n < 0 else str(n): sum((-1 if m is None else m) == n for m in numbers) for n in values}


if __name__ == "__main__":
    main()
