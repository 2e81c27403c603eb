"""Write down an answer so that others can check it, and check what others wrote down."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from math import comb
from pathlib import Path

from deepcheck.attacks import Outcome, Result, SmallestResult, stored
from deepcheck.certify import Attacked, Certificate, Claim, certify
from deepcheck.certify import checker as independent
from deepcheck.display.files import write_atomically
from deepcheck.errors import CertificateRejected, InputError, OptionError
from deepcheck.ranking import shortlist_length


def certificate(
    result: Result, *, timeout: float | None = None, progress: Callable[[float], None] | None = None
) -> Certificate:
    """The certificate of a result: attacks with their witnesses, and evidence that there are no others.

    Whoever has the model file can check it with `check`, ``deepcheck check``, or the one file of the checker, which
    takes nothing of ours on trust. It is about real arithmetic and about what the model receives (behind ``mean=`` and
    ``std=``). What was not tried is not part of it; of a result of ``first=True`` the attack that was found is.

    Args:
        result: What `deepcheck.attack` returned for one input.
        timeout: Seconds after which, over all paths, what is still open is left undecided.
        progress: Called with the share of the work that is done.

    Raises:
        OptionError: If there is nothing to certify (an unbounded domain, a label that rounding decides), or the model
            has an operator that the checker does not support.
    """
    if not isinstance(result, Result):
        raise OptionError(f"expected the result of one input, got {type(result).__name__}: take one of the batch")
    study, program = result.study, result.study.program
    if isinstance(result, SmallestResult):
        raise OptionError("no certificate of a smallest set yet: certify attack(size=N) and attack(size=N - 1)")
    if not study.box.bounded:
        raise OptionError(
            "expected a bounded domain for a certificate: give domain=deepcheck.Pixels(A, B) or --bounds A:B"
        )
    if result.open_outcomes & {Outcome.LABEL, Outcome.OVERFLOW}:
        raise OptionError(f"nothing to certify: undecided ({result.reason})")
    if sha256(program.origin.model).hexdigest() != program.origin.sha256:
        raise OptionError(
            "no certificate: the checker reads one ONNX file that holds all its constants: export it with "
            "torch.onnx.export(..., external_data=False), or write program.origin.model to a file, and load that"
        )
    if program.origin.rounded:
        raise OptionError(
            "no certificate: loading rounded constants of this model, and the checker takes them as stored"
        )
    tried, size = _tried(result)
    members = study.features.members
    claim = Claim(
        model_name=program.origin.name,
        sha256=program.origin.sha256,
        output=program.origin.output_name,
        decision=program.decided().kind,
        x=study.x[result.item].reshape(-1),
        label=result.label,
        features={int(feature): members[feature].tolist() for feature in tried},
        size=size,
        target=study.asked.target,
        box=study.box,
        scope="all paths" if study.asked.paths == "all" else "this path",
        attacks=[
            Attacked(features, label, changed[members[list(features)].reshape(-1)])
            for features, label, changed in stored(result)
        ],
    )
    return certify(claim, program.origin.model, timeout=timeout, progress=progress)


def _tried(result: Result) -> tuple[Sequence[int], int]:
    """The features that the certificate is about, and how many of them a set has."""
    asked = result.study.asked
    if asked.first and result.attackable:
        found = result.attackable[0]
        return found, len(found)
    count = shortlist_length(asked.shortlist, len(result.order))
    assert comb(count, result.size) >= result.tried
    return [int(feature) for feature in result.order[:count]], result.size


def save_certificate(made: Certificate, path: Path | str) -> None:
    """Write a certificate, whole or not at all; compressed where the name ends in ".gz".

    Raises:
        OptionError: If the file cannot be written.
    """
    place = Path(path)
    content = made.content(compressed=place.suffix == ".gz")
    write_atomically(place, lambda stream: stream.write(content))


def check(certificate: Certificate | Path | str, model: Path | str | None = None) -> str:
    """Check a certificate against a model file with the stand-alone checker.

    Args:
        certificate: A certificate, or its file.
        model: The ONNX file that it is about; by default the one of its name beside the certificate's file.

    Returns:
        What was verified, and what that takes on trust, in words.

    Raises:
        CertificateRejected: If anything does not hold.
        InputError: If a file cannot be read.

    Source: DESIGN.md, section 7.
    """
    try:
        raw = certificate.content() if isinstance(certificate, Certificate) else Path(certificate).read_bytes()
        content = (_beside(certificate, raw) if model is None else Path(model)).read_bytes()
    except OSError as problem:
        hint = ": give the model (--model MODEL)" if model is None else ""
        raise InputError(f"cannot read {problem.filename}: {problem.strerror}{hint}") from None
    try:
        return independent.check(raw, content)
    except independent.Rejected as problem:
        raise CertificateRejected(f"rejected: {problem}") from None


def _beside(certificate: Certificate | Path | str, raw: bytes) -> Path:
    """The model file of the name that a certificate's file has, in the same folder."""
    if isinstance(certificate, Certificate):
        raise InputError("expected the model's file along with a certificate in memory")
    try:
        name = str(independent.read(raw)["model"]["name"])
    except Exception:  # whatever a file may hold
        raise CertificateRejected("rejected: this is not a certificate") from None
    plain = Path(name.replace("\0", "")).name
    return Path(certificate).parent / f"{plain}.onnx"
