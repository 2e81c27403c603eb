"""Checks by what we did not write: replay on the untouched model."""

from deepcheck.certify.replay import Replayer, replayer_for

__all__ = ["Replayer", "replayer_for"]
