"""Writes results into nbgrader's gradebook, through nbgrader's own API, with one connection kept
open.
"""

from __future__ import annotations

import datetime
import fcntl
import logging
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from nbformat import from_dict
from nbgrader.api import (
    BaseCell,
    Grade,
    Gradebook,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import SaveCells
from nbgrader.utils import compute_checksum, determine_grade
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError, SAWarning
from sqlalchemy.pool import NullPool
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from ..class_file.reader import read_class
from ..class_file.roster import read_roster
from ..core.assignment import Assignment, question_of
from ..core.course import Course, without_password
from ..core.errors import UserError
from ..core.regrade_notes import read_regrades
from ..core.results import Graded, Marks, Notebook
from ..core.sanitize import visible
from . import answer_digests as graded_answers
from . import migrate as set_aside
from .answer_digests import (
    EarlierWork,
    answers,
    judged_answers,
    record_answers,
    record_judged,
    recorded_answers,
)
from .late import LatePenalty, class_zone
from .migrate import held_structure, migrate
from .setup import file_of, keep_private, prepare
from .structure import structure_of

LOG = logging.getLogger(__name__)

_LOOKED_FOR = (
    ("grade", "notebook_id"),
    ("comment", "notebook_id"),
    ("submitted_notebook", "assignment_id"),
    ("submitted_assignment", "student_id"),
)
_SUBMITTED = """
SELECT m.id FROM notebook m JOIN assignment a ON a.id = m.assignment_id
WHERE a.name = :name AND m.name = :name AND EXISTS (SELECT 1 FROM submitted_notebook n WHERE n.notebook_id = m.id)
"""
_LOCK = 0x617574  # any number that others who lock in this database do not use


class Recorder:
    """The gradebook of a class; a context manager, and its one writer."""

    def __init__(self, course: Course, config: Config | None = None) -> None:
        self._config = config or Config()
        self._url = gradebook_url(course, self._config)
        self._settings, self._roster = read_class(course), read_roster(course)
        self._regrades = cache(partial(read_regrades, course))
        self._held: tuple[BaseCell, ...] = ()
        try:
            with _one_at_a_time(self._url):
                prepare()
                _make_whole(self._url)
                keep_private(self._url)
                self._gradebook = Gradebook(self._url)
                _complete(self._gradebook)
        except (ArgumentError, ImportError, OperationalError) as error:
            # no URL, no driver, no server
            shown = without_password(self._url)
            said = str(getattr(error, "orig", error)).splitlines()[0]
            raise UserError(
                f"the gradebook {shown} cannot be opened ({said}); it is set in "
                "nbgrader_config.py as db_url"
            ) from error
        # or all would be read again, row by row, after each of a record's commits
        self._gradebook.db().expire_on_commit = False
        self._known: dict[str, list[Any]] = {}
        self._late = LatePenalty(self._config, self._settings)

    @property
    def url(self) -> str:
        """Where the gradebook lies, as SQLAlchemy names it."""
        return self._url

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *exc: object) -> None:
        self._gradebook.close()

    def register(self, assignment: Assignment) -> None:
        """Make the assignment and its cells known to the gradebook; where it was changed since,
        bring the gradebook in line.
        """
        name, db = assignment.name, self._gradebook.db
        if not self.follows(assignment):
            rows = db.execute(text(_SUBMITTED), {"name": name}).first()
            if rows:
                migrate(db, rows[0], assignment)
            else:
                self._gradebook.update_or_create_assignment(name)
                saver = SaveCells(config=self._config)
                saver.preprocess(from_dict(assignment.notebook()), self._resources(name, ""))
                db.expire_all()
        self._set_due(name)
        notebook = self._gradebook.find_notebook(name, name)
        # held, so that they stay loaded
        self._known[name] = [notebook, *notebook.grade_cells, *notebook.solution_cells]

    def _set_due(self, name: str) -> None:
        """Bring the gradebook's due date in line with class.toml, where that has one."""
        due = self._settings.due.get(name) if self._settings is not None else None
        held = self._gradebook.find_assignment(name)
        if due is None or held.duedate == due:
            return
        if held.duedate is not None:
            said = (
                f"class.toml sets the due date {due:%Y-%m-%d %H:%M} UTC, and replaces the "
                f"gradebook's {held.duedate:%Y-%m-%d %H:%M} UTC"
            )
            LOG.warning("%s: %s", name, said)
        held.duedate = due
        self._gradebook.db.commit()

    def follows(self, assignment: Assignment) -> bool:
        """Return whether the gradebook holds the cells that the assignment has now, all of them,
        with their points.
        """
        return held_structure(self._gradebook.db, assignment.name) == structure_of(assignment)

    def record(
        self,
        graded: Graded,
        timestamp: datetime.datetime | None,
        spent: int = 0,
        earlier: Callable[[], EarlierWork] = EarlierWork,
    ) -> Marks:
        """Write one result, and return what the gradebook then holds; see `save`."""
        hints = {question.id: question.hint for question in graded.questions}
        return self.save(
            graded.notebook, graded.assignment, graded.student, timestamp, hints, spent, earlier
        )

    def save(  # noqa: PLR0913  what nbgrader's preprocessors know of a notebook, one by one
        self,
        notebook: Notebook,
        name: str,
        student: str,
        timestamp: datetime.datetime | None,
        hints: Mapping[str, str | None],
        spent: int = 0,
        earlier: Callable[[], EarlierWork] = EarlierWork,
    ) -> Marks:
        """Write the points that stand in a graded notebook, and return what the gradebook then
        holds; what a person gave stays.

        A mark given by hand is to be looked at again only where the answer has changed. A time that
        is not there any more is taken out of the gradebook as well, and with it what being late
        cost.

        Args:
            notebook: graded, with a score in the output of each check cell.
            name: the assignment.
            student: the student's id.
            timestamp: when it was submitted, in UTC, if that is known.
            hints: by question, the comment on its answer.
            spent: free late days that earlier assignments have used up.
            earlier: tells what is known of the notebook that was graded before; asked where a mark
                given by hand may wait.
        """
        gradebook = self._gradebook
        with warnings.catch_warnings():
            # nbgrader's way of making a submission; it is whole when it commits
            warnings.simplefilter("ignore", SAWarning)
            self._add_student(student)
            submission = gradebook.update_or_create_submission(name, student, timestamp=timestamp)
            self._set_extension(submission, name, student)
        found = next(notebook for notebook in submission.notebooks if notebook.name == name)
        cells = _graded_cells(notebook)
        now = answers(notebook)
        seen = _Answers(
            recorded_answers(gradebook.db, found.id),
            now,
            judged_answers(gradebook.db, found.id),
            cache(earlier),
        )
        waiting = dict[str, str]()
        for grade in found.grades:
            score, _ = determine_grade(from_dict(cells[grade.name]))
            grade.auto_score = score
            by_hand, waited = grade.manual_score is not None, bool(grade.needs_manual_grade)
            grade.needs_manual_grade = needs_a_person(
                grade,
                by_hand and seen.holds(grade.name, waited),
                _is_written(cells[grade.name]) and is_unanswered(cells[grade.name]),
            )
            if by_hand and grade.needs_manual_grade:
                waiting |= seen.given_for(grade.name, waited)
        if waiting != seen.judged:
            record_judged(gradebook.db, found.id, waiting)
        write_comments(found, hints)
        for comment in found.comments:
            if comment.name in cells:  # a written answer; the same words as nbgrader's own
                comment.auto_comment = (
                    "No response." if is_unanswered(cells[comment.name]) else None
                )
        record_answers(gradebook.db, found.id, now)
        score = sum(points_of(grade) for grade in found.grades)
        most = sum(float(grade.max_score or 0.0) for grade in found.grades)
        found.late_submission_penalty = self._late.of(
            student, score, submission.total_seconds_late, most, spent
        )
        gradebook.db.commit()
        rows = (submission, found, *found.grades, *found.comments)
        _expire(gradebook, rows)  # points are sums that the database makes
        marks = self._marks(found)
        _expire(gradebook, rows)  # others may write to them before they are looked at again
        return marks

    def _set_extension(self, submission: SubmittedAssignment, name: str, student: str) -> None:
        """Bring the gradebook's extension in line with class.toml, where that has a due date."""
        if self._settings is None or name not in self._settings.due:
            return
        given, held = (
            self._settings.extension(student, name),
            submission.extension or datetime.timedelta(),
        )
        if given != held:
            if held:
                said = (
                    f"class.toml extends the due date by {given}, and replaces the "
                    f"gradebook's {held}"
                )
                LOG.warning("%s", visible(f"{student}: {name}: {said}"))
            submission.extension = given

    def _add_student(self, student: str) -> None:
        """Make a student known, if others that write, such as the grading of another assignment,
        have not done so by now.
        """
        try:
            self._gradebook.find_student(student)
        except MissingEntry:
            self._gradebook.db.execute(
                text("INSERT INTO student (id) VALUES (:id) ON CONFLICT DO NOTHING"),
                {"id": student},
            )
            self._gradebook.db.commit()

    def marks(self, assignment: str, student: str) -> Marks:
        """Return what the gradebook holds of a submission, marks given by hand included.

        Raises:
            MissingEntry: it holds nothing of it.
        """
        return self._marks(
            self._gradebook.find_submission_notebook(assignment, assignment, student)
        )

    def hold(self, assignment: str) -> None:
        """Keep the cells of an assignment in memory, so that `marks` reads them once for all
        students.
        """
        with suppress(MissingEntry):
            held = self._gradebook.find_notebook(assignment, assignment)
            self._held = (*held.grade_cells, *held.solution_cells, *held.task_cells)

    def _marks(self, found: SubmittedNotebook) -> Marks:
        scores = {
            grade.name: (float(grade.score), float(grade.max_score)) for grade in found.grades
        }
        comments = {comment.name: comment.comment for comment in found.comments if comment.comment}
        pending = frozenset(
            grade.name for grade in found.grades if grade.needs_manual_grade and grade.score == 0
        )
        student, time = found.assignment.student_id, found.assignment.timestamp
        person = self._roster.get(student) if self._roster is not None else None
        whose = f"{person.name} ({student})" if person is not None and person.name else student
        return Marks(
            scores,
            comments,
            pending,
            float(found.late_submission_penalty or 0.0),
            whose,
            self._as_read(time),
            self._regrades(found.name).get(student, ()),
        )

    def _as_read(self, time: datetime.datetime | None) -> str:
        """Return a time in UTC as the class reads it."""
        if time is None:
            return ""
        zone = class_zone(self._config, self._settings) or datetime.UTC
        return f"{time.replace(tzinfo=datetime.UTC).astimezone(zone):%Y-%m-%d %H:%M %Z}"

    def _resources(self, name: str, student: str) -> dict[str, Any]:
        return {
            "nbgrader": {
                "notebook": name,
                "assignment": name,
                "student": student,
                "db_url": self._url,
            }
        }


def _make_whole(url: str) -> None:
    """Make a file for a new gradebook under another name first: nbgrader takes many steps, between
    which it may be interrupted.
    """
    path = file_of(url)
    if path is None or path.exists():
        return
    new = path.with_name(f".{path.name}.new")
    for left in (new, new.with_name(f"{new.name}-journal")):
        left.unlink(missing_ok=True)
    Gradebook(make_url(url).set(database=str(new)).render_as_string(hide_password=False)).close()
    new.replace(path)


def _complete(gradebook: Gradebook) -> None:
    """Make the indexes that nbgrader's tables lack, without which each submission is searched for
    among all, and the table of answers.
    """
    try:
        with gradebook.engine.begin() as connection:
            graded_answers.make_table(connection)
            set_aside.make_table(connection)
            for table, column in _LOOKED_FOR:
                name = f"ix_{table}_{column}"
                if name not in {index["name"] for index in inspect(connection).get_indexes(table)}:
                    connection.execute(text(f"CREATE INDEX {name} ON {table} ({column})"))
    except BaseException:
        gradebook.close()
        raise


@contextmanager
def _one_at_a_time(url: str) -> Iterator[None]:
    """Keep coordinators that begin at the same moment from making the same tables, which fails for
    the second one.
    """
    database = make_url(url)
    with ExitStack() as stack:
        if database.get_backend_name() == "postgresql":
            connection = stack.enter_context(create_engine(database, poolclass=NullPool).begin())
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        elif database.database and Path(database.database).parent.is_dir():
            folder = os.open(Path(database.database).parent, os.O_RDONLY)
            stack.callback(os.close, folder)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield


def load_config(course: Course) -> Config:
    """Return the class's nbgrader_config.py, so that late days and the database are set in one
    place for both ways of grading.
    """
    if not (course.work / "nbgrader_config.py").is_file():
        return Config()
    return PyFileConfigLoader("nbgrader_config.py", path=str(course.work)).load_config()


def gradebook_url(course: Course, config: Config) -> str:
    """Where the class's gradebook lies, as SQLAlchemy names it."""
    return (
        str(config.CourseDirectory.get("db_url", course.db_url))
        if "CourseDirectory" in config
        else course.db_url
    )


def write_comments(found: SubmittedNotebook, hints: Mapping[str, str | None]) -> None:
    """Put each question's hint as the automatic comment on the cell that answers it."""
    for comment in found.comments:
        question = question_of(comment.name)
        if question in hints:
            comment.auto_comment = hints[question] if comment.name == question else None


@dataclass(frozen=True)
class _Answers:
    """The answers of a notebook, those that were graded before, and those that its marks are for.

    Attributes:
        before: digests by cell, as graded last.
        now: digests by cell.
        judged: what waiting marks were given for; see `judged_answers`.
        earlier: tells what is known of the notebook that was graded before.
    """

    before: Mapping[str, str]
    now: Mapping[str, str]
    judged: Mapping[str, str]
    earlier: Callable[[], EarlierWork]

    def holds(self, cell: str, waited: bool) -> bool:
        """Return whether a mark given by hand is for the answer that is there now.

        Args:
            cell: its name.
            waited: whether the mark has waited for a person.
        """
        before, now = self.before.get(cell), self.now[cell]
        if not waited:
            return before == now or self._alike(cell)
        if cell in self.judged:
            return self.judged[cell] == now
        # An older version kept no answers of waiting marks: of one notebook whose answer was graded
        # with text of the course in it, the answer is the one that the mark was given for.
        return before != now and self._alike(cell) and self.earlier().only

    def given_for(self, cell: str, waited: bool) -> dict[str, str]:
        """Return what a mark that waits was given for, by cell, as far as that is known."""
        if waited:
            return {cell: self.judged[cell]} if cell in self.judged else {}
        return {cell: self.before.get(cell, "")}

    def _alike(self, cell: str) -> bool:
        before = self.before.get(cell)
        return before is not None and self.earlier().alike.get(cell) == before


def needs_a_person(grade: Grade, holds: bool, unanswered: bool) -> bool:
    """Return whether a person is to grade a cell: it has no mark, or one given by hand that does
    not hold, since it was given for another answer. No points for no answer need nobody.
    """
    if grade.manual_score is not None:
        return not holds and not (unanswered and points_of(grade) == grade.auto_score == 0)
    return grade.auto_score is None


def points_of(grade: Grade) -> float:
    """Return what a grade counts, as nbgrader's own `score` does once it is in the database."""
    given = grade.auto_score if grade.manual_score is None else grade.manual_score
    return float(given or 0.0) + float(grade.extra_credit or 0.0)


def is_unanswered(cell: dict[str, Any]) -> bool:
    """Whether an answer is still as it was handed out."""
    return bool(cell["metadata"]["nbgrader"].get("checksum") == compute_checksum(from_dict(cell)))


def _is_written(cell: dict[str, Any]) -> bool:
    return bool(cell["metadata"]["nbgrader"].get("solution"))


def _expire(gradebook: Gradebook, rows: Iterable[Any]) -> None:
    for row in rows:
        gradebook.db.expire(row)


def _graded_cells(notebook: Notebook) -> dict[str, dict[str, Any]]:
    return {
        cell["metadata"]["nbgrader"]["grade_id"]: cell
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade")
    }
