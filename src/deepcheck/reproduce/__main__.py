"""Write the page from the JSON files of a run: ``python -m deepcheck.reproduce FOLDER FILE``."""

import sys
from pathlib import Path

from deepcheck.errors import DeepCheckError
from deepcheck.reproduce.page import page
from deepcheck.reproduce.storage import write_text


def main(words: list[str]) -> int:
    """Write it; 0, or 2 with one line on standard error."""
    if len(words) != 2:
        usage = "python -m deepcheck.reproduce FOLDER FILE"
        print(f"expected a folder of JSON files and the page to write: {usage}", file=sys.stderr)
        return 2
    try:
        write_text(Path(words[1]), page(Path(words[0])))
    except DeepCheckError as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
