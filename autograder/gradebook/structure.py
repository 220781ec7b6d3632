"""The graded structure of an assignment: its cells as the gradebook keeps them, as the notebook has
them, and what differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..core.assignment import Assignment, text_of

# One query for both tables, so that a class that is up to date costs no more than a look. {0} is
# the driver's mark of a value.
QUERY = """
SELECT b.type, b.name, g.max_score, CAST(g.cell_type AS VARCHAR), NULL, NULL FROM base_cell b
LEFT JOIN grade_cells g ON g.id = b.id JOIN notebook m ON m.id = b.notebook_id JOIN assignment a ON a.id = m.assignment_id
WHERE a.name = {0} AND m.name = {0}
UNION ALL
SELECT 'SourceCell', s.name, NULL, CAST(s.cell_type AS VARCHAR), CASE WHEN s.locked THEN 1 ELSE 0 END, s.checksum FROM source_cell s
JOIN notebook m ON m.id = s.notebook_id JOIN assignment a ON a.id = m.assignment_id WHERE a.name = {0} AND m.name = {0}
"""
ASIDE = "autograder_set_aside"  # the table of what a person gave for cells that were removed


class Kind(StrEnum):
    """The gradebook's kinds of cells, as its column `type` names them."""

    GRADE = "GradeCell"
    SOLUTION = "SolutionCell"
    TASK = "TaskCell"
    SOURCE = "SourceCell"


@dataclass(frozen=True)
class Part:
    """One cell in one of its roles.

    Attributes:
        kind: the role.
        name: nbgrader's grade_id.
        points: of a graded cell, else None.
        cell_type: `code` or `markdown`, of a graded or source cell.
        locked: whether a source cell is locked.
        checksum: of a source cell, as nbgrader computed it when the assignment was built.
    """

    kind: Kind
    name: str
    points: float | None = None
    cell_type: str | None = None
    locked: bool | None = None
    checksum: str | None = None


@dataclass(frozen=True)
class Renamed:
    """A cell that has another name now, and is the same otherwise."""

    old: str
    new: str


Structure = frozenset[Part]


def structure_of(assignment: Assignment) -> Structure:
    """Return the structure that an assignment has now, as nbgrader would save it."""
    found: set[Part] = set()
    for cell in assignment.cells:
        meta, kind = cell.release["metadata"].get("nbgrader", {}), cell.release["cell_type"]
        grade, solution = bool(meta.get("grade")), bool(meta.get("solution"))
        locked = not solution and (grade or bool(meta.get("locked")))
        if grade:
            found.add(Part(Kind.GRADE, meta["grade_id"], float(meta["points"]), kind))
        if solution:
            found.add(Part(Kind.SOLUTION, meta["grade_id"]))
        if grade or solution or locked:
            found.add(Part(Kind.SOURCE, meta["grade_id"], None, kind, locked, meta.get("checksum")))
    return frozenset(found)


def sources_of(assignment: Assignment) -> dict[str, str]:
    """Return the text of each cell that the gradebook keeps."""
    names = {part.name for part in structure_of(assignment)}
    metas = (
        (cell.release["metadata"].get("nbgrader", {}).get("grade_id"), text_of(cell.release))
        for cell in assignment.cells
    )
    return {name: text for name, text in metas if name in names}


def from_rows(rows: Iterable[Any]) -> Structure:
    """Return the structure that the gradebook holds, out of the rows of `QUERY`."""
    return frozenset(
        Part(
            Kind(kind), name, points, cell_type, None if locked is None else bool(locked), checksum
        )
        for kind, name, points, cell_type, locked, checksum in rows
        if kind in list(Kind)
    )


def differences(held: Structure, wanted: Structure) -> tuple[str, ...]:
    """Return in words which graded cells the gradebook gains, loses or counts otherwise; nothing
    where it holds none yet.
    """
    before, after = _graded(held), _graded(wanted)
    if not held:
        return ()
    said = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            said.append(
                f"{name}: {'added' if old is None else 'removed'}, "
                f"{(new or old or Part(Kind.GRADE, name)).points or 0:g} points"
            )
        elif old.points != new.points:
            said.append(f"{name}: {old.points or 0:g} → {new.points or 0:g} points")
        if old and new and old.cell_type != new.cell_type:
            said.append(f"{name}: {old.cell_type} → {new.cell_type}")
    return tuple(said)


def _graded(structure: Structure) -> dict[str, Part]:
    return {part.name: part for part in structure if part.kind in (Kind.GRADE, Kind.TASK)}


def renamed(
    held: Structure, wanted: Structure, before: Mapping[str, str], after: Mapping[str, str]
) -> list[Renamed]:
    """Return the cells that were only renamed: of the same roles and type, of the same text but for
    the question's name, without a rival.
    """
    old, new = _shapes(held), _shapes(wanted)
    gone, come = (
        [name for name in old if name not in new],
        [name for name in new if name not in old],
    )
    pairs = [
        (one, two)
        for one in gone
        for two in come
        if old[one] == new[two] and _alike(one, two, before, after)
    ]
    return [
        Renamed(one, two)
        for one, two in pairs
        if sum(one == other for other, _ in pairs) == sum(two == other for _, other in pairs) == 1
    ]


def _shapes(structure: Structure) -> dict[str, frozenset[tuple[str, float | None, str | None]]]:
    """Return what a cell is by its roles; points only where its text tells nothing, as that of a
    written answer.
    """
    found: dict[str, set[tuple[str, float | None, str | None]]] = {}
    for part in structure:
        points = part.points if part.cell_type == "markdown" else None
        found.setdefault(part.name, set()).add((str(part.kind), points, part.cell_type))
    return {name: frozenset(shape) for name, shape in found.items()}


def _alike(old: str, new: str, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    first, second = old.partition("-"), new.partition("-")
    if first[2] != second[2]:
        return False
    return before.get(old, "").replace(first[0], second[0]).split() == after.get(new, "").split()
