"""Say the lines of visible checks in the language of the course.

`messages.json` in this folder holds the translations. `autograder build` writes it from the file
that `autograder messages` made. Without it, every line stays English.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from string import Formatter

FILE = Path(__file__).with_name("messages.json")
DEPTH = 3  # messages within one another
MOST = 2000  # letters of a line: a longer one holds much that is not ours


def say(text: str) -> str:
    """Return a line in the language of the course; the same line where no message fits."""
    return _say(text, DEPTH) if len(text) <= MOST else text


def _say(text: str, depth: int) -> str:
    for pattern, said in _messages() if depth else ():
        if found := pattern.fullmatch(text):
            return said.format(*(_say(one, depth - 1) for one in found.groups()))
    return text


@cache
def _messages() -> list[tuple[re.Pattern[str], str]]:
    """Return the form of each message and its translation, those first that say the most."""
    if not FILE.is_file():
        return []
    messages = json.loads(FILE.read_text(encoding="utf-8"))
    forms = [(list(Formatter().parse(message)), said) for message, said in messages.items()]
    forms.sort(key=lambda one: -sum(len(literal) for literal, *_ in one[0]))
    return [
        (
            re.compile(
                "".join(
                    re.escape(literal) + ("" if name is None else "(.+?)")
                    for literal, name, *_ in parts
                ),
                re.DOTALL,
            ),
            said,
        )
        for parts, said in forms
    ]
