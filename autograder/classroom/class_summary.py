"""Sum up a class after grading: marks after penalties, who is missing, and what waits for a
person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from ..class_file.model import ClassFile
from ..class_file.reader import read_class
from ..class_file.roster import Roster, read_roster
from ..core.assignment import load_assignment
from ..core.course import Course, did_you_mean
from ..core.results import FindingKind
from ..core.sanitize import shortened
from ..gradebook.reader import Standing, gradebook
from .graded_rows import Summary

MOST_NAMES = 30  # in one line
FEWEST = 10  # submissions, of which more than half say something of a class
WHOLE = "notebook"  # where a finding is not of one cell


def class_lines(course: Course, name: str, url: str) -> list[str]:
    """Return what a grading's last lines say of an assignment's class.

    Args:
        course: whose class it is.
        name: the assignment.
        url: of the gradebook.

    Raises:
        UserError: `class.toml` or `roster.csv` has mistakes, or the gradebook cannot be read.
    """
    settings, roster = read_class(course), read_roster(course)
    with gradebook(url) as there:
        standing = there.read(name) if there is not None else {}
    most = sum(cell.points for cell in load_assignment(course, name).cells)
    return list(_lines(name, standing, most, settings, roster))


def _lines(
    name: str,
    standing: Mapping[str, Standing],
    most: float,
    settings: ClassFile | None,
    roster: Roster | None,
) -> Iterator[str]:
    gone = settings.gone if settings is not None else frozenset()
    enrolled = (
        [person for person in roster.people if person.id not in gone] if roster is not None else []
    )
    counted = {person.id for person in enrolled} if roster is not None else standing.keys() - gone
    here = {student: one for student, one in standing.items() if student in counted}
    if here:
        of = f" of {len(enrolled)}" if roster is not None else ""
        late = [one.penalty for one in here.values() if one.penalty]
        taken = f"; {len(late)} lost {sum(late):g} points for being late" if late else ""
        yield f"{name}: {len(here)}{of} submitted, {_middle(list(here.values()), most)}{taken}"
    sections = {person.section for person in enrolled if person.section}
    for section in sorted(sections) if len(sections) > 1 else ():
        members = [person for person in enrolled if person.section == section]
        marks = [here[person.id] for person in members if person.id in here]
        said = f", {_middle(marks, most)}" if marks else ""
        yield f"  section {section}: {len(marks)} of {len(members)} submitted{said}"
    excused = settings.excused if settings is not None else {}
    missing = [
        person.id
        for person in enrolled
        if person.id not in standing and name not in excused.get(person.id, ())
    ]
    if missing:
        yield f"  not submitted ({len(missing)}): {_names(missing)}"
    if left := sorted(gone & standing.keys()):
        yield f"  have left, and are not counted: {_names(left)}"
    if roster is not None:
        known = {person.id for person in roster.people}
        for student in sorted(standing.keys() - known)[:MOST_NAMES]:
            yield f"  not in roster.csv: {student}{did_you_mean(student, known)}"
        for shared, ids in roster.namesakes().items():
            yield (
                f"  one name, {shared}, is that of {', '.join(ids)}: look twice at whose work "
                "is whose"
            )
    cells: dict[str, int] = {}
    for one in here.values():
        for cell in one.waiting:
            cells[cell] = cells.get(cell, 0) + 1
    for cell, count in sorted(cells.items()):
        yield (
            f"  waits for a person: {cell} of {count} student{'s' if count > 1 else ''}; "
            f"run: autograder grade-by-hand {name}"
        )


def _middle(marks: Sequence[Standing], most: float) -> str:
    return f"median {median(one.points for one in marks):g} of {most:g} points"


def repaired_for_most(graded: Sequence[Summary]) -> Iterator[str]:
    """Say which cells were repaired in more than half of the submissions: one student edits a cell
    by mistake, and a class has another notebook than the one that grades it.

    Args:
        graded: of one assignment, in one run.
    """
    found = Counter(
        where
        for one in graded
        for where in {note.where for note in one.findings if note.kind is FindingKind.REPAIRED}
    )
    cells = sorted(
        where for where, count in found.items() if 2 * count > len(graded) and where != WHOLE
    )
    if cells and len(graded) >= FEWEST:
        yield (
            f"  repaired in more than half of {len(graded)} submissions: {_names(cells)}. Has the "
            "notebook changed since it was handed out? Its former text then counts as what a "
            "student wrote, where the written question is empty"
        )


def _names(students: Sequence[str]) -> str:
    return ", ".join(shortened(students, MOST_NAMES))
