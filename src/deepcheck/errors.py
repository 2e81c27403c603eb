"""Every exception that DeepCheck raises.

::

    DeepCheckError              catch this one to catch them all
    |-- ModelError              the model file cannot be used
    |   |-- MalformedModel      missing, truncated, not ONNX, hostile, inconsistent shapes
    |   |-- UnsupportedOperator an operator outside the piecewise-linear set, named with its node
    |   `-- NoDecision          the outputs are not class scores (a regression)
    |-- InputError              the input cannot be used: shape, dtype, NaN, out of its bounds
    |-- OptionError             an argument has no meaning here: unknown metric, label, shortlist, bounds
    |-- DataError               a data set is missing or damaged
    |-- CertificateRejected     a certificate does not hold for this model
    |-- NotRobust               what deepcheck.assert_robust asserts does not hold; an AssertionError too
    `-- MissingExtra            an optional dependency is not installed; the message says how to get it

    UncertifiedPath             a warning, not an error: the network is too large to certify the path

An *outcome* (attack, proved, undecided) is a value, never an exception, but for those who ask for one: `NotRobust`.
A message says what was expected, what came, and what to do.
"""

from collections.abc import Sequence


class DeepCheckError(Exception):
    """Base of every exception of this package."""


class ModelError(DeepCheckError):
    """The model file cannot be used."""


class MalformedModel(ModelError):
    """The model is missing, truncated, not ONNX, hostile or inconsistent."""


class UnsupportedOperator(ModelError):
    """The model has an operator outside the supported piecewise-linear set.

    Attributes:
        operator: Its name; "" where the model as a whole is meant.
        reason: Why it is refused.
    """

    def __init__(self, message: str, *, operator: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.operator = operator
        self.reason = reason or message


class NoDecision(ModelError):
    """The network's outputs are not class scores, so there is no label to explain or change."""


class InputError(DeepCheckError):
    """The input has the wrong shape or type, is not finite, or lies outside its bounds."""


class OptionError(DeepCheckError):
    """An argument has no meaning for this call."""


class DataError(DeepCheckError):
    """A data set is missing or damaged."""


class CertificateRejected(DeepCheckError):
    """A certificate does not hold for this model, or is damaged."""


class NotRobust(DeepCheckError, AssertionError):
    """The verdicts asserted were not found: an attack, an open question, or another label.

    Attributes:
        results: The results of all inputs, in order.
    """

    def __init__(self, message: str, results: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.results = tuple(results)


class MissingExtra(DeepCheckError):
    """An optional dependency is not installed."""


class UncertifiedPath(UserWarning):
    """Path and label are those of float64: rounding could change them, and exact arithmetic is out of reach."""
