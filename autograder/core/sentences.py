"""Sentences that are put together from parts, of which one may end like a sentence itself."""

from __future__ import annotations

ENDS = (".", "?", "!", "…")


def ended(sentence: str) -> str:
    """Return a sentence without its full stop where its last part ends like a sentence already."""
    before = sentence.removesuffix(".").rstrip()
    return before if sentence.endswith(".") and before.endswith(ENDS) else sentence


def unended(part: str) -> str:
    """Return a part without its full stop, for a sentence that goes on."""
    return part.rstrip().removesuffix(".")
