"""Text from outside, made plain: what a terminal or a browser would act on, or a reader would not
see, is spelt out; and how much of it is shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_ODD = re.compile(r"[^\x20-\x7e]")
# controls, formats, lone surrogates, separators of lines
_ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# counted among letters and marks, and not seen
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINERS = "\u200c\u200d"  # spell words of Persian and Hindi, and put emoji together
# choose how a sign before them looks
_SELECTORS = frozenset("\u180b\u180c\u180d\u180f") | frozenset(map(chr, range(0xFE00, 0xFE10)))
_KEYCAP = "\u20e3"
MOST_MARKS = 6  # on one letter; more would lie over the lines around it
MOST_COLOURED = 20_000  # characters
MOST_TOLD = 8  # of what is told of one student where others stand beside
_BLANKS = re.compile(r"\s{300}")


def visible(text: str, lines: bool = False) -> str:
    """Return the text with every character that acts or is not seen spelt out, such as ⟨U+202E⟩.

    Args:
        lines: whether line breaks and tabs stay what they are.
    """
    if lines:
        text = text.replace("\r\n", "\n")
    kept = "\n\t" if lines else ""
    return _ODD.sub(
        lambda found: (
            found[0]
            if found[0] in kept or not hides(text, found.start())
            else f"⟨U+{ord(found[0]):04X}⟩"
        ),
        text,
    )


def hides(text: str, at: int) -> bool:
    """Whether the character at that place acts, is not seen, or lies over others."""
    one = text[at]
    if one in _JOINERS and at:
        return text[at - 1].isascii() or text[at + 1 : at + 2].isascii()
    if one in _SELECTORS:
        before = text[at - 1 : at]
        return not (
            before and (unicodedata.category(before)[0] in "SP" or text[at + 1 : at + 2] == _KEYCAP)
        )
    if unicodedata.category(one)[0] == "M" and at >= MOST_MARKS:
        return all(unicodedata.category(mark)[0] == "M" for mark in text[at - MOST_MARKS : at])
    return (
        one in _BLANK or unicodedata.category(one) in _ACTING or "\U000e0100" <= one <= "\U000e01ef"
    )


def shortened(told: Sequence[str], most: int = MOST_TOLD) -> list[str]:
    """Return the first of what is told, and how many more there are: what is said of one student,
    or of one matter, may not hide what is said of others.
    """
    more = len(told) - most
    return [*told[:most], *([f"and {more} more"] if more > 0 else [])]


def colourable(source: str) -> bool:
    """Whether Pygments reads a cell's code in a moment: from each place in a run of blanks it looks
    at all of the rest.
    """
    return len(source) <= MOST_COLOURED and not _BLANKS.search(source)
