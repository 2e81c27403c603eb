"""What stands at the top of every exported question."""

import hashlib
from collections.abc import Sequence

import deepcheck
from deepcheck.domains import Pixels
from deepcheck.program import Array, Program
from deepcheck.source.asked import listed
from deepcheck.source.names import harmless, shape_text


def facts(
    program: Program,
    x: Array,
    *,
    label: int,
    features: Sequence[int],
    elements: Sequence[int],
    domain: Pixels,
    target: int | None,
    scope: str,
) -> tuple[str, ...]:
    """Lines of plain ASCII.

    Args:
        program: The program.
        x: What the model receives, ``(1, *input_shape)``.
        label: The input's label.
        features: The features that may change.
        elements: Their elements.
        domain: Where they may go.
        target: The label to reach, or None for any other.
        scope: Along which paths the question is asked.
    """
    origin = program.origin
    decision = program.decided()
    lines = [
        f"May these features change the label? Asked by DeepCheck {deepcheck.__version__}.",
        "",
        f"model     {harmless(origin.name)}, sha256 {harmless(origin.sha256)}",
        f"input     {shape_text(program.input_shape)}, sha256 {hashlib.sha256(x.tobytes()).hexdigest()} as {x.dtype}",
        f"label     {label} of {decision.labels}, by {decision.kind} in real arithmetic; ties go to the lowest",
        f"features  {listed(features)}",
        f"elements  {listed(elements)} of the input, row by row; all others stay as they are",
        f"domain    {harmless(domain.describe())}",
        f"goal      {'any other label' if target is None else f'label {target}'}",
        f"scope     {scope}",
    ]
    if not program.preprocessing.is_identity:
        mean, std = (", ".join(f"{v:g}" for v in vs) for vs in (program.preprocessing.mean, program.preprocessing.std))
        lines.append(f"units     what the model receives: (pixel - mean) over std, mean {mean}, std {std}; the domain")
        lines.append("          above is in pixels")
    if origin.rounded:
        lines.append(f"rounded   {len(origin.rounded)} constants, once, on loading; they define the network")
    return tuple(lines)
