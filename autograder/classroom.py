"""A whole class: reads what was submitted, grades it on all processors, and writes gradebook, notebooks and feedback.

One writer records, in the order in which results come; so an interruption loses only what was not graded yet.
"""

from __future__ import annotations

import datetime
import json
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from dateutil.parser import ParserError
from nbgrader.api import MissingEntry
from nbgrader.utils import parse_utc
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .assignment import load_assignment
from .errors import UserError
from .feedback import page
from .paths import Course
from .pool import Executors, grade_class, local_executor, processors
from .record import Recorder, load_config
from .records import Graded, Marks, Notebook, Submission
from .repair import MAX_BYTES


@dataclass(frozen=True)
class HandedIn:
    """A student's folder, as it was read."""

    submission: Submission
    timestamp: datetime.datetime | None
    warning: str = ""


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
            print(f"{one.submission.student}: {one.warning}", file=sys.stderr)
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


def read_class(course: Course, name: str) -> list[HandedIn]:
    """What every student handed in for an assignment; a folder without a readable notebook counts as an empty one."""
    if not course.submitted.is_dir():
        return []
    folders = [
        folder / name for folder in sorted(course.submitted.iterdir()) if (folder / name).is_dir() and not folder.name.startswith(".")
    ]
    return [_read_folder(folder, name) for folder in folders]


def _read_folder(folder: Path, name: str) -> HandedIn:
    student, warning = folder.parent.name, ""
    path = folder / f"{name}.ipynb"
    if not os.path.lexists(path):
        others = sorted(other for other in folder.glob("*.ipynb"))
        warning = f"there is no {path.name} in {folder}" + (f"; {others[0].name} was taken for it" if len(others) == 1 else "")
        path = others[0] if len(others) == 1 else path
    try:
        content = _read_regular(path)
    except OSError as error:
        content, warning = b"", warning or f"{path} could not be read: {error.strerror}"
    timestamp, trouble = _timestamp(folder / "timestamp.txt")
    return HandedIn(Submission(student, content), timestamp, warning or trouble)


def _read_regular(path: Path) -> bytes:
    """A file's bytes, if it is a file and no link out of the folder; a little more than the most that is read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is no file")
        return file.read(MAX_BYTES + 1)


def _timestamp(path: Path) -> tuple[datetime.datetime | None, str]:
    try:
        text = _read_regular(path).decode(errors="replace").strip()
    except OSError:
        return None, ""
    try:
        return (parse_utc(text) if text else None), ""
    except (ParserError, ValueError, OverflowError):
        return None, f"{path} holds {text[:40]!r}, where a time such as 2026-11-20 23:59:00 UTC was expected; it counts as in time"


def _write_page(course: Course, name: str, student: str, notebook: Notebook, marks: Marks) -> None:
    _write(course.feedback / student / name / f"{name}.html", page(notebook, name, marks))


def _write(path: Path, text: str) -> None:
    """Writes a file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8", errors="replace")
    new.replace(path)
