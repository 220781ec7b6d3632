"""How an assignment was changed since its class was graded: what the gradebook gains and loses,
before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..core.assignment import Assignment
from ..gradebook.reader import Gradebook
from ..gradebook.structure import Kind, Structure, differences, renamed, sources_of, structure_of


@dataclass(frozen=True)
class MigrationPreview:
    """What bringing the gradebook in line would do.

    Attributes:
        lines: in words, one for each graded cell.
        names: the new name of each cell that was only renamed.
        graded: the names of the graded cells that there are now.
        returning: (mark, extra credit) that were set aside, by student and cell, for cells that
            come back.
    """

    lines: tuple[str, ...]
    names: Mapping[str, str]
    graded: frozenset[str]
    returning: Mapping[str, Mapping[str, tuple[float | None, float | None]]] = field(
        default_factory=dict
    )


def preview_migration(book: Gradebook | None, assignment: Assignment) -> MigrationPreview:
    """Return how a gradebook and an assignment differ; one query where they do not."""
    wanted = structure_of(assignment)
    held = book.structure(assignment.name) if book is not None else frozenset()
    graded = _graded(wanted)
    if book is None or not held or held == wanted:
        return MigrationPreview((), {}, graded)
    names = {
        one.old: one.new
        for one in renamed(held, wanted, book.texts(assignment.name), sources_of(assignment))
    }
    after_renaming = _named(held, names)
    given, aside, known = (
        _by_hand(book, assignment.name),
        book.set_aside(assignment.name),
        _graded(after_renaming),
    )
    returning = {
        student: {cell: given for cell, given in cells.items() if cell in graded - known}
        for student, cells in aside.items()
    }
    lines = [f"{old}: is called {new} now" for old, new in sorted(names.items()) if new in graded]
    for line in differences(after_renaming, wanted):
        name = line.partition(":")[0]
        count = given.get(next((old for old, new in names.items() if new == name), name), 0)
        mark, verb = ("mark", "s") if count == 1 else ("marks", "")
        kept = f"stay{verb}, to be looked at again" if name in graded else "set aside"
        back = sum(name in cells for cells in returning.values())
        returns = f"; of marks given by hand, {back} that were set aside return" if back else ""
        lines.append(line + (f"; {count} {mark} given by hand {kept}" if count else returns))
    return MigrationPreview(tuple(lines), names, graded, returning)


def _graded(structure: Structure) -> frozenset[str]:
    return frozenset(part.name for part in structure if part.kind is Kind.GRADE)


def _named(held: Structure, names: Mapping[str, str]) -> Structure:
    return frozenset(replace(part, name=names.get(part.name, part.name)) for part in held)


def _by_hand(book: Gradebook, assignment: str) -> dict[str, int]:
    """How many marks a person gave, by graded cell."""
    counts: dict[str, int] = {}
    for one in book.read(assignment).values():
        for cell, (_, manual) in one.scores.items():
            if manual is not None or cell in one.extra:
                counts[cell] = counts.get(cell, 0) + 1
    return counts
