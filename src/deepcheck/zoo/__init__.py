"""The networks that DeepCheck ships: trained by us, as ONNX, each with a card.

`experiments/train_networks.py` makes them; `names` lists them.
"""

from deepcheck.zoo.cards import Card, Training, card, names, path

__all__ = ["Card", "Training", "card", "names", "path"]
