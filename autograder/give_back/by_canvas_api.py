"""Return an assignment by Canvas's API: the marks and pages that have changed, one student after
another; each is noted as sent once Canvas has taken it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..class_file.reader import read_class
from ..core.course import Course
from ..core.errors import UserError
from .archives import file_name
from .canvas_api import CanvasAssignment, Gradebook, Held
from .grade_files import rows_of
from .groups import unlike_groups
from .lines import Line, lines_of
from .order import Order, Returned
from .sent import Sent

DIGITS = 8  # of the digest in a page's name there, which says whether that page is there already


def return_by_canvas_api(course: Course, url: str, order: Order) -> Returned:
    """Send what has changed to Canvas.

    Args:
        course: whose class it is; its class.toml names the course on Canvas.
        url: of the gradebook.
        order: what is to go back; with `dry` Canvas is read and not changed.

    Raises:
        UserError: nothing was graded, or Canvas refuses; what it took before is noted.
    """
    settings = read_class(course)
    if settings is None or settings.canvas is None:
        raise UserError(f"{course.class_file}: expected a table [canvas] with url and course")
    lines, sent = lines_of(course, order.name, url), Sent.read(course, order.name)
    everybody = frozenset(line.student for line in lines)
    digests = {line.student: line.digest for line in lines}
    changed = (everybody if order.again else sent.changed(order.to, digests)) | (
        order.stale & everybody
    )
    assignment = CanvasAssignment(settings.canvas, order.name)
    there = assignment.read()
    factor = _factor(there, lines[0].most, order)
    users = rows_of(lines, there.people, "canvas")
    unlike = unlike_groups(settings.groups.get(order.name, {}), lines) if there.together else {}
    unsent = frozenset(one for members in unlike.values() for one in members)
    places = dict[str, str]()
    for line in lines:
        held = there.held.get(users.get(line.student, 0))
        if held is None:
            continue
        file = _page_name(line, order.name)
        places[line.student] = f"{_standing(held)}; {file}"
        if line.student in changed and not order.dry:
            known = not order.again and file in held.files
            page = b"" if known or line.page is None else line.page.read_bytes()
            mark = None if line.student in unsent else _mark(line, held, factor)
            if assignment.send(held, mark, _comment(line), page, file):
                if line.student not in unsent:
                    sent = sent.noting(order.to, {line.student: digests[line.student]})
            else:
                del places[line.student]
    strangers = tuple(line.student for line in lines if line.student not in places)
    return Returned(
        tuple(lines), changed - set(strangers), places, (), strangers, _notes(there, unlike)
    )


def _factor(there: Gradebook, most: float, order: Order) -> float:
    if there.most <= 0:
        raise UserError("the assignment has no points on Canvas; give it some there")
    if there.most != most and not order.scale:
        raise UserError(
            f"the assignment has {there.most:g} points on Canvas and {most:g} here; --scale "
            "converts the marks, or change it there"
        )
    return there.most / most


def _notes(there: Gradebook, unlike: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    late = sum(held.deducted > 0 for held in there.held.values())
    notes = []
    if late:
        notes.append(
            f"Canvas's own late policy takes points off from {late} of these marks, which count "
            "lateness already; switch one of the two policies off"
        )
    if unlike:
        shown = "; ".join(f"group {group}: {', '.join(ids)}" for group, ids in unlike.items())
        notes.append(
            f"Canvas gives one mark to a whole group there, and these have different ones, which "
            f"were not sent ({shown}); let it assign grades to each student individually, then "
            "run this again"
        )
    return tuple(notes)


def _mark(line: Line, held: Held, factor: float) -> str | None:
    """Return what to post; None where Canvas has it, or the student is excused there."""
    mark = None if line.mark is None else round(line.mark * factor, 2)
    if held.excused or mark == held.mark:
        return None
    return "" if mark is None else f"{mark:.2f}"


def _standing(held: Held) -> str:
    said = "excused" if held.excused else "none" if held.mark is None else f"{held.mark:g}"
    return f"mark there now: {said}"


def _comment(line: Line) -> str:
    mark = (
        "A person has still to read your written answer."
        if line.mark is None
        else f"{line.mark:g} of {line.most:g} points."
    )
    return f"{mark} The page says what each check found: download it, and open it in a browser."


def _page_name(line: Line, name: str) -> str:
    stem = file_name(line, name).removesuffix(".html")
    return f"{stem}-{line.digest[:DIGITS]}.html"
