"""``deepcheck check``: does a certificate hold for a model file?"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from deepcheck.cli.options import Json


def check(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="What 'attack --certificate' wrote.")],
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="The ONNX file that it is about; by default that of its name beside it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a certificate against a model file, in exact arithmetic, with a checker that stands alone.

    Exit status: 0 verified, 1 rejected, 2 a file cannot be read.
    """
    import deepcheck
    from deepcheck.cli import showing
    from deepcheck.errors import CertificateRejected, InputError

    if not certificate.exists() or certificate.is_dir():
        raise InputError(
            f"expected a certificate, which 'deepcheck attack --certificate FILE' writes, got '{certificate}'"
        )
    shipped = (
        model is not None
        and not Path(model).exists()
        and model
        in (*deepcheck.zoo.names(), *deepcheck.zoo.seeds(), *deepcheck.zoo.table_names(), *deepcheck.zoo.text_names())
    )
    try:
        with showing.working("checking every claim in exact arithmetic"):
            verified = deepcheck.check(certificate, deepcheck.zoo.path(str(model)) if shipped else model)
    except CertificateRejected as problem:
        if as_json:
            showing.print_json({"schema": 1, "verified": False, "reason": str(problem).removeprefix("rejected: ")})
        else:
            print(problem, file=sys.stderr)
        raise typer.Exit(1) from None
    if as_json:
        showing.print_json({"schema": 1, "verified": True, "statement": verified})
    else:
        print(verified)
