"""DeepCheck: symbolic execution for trained neural networks.

    import deepcheck
    program = deepcheck.load("model.onnx")
    ranking = deepcheck.importance(program, x, metric="coi")
    result = deepcheck.attack(program, x)

Names are loaded when first used, so that ``import deepcheck`` costs next to nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.1.0"
