from . import datasets as datasets, zoo as zoo
from .attacks import Attack as Attack, Attacks as Attacks, Result as Result, Witness as Witness, as_json as as_json
from .domains import Features as Features, Pixels as Pixels
from .errors import DeepCheckError as DeepCheckError
from .program import Program as Program
from .ranking import order_of as order_of, shortlist_length as shortlist_length
from .verbs import attack as attack, conditions as conditions, importance as importance, load as load

__version__: str
