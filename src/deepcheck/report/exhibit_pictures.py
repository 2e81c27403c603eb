"""An exhibit as a picture file: the input, its important and attackable pixels, and one attack."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from deepcheck.display.pictures import attack_picture
from deepcheck.program import Array
from deepcheck.ranking import order_of
from deepcheck.report.exhibit import Exhibit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHARE = 5
"""How much of the ranking is marked important, in percent."""


def exhibit_picture(exhibit: Exhibit) -> "Figure | None":
    """Draw an exhibit as ``deepcheck attack --plot`` would; None where its input is no picture."""
    picture, grid = exhibit.held.get("picture"), exhibit.grid
    if picture is None or grid is None:
        return None
    values, scores = exhibit.values(), exhibit.scores("coi")
    top = order_of(scores[None])[0][: max(1, exhibit.count * SHARE // 100)]
    answer = _shown_answer(exhibit)
    labels = [str(name) for name in exhibit.held["labels"]]
    common: dict[str, Any] = {"label": labels[exhibit.label], "ranking": f"coi, top {SHARE}%"}
    if answer is None:
        return attack_picture(_image(values, picture, grid), top, (), caption=exhibit.name, **common)
    attackable = sorted({feature for features in answer["attackable"] for feature in features})
    if answer["size"] != 1:
        common["sets"] = f"{answer['counts']['attackable']:,} sets of {answer['size']}"
    attack = next((each for each in answer["attacks"] if each["witness"]["replayed"]), None)
    if attack is not None:
        changed = values.copy()
        changed[attack["features"]] = np.reshape(attack["witness"]["values"][0], (-1, exhibit.elements))
        common |= {
            "witness": _image(changed, picture, grid),
            "changed": attack["features"],
            "new_label": labels[attack["witness"]["label"]],
        }
    said = f"{exhibit.name}: {answer['verdict']} ({answer['scope']}, {answer['domain_said']})"
    return attack_picture(_image(values, picture, grid), top, attackable, caption=said, **common)


def _shown_answer(exhibit: Exhibit) -> Mapping[str, Any] | None:
    """The answer that a picture shows: about all paths and single features if there is one."""

    def rank(answer: Mapping[str, Any]) -> tuple[bool, bool]:
        return answer["size"] != 1 or "smallest" in answer, answer["paths"] != "all"

    return min(exhibit.answers, key=rank, default=None)


def _image(values: Array, picture: Mapping[str, Any], grid: tuple[int, int]) -> Array:
    """The values as grey or colours in [0, 1]."""
    span = picture["white"] - picture["black"]
    shares = np.clip((values - picture["black"]) / (span or 1.0), 0.0, 1.0)
    return np.asarray(shares.reshape(grid if values.shape[1] == 1 else (*grid, values.shape[1])))
