"""Return an assignment: grade file and feedback archive of those whose mark or page changed.

What was sent is kept in `returned/NN-name/sent.json`.
"""

from __future__ import annotations

from pathlib import Path

from ..core.course import Course
from ..core.errors import UserError
from ..core.files import write_whole
from .archives import archive_of, place_of
from .exchange import release_pages
from .grade_files import LAYOUTS, Filled, fill
from .lines import Line, lines_of
from .order import Order, Returned
from .raw_table import RawTable
from .sent import PRIVATE, Sent
from .targets import Target


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
    if to == Target.CANVAS_API:
        return _by_canvas_api(course, url, order)
    lines = lines_of(course, name, url)
    sent = Sent.read(course, name)
    everybody = frozenset(line.student for line in lines)
    changed = everybody if order.again else sent.changed(to, lines)
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
        gone = changed
        if to == Target.EXCHANGE:
            gone = frozenset(line.student for line in pages.values())
            release_pages(course, name, gone)
        else:
            files = _write(sent.path.parent, to, filled, pages)
        sent.with_lines(to, [line for line in lines if line.student in gone])
    notes = filled.notes if filled is not None else ()
    return Returned(
        tuple(lines),
        changed,
        places,
        tuple(files),
        filled.strangers if filled is not None else (),
        notes,
    )


def _by_canvas_api(course: Course, url: str, order: Order) -> Returned:
    if order.grades is not None:
        raise UserError("--grades: Canvas's API takes no grade file; leave it out")
    try:
        from .by_canvas_api import return_by_canvas_api
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("canvasapi", "requests"):
            raise
        raise UserError(
            "--to canvas-api needs the package canvasapi; install it beside the grader: "
            "python -m pip install 'notebook-autograder[canvas]'"
        ) from error
    return return_by_canvas_api(course, url, order)


def _write(folder: Path, to: Target, filled: Filled | None, pages: dict[str, Line]) -> list[Path]:
    written = list[Path]()
    if filled is not None:
        written.append(folder / f"{to}-grades.csv")
        write_whole(written[-1], filled.text, PRIVATE)
    if to == Target.FOLDER:
        for place, line in pages.items():
            if line.page is not None:
                write_whole(folder / "pages" / place, line.page.read_bytes(), PRIVATE)
        return [*written, folder / "pages"]
    if pages:
        more = (
            [(f"{next(iter(pages)).split('/')[0]}/grades.csv", filled.text)]
            if to == Target.SAKAI and filled is not None
            else []
        )
        written.append(folder / f"{to}-feedback.zip")
        write_whole(written[-1], archive_of(pages, more), PRIVATE)
    return written
