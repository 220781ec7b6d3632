"""Puts the sandboxed path into nbgrader's own: `nbgrader autograde` and formgrader's button repair,
grade and record as we do.

Each preprocessor is one small step; `configure` puts them into nbgrader's lists in place of its
own, which would run student code beside the tests.
"""

from __future__ import annotations

import atexit
import json
import sys
from datetime import datetime
from functools import cache, partial, wraps
from pathlib import Path
from typing import Any

import nbgrader.utils
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode, from_dict
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, NbGraderPreprocessor
from traitlets.config import Config

from ..class_file.reader import read_class
from ..classroom.late_days import days_spent
from ..classroom.submissions import TIMESTAMP, read_timestamp
from ..classroom.workdir import class_seed
from ..core.assignment import load_assignment
from ..core.course import STAFF, Course
from ..core.errors import UserError
from ..core.released_texts import remember
from ..core.results import Submission
from ..core.sanitize import visible
from ..core.student_ids import invalid_reason
from ..core.times import read_time
from ..feedback.page import FeedbackExporter
from ..gradebook.late import class_zone
from ..gradebook.setup import prepare
from ..gradebook.writer import Recorder
from ..grading.pipeline import Grader
from ..grading.repair import repair
from .files import CONTENT, RegularNotebook, take_notebooks_alone
from .formgrader import protect

IGNORED = [".ipynb_checkpoints", "*.pyc*", "__pycache__", ".*", "*.py", "*.md", "feedback", *STAFF]
Processed = tuple[NotebookNode, ResourcesDict]


def configure(config: Config, work: Path, root: Path | None = None) -> None:
    """Set nbgrader up for a class whose files lie in `work`.

    Args:
        root: of its course; found as `autograder` finds it if None.
    """
    course = Course.of_class(work, root)
    prepare()
    read_times_strictly(config, course)
    back_up_the_file()
    config.CourseDirectory.root = str(work)
    config.CourseDirectory.source_directory = str(course.source)
    config.CourseDirectory.release_directory = str(course.release)
    config.CourseDirectory.ignore = IGNORED
    config.CourseDirectory.db_url = course.db_url
    take_notebooks_alone()
    config.ExchangeFactory.collect = "autograder.nbgrader_plugin.files.CollectNotebooks"
    config.ExchangeFactory.release_assignment = "autograder.nbgrader_plugin.release.ReleaseWhole"
    config.Autograde.exporter_class = RegularNotebook
    config.Autograde.pre_convert_hook = partial(_register, course, config)
    remember_before_generating()
    config.GenerateAssignment.post_convert_hook = partial(_release_again, course)
    config.Autograde.sanitize_preprocessors = [RepairSubmission]
    config.Autograde.autograde_preprocessors = [GradeInSandbox, SaveMarks, ClassLatePenalties]
    config.GenerateFeedback.preprocessors = [ReadMarks]
    config.GenerateFeedback.exporter_class = FeedbackExporter
    config.ExportApp.plugin_class = "autograder.nbgrader_plugin.csv_export.CsvExport"
    protect(config)


def back_up_the_file() -> None:
    """Have `nbgrader db upgrade` copy the gradebook's file: it takes all of the address for its
    name, the waiting time included.
    """
    # nbgrader's commands have loaded it; our own need not, which takes a second
    apps = sys.modules.get("nbgrader.apps.dbapp")
    if apps is None:
        return
    backing_up = getattr(
        apps.DbUpgradeApp._backup_db_file, "__wrapped__", apps.DbUpgradeApp._backup_db_file
    )

    def of_file(self: Any, db_file: str) -> None:
        backing_up(self, db_file.partition("?")[0])

    apps.DbUpgradeApp._backup_db_file = wraps(backing_up)(of_file)


def read_times_strictly(config: Config, course: Course) -> None:
    """Have nbgrader's own commands and formgrader read times as this project does: a due date read
    wrongly costs marks as well.

    Args:
        config: of the class; its time zone is looked up when a time is read, since the class's file
            goes on after this.
        course: whose class.toml may set the time zone.
    """

    def strict(moment: str | datetime | None) -> datetime | None:
        if isinstance(moment, str):
            return read_time(moment, class_zone(config, read_class(course)))
        return reading(moment) if moment is not None else None

    def known(self: CourseDirectory, folder: str) -> datetime | None:
        time, trouble = read_timestamp(
            Path(folder) / TIMESTAMP, class_zone(config, read_class(course))
        )
        if trouble:
            self.log.warning(trouble)
        return time

    reading = getattr(nbgrader.utils.parse_utc, "__wrapped__", nbgrader.utils.parse_utc)
    nbgrader.utils.parse_utc = wraps(reading)(strict)
    CourseDirectory.get_existing_timestamp = known


def remember_before_generating() -> None:
    """Have nbgrader's `generate_assignment` keep what the text cells of a release were, before it
    deletes them: students may have them.
    """
    init = getattr(
        GenerateAssignment.init_destination, "__wrapped__", GenerateAssignment.init_destination
    )

    def remembering(self: Any, assignment: str, student: str) -> bool:
        folders = self.coursedir
        remember(Course(Path(folders.source_directory).parent, Path(folders.root)), assignment)
        return bool(init(self, assignment, student))

    GenerateAssignment.init_destination = wraps(init)(remembering)


def _register(course: Course, config: Config, assignment: str, **others: object) -> None:
    """Make the assignment known to the gradebook, so that nobody has to run generate_assignment
    first.
    """
    with Recorder(course, config) as recorder:
        recorder.register(load_assignment(course, assignment))


def _release_again(course: Course, assignment: str, **others: object) -> None:
    """Leaves the release as `autograder build` leaves it: nbgrader deletes what lies there, and
    makes ids of its own.
    """
    from ..authoring.build import release_again  # loads nbclient, which grading does not need

    release_again(course, assignment)


@cache
def _grader(course: Course, name: str) -> Grader:
    grader = Grader(course, name)
    atexit.register(grader.close)
    return grader


def _course(preprocessor: NbGraderPreprocessor) -> Course:
    folders = preprocessor.config.CourseDirectory
    return Course(Path(folders.source_directory).parent, Path(folders.root))


def _bytes(notebook: NotebookNode) -> bytes:
    return json.dumps(notebook).encode()


class RepairSubmission(NbGraderPreprocessor):
    """Rebuilds the notebook around the student's answers."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Processed:
        student = resources["nbgrader"]["student"]
        if problem := invalid_reason(student):
            raise UserError(f"{visible(student)}: this cannot be a student's folder: {problem}")
        grader = _grader(_course(self), resources["nbgrader"]["assignment"])
        repaired = repair(resources["nbgrader"].pop(CONTENT), grader.assignment)
        repaired.notebook["metadata"]["autograder"] = {
            "repairs": [finding.as_dict() for finding in repaired.findings]
        }
        return from_dict(repaired.notebook), resources


class GradeInSandbox(NbGraderPreprocessor):
    """Runs the notebook in the sandbox and the hidden checks outside it, and leaves the scores
    where nbgrader reads them.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Processed:
        about: dict[str, Any] = resources["nbgrader"]
        grader = _grader(_course(self), about["assignment"])
        seed = class_seed(grader.course, grader.name, None, fresh=False, keep=True)
        (graded,) = grader.grade([Submission(about["student"], _bytes(nb))], seed)
        made = from_dict(graded.notebook)
        made.metadata.autograder.findings = [
            *nb.metadata.get("autograder", {}).get("repairs", []),
            *made.metadata.autograder.findings,
        ]
        resources["hints"] = {question.id: question.hint for question in graded.questions}
        return made, resources


class SaveMarks(NbGraderPreprocessor):
    """Writes points, comments and the time of submission; a mark given by hand is looked at again
    only where its answer has changed.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Processed:
        about = resources["nbgrader"]
        course, name, student = _course(self), about["assignment"], about["student"]
        settings = read_class(course)
        zone = class_zone(self.config, settings)
        time, trouble = read_timestamp(course.submitted / student / name / TIMESTAMP, zone)
        if trouble:
            self.log.warning(visible(f"{student}: {trouble}"))
        with Recorder(course, self.config) as recorder:
            spent = days_spent(course, settings, name, student, zone)
            recorder.save(nb, name, student, time, resources["hints"], spent)
        return nb, resources


class ClassLatePenalties(AssignLatePenalties):
    """Leaves alone what `SaveMarks` took off for being late, where class.toml says what that
    costs.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Processed:
        settings = read_class(_course(self))
        if settings is not None and settings.late is not None:
            return nb, resources
        processed: Processed = super().preprocess(nb, resources)
        return processed


class ReadMarks(NbGraderPreprocessor):
    """Takes what the gradebook holds of a submission to the exporter of its page; cells that were
    removed since count nothing.
    """

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Processed:
        about = resources["nbgrader"]
        with Recorder(_course(self), self.config) as recorder:
            resources["marks"] = recorder.marks(about["assignment"], about["student"])
        return nb, resources
