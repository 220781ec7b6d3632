"""How much of one page is coloured and laid out: the rest is shown as plain text, so that no page takes more than a moment to make.

One cell has bounds of its own, but a page has many cells. The course's longest notebook has 58,000 characters of code and 22,000 of text.
"""

from __future__ import annotations

from .visible import colourable

MOST_CODE = 120_000  # characters that Pygments reads; 20,000 take it 0.3 s where each is a token of its own
MOST_MARKDOWN = 80_000  # characters that are laid out; 20,000 take up to 0.7 s
MOST_OUTPUT = 1_000_000  # characters of outputs that are looked through one by one


class Budget:
    """What one page may still cost; each method spends, and says whether there was enough."""

    def __init__(self) -> None:
        self._code, self._markdown, self._output = MOST_CODE, MOST_MARKDOWN, MOST_OUTPUT

    def colours(self, source: str) -> bool:
        """Return whether a cell's code is coloured."""
        if not colourable(source) or len(source) > self._code:
            return False
        self._code -= len(source)
        return True

    def lays_out(self, markdown: str) -> bool:
        """Return whether a cell's Markdown is laid out; a long one is cut by what lays it out."""
        if len(markdown) > self._markdown:
            return False
        self._markdown -= len(markdown)
        return True

    def shown(self, text: str) -> str:
        """Return as much of an output as is shown, with a word on what is not."""
        kept = text[: self._output]
        self._output -= len(kept)
        more = len(text) - len(kept)
        return f"{kept}\n[{more} more characters are not shown]" if more else kept
