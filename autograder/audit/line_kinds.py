"""What a line of the audit is about: an answer whose marks are known, or what is missing."""

from __future__ import annotations

from enum import StrEnum

from ..core.mistakes import Entry


class LineKind(StrEnum):
    """What was graded; the last three are lines of problems alone."""

    REFERENCE = "reference"
    STUB = "stub"  # nothing was answered
    MISTAKE = "mistake"
    VARIANT = "variant"  # a right answer of another form
    QUESTION = "question"
    UNUSABLE = "known mistake"  # a file or an entry that cannot be used
    ASSIGNMENT = "assignment"


RIGHT = (LineKind.REFERENCE, LineKind.VARIANT)
PROBLEMS_ALONE = (LineKind.QUESTION, LineKind.UNUSABLE)


def kind_of(entry: Entry) -> LineKind:
    """Return which of the two an entry of an assignment's `mistakes/` is."""
    return LineKind.VARIANT if entry.right else LineKind.MISTAKE
