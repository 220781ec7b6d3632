"""Puts the sandboxed path into nbgrader's own: `nbgrader autograde` and formgrader's button repair, grade and record as we do.

Each preprocessor is one small step; `configure` puts them into nbgrader's lists in place of its own, which would run student
code beside the tests.
"""

from __future__ import annotations

import atexit
import json
from functools import cache, partial
from pathlib import Path
from typing import Any

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode, from_dict
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties, GetGrades, NbGraderPreprocessor, SaveAutoGrades
from traitlets.config import Config

from .assignment import load_assignment
from .classroom.workfolder import class_seed
from .errors import UserError
from .feedback import FeedbackExporter
from .formgrader import protect
from .grade import Grader
from .naming import problem_of
from .nbgrader_setup import prepare
from .paths import Course
from .record import Recorder, write_comments
from .records import Submission
from .repair import repair
from .visible import visible

IGNORED = [".ipynb_checkpoints", "*.pyc*", "__pycache__", ".*", "*.py", "*.md", "feedback"]
# What a browser would run: `nbgrader autograde` copies all that lies beside a notebook to where formgrader gives it out.
RUNNABLE = [
    "*.[hH][tT]*",
    "*.[sS][hH][tT]*",
    "*.[xX][hH]*",
    "*.[xX][mM]*",
    "*.[xX][sS]*",
    "*.[sS][vV][gG]*",
    "*.[jJ][sS]*",
    "*.[mM][jJ][sS]",
    "*.[mM][hH][tT]*",
]
Processed = tuple[NotebookNode, ResourcesDict]


def configure(config: Config, work: Path) -> None:
    """Sets nbgrader up for a class whose files lie in `work`."""
    prepare()
    course = Course(work=work)
    config.CourseDirectory.root = str(work)
    config.CourseDirectory.source_directory = str(course.source)
    config.CourseDirectory.release_directory = str(course.release)
    config.CourseDirectory.ignore = [*IGNORED, *RUNNABLE]
    config.CourseDirectory.db_url = course.db_url
    config.Autograde.pre_convert_hook = partial(_register, course, config)
    config.Autograde.sanitize_preprocessors = [RepairSubmission]
    config.Autograde.autograde_preprocessors = [GradeInSandbox, SaveAutoGrades, SaveHints, AssignLatePenalties]
    config.GenerateFeedback.preprocessors = [GetGrades]
    config.GenerateFeedback.exporter_class = FeedbackExporter
    config.ExportApp.plugin_class = "autograder.export.CsvExport"
    protect(config)


def _register(course: Course, config: Config, assignment: str, **others: object) -> None:
    """Makes the assignment known to the gradebook, so that nobody has to run generate_assignment first."""
    with Recorder(course, config) as recorder:
        recorder.register(load_assignment(course, assignment))


@cache
def _grader(work: Path, name: str) -> Grader:
    grader = Grader(Course(work=work), name)
    atexit.register(grader.close)
    return grader


def _work(preprocessor: NbGraderPreprocessor) -> Path:
    return Path(preprocessor.config.CourseDirectory.root)


def _bytes(notebook: NotebookNode) -> bytes:
    return json.dumps(notebook).encode()


class RepairSubmission(NbGraderPreprocessor):
    """Rebuilds the notebook around the student's answers."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Processed:
        student = resources["nbgrader"]["student"]
        if problem := problem_of(student):
            raise UserError(f"{visible(student)}: this cannot be a student's folder: {problem}")
        grader = _grader(_work(self), resources["nbgrader"]["assignment"])
        repaired = repair(_bytes(nb), grader.assignment)
        repaired.notebook["metadata"]["autograder"] = {"repairs": [finding.as_dict() for finding in repaired.findings]}
        return from_dict(repaired.notebook), resources


class GradeInSandbox(NbGraderPreprocessor):
    """Runs the notebook in the sandbox and the hidden checks outside it, and leaves the scores where nbgrader reads them."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Processed:
        about: dict[str, Any] = resources["nbgrader"]
        grader = _grader(_work(self), about["assignment"])
        seed = class_seed(grader.course, grader.name, None, fresh=False, keep=True)
        (graded,) = grader.grade([Submission(about["student"], _bytes(nb))], seed)
        made = from_dict(graded.notebook)
        made.metadata.autograder.findings = [*nb.metadata.get("autograder", {}).get("repairs", []), *made.metadata.autograder.findings]
        resources["hints"] = {question.id: question.hint for question in graded.questions}
        return made, resources


class SaveHints(NbGraderPreprocessor):
    """Writes the hints as comments; after SaveAutoGrades, which resets them."""

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> Processed:
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            found = gradebook.find_submission_notebook(about["notebook"], about["assignment"], about["student"])
            write_comments(found, resources["hints"])
            gradebook.db.commit()
        return nb, resources
