"""The page on a class: one self-contained file for staff, without any script, everything from a
submission escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from ..checking.plugin import collect
from ..core.assignment import Assignment, load_assignment
from ..core.course import TEMPLATES, Course
from ..core.errors import UserError
from ..core.files import write_whole
from ..core.markdown import inline
from ..core.mistakes import Bank, load_bank
from ..core.results import Walls
from ..gradebook.class_results import Class, gather
from ..similarity import clusters as alike
from ..similarity import report as similar
from ..similarity import tokens as steps
from . import plots as pictures
from .attempts import GradedAttempt, Spread, Ways, spread, ways_to_right
from .item_analysis import FEW, Correlation, Item, check_items, question_items
from .mistake_counts import find_mistaken, find_unknown
from .watch_list import ENDS, find_notable

MOST_NAMES = 12  # of students in one cell of a table
MOST_ROWS = 60  # of a table


def write_overview(course: Course, name: str, tried: Sequence[GradedAttempt] = ()) -> Path:
    """Write the page on a class's assignment, and give its place.

    Args:
        tried: the attempts that students made on the server, where the class has one.

    Raises:
        UserError: the assignment has not been built, or nothing of it has been graded.
        GraderFault: the checks could not be loaded.
    """
    assignment = load_assignment(course, name)
    group = gather(course, assignment)
    if not group.handed:
        more = f" ({group.left_out[0]})" if group.left_out else ""
        raise UserError(
            f"{course.autograded} holds no results of {name}{more}; run: autograder grade {name}"
        )
    sentences = {spec.id: spec.sentence for spec in collect(course.checks(name))}
    ways = ways_to_right(tried, [one.id for one in assignment.questions])
    text = overview(group, assignment, load_bank(course.mistakes(name)), sentences, ways)
    path = course.overview(name)
    write_whole(path, text, mode=0o600)
    return path


def overview(
    group: Class,
    assignment: Assignment,
    bank: Bank,
    sentences: Mapping[str, str],
    ways: Ways | None = None,
) -> str:
    """Return the page's text.

    Args:
        group: the class, of at least one submission.
        assignment: what it was graded on.
        bank: its known mistakes and variants.
        sentences: what each check's line says, by the check's id.
        ways: how students came to right answers on the server, where the class has one.
    """
    handed = group.handed
    points = [one.points for one in handed]
    questions, checks = question_items(handed), check_items(handed)
    mistaken = find_mistaken(handed, bank)
    alike_answers, pairs = similar.find_similar(handed, assignment, bank)
    seconds = _seconds(group)
    most = sum(cell.points for cell in assignment.cells)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=assignment.name,
            group=group,
            most=most,
            points=points,
            questions=questions,
            checks=checks,
            sentences=sentences,
            few=FEW,
            quartiles=spread(points),
            unmarked=sum(one.marks is None for one in handed),
            waiting=sum(bool(one.marks and one.marks.pending) for one in handed),
            unjudged=sum(not one.judged for one in handed),
            seeds=sorted({one.seed for one in handed}),
            walls=sorted(Walls(one.walls) for one in group.handed if one.walls in list(Walls)),
            attempted={one.question: one.answered for one in alike_answers},
            ways=ways,
            mistaken=mistaken,
            unknown=find_unknown(handed),
            notable=find_notable(group),
            regraded=[
                (one.student, made)
                for one in handed
                if one.marks is not None
                for made in one.marks.regrades
            ],
            ends=ENDS,
            seconds=seconds,
            slowest=sorted(
                ((sum(one.seconds.values()), one.student) for one in handed if one.seconds),
                reverse=True,
            )[:ENDS],
            similar=alike_answers,
            pairs=pairs,
            settings=alike,
            run=steps.RUN,
            most_views=similar.MOST_VIEWS,
            marks_picture=pictures.marks(points, most),
            outcomes_picture=pictures.outcomes(questions),
            difficulty_picture=pictures.difficulty(checks),
            mistakes_picture=pictures.mistakes(
                {f"{one.question}: {one.mistake}": len(one.students) for one in mistaken}
            )
            if mistaken
            else None,
            times_picture=pictures.times(seconds) if seconds else None,
        )
    )


def _seconds(group: Class) -> dict[str, list[float]]:
    """Return the seconds of each part, and of all together, over the submissions that tell."""
    found: dict[str, list[float]] = {}
    for one in group.handed:
        for part, took in one.seconds.items():
            found.setdefault(part, []).append(took)
        if one.seconds:
            found.setdefault("together", []).append(sum(one.seconds.values()))
    return found


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    filters: dict[str, Any] = {
        "markdown": lambda text: Markup(inline(text)),
        "share": _share,
        "coefficient": _coefficient,
        "remark": _remark,
        "names": _names,
        "spread": _spread,
        "rows": lambda rows: rows[:MOST_ROWS],
        "more": lambda rows: max(len(rows) - MOST_ROWS, 0),
        "percentile": lambda took, part: sorted(took)[min(int(part * len(took)), len(took) - 1)],
    }
    environment.filters |= filters
    return environment


def _share(part: float | None) -> str:
    return "not defined" if part is None else f"{100 * part:.0f} %"


def _coefficient(found: Correlation | None) -> str:
    if found is None:
        return "not defined"
    between = (
        "" if found.low is None else f" ({_signed(found.low)} to {_signed(found.high or 0.0)})"
    )
    return _signed(found.value) + between


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def _spread(found: Spread | None, digits: int = 0) -> str:
    if found is None:
        return "–"
    low, middle, high = (f"{value:.{digits}f}" for value in (found.low, found.middle, found.high))
    return middle if low == high else f"{middle} ({low} to {high})"


def _remark(item: Item) -> str:
    """Return what a person may want to look at, in a few words."""
    if item.rest is not None and item.rest.high is not None and item.rest.high < 0:
        return "the better ones fail it: look at the check"
    if item.facility is not None and item.facility <= 0.02:
        return "hardly anybody passes it"
    if item.facility is not None and item.facility >= 0.98:
        return "hardly anybody fails it"
    return ""


def _names(students: Sequence[str]) -> Markup:
    """Students' names, each kept from changing the direction of what stands around it; only the
    first of many.
    """
    shown = Markup(", ").join(
        Markup("<bdi>{}</bdi>").format(student) for student in students[:MOST_NAMES]
    )
    return shown + (f" and {len(students) - MOST_NAMES} more" if len(students) > MOST_NAMES else "")
