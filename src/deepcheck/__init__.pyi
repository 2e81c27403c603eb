from . import datasets as datasets
from . import zoo as zoo
from .attacks import Attack as Attack
from .attacks import Attacks as Attacks
from .attacks import Comparison as Comparison
from .attacks import Result as Result
from .attacks import SmallestResult as SmallestResult
from .attacks import Witness as Witness
from .attacks import as_json as as_json
from .domains import Features as Features
from .domains import Pixels as Pixels
from .errors import DeepCheckError as DeepCheckError
from .errors import UncertifiedPath as UncertifiedPath
from .program import Program as Program
from .ranking import order_of as order_of
from .ranking import shortlist_length as shortlist_length
from .verbs import LabelReach as LabelReach
from .verbs import attack as attack
from .verbs import conditions as conditions
from .verbs import importance as importance
from .verbs import labels_within as labels_within
from .verbs import load as load
from .verbs import resume as resume
from .verbs import smallest as smallest
from .verbs import translate as translate

__version__: str
