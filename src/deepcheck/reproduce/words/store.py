"""Texts measured once, kept, read again."""

from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, final

from deepcheck.reproduce.kept import Kept
from deepcheck.reproduce.words.measure import Grown, MeasuredText, Plan, measure_text
from deepcheck.runs import Source
from deepcheck.text import TextModel

SCHEMA = 2


@final
@dataclass(frozen=True)
class TextStore:
    """Measurements of one text model: known by its sha256, a digest of words, vectors and text, and the plan.

    They hold words that were replaced, and are not to be published.
    """

    kept: Kept
    model: TextModel

    def measured(self, name: str, item: int, text: str, plan: Plan) -> MeasuredText:
        """Read what is known about a text of a set; if nothing is, measure and keep it."""
        question = f"words, {plan}, schema {SCHEMA}"
        source = Source(self.model.program.origin.sha256, f"{name} {self._digest(text)}", question)
        found = self.kept.content(source, item, lambda: asdict(measure_text(self.model, text, plan)))
        return _restored(MeasuredText(**found))

    def _digest(self, text: str) -> str:
        vocabulary = self.model.vocabulary
        digest = sha256(f"{text}\n".encode())
        digest.update("\n".join(vocabulary.words).encode())
        digest.update(vocabulary.vectors.tobytes())
        return digest.hexdigest()[:32]


def _restored(found: MeasuredText) -> MeasuredText:
    """JSON knows neither tuples nor our classes."""
    smallest: Any = found.smallest
    return replace(
        found,
        orders={metric: _grown(each) for metric, each in found.orders.items()},
        random=tuple(_grown(each) for each in found.random),
        smallest=None if smallest is None else _grown(smallest),
        seconds=(found.seconds[0], found.seconds[1]),
    )


def _grown(stored: Any) -> Grown:
    found = Grown(**stored)
    return replace(found, replaced=tuple((int(at), str(old), str(new)) for at, old, new in found.replaced))
