"""Text from outside, made plain: what a terminal or a browser would act on, or a reader would not see, is spelt out."""

from __future__ import annotations

import re
import unicodedata

_ODD = re.compile(r"[^\x20-\x7e]")
_ACTING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, formats, lone surrogates, separators of lines
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # counted among letters and marks, and not seen
_JOINERS = "\u200c\u200d"  # spell words of Persian and Hindi, and put emoji together


def visible(text: str, lines: bool = False) -> str:
    """The text with every character that acts or is not seen spelt out, such as ⟨U+202E⟩.

    Args:
        lines: whether line breaks and tabs stay what they are.
    """
    if lines:
        text = text.replace("\r\n", "\n")
    kept = "\n\t" if lines else ""
    return _ODD.sub(lambda found: found[0] if found[0] in kept or not _hides(text, found.start()) else f"⟨U+{ord(found[0]):04X}⟩", text)


def _hides(text: str, at: int) -> bool:
    one = text[at]
    if one in _JOINERS and at:
        return text[at - 1].isascii() or text[at + 1 : at + 2].isascii()
    return one in _BLANK or unicodedata.category(one) in _ACTING or "\U000e0100" <= one <= "\U000e01ef"
