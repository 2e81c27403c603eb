"""Execute docs/tutorial.ipynb and write its outputs into it; with --check, only say where they are no longer true.

Times, versions, paths and the bytes of pictures may differ between two executions; what is said may not. Needs:
pip install -e '.[test]'.
"""

import argparse
import base64
import io
import math
import re
import sys
from pathlib import Path
from typing import Any

TUTORIAL = Path(__file__).resolve().parents[1] / "docs" / "tutorial.ipynb"
SECONDS = 300
"""So long may one cell take."""

SAME = 1e-3
"""Numbers are the same if they differ by no more than this share: processors do not all add in the same order."""

LOOSE = (
    (re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]+"), "PICTURE"),
    (re.compile(r' d="[^"]*"'), " PATH"),
    (re.compile(r"<style>.*?</style>", re.DOTALL), "STYLE"),
    (re.compile(r"<dt>(seconds|digest)</dt><dd>[^<]*</dd>"), "VARIES"),
    (re.compile(r"\b(took|seconds)=[-+.e0-9]+"), "VARIES"),
    (re.compile(r"\b[-+.e0-9]+ (s|ms|seconds|kB)\b"), "VARIES"),
    (re.compile(r"\b(onnxruntime|numpy|onnx|deepcheck) \d+(\.\d+)+\w*"), r"\1 VERSION"),
    (re.compile(r"0x[0-9a-f]{6,}|/tmp/[\w./-]+"), "PLACE"),
)
NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?|-?\d+e[-+]?\d+")


def execute(notebook: Any) -> Any:
    """Execute all cells, in a folder of their own, and leave nothing in the notebook that changes by itself."""
    import tempfile

    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": folder}}
        ).execute()
    return settled(notebook)


def settled(notebook: Any) -> Any:
    """Drop times of execution, number the cells, and merge what was printed in pieces."""
    notebook.metadata.clear()
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python"}
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
        cell["metadata"] = {}
        if cell.cell_type == "code":
            cell["outputs"] = _merged(cell.outputs)
    return notebook


def _merged(outputs: list[Any]) -> list[Any]:
    merged: list[Any] = []
    for output in outputs:
        output.get("metadata", {}).clear()
        last = merged[-1] if merged else None
        if last is not None and output.output_type == "stream" == last.output_type and last.name == output.name:
            last["text"] += output.text
        else:
            merged.append(output)
    return merged


def differences(kept: Any, made: Any) -> list[str]:
    """Where two notebooks do not say the same: one line for each cell."""
    if [cell.source for cell in kept.cells] != [cell.source for cell in made.cells]:
        return ["the cells differ"]
    pairs = enumerate(zip(kept.cells, made.cells, strict=True))
    return [
        f"cell {number} ({before.source.splitlines()[0]}): {why}"
        for number, (before, after) in pairs
        if before.cell_type == "code" and (why := _difference(before.outputs, after.outputs))
    ]


def _difference(before: list[Any], after: list[Any]) -> str:
    kinds = [[output.output_type for output in outputs] for outputs in (before, after)]
    if kinds[0] != kinds[1]:
        return f"outputs {kinds[0]} are now {kinds[1]}"
    for old, new in zip(before, after, strict=True):
        old_data, new_data = (_data(output) for output in (old, new))
        if set(old_data) != set(new_data):
            return f"shown as {sorted(old_data)}, now as {sorted(new_data)}"
        for kind in sorted(old_data):
            why = _unlike(kind, old_data[kind], new_data[kind])
            if why:
                return f"{kind}: {why}"
    return ""


def _data(output: Any) -> dict[str, str]:
    if output.output_type == "stream":
        return {f"stream {output.name}": output.text}
    return dict(output.get("data", {"error": f"{output.get('ename')}: {output.get('evalue')}"}))


def _unlike(kind: str, old: str, new: str) -> str:
    if kind == "image/png":
        from PIL import Image

        sizes = [Image.open(io.BytesIO(base64.b64decode(content))).size for content in (old, new)]
        return "" if sizes[0] == sizes[1] else f"a picture of {sizes[0]} dots is now one of {sizes[1]}"
    for pattern, word in LOOSE:
        old, new = pattern.sub(word, old), pattern.sub(word, new)
    words, again = NUMBER.split(old), NUMBER.split(new)
    for was, now in zip(words, again, strict=False):
        if was != now:
            return f"...{was[-200:]}... is now ...{now[-200:]}..."
    if len(words) != len(again):
        return f"{len(words)} pieces are now {len(again)}"
    for was, now in zip(NUMBER.findall(old), NUMBER.findall(new), strict=True):
        if not math.isclose(float(was), float(now), rel_tol=SAME, abs_tol=1e-9):
            return f"{was} is now {now}"
    return ""


def main() -> int:
    """Execute the tutorial; write it, or compare it."""
    import nbformat

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with what is kept, and write nothing")
    parser.add_argument("notebook", nargs="?", type=Path, default=TUTORIAL)
    asked = parser.parse_args()
    kept = nbformat.read(asked.notebook, as_version=4)
    made = execute(nbformat.read(asked.notebook, as_version=4))
    if asked.check:
        found = differences(kept, made)
        print("\n".join(found) or f"{asked.notebook.name}: every output is still true")
        return 1 if found else 0
    nbformat.validate(made)
    content = nbformat.writes(made)
    asked.notebook.write_text(content if content.endswith("\n") else content + "\n", encoding="utf-8")
    print(f"wrote {asked.notebook}: {asked.notebook.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
