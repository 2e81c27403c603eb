"""What stands at the top of a source file."""

import deepcheck
from deepcheck.program import Path, Program
from deepcheck.source.names import harmless, shape_text


def header(program: Program, path: Path | None) -> tuple[str, ...]:
    """What the file is, in lines of plain ASCII."""
    origin = program.origin
    decision = "none: a regression" if program.decision is None else program.decision.kind
    lines = [
        f"{harmless(origin.name)}: a trained network as a program, written by DeepCheck {deepcheck.__version__}",
        "",
        f"sha256    {harmless(origin.sha256)}",
        f"input     {harmless(origin.input_name)}: {shape_text(program.input_shape)}, row by row, in {program.dtype}",
        f"output    {harmless(origin.output_name)}: {shape_text(program.shapes[program.output])}",
        f"decision  {decision}",
        f"stripped  {harmless(origin.stripped) or 'nothing'}",
    ]
    if not program.preprocessing.is_identity:
        mean, std = (", ".join(f"{v:g}" for v in vs) for vs in (program.preprocessing.mean, program.preprocessing.std))
        lines.append(f"pixels    the model receives (pixel - mean) over std, mean {mean}, std {std}")
    lines += ["", "Everything is computed in float64. Weights are hexadecimal floats, which read back exactly."]
    if path is not None:
        lines += [
            "This is the program along one input's path: nothing branches on a value. The guards of the path are",
            "assertions, so they must be on; where all hold, this equals the network, elsewhere one of them fails.",
            "Within rounding of a border, where a guard is almost 0, float64 may take either side.",
        ]
    return tuple(lines)
