"""One student's whole term: `python -m autograder.sample.full_course FOLDER`, about two minutes.

The student answers every assignment in order, each question in another style than the reference
where the bank has one, runs the notebook in a folder beside the earlier ones, so that it builds on
the student's own functions, and hands it in as it was saved. Then everything is graded as a class
is. Whatever is not as it must be ends it: a visible check that is not content, an earlier function
that was given instead of the student's own, a point that is missing.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import nbformat

from ..authoring.build import execute
from ..core.assignment import EARLIER, Assignment, load_assignment
from ..core.course import Course
from ..core.mistakes import load_bank
from ..core.results import Submission
from ..grading.pipeline import Grader

STUDENT = "one-student"
# Its demonstrations are of photographs, for which the bank's variants, written for small arrays,
# take minutes.
PHOTOGRAPHS = "09-augmentation"
CONTENT = re.compile(r"(\d+) of (\d+) right")


def answers(assignment: Assignment, turn: int) -> dict[str, str]:
    """Return sources of right answers by cell, in place of the reference's: of each question one of
    its variants, another at each turn.
    """
    found: dict[str, str] = {}
    bank = load_bank(assignment.mistakes)
    for question in assignment.questions:
        variants = bank.variants(question.id)
        if variants and assignment.name != PHOTOGRAPHS:
            found |= assignment.reference_source(question.id, variants[turn % len(variants)].source)
    return found


def worked(assignment: Assignment, course: Course, desk: Path, turn: int) -> tuple[str, int]:
    """Do one assignment at the student's desk, and return the notebook as it was saved, and on how
    many earlier ones it builds.

    Raises:
        RuntimeError: a visible check is not content, or an earlier function is not the
            student's own.
    """
    folder = desk / assignment.name
    shutil.copytree(course.release / assignment.name, folder)
    notebook = nbformat.reads(
        json.dumps(assignment.solved(answers(assignment, turn))), as_version=4
    )
    done = execute(notebook, cwd=folder)
    text: str = nbformat.writes(done)
    (folder / f"{assignment.name}.ipynb").write_text(text, encoding="utf-8")
    said = {cell.id: _said(cell) for cell in done.cells if cell.cell_type == "code"}
    for question in assignment.questions:
        match = CONTENT.search(said[f"{question.id}-check"])
        if match is None or match[1] != match[2]:
            raise RuntimeError(
                f"{assignment.name}, {question.id}: its visible check "
                f"says\n{said[f'{question.id}-check']}"
            )
    if "given" in said.get(EARLIER, ""):
        raise RuntimeError(
            f"{assignment.name}: not all earlier functions are the student's own:\n{said[EARLIER]}"
        )
    return text, said.get(EARLIER, "").count("yours")


def _said(cell: Any) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


def main(folder: Path) -> None:
    course = Course(work=folder)
    desk = folder / "desk"
    desk.mkdir(parents=True)
    for turn, name in enumerate(names := course.assignments()):
        assignment = load_assignment(course, name)
        text, own = worked(assignment, course, desk, turn)
        with Grader(course, name) as grader:
            (graded,) = grader.grade([Submission(STUDENT, text.encode())], seed=turn)
        lost = [
            f"{check.spec.id}: {check.reason}"
            for question in graded.questions
            for check in question.checks
            if check.reason
        ]
        if graded.score != graded.max_score or lost:
            raise RuntimeError(
                f"{name}: {graded.score:g} of {graded.max_score:g} points; {'; '.join(lost)}"
            )
        handed_in = course.submitted / STUDENT / name
        handed_in.mkdir(parents=True)
        (handed_in / f"{name}.ipynb").write_text(text, encoding="utf-8")
        print(
            f"{name}: {graded.score:g} of {graded.max_score:g} points, on {own} earlier "
            "assignments of the student's own",
            flush=True,
        )
    print(
        f"handed in: {len(names)} notebooks in {course.submitted}; grade them: autograder "
        f"--course {folder} grade {' '.join(names)}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
