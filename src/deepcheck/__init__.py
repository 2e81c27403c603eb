"""DeepCheck: symbolic execution for trained neural networks.

    import deepcheck
    program = deepcheck.load("model.onnx")
    ranking = deepcheck.importance(program, x, metric="coi")
    result = deepcheck.attack(program, x)

Names are loaded when first used, so that ``import deepcheck`` costs next to nothing.
"""

import sys
from types import ModuleType

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


class _Package(ModuleType):
    """Python puts a package that it imports in its parent; here that would hide the verb `explore`."""

    def __setattr__(self, name: str, value: object) -> None:
        if name != "explore" or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

__version__ = "0.1.0"
