"""A whole class: grades what is left of it, and writes gradebook, notebooks and feedback.

One writer records, in the order in which results come, and notes of each result that all of it was
written, last of all. So whatever ends it, the next run finds what is not noted, takes its result
out of the cache, and writes it again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from nbgrader.api import InvalidEntry, MissingEntry
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import DBAPIError

from ..cache.keys import digest, stamp, written_by
from ..cache.store import Cache, Note
from ..class_file.model import ClassFile
from ..class_file.reader import read_class
from ..core.assignment import load_assignment
from ..core.course import Course
from ..core.errors import UserError
from ..core.files import KEPT, plain_disk_errors
from ..core.files import write_whole as _write
from ..core.results import Marks, Notebook
from ..core.sanitize import visible
from ..core.translation import ENGLISH, Translation, translation_of
from ..feedback.page import page
from ..gradebook.late import class_zone, overruled
from ..gradebook.reader import Gradebook, Standing, gradebook
from ..gradebook.writer import Recorder, load_config
from ..workers.pool import Executors, local_executor, processors
from .cached_or_graded import Result, results
from .graded_rows import Summary, summary
from .late_days import days_spent
from .migration_preview import preview_migration
from .plan import Plan, config_digest, recorded, survey
from .submissions import BESIDE, for_exchange, read_timestamp, timestamp_text

LOG = logging.getLogger(__name__)


def grade_assignment(  # noqa: PLR0913  what `survey` and `grade_left` take, in one call
    course: Course,
    name: str,
    seed: int,
    workers: int | None,
    students: set[str],
    feedback: bool,
    executors: Executors = local_executor,
) -> list[Summary]:
    """Grades all submissions of an assignment, or those of some students, and records them; gives
    what had to be done.

    Raises:
        UserError: nothing was submitted, a student is unknown, the assignment has not been built,
            or something cannot be written.
        GraderFault: the checks could not be loaded.
    """
    return grade_left(course, survey(course, name, seed, students, feedback), workers, executors)


def grade_left(
    course: Course, plan: Plan, workers: int | None, executors: Executors = local_executor
) -> list[Summary]:
    """Grades and writes down what a plan has left; raises as `grade_assignment` does."""
    if not plan.left:
        return []
    told: list[Summary] = []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    config, assignment = load_config(course), load_assignment(course, plan.name)
    settings = read_class(course)
    zone = class_zone(config, settings)
    say = translation_of(course) if plan.feedback else ENGLISH
    for line in overruled(config, settings):
        LOG.warning("%s", line)
    with _writing(course), Cache(course) as cache, Recorder(course, config) as recorder:
        with gradebook(recorder.url) as there:
            follows = preview_migration(there, assignment)
        recorder.register(assignment)
        for line in follows.lines:
            LOG.info("%s has changed, and the gradebook follows: %s", plan.name, visible(line))
        with gradebook(recorder.url) as held, Progress(*columns, transient=True) as progress:
            assert held is not None  # the recorder has made it
            writer = _Writer(
                course, plan, cache, recorder, held, written_by(course), zone, settings, say
            )
            task = progress.add_task(plan.name, total=len(plan.left))
            with closing(
                results(course, cache, plan, workers or processors(), executors)
            ) as coming:
                for result in coming:
                    marks = writer.write(result)
                    told.append(summary(result.graded, marks.late_penalty))
                    progress.advance(task)
        if (configured := config_digest(course)) is not None:
            cache.write_gradebook(configured, recorder.url)
        if plan.everybody:
            cache.forget(plan.name, ())
    return told


@dataclass(frozen=True)
class _Writer:
    """Writes results down."""

    course: Course
    plan: Plan
    cache: Cache
    recorder: Recorder
    held: Gradebook
    by: str
    zone: ZoneInfo | None
    settings: ClassFile | None = None
    say: Translation = ENGLISH

    def write(self, result: Result) -> Marks:
        name, student, graded = self.plan.name, result.handed_in.student, result.graded
        time = timestamp_text(result.handed_in.timestamp)
        notebook, shown = (
            self.course.autograded_notebook(name, student),
            self.course.feedback_page(name, student),
        )
        # to record it again would ask for another look at marks given by hand
        if self._holds(result, time):
            marks = self.recorder.marks(name, student)
        else:
            timestamp, trouble = read_timestamp(result.handed_in.timestamp, self.zone)
            if trouble:
                LOG.warning("%s", visible(f"{student}: {trouble}"))
            spent = days_spent(self.course, self.settings, name, student, self.zone)
            marks = self.recorder.record(graded, timestamp, spent)
        _write(notebook, json.dumps(graded.notebook, indent=1, ensure_ascii=False) + "\n")
        _pass_on(result.handed_in.path.parent, notebook.parent)
        if self.plan.feedback:
            _write_page(shown, name, graded.notebook, marks, self.say)
            _pass_on(result.handed_in.path.parent, shown.parent)
        if result.kept:
            held = self._standing(student)
            key = result.key.whole + ("?" if result.unsure else "")
            seen = stamp(shown) if self.plan.feedback else ""
            note = Note(
                key, self.by, digest(time), held.automatic, held.by_hand, stamp(notebook), seen
            )
            self.cache.write_note(name, student, note)
        return marks

    def _holds(self, result: Result, time: str) -> bool:
        name, student = self.plan.name, result.handed_in.student
        note = self.cache.note(name, student)
        # a student who is graded for the first time
        if note is None or note.key.rstrip("?") != result.key.whole:
            return False
        held = self.held.read(name, student).get(student)
        if held is None or not recorded(note, held, self.by, time):
            return False
        return all(
            held.scores.get(f"{one.id}-check", (None,))[0] == one.score
            for one in result.graded.questions
        )

    def _standing(self, student: str) -> Standing:
        return self.held.read(self.plan.name, student)[student]


def write_feedback(course: Course, name: str, student: str = "*") -> int:
    """Write the feedback pages again from the autograded notebooks and the gradebook, and give
    their number.

    Args:
        course: whose class it is.
        name: the assignment.
        student: whose page; all of them by default.
    """
    count, say = 0, translation_of(course)
    assignment = load_assignment(course, name)
    with _writing(course), Recorder(course, load_config(course)) as recorder:
        if not recorder.follows(assignment):
            LOG.warning(
                "%s has changed since it was graded, and these pages show the marks of then; "
                "run: autograder grade %s",
                name,
                name,
            )
        recorder.hold(name)
        for path in sorted(course.autograded.glob(f"{student}/{name}/{name}.ipynb")):
            student = path.parts[-3]
            try:
                marks = recorder.marks(name, student)
            except MissingEntry:
                LOG.warning(
                    "%s: the gradebook holds nothing of %s; no page was written",
                    visible(student),
                    name,
                )
                continue
            shown, notebook = course.feedback_page(name, student), json.loads(path.read_bytes())
            _write_page(shown, name, notebook, marks, say)
            _pass_on(path.parent, shown.parent)
            count += 1
    return count


def _pass_on(source: Path, target: Path) -> None:
    """Write what nbgrader's exchange needs beside a notebook or a page, and take away what is not
    there any more.
    """
    beside = for_exchange(source)
    for name in BESIDE:
        if name in beside:
            _write(target / name, beside[name], 0o600)
        else:
            (target / name).unlink(missing_ok=True)


def _write_page(path: Path, name: str, notebook: Notebook, marks: Marks, say: Translation) -> None:
    _write(path, page(notebook, name, marks, say=say))


@contextmanager
def _writing(course: Course) -> Iterator[None]:
    """Turn what a full disk or a locked gradebook raises into one line."""
    logging.getLogger("tornado.application").addFilter(_is_no_rollback)
    try:
        with plain_disk_errors(course):
            yield
    except (DBAPIError, InvalidEntry) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        said = (
            "it is locked by another program, such as formgrader" if "locked" in reason else reason
        )
        raise UserError(
            f"the gradebook of {course.work} cannot be written: {said}; {KEPT}"
        ) from error
    finally:
        logging.getLogger("tornado.application").removeFilter(_is_no_rollback)


def _is_no_rollback(record: logging.LogRecord) -> bool:
    # nbgrader logs a traceback of what it raises as well
    return "Rolling back" not in str(record.msg)
