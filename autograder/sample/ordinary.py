"""Students whose notebooks are in order: a perfect one, one who did nothing, and one for each known
mistake and unusual style.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..core.assignment import Assignment, CellKind
from ..core.mistakes import Entry, load_bank
from .sample import Sample, as_bytes


def perfect() -> Sample:
    """Return the reference solution."""
    return Sample("perfect", "Everything right.", lambda assignment: as_bytes(assignment.solved()))


def untouched(assignment: Assignment) -> Sample:
    """Return the notebook as it was handed out."""
    nothing = {question.id: 0.0 for question in assignment.questions}
    return Sample("untouched", "Nothing done.", lambda one: as_bytes(one.notebook()), nothing)


def constants(assignment: Assignment) -> Iterator[Sample]:
    """Return students each of whose functions gives the same for everything."""
    nothing = {question.id: 0.0 for question in assignment.questions}
    for name, value in (
        ("none", "None"),
        ("five", "5"),
        ("string", "'x'"),
        ("list", "[]"),
        ("zeros", "(np.zeros(1), np.zeros(1))"),
    ):
        yield Sample(f"constant-{name}", f"Every function gives {value}.", constant(value), nothing)


def constant(value: str) -> Callable[[Assignment], bytes]:
    """Return what makes a notebook each of whose functions gives the value of this expression."""

    def make(assignment: Assignment) -> bytes:
        answers = {}
        for cell in assignment.cells:
            if cell.kind == CellKind.SOLUTION:
                answers[cell.id] = "\n".join(
                    f"def {name}(*args, **kwargs): return {value}"
                    for name in sorted(assignment.functions(cell))
                )
        return as_bytes(assignment.notebook(answers))

    return make


def from_bank(assignment: Assignment) -> Iterator[Sample]:
    """One student for each entry of the bank.

    What points a mistake loses is the audit's business, not told here.
    """
    for entry in load_bank(assignment.mistakes).entries:
        kind = "style" if entry.right else "mistake"
        yield Sample(f"{kind}-{entry.question}-{entry.id}", entry.hint, _maker(entry))


def _maker(entry: Entry) -> Callable[[Assignment], bytes]:
    return lambda one: as_bytes(one.solved(one.reference_source(entry.question, entry.source)))
