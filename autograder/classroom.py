"""A whole class: reads what was submitted, grades it on all processors, and writes gradebook, notebooks and feedback.

One writer records, in the order in which results come; so an interruption loses only what was not graded yet.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from nbgrader.api import MissingEntry
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .assignment import load_assignment
from .errors import UserError
from .feedback import page
from .handed_in import read_class
from .paths import Course
from .pool import Executors, grade_class, local_executor, processors
from .record import Recorder, load_config
from .records import Graded, Marks, Notebook
from .visible import visible


def grade_assignment(
    course: Course,
    name: str,
    seed: int,
    workers: int | None,
    students: set[str],
    feedback: bool,
    executors: Executors = local_executor,
) -> list[Graded]:
    """Grades all submissions of an assignment, or those of some students, and records them.

    Raises:
        UserError: nothing was submitted, a student is unknown, or the assignment has not been built.
        GraderFault: the checks could not be loaded.
    """
    assignment = load_assignment(course, name)
    handed_in = {one.submission.student: one for one in read_class(course, name)}
    if unknown := students - set(handed_in):
        raise UserError(
            f"nobody of the name {', '.join(sorted(unknown))} handed in {name}; there are {', '.join(sorted(handed_in)) or 'none'}"
        )
    if not handed_in:
        raise UserError(f"nothing to grade: there is no {course.submitted}/STUDENT/{name}/{name}.ipynb")
    for one in handed_in.values():
        if one.warning:
            print(visible(f"{one.submission.student}: {one.warning}"), file=sys.stderr)
    chosen = [one.submission for student, one in handed_in.items() if not students or student in students]
    results: list[Graded] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Recorder(course, load_config(course)) as recorder, Progress(*columns, transient=True) as progress:
        recorder.register(assignment)
        task = progress.add_task(name, total=len(chosen))
        for graded in grade_class(course, name, chosen, seed, workers or processors(), executors):
            marks = recorder.record(graded, handed_in[graded.student].timestamp)
            _write(
                course.autograded / graded.student / name / f"{name}.ipynb",
                json.dumps(graded.notebook, indent=1, ensure_ascii=False) + "\n",
            )
            if feedback:
                _write_page(course, name, graded.student, graded.notebook, marks)
            results.append(graded)
            progress.advance(task)
    return results


def write_feedback(course: Course, name: str) -> int:
    """Writes the feedback pages again from the autograded notebooks and the gradebook, and gives their number."""
    count = 0
    with Recorder(course, load_config(course)) as recorder:
        for path in sorted(course.autograded.glob(f"*/{name}/{name}.ipynb")):
            student = path.parts[-3]
            try:
                marks = recorder.marks(name, student)
            except MissingEntry:
                print(f"{student}: the gradebook holds nothing of {name}; no page was written", file=sys.stderr)
                continue
            _write_page(course, name, student, json.loads(path.read_text(encoding="utf-8")), marks)
            count += 1
    return count


def _write_page(course: Course, name: str, student: str, notebook: Notebook, marks: Marks) -> None:
    _write(course.feedback / student / name / f"{name}.html", page(notebook, name, marks))


def _write(path: Path, text: str) -> None:
    """Writes a file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8", errors="replace")
    new.replace(path)
