"""The class that every way grades, and what a measurement of one way is."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from itertools import cycle, islice

from ..core.assignment import Assignment, CellKind, load_assignment
from ..core.course import Course
from ..core.mistakes import Bank, Entry, load_bank
from ..core.results import Submission

# one round of the class
KINDS = (
    "perfect",
    "mistakes",
    "mistakes",
    "variants",
    "mistakes",
    "untouched",
)

Class = dict[str, list[Submission]]  # by assignment
Marks = dict[tuple[str, str], dict[str, float]]  # (assignment, student): question: points


@dataclass
class Run:
    """One way, measured once.

    Attributes:
        seconds: from the first submission to the last result.
        submissions: how many were graded.
        startup: seconds before the first submission.
        marks: what everybody got.
        parts: seconds of processes by station, where the way tells.
    """

    seconds: float
    submissions: int
    startup: float = 0.0
    marks: Marks = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)


def make_class(course: Course, names: list[str], size: int, seed: int) -> Class:
    """Return a class of `size` submissions of each assignment: perfect, with known mistakes, with
    right variants, untouched.

    No two share an answer's text, as in a real class: a result that is kept by content, and what a
    page keeps of the one before, help no more than they would there.
    """
    return {
        name: _submissions(
            load_assignment(course, name),
            load_bank(course.mistakes(name)),
            size,
            random.Random(f"{seed} {name}"),
        )
        for name in names
    }


def _submissions(
    assignment: Assignment, bank: Bank, size: int, rng: random.Random
) -> list[Submission]:
    made = []
    for number, kind in enumerate(islice(cycle(KINDS), size)):
        notebook = (
            assignment.notebook()
            if kind == "untouched"
            else assignment.solved(_others(assignment, bank, kind, rng))
        )
        for cell in notebook["cells"]:
            if assignment.by_id[cell["id"]].kind == CellKind.SOLUTION:
                cell["source"] += f"\n# {kind} {number}"
        made.append(Submission(f"{kind}-{number:03}", json.dumps(notebook).encode()))
    return made


def _others(assignment: Assignment, bank: Bank, kind: str, rng: random.Random) -> dict[str, str]:
    """Return the cells that are not the reference's: one to three questions got wrong, or every
    question answered in another style.
    """
    sources: dict[str, str] = {}
    questions = [question.id for question in assignment.questions]
    chosen: list[Entry] = []
    if kind == "mistakes":
        chosen = [
            rng.choice(bank.mistakes(question))
            for question in rng.sample(questions, rng.randint(1, 3))
        ]
    elif kind == "variants":
        chosen = [
            rng.choice(bank.variants(question)) for question in questions if bank.variants(question)
        ]
    for entry in chosen:
        sources |= assignment.reference_source(entry.question, entry.source)
    return sources


def without_demos(submission: Submission, assignment: Assignment) -> Submission:
    """Return the same submission without its demonstration cells, which our grader does
    not run either.
    """
    notebook = json.loads(submission.content)
    notebook["cells"] = [
        cell for cell in notebook["cells"] if assignment.by_id[cell["id"]].kind != CellKind.DEMO
    ]
    return Submission(submission.student, json.dumps(notebook).encode())
