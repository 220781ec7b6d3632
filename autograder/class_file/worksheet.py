"""Read Moodle's grading worksheet of an assignment, in any language: who each participant is, and
when they submitted.

The columns are Identifier, Full name (not where marking is blind), address and others, Status,
Group (of a team), Grade, Maximum grade, Grade can be changed, Last modified (submission), perhaps
Online text, Last modified (grade), Feedback comments. Times are in the language and time zone of
the person who downloaded the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import UserError
from ..core.student_ids import same
from ..core.times import LONGEST
from ..core.worded_times import clock_of
from .roster import Roster, read_table

MOODLE_COLUMNS = 5  # at least: number, name, status, mark, most
NONE = ("", "-")  # how a time that there is not is written
IN_ENGLISH = "choose English in Moodle's language menu, and download the worksheet again"
_HEADINGS = frozenset(  # of the time of submission, in those languages where a source was at hand
    [
        "last modified (submission)",
        "zuletzt geändert (abgabe)",
        "dernière modification (travail remis)",
        "última modificación (entrega)",
        "última atualização (submissão)",
        "poslední změna (odevzdaný úkol)",
        "آخر تعديل (التسليم)",
    ]
)
_TIME_LIKE = re.compile(r"(?=.*\d{4}).*\d{1,2}[:.h時时시]\s?\d{2}")
_NUMBER = re.compile(r"\d+$")


@dataclass(frozen=True)
class Participant:
    """A row of the worksheet.

    Attributes:
        number: of the participant, another one for each assignment.
        cells: the row's texts before the time: name, address, status, team and others.
        student: the id in the roster, or nothing where nobody or several fit.
        time: when they submitted, as it is written, or nothing.
    """

    number: str
    cells: tuple[str, ...]
    student: str
    time: str


@dataclass(frozen=True)
class Worksheet:
    """A grading worksheet.

    Attributes:
        path: the file.
        participants: by number.
        problem: why no time in it counts, or nothing.
        twelve_hours: whether 5:00 may be five in the afternoon: hours have one digit, no word says
            which half of the day it is, and no hour is above twelve.
    """

    path: Path
    participants: Mapping[str, Participant]
    problem: str = ""
    twelve_hours: bool = False


def read_worksheet(path: Path, roster: Roster | None) -> Worksheet:
    """Return a grading worksheet.

    People are told by their address, else by their name if one person alone has it.

    Raises:
        UserError: the file cannot be read, or is no such worksheet.
    """
    heading, rows = read_table(path)
    numbers = [_NUMBER.search(row[0].strip()) for _, row in rows]
    if not rows or len(heading) < MOODLE_COLUMNS or not all(numbers):
        raise UserError(
            f"{path}: expected Moodle's grading worksheet, whose first column holds numbers such "
            "as 'Participant 501'"
        )
    texts = [[cell.strip() for cell in row] + [""] * (len(heading) - len(row)) for _, row in rows]
    at, problem = _time_column([name.strip() for name in heading], texts)
    found = dict[str, Participant]()
    for number, (line, _), row in zip(numbers, rows, texts, strict=True):
        if number is None:
            continue
        if number[0] in found:
            raise UserError(f"{path}:{line}: the participant {number[0]} is there twice")
        time = row[at] if at is not None and row[at] not in NONE else ""
        cells = tuple(row[1 : len(row) if at is None else at])
        found[number[0]] = Participant(number[0], cells, _student(row, roster), time)
    clocks = [clock for one in found.values() if (clock := clock_of(one.time))]
    plain = {hour for hour, marked in clocks if not marked}
    one_digit = any(
        re.search(r"(?<!\d)[1-9][:.h時时시]\s?\d{2}", one.time) for one in found.values()
    )
    twelve = bool(plain) and one_digit and plain <= set(range(1, 13))
    return Worksheet(path, found, problem, twelve)


def _student(row: Sequence[str], roster: Roster | None) -> str:
    if roster is None:
        return ""
    named = [one for cell in row[1:3] for one in roster.named(cell)]
    by_address = filter(None, (roster.with_email(cell) for cell in row[1:4] if "@" in cell))
    person = next(by_address, named[0] if len(named) == 1 else None)
    return person.id if person is not None else ""


def _may_be_time(cell: str) -> bool:
    """Return whether a cell looks like a time, or like none; online text may be long."""
    return cell in NONE or (len(cell) <= LONGEST and bool(_TIME_LIKE.match(cell)))


def _time_column(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[int | None, str]:
    """Return the column of the time of submission, and what is wrong if none can be told to be it.

    Where its heading is not known: the first of at least two columns that hold nothing but times,
    behind one that says yes or no.
    """
    named = [at for at, name in enumerate(heading) if same(name) in _HEADINGS]
    if len(named) == 1:
        return named[0], ""
    columns = [[row[at] for row in rows] for at in range(len(heading))]
    times = [at for at, cells in enumerate(columns) if any(cells) and all(map(_may_be_time, cells))]
    asked = set(columns[times[0] - 1]) if times and times[0] else set[str]()
    if len(times) > 1 and "" not in asked and len(asked) <= 2:
        return times[0], ""
    return None, f"no column could be told to be 'Last modified (submission)': {IN_ENGLISH}"
