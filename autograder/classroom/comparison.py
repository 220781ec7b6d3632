"""Whose marks would change if a class were graded now: what the gradebook holds beside what the
results are, and nothing written.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ..cache.store import Cache
from ..class_file.model import ClassFile
from ..class_file.reader import read_class
from ..core.assignment import load_assignment
from ..core.course import Course
from ..core.results import Graded
from ..core.sanitize import visible
from ..gradebook.late import LatePenalty, class_zone
from ..gradebook.reader import Standing, gradebook
from ..gradebook.writer import gradebook_url, load_config
from ..workers.pool import Executors, processors
from .cached_or_graded import results
from .late_days import days_spent
from .migration_preview import MigrationPreview, preview_migration
from .plan import Plan
from .submissions import SubmittedNotebook, read_timestamp

LOG = logging.getLogger(__name__)

CHECK = "-check"  # how the names of cells end whose points the hidden checks give


@dataclass(frozen=True)
class MarkChange:
    """What grading would do to one student's marks.

    Attributes:
        student: who it is.
        old: points by question, as the gradebook holds them; empty if it holds nothing of this
            student.
        new: points by question, as they would be; those given by hand stay.
        faulty: whether the grader itself failed.
        old_penalty: points taken off for being late, as the gradebook holds them.
        new_penalty: the same, as it would be.
    """

    student: str
    old: Mapping[str, float | None]
    new: Mapping[str, float | None]
    faulty: bool
    old_penalty: float = 0.0
    new_penalty: float = 0.0

    @property
    def differs(self) -> bool:
        """Whether anything would change."""
        return dict(self.old) != dict(self.new) or self.old_penalty != self.new_penalty


@dataclass(frozen=True)
class Comparison:
    """What grading would do to a class.

    Attributes:
        changes: by student, of all who are left to grade or to write down.
        structure: how the assignment itself was changed, in words.
    """

    changes: tuple[MarkChange, ...] = ()
    structure: tuple[str, ...] = ()


def compare(course: Course, plan: Plan, workers: int | None, executors: Executors) -> Comparison:
    """Return what grading would do to the marks of those who are left; their results are kept for
    when it is done.

    Raises:
        UserError: the gradebook cannot be read, or a machine has no sandbox.
        GraderFault: the checks could not be loaded.
    """
    found: list[MarkChange] = []
    config, settings, assignment = (
        load_config(course),
        read_class(course),
        load_assignment(course, plan.name),
    )
    most = sum(cell.points or 0.0 for cell in assignment.cells)
    with Cache(course) as cache, gradebook(gradebook_url(course, config)) as there:
        follows = preview_migration(there, assignment)
        standing = there.read(plan.name) if there else {}
        due = settings.due.get(plan.name) if settings is not None else None
        due = due or (there.due(plan.name) if there else None)
        late = _Late(
            course,
            plan.name,
            settings,
            LatePenalty(config, settings),
            class_zone(config, settings),
            due,
            most,
        )
        used = set()
        with closing(results(course, cache, plan, workers or processors(), executors)) as coming:
            for result in coming:
                used.add(result.key.whole)
                found.append(
                    _change(
                        result.handed_in,
                        result.graded,
                        standing.get(result.handed_in.student),
                        follows,
                        late,
                    )
                )
        if plan.everybody:
            cache.forget(plan.name, used)
    return Comparison(tuple(found), follows.lines)


@dataclass(frozen=True)
class _Late:
    """What being late would cost."""

    course: Course
    name: str
    settings: ClassFile | None
    penalty: LatePenalty
    zone: ZoneInfo | None
    due: datetime.datetime | None
    most: float

    def of(self, one: SubmittedNotebook, score: float, extension: datetime.timedelta) -> float:
        time, trouble = read_timestamp(one.timestamp, self.zone)
        if trouble:
            LOG.warning("%s", visible(f"{one.student}: {trouble}"))
        if time is None or self.due is None:
            return 0.0
        if self.settings is not None and self.name in self.settings.due:
            extension = self.settings.extension(one.student, self.name)
        spent = days_spent(self.course, self.settings, self.name, one.student, self.zone)
        return (
            self.penalty.of(
                one.student, score, (time - self.due - extension).total_seconds(), self.most, spent
            )
            or 0.0
        )


def _change(
    one: SubmittedNotebook,
    graded: Graded,
    standing: Standing | None,
    follows: MigrationPreview,
    late: _Late,
) -> MarkChange:
    automatic: dict[str, float | None] = {
        f"{question.id}{CHECK}": question.score for question in graded.questions
    }
    if standing is None:
        total = sum(score or 0.0 for score in automatic.values())
        new = {_label(cell): score for cell, score in automatic.items()}
        return MarkChange(
            graded.student, {}, new, graded.faulty, 0.0, late.of(one, total, datetime.timedelta())
        )
    held = {follows.names.get(cell, cell): scores for cell, scores in standing.scores.items()}
    extra = {follows.names.get(cell, cell): points for cell, points in standing.extra.items()}
    back = follows.returning.get(graded.student, {})
    before = {cell: _points(scores, extra.get(cell)) for cell, scores in held.items()}
    after = {
        cell: _points(
            (automatic.get(cell), held.get(cell, (None, back.get(cell, (None, None))[0]))[1]),
            extra.get(cell, back.get(cell, (None, None))[1]),
        )
        for cell in follows.graded
        if cell in automatic or cell in held or cell in back
    }
    order = [*automatic, *sorted(before.keys() | after.keys() - automatic.keys())]
    shown = [
        cell
        for cell in dict.fromkeys(order)
        if cell in automatic or before.get(cell) or after.get(cell)
    ]
    total = sum(score or 0.0 for score in after.values())
    return MarkChange(
        graded.student,
        {_label(cell): before[cell] for cell in shown if cell in before},
        {_label(cell): after[cell] for cell in shown if cell in after},
        graded.faulty,
        standing.penalty,
        late.of(one, total, standing.extension),
    )


def _points(scores: tuple[float | None, float | None], extra: float | None) -> float | None:
    automatic, by_hand = scores
    given = automatic if by_hand is None else by_hand
    return given if extra is None else (given or 0.0) + extra


def _label(cell: str) -> str:
    return cell.removesuffix(CHECK)
