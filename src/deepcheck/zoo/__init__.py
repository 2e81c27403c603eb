"""The networks that DeepCheck ships: trained by us, as ONNX, each with a card.

`experiments/train_networks.py` makes those that read images; `names` lists them, `seeds` one of them again from ten
seeds. `experiments/train_table.py` makes those that read a table; `table_names` lists them.
`experiments/train_text.py` makes those that read the vectors of words; `text_names` lists them.
"""

from deepcheck.zoo.cards import Card, Training, card, names, path, seeds
from deepcheck.zoo.table_cards import TableCard, TableTraining, table_card, table_names
from deepcheck.zoo.text_cards import TextCard, TextFiles, TextTraining, WordVectors, text_card, text_files, text_names

__all__ = [
    "Card",
    "TableCard",
    "TableTraining",
    "TextCard",
    "TextFiles",
    "TextTraining",
    "Training",
    "WordVectors",
    "card",
    "names",
    "path",
    "seeds",
    "table_card",
    "table_names",
    "text_card",
    "text_files",
    "text_names",
]
