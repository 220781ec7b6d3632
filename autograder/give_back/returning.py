"""Return an assignment: grade file and feedback archive of those whose mark or page changed.

What was sent is kept in `returned/NN-name/sent.json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..class_file.reader import read_class
from ..core.course import Course
from ..core.errors import UserError
from ..core.files import write_whole
from ..core.sanitize import shortened
from .archives import archive_of, place_of
from .exchange import release_pages
from .grade_files import LAYOUTS, Filled, Layout, fill, rows_of
from .groups import Pages, unlike_groups, with_groups
from .lines import Line, lines_of
from .order import Order, Returned
from .raw_table import RawTable
from .sent import PRIVATE, Sent
from .targets import Target

MOST_GROUPS = 10  # in one line
ALONE = "{0}, pages alone"  # as which pages are noted that went without marks
NO_PAGE = " without its page"


def give_back(course: Course, url: str, order: Order, pages: Pages) -> Returned:
    """Write what a platform takes for those whose mark or page has changed.

    Args:
        course: whose class it is.
        url: of the gradebook.
        order: what is to go back, and where to.
        pages: makes those that a whole group may see.

    Raises:
        UserError: nothing was graded, or the grade file cannot be used.
    """
    name, to = order.name, order.to
    if to == Target.CANVAS_API:
        return _by_canvas_api(course, url, order)
    lines = with_groups(lines_of(course, name, url), to, pages)
    sent, layout = Sent.read(course, name), _layout(order)
    rows = rows_of(lines, layout.keys, to) if layout is not None else {}
    numbers = {student: layout.keys[row][0] for student, row in rows.items()} if layout else {}
    places = {
        line.student: place_of(line, name, to, numbers.get(line.student, "")) for line in lines
    }
    digests = {
        line.student: line.digest + ("" if places[line.student] else NO_PAGE) for line in lines
    }
    everybody = frozenset(digests)
    changed = everybody if order.again else sent.changed(to, digests)
    alone = ALONE.format(to)
    unsent = everybody if order.again else sent.changed(alone, digests)
    if to in LAYOUTS:  # whose page went alone still needs the mark, and that alone
        changed = frozenset(one for one in changed if one in rows or one in unsent)
    changed |= order.stale & everybody
    filled = fill(layout, lines, changed, to, scale=order.scale) if layout is not None else None
    files = list[Path]()
    if changed and not order.dry:
        going = [line for line in lines if line.student in changed and places[line.student]]
        groups = {places[line.student]: line.group_key for line in going if line.group_key}
        again = groups.keys() if order.again else sent.changed(to, groups)
        contents = {
            place: pages.group_page(line.student) if line.group_key else line.page.read_bytes()
            for line in going
            if line.page is not None
            and line.student in unsent
            and ((place := places[line.student]) in again or not line.group_key)
        }
        gone = frozenset(line.student for line in going)
        if to == Target.EXCHANGE:
            release_pages(course, name, gone)
        else:
            files = _write(sent.path.parent, to, filled, contents)
        if to in LAYOUTS:
            pages_only = {one: digests[one] for one in gone - rows.keys()}
            sent, gone = sent.noting(alone, pages_only), changed & rows.keys()
        sent.noting(to, groups | {one: digests[one] for one in gone})
    return Returned(
        tuple(lines),
        changed,
        places,
        tuple(files),
        filled.strangers if filled is not None else (),
        (*(filled.notes if filled is not None else ()), *_notes(course, order, lines)),
    )


def _layout(order: Order) -> Layout | None:
    """Return where things stand in the grade file, if there is one."""
    if order.grades is None:
        return None
    if order.to not in LAYOUTS:
        raise UserError(
            f"--grades: no grade file is known that {order.to} imports; "
            "leave it out, and enter the marks there"
        )
    return LAYOUTS[order.to](RawTable.read(order.grades), order.column)


def _notes(course: Course, order: Order, lines: Sequence[Line]) -> list[str]:
    """Return what a person should know of groups whose members' marks or pages differ."""
    settings = read_class(course)
    groups = settings.groups.get(order.name, {}) if settings is not None else {}
    found = []
    unlike = unlike_groups(groups, lines)
    if unlike and order.to == Target.CANVAS and order.grades is not None:
        found.append(
            f"marks within {_shown(unlike)} differ; where Canvas gives one mark to a whole group, "
            "each takes the place of the other's: let it assign grades to each student individually"
        )
    lost = {line.student for line in lines if line.group_key is None}
    apart = [group for group, members in groups.items() if lost & set(members)]
    if apart:
        found.append(
            f"no page for {_shown(apart)}: all members would see it, and their marks or "
            "comments differ; --to folder writes each member's own"
        )
    return found


def _shown(groups: Iterable[str]) -> str:
    return ", ".join(shortened([f"group {group}" for group in groups], MOST_GROUPS))


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


def _write(
    folder: Path, to: Target, filled: Filled | None, pages: Mapping[str, bytes]
) -> list[Path]:
    written = list[Path]()
    if filled is not None:
        written.append(folder / f"{to}-grades.csv")
        write_whole(written[-1], filled.text, PRIVATE)
    if to == Target.FOLDER:
        for place, page in pages.items():
            write_whole(folder / "pages" / place, page, PRIVATE)
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
