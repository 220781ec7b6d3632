"""How much of one page is coloured and laid out: the rest is shown as plain text, so that no page
takes more than a moment to make.

One cell has bounds of its own, but a page has many cells, and each element of a page costs its
makers time. The course's longest notebook has 16,000 words and signs of code, and 22,000 characters
of text.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .sanitize import colourable

MOST_WORDS = 40_000  # words and signs of code that are coloured; each may be an element of the page
MOST_MARKDOWN = 60_000  # characters that are laid out; 20,000 take up to 0.7 s
MOST_ELEMENTS = 20_000  # that Markdown is made of
MOST_OUTPUT = 1_000_000  # characters of outputs that are looked through one by one
_WORD = re.compile(r"\w+|[^\w\s]")


@lru_cache(maxsize=256)
def _words(source: str) -> int:
    """Return how many words and signs a cell has: the locked ones are the same for the class."""
    return len(_WORD.findall(source))


class Budget:
    """What one page may still cost; each method spends, and says whether there was enough."""

    def __init__(self) -> None:
        self._words, self._markdown, self._elements, self._output = (
            MOST_WORDS,
            MOST_MARKDOWN,
            MOST_ELEMENTS,
            MOST_OUTPUT,
        )

    def colours(self, source: str) -> bool:
        """Return whether a cell's code is coloured."""
        if not colourable(source):
            return False
        words = _words(source)
        if words > self._words:
            return False
        self._words -= words
        return True

    def lays_out(self, markdown: str) -> bool:
        """Return whether a cell's Markdown is laid out; a long one is cut by what lays it out."""
        if len(markdown) > self._markdown:
            return False
        self._markdown -= len(markdown)
        return True

    def holds(self, made: str) -> bool:
        """Return whether what Markdown was made into fits on the page."""
        elements = made.count("<")
        if elements > self._elements:
            return False
        self._elements -= elements
        return True

    def shown(self, text: str) -> str:
        """Return as much of an output as is shown, with a word on what is not."""
        kept = text[: self._output]
        self._output -= len(kept)
        more = len(text) - len(kept)
        return f"{kept}\n[{more} more characters are not shown]" if more else kept
