"""Return an assignment: grade file and feedback archive of those whose mark or page changed.

What was sent is kept in `returned/NN-name/sent.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..core.course import Course
from ..core.errors import UserError
from ..core.files import write_whole
from .archives import archive_of, place_of
from .grade_files import LAYOUTS, Filled, fill
from .lines import Line, lines_of
from .raw_table import RawTable

PRIVATE = 0o600


@dataclass(frozen=True)
class Returned:
    """What went back.

    Attributes:
        lines: of all students.
        changed: the ids of those whose line was sent.
        places: by student, where the page lies in the archive; nothing if that is not known.
        files: that were written.
        strangers: students whom the grade file does not have.
        notes: what a person should know before the upload.
    """

    lines: tuple[Line, ...]
    changed: frozenset[str]
    places: dict[str, str]
    files: tuple[Path, ...]
    strangers: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """What is to go back, and where to.

    Attributes:
        name: the assignment.
        to: the platform.
        grades: the grade file that the platform gave, or None to return pages alone.
        column: of the marks in it; found if empty.
        scale: whether to convert marks to the platform's most points.
        again: whether to send what was sent before as well.
        dry: whether to write nothing.
    """

    name: str
    to: str
    grades: Path | None = None
    column: str = ""
    scale: bool = False
    again: bool = False
    dry: bool = False


def give_back(course: Course, url: str, order: Order) -> Returned:
    """Write what a platform takes for those whose mark or page has changed.

    Args:
        course: whose class it is.
        url: of the gradebook.
        order: what is to go back, and where to.

    Raises:
        UserError: nothing was graded, or the grade file cannot be used.
    """
    name, to, grades = order.name, order.to, order.grades
    lines = lines_of(course, name, url)
    kept = course.work / "returned" / name / "sent.json"
    try:
        sent = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
        before = {} if order.again else dict(sent.get(to, {}))
    except (ValueError, AttributeError, TypeError) as error:
        raise UserError(
            f"{kept} cannot be read ({error}); move it away to send all again"
        ) from error
    changed = frozenset(line.student for line in lines if before.get(line.student) != line.digest)
    filled: Filled | None = None
    if grades is not None:
        if to not in LAYOUTS:
            raise UserError(
                f"--grades: no grade file is known that {to} imports; "
                "leave it out, and enter the marks there"
            )
        filled = fill(
            LAYOUTS[to](RawTable.read(grades), order.column), lines, changed, to, scale=order.scale
        )
    places = {
        line.student: place_of(line, name, to, filled) for line in lines if line.page is not None
    }
    files = list[Path]()
    if changed and not order.dry:
        pages = {
            places[line.student]: line
            for line in lines
            if line.student in changed and places.get(line.student)
        }
        files = _write(kept.parent, to, filled, pages)
        sent[to] = sent.get(to, {}) | {
            line.student: line.digest for line in lines if line.student in changed
        }
        write_whole(kept, json.dumps(sent, indent=1) + "\n", PRIVATE)
    notes = filled.notes if filled is not None else ()
    return Returned(
        tuple(lines),
        changed,
        places,
        tuple(files),
        filled.strangers if filled is not None else (),
        notes,
    )


def _write(folder: Path, to: str, filled: Filled | None, pages: dict[str, Line]) -> list[Path]:
    written = list[Path]()
    if filled is not None:
        written.append(folder / f"{to}-grades.csv")
        write_whole(written[-1], filled.text, PRIVATE)
    if to == "folder":
        for place, line in pages.items():
            if line.page is not None:
                write_whole(folder / "pages" / place, line.page.read_bytes(), PRIVATE)
        return [*written, folder / "pages"]
    if pages:
        more = (
            [(f"{next(iter(pages)).split('/')[0]}/grades.csv", filled.text)]
            if to == "sakai" and filled is not None
            else []
        )
        written.append(folder / f"{to}-feedback.zip")
        write_whole(written[-1], archive_of(pages, more), PRIVATE)
    return written
