"""Checks by what we did not write: replay on the untouched model; certificates, and a checker that stands alone."""

from deepcheck.certify.certificate import Certificate, certify
from deepcheck.certify.claims import Attacked, Claim
from deepcheck.certify.replay import Replayer, replayer_for

__all__ = ["Attacked", "Certificate", "Claim", "Replayer", "certify", "replayer_for"]
