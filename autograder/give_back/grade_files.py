"""Fill in the grade file that a platform gave.

For each platform there is a description of its layout; one function fills all of them in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..core.course import did_you_mean
from ..core.errors import UserError
from ..core.student_ids import same, student_id
from .lines import Line
from .raw_table import RawTable, number_of
from .targets import Target

UNTOUCHED = ("ex", "n/a")  # cells of Canvas that a mark does not replace


@dataclass(frozen=True)
class Layout:
    """Where things stand in a grade file.

    Attributes:
        table: the file.
        grade: the column of the marks.
        first: the first row with a student.
        most: the most points, as the platform has it; None if the file does not say.
        comma: whether decimals have a comma.
        keys: by row, the texts that may say whose it is: numbers, user names, addresses, names.
        notes: what a person should know before the upload.
    """

    table: RawTable
    grade: int
    first: int
    most: float | None
    comma: bool
    keys: Mapping[int, Sequence[str]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filled:
    """A grade file with marks.

    Attributes:
        text: of the file.
        rows: by student, the row.
        strangers: students whom the file does not have.
        notes: what a person should know before the upload.
    """

    text: str
    rows: Mapping[str, int]
    strangers: tuple[str, ...]
    notes: tuple[str, ...] = ()


def fill(
    layout: Layout, lines: Sequence[Line], changed: frozenset[str], platform: str, *, scale: bool
) -> Filled:
    """Write the marks of those whose line has changed; a mark that waits is an empty cell.

    Raises:
        UserError: the platform's most points are others, and `scale` was not asked for.
    """
    table, most = layout.table, lines[0].most
    if layout.most is not None and layout.most != most and not scale:
        raise UserError(
            f"{table.path}: the assignment has {layout.most:g} points there and {most:g} here; "
            "--scale converts the marks, or change it there"
        )
    factor = layout.most / most if layout.most is not None and scale else 1.0
    rows = rows_of(lines, layout.keys, platform)
    strangers = [line.student for line in lines if line.student not in rows]
    for line in lines:
        if (row := rows.get(line.student)) is None:
            continue
        held = table.cell(row, layout.grade)
        if line.student not in changed or held.strip().lower() in UNTOUCHED:
            continue
        if line.mark is None:
            if held:
                table.put(row, layout.grade, "")
        elif number_of(held) != round(line.mark * factor, 2):
            text = f"{line.mark * factor:.2f}"
            table.put(row, layout.grade, text.replace(".", ",") if layout.comma else text)
    return Filled(table.text(), rows, tuple(strangers), layout.notes)


def rows_of(
    lines: Sequence[Line], keys: Mapping[int, Sequence[str]], platform: str
) -> dict[str, int]:
    """Return the row of each student whom a platform knows.

    Args:
        lines: of all students.
        keys: by row, the texts that may say whose it is; the first is the platform's own number.
        platform: as the roster's column is called.
    """
    index = _index(keys)
    numbers = {
        texts[0]: row for row, texts in keys.items() if texts and platform != Target.BRIGHTSPACE
    }
    found = {line.student: _row_of(line, index, numbers, platform) for line in lines}
    return {student: row for student, row in found.items() if row is not None}


def _index(keys: Mapping[int, Sequence[str]]) -> dict[str, set[int]]:
    """Return the rows by each text that may say whose they are."""
    index: dict[str, set[int]] = {}
    for row, texts in keys.items():
        for form in {form for text in texts for form in _forms(text)}:
            index.setdefault(form, set()).add(row)
    return index


def _row_of(
    line: Line, index: Mapping[str, set[int]], numbers: Mapping[str, int], to: str
) -> int | None:
    """Return a student's row: by the platform's own number first, which means nothing elsewhere."""
    person, source = line.person, line.source
    if (
        source is not None
        and source.platform.casefold() == to
        and not source.group
        and source.number in numbers
    ):
        return numbers[source.number]
    known = [person.ids.get(to, ""), person.email] if person is not None else []
    for one in [*known, line.student, line.name]:
        found = {row for form in _forms(one) for row in index.get(form, ())}
        if len(found) == 1:
            return found.pop()
    return None


def _forms(text: str) -> set[str]:
    """Return the forms of a text by which it counts as the same as another."""
    return {same(text), same(student_id(text))} - {""}


def moodle(table: RawTable, column: str) -> Layout:
    """Return the layout of an offline grading worksheet in any language.

    Raises:
        UserError: it is none, or the column of the marks cannot be told.
    """
    first, heading = 1, table.texts(0)
    students = range(first, len(table.rows))
    numbers = {row: re.search(r"\d+$", table.cell(row, 0).strip()) for row in students}
    if not heading or not students or not all(numbers.values()):
        raise UserError(
            f"{table.path}: expected Moodle's grading worksheet, "
            "whose first column holds numbers such as 'Participant 501'"
        )
    most = [
        at
        for at in range(2, len(heading))
        if len({table.cell(row, at) for row in students}) == 1
        and (number_of(table.cell(first, at)) or 0) > 0
        and all(
            number_of(held) is not None for row in students if (held := table.cell(row, at - 1))
        )
    ]
    if column:
        grade = _named(heading, column, table)
    elif len(most) == 1:
        grade = most[0] - 1
    else:
        raise UserError(
            f"{table.path}: which column holds the marks? "
            f"Say so by --column, one of: {', '.join(heading)}"
        )
    said = Counter(table.cell(row, grade + 2) for row in students)
    notes = []
    if sum(1 for row in students if table.cell(row, grade)):
        notes.append(
            "some have a mark there already: tick "
            '"Allow updating records that have been modified more recently"'
        )
    if len(said) > 1 and len(said) < len(students):
        notes.append(
            f"{heading[grade + 2]}: "
            f"{', '.join(f'{count} {text}' for text, count in said.items())}; "
            "Moodle skips a row that is locked"
        )
    points = table.cell(first, grade + 1)
    keys = {
        row: [found[0], *table.texts(row)[1:3]]
        for row, found in numbers.items()
        if found is not None
    }
    return Layout(table, grade, first, number_of(points), "," in points, keys, tuple(notes))


def canvas(table: RawTable, column: str) -> Layout:
    """Return the layout of what Canvas imports: its gradebook's export, with one assignment.

    Raises:
        UserError: it is none, or the column of the assignment cannot be told.
    """
    heading = table.texts(0)
    if "Section" not in heading or "ID" not in heading or heading[0] not in ("Student", "LastName"):
        raise UserError(
            f"{table.path}: expected an export of Canvas's gradebook (Student, ID, …, Section, …), "
            f"got {', '.join(heading)[:200]}"
        )
    kept = heading.index("Section") + 1
    grade = _named(heading, column, table)
    small = table.columns([*range(kept), grade])
    points = next(
        (
            row
            for row in range(1, len(small.rows))
            if small.cell(row, 0).strip() == "Points Possible"
        ),
        0,
    )
    if not points:
        raise UserError(f"{table.path}: expected a row Points Possible")
    number = heading.index("ID")
    if points > 1:  # the row that says how marks are posted, which the import does not need
        del small.rows[1:points], small.ends[1:points]
    first, most = 2, small.cell(1, kept)
    keys = {
        row: [small.cell(row, number), *small.texts(row)[2 : kept - 1]]
        for row in range(first, len(small.rows))
    }
    return Layout(small, kept, first, number_of(most), "," in most, keys)


def brightspace(table: RawTable, column: str) -> Layout:
    """Return the layout of an export of Brightspace's grades, with `X Points Grade`.

    Raises:
        UserError: it is none, or the column of the marks cannot be told.
    """
    heading = table.texts(0)
    points = [name for name in heading if " Points Grade" in name]
    if (
        not {"OrgDefinedId", "Username"} & set(heading)
        or not points
        or "End-of-Line Indicator" not in heading
    ):
        raise UserError(
            f"{table.path}: expected OrgDefinedId or Username, X Points Grade, "
            f"End-of-Line Indicator, got {', '.join(heading)[:200]}"
        )
    grade = (
        heading.index(points[0])
        if len(points) == 1 and not column
        else _named(heading, column, table)
    )
    most = re.search(r"MaxPoints:(\d+(?:\.\d+)?)", heading[grade])
    keys = {
        row: [text.removeprefix("#") for text in table.texts(row)[:grade]]
        for row in range(1, len(table.rows))
    }
    return Layout(
        table,
        grade,
        1,
        float(most[1]) if most else None,
        False,
        keys,
        ("marks above the maximum are cut there",),
    )


def sakai(table: RawTable, column: str) -> Layout:
    """Return the layout of the `grades.csv` in Sakai's download.

    Raises:
        UserError: it is none.
    """
    start = next(
        (row for row in range(len(table.rows)) if table.cell(row, 0) == "Display ID"), None
    )
    if start is None or "grade" not in table.texts(start):
        raise UserError(
            f"{table.path}: expected Sakai's grades.csv, "
            "with a line Display ID,ID,Last Name,First Name,grade"
        )
    keys = {row: table.texts(row)[:2] for row in range(start + 1, len(table.rows))}
    return Layout(table, table.texts(start).index("grade"), start + 1, None, False, keys)


def _named(heading: Sequence[str], column: str, table: RawTable) -> int:
    plain = [re.sub(r" \(\d+\)$", "", name) for name in heading]
    found = [at for at, name in enumerate(heading) if column and column in (name, plain[at])]
    if len(found) == 1:
        return found[0]
    said = (
        f"there is no column {column!r}{did_you_mean(column, heading)}"
        if column
        else "which column is the assignment's?"
    )
    raise UserError(
        f"{table.path}: {said}; --column names one of: {', '.join(filter(None, heading))}"
    )


LAYOUTS: Mapping[str, Callable[[RawTable, str], Layout]] = {
    Target.MOODLE: moodle,
    Target.CANVAS: canvas,
    Target.BRIGHTSPACE: brightspace,
    Target.SAKAI: sakai,
}
