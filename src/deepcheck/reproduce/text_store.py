"""Texts measured once, each kept in a file of its own, read again."""

import json
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, final

from deepcheck.reproduce.storage import write_json
from deepcheck.reproduce.text_measure import Grown, MeasuredText, Plan, measure_text
from deepcheck.text import TextModel

SCHEMA = 1


@final
@dataclass(frozen=True)
class TextStore:
    """Measurements of one text model in a folder.

    A file's name ends in a digest of the model's sha256, the words and vectors, the text, the plan and the schema, so
    that nothing else is ever read for it. The files hold words that were replaced, and are not to be published.
    """

    folder: Path
    model: TextModel

    def measured(self, name: str, text: str, plan: Plan) -> MeasuredText:
        """Read what is known about a text; if nothing is, measure and keep it."""
        path = self.folder / f"{name}-{self._digest(text, plan)}.json"
        stored = _read(path)
        if stored is not None:
            return stored
        found = measure_text(self.model, text, plan)
        write_json(path, asdict(found))
        return found

    def _digest(self, text: str, plan: Plan) -> str:
        vocabulary = self.model.vocabulary
        digest = sha256(f"{SCHEMA} {self.model.program.origin.sha256} {plan}\n{text}\n".encode())
        digest.update("\n".join(vocabulary.words).encode())
        digest.update(vocabulary.vectors.tobytes())
        return digest.hexdigest()[:16]


def _read(path: Path) -> MeasuredText | None:
    """What a file holds; None where there is none, or it is damaged and must be made again."""
    try:
        return _restored(MeasuredText(**json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError, KeyError):
        return None


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
