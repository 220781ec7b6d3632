"""A whole class: grades what is left of it, and writes gradebook, notebooks and feedback.

One writer records, in the order in which results come, and notes of each result that all of it was
written, last of all. So whatever ends it, the next run finds what is not noted, takes its result
out of the cache, and writes it again.
"""

from __future__ import annotations

import json
import logging
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..cache.keys import digest, stamp, written_by
from ..cache.store import Cache, Note
from ..class_file.model import ClassFile
from ..class_file.reader import read_class
from ..core.assignment import load_assignment
from ..core.course import Course
from ..core.files import write_whole
from ..core.released_texts import ReleasedTexts
from ..core.results import Marks
from ..core.sanitize import visible
from ..core.translation import ENGLISH, Translation, translation_of
from ..gradebook.late import class_zone, overruled
from ..gradebook.reader import Gradebook, Standing, gradebook
from ..gradebook.writer import Recorder, load_config
from ..workers.pool import Executors, local_executor, processors
from .cached_or_graded import Result, results
from .earlier_work import earlier_work
from .graded_rows import Summary, summary
from .late_days import days_spent
from .migration_preview import preview_migration
from .page_keys import PageKeys
from .pages import pass_on, write_page
from .plan import Plan, config_digest, recorded, survey
from .submissions import read_timestamp, timestamp_text
from .writing import plain_write_errors

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
    with plain_write_errors(course), Cache(course) as cache, Recorder(course, config) as recorder:
        with gradebook(recorder.url) as there:
            follows = preview_migration(there, assignment)
        recorder.register(assignment)
        for line in follows.lines:
            LOG.info("%s has changed, and the gradebook follows: %s", plan.name, visible(line))
        with gradebook(recorder.url) as held, Progress(*columns, transient=True) as progress:
            assert held is not None  # the recorder has made it
            writer = _Writer(
                course,
                plan,
                cache,
                recorder,
                held,
                PageKeys.read(course, plan.name, held, zone, say),
                written_by(course),
                assignment.released,
                zone,
                settings,
                say,
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
    pages: PageKeys
    by: str
    released: ReleasedTexts
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
            earlier = partial(
                earlier_work, self.course, name, student, graded.notebook, self.released
            )
            marks = self.recorder.record(graded, timestamp, spent, earlier)
        written = (json.dumps(graded.notebook, indent=1, ensure_ascii=False) + "\n").encode()
        write_whole(notebook, written)
        pass_on(result.handed_in.path.parent, notebook.parent)
        held = self._standing(student)
        if self.plan.feedback:
            content = write_page(shown, name, graded.notebook, marks, self.say)
            pass_on(result.handed_in.path.parent, shown.parent)
            self.cache.write_page(name, student, self.pages.of(student, held, written), content)
        if result.kept:
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
