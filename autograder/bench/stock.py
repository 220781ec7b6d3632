"""Stock `nbgrader autograde`, one process, in a course folder of its own: default preprocessors,
hidden checks in its test cells.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from nbgrader.api import Gradebook

from ..core.assignment import Assignment, CellKind, load_assignment
from ..core.course import Course, scripts_on_path
from ..core.roots import PROJECT
from .samples import Class, Marks, Run, without_demos

# the first of these in the log ends the start-up
BEGINS = (
    "Copying ",
    "Creating/updating student",
    "Converting ",
    "Sanitizing ",
)


class Stock:
    """A temporary course that stock nbgrader grades."""

    def __init__(
        self, course: Course, folder: Path, submitted: Class, seed: int, demos: bool
    ) -> None:
        self.folder, self.submitted = folder, submitted
        folder.mkdir(parents=True)
        (folder / "nbgrader_config.py").write_text(
            f"c = get_config()\nc.CourseDirectory.root = {str(folder)!r}\n", encoding="utf-8"
        )
        for name, submissions in submitted.items():
            assignment = load_assignment(course, name)
            _write(folder / "source" / name / f"{name}.ipynb", _source(course, assignment, seed))
            for submission in submissions:
                content = (submission if demos else without_demos(submission, assignment)).content
                _write(folder / "submitted" / submission.student / name / f"{name}.ipynb", content)
            self._nbgrader("generate_assignment", name)
        shutil.copy(folder / "gradebook.db", folder / "gradebook.new")

    def autograde(self) -> Run:
        """Grade the class into a fresh gradebook."""
        shutil.rmtree(self.folder / "autograded", ignore_errors=True)
        shutil.rmtree(self.folder / "feedback", ignore_errors=True)
        shutil.copy(self.folder / "gradebook.new", self.folder / "gradebook.db")
        run = self._each("autograde")
        run.marks = self._marks()
        return run

    def feedback(self) -> Run:
        """Write the pages of what was graded."""
        return self._each("generate_feedback")

    def _each(self, command: str) -> Run:
        times = [self._nbgrader(command, name) for name in self.submitted]
        return Run(
            sum(seconds for _, seconds in times),
            sum(map(len, self.submitted.values())),
            startup=sum(startup for startup, _ in times),
        )

    def _nbgrader(self, command: str, name: str) -> tuple[float, float]:
        """Run one command; return the seconds before its first submission, and after."""
        environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
        environment["PATH"] = os.pathsep.join(
            [str(Path(sys.executable).parent), environment.get("PATH", "")]
        )
        start, begun, said = time.perf_counter(), 0.0, []
        with subprocess.Popen(
            [sys.executable, "-m", "nbgrader", command, name],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            for line in process.stderr:
                said.append(line)
                if not begun and any(word in line for word in BEGINS):
                    begun = time.perf_counter()
        if process.returncode != 0:
            raise RuntimeError(f"nbgrader {command} {name} failed:\n{''.join(said)[-3000:]}")
        return begun - start, time.perf_counter() - begun

    def _marks(self) -> Marks:
        marks: Marks = {}
        with scripts_on_path(), Gradebook(f"sqlite:///{self.folder / 'gradebook.db'}") as gradebook:
            for name, submissions in self.submitted.items():
                for submission in submissions:
                    found = gradebook.find_submission_notebook(name, name, submission.student)
                    marks[name, submission.student] = {
                        grade.name.removesuffix("-check"): float(grade.auto_score or 0.0)
                        for grade in found.grades
                        if grade.name.endswith("-check")
                    }
        return marks


def _source(course: Course, assignment: Assignment, seed: int) -> bytes:
    """Return the source notebook, with the hidden checks at the end of each visible check."""
    notebook = json.loads(course.source_notebook(assignment.name).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        known = assignment.by_id[cell["id"]]
        if known.kind == CellKind.CHECK:
            cell["source"] = (
                f"{known.source.rstrip()}\n\n"
                "from autograder.bench.inprocess import score_cell\n"
                f"score_cell({assignment.name!r}, {known.question!r}, {seed}, globals())\n"
            )
    return json.dumps(notebook).encode()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
