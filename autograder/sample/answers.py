"""Students whose notebooks are in order: a perfect one, one who did nothing, and one for each known mistake and unusual style."""

from __future__ import annotations

from collections.abc import Iterator

from ..assignment import Assignment
from ..bank import Entry, load_bank
from .entry import Sample, as_bytes, reference


def perfect() -> Sample:
    """The reference solution."""
    return Sample("perfect", "Everything right.", lambda assignment: as_bytes(assignment.solved()))


def untouched(assignment: Assignment) -> Sample:
    """The notebook as it was handed out."""
    nothing = {question.id: 0.0 for question in assignment.questions}
    return Sample("untouched", "Nothing done.", lambda one: as_bytes(one.notebook()), nothing)


def from_bank(assignment: Assignment) -> Iterator[Sample]:
    """One student for each entry of the bank. What points a mistake loses is the audit's business, not told here."""
    for entry in load_bank(assignment.name).entries:
        kind = "style" if entry.right else "mistake"
        yield Sample(f"{kind}-{entry.question}-{entry.id}", entry.hint, _maker(entry))


def _maker(entry: Entry):  # type: ignore[no-untyped-def]
    return lambda one: as_bytes(one.notebook(reference(one) | one.reference_source(entry.question, entry.source)))
