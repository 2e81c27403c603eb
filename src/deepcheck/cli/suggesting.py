"""What a misspelt word may have meant, read from the message that says what was expected."""

import re

_SAID = re.compile(r"^expected (?P<known>.*?), (?:got|but there is no file) '(?P<word>[A-Za-z][\w-]{1,40})'$")
_NAME = re.compile(r"[A-Za-z][\w-]*")


def suggestion(message: str) -> str:
    """The nearest word that was expected, such as "; did you mean 'coi'?"; "" where none is near or none was named."""
    found = _SAID.match(message)
    if found is None:
        return ""
    from difflib import get_close_matches  # only mistakes pay for it

    parts = [_NAME.findall(part) for part in re.split(r", | or | to ", found["known"])]
    names = [words[-1] for words in parts if words and words[-1] != found["word"]]
    near = get_close_matches(found["word"], names, n=3)
    swapped = [name for name in near if sorted(name) == sorted(found["word"])]
    return f"; did you mean '{(swapped or near)[0]}'?" if near else ""
