"""Asking the server again and again teaches nothing about the numbers of the final grading."""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from autograder.core.assignment import Assignment, CellKind
from autograder.core.course import Course
from autograder.core.results import CheckResult, Submission
from autograder.grading.pipeline import Grader
from autograder.service.login_tokens import attempt_seed, content_digest

NAME, QUESTION = "01-backprop", "affine"
CLASS_SEED = 20261120
SLOT = 6200 + os.getpid() % 700
VALUES = 100  # that a line number tells apart: a place names one of 255 lines of all cells
RAISED = re.compile(r"raised ValueError \(line (\d+) of the cell")
HEAD = """
import zlib
import numpy as np


def plain(given):
    if isinstance(given, (tuple, list)):
        return b"(" + b"".join(plain(one) for one in given) + b")"
    return np.asarray(given).tobytes() if isinstance(given, (np.ndarray, float, int)) else b"?"


def seen(args, salt):
    return zlib.crc32(plain(args) + bytes([salt])) % 100
"""
KNOWN = """
FOUND = []


def known(name, args):
    if name.endswith("_forward"):
        FOUND[:] = [any(all(seen(args, at) == line - FIRST for at, line in one.items()) for one in READ)]
    return FOUND == [True]
"""
# the line of the answer cell that raises for the value 0
FIRST = HEAD.strip().count("\n") + 1 + 4


@dataclass
class Student:
    """Reads the hidden inputs off the lines at which her own code raises, one number of each check in each attempt.

    She knows the right answers for inputs that she has read: somebody has worked them out for her. She hands in for
    good a notebook that answers these inputs and no others.
    """

    assignment: Assignment
    learned: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    def asking(self, salt: int) -> bytes:
        body = [f"def ask(args):\n    value = seen(args, {salt})"]
        body += [f"    if value == {one}: raise ValueError" for one in range(VALUES)]
        return self._notebook(HEAD + "\n" + "\n".join(body), "ask(args)")

    def listen(self, salt: int, checks: tuple[CheckResult, ...]) -> None:
        for check in checks:
            if found := RAISED.search(check.reason):
                self.learned[check.spec.id][salt] = int(found[1])

    def knowing(self) -> bytes:
        known = [dict(values) for values in self.learned.values()]
        (reference,) = self.assignment.reference_source(QUESTION).values()
        body = f"{HEAD}\n{reference}\nREAD = {known!r}\nFIRST = {FIRST}\n"
        body += KNOWN
        return self._notebook(body, "RIGHT[name](*args) if known(name, args) else None")

    def _notebook(self, body: str, answer: str) -> bytes:
        (cell,) = [
            one
            for one in self.assignment.cells
            if one.kind == CellKind.SOLUTION and one.question == QUESTION
        ]
        names = sorted(self.assignment.functions(cell))
        body += f"\nRIGHT = {{name: globals().get(name) for name in {names!r}}}\n"
        for name in names:
            body += f"\n\ndef {name}(*args, name={name!r}):\n    return {answer}\n"
        return json.dumps(self.assignment.notebook({cell.id: body.lstrip()})).encode()


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Grader(Course(), NAME, SLOT, terse=True) as made:
        yield made


def of_attempt(content: bytes) -> int:
    """The seed that the server gives an attempt."""
    return attempt_seed("the secret of a class", NAME, "eve", content_digest(content))


def gained(grader: Grader, attempts: int, seed: Callable[[bytes], int]) -> tuple[int, list[str]]:
    """How many inputs she has read in some attempts, and the checks that give her points with the class's seed."""
    eve = Student(grader.assignment)
    for salt in range(attempts):
        eve.listen(salt, checks(grader, eve.asking(salt), seed))
    read = sum(len(values) == attempts for values in eve.learned.values())
    right = checks(grader, eve.knowing(), lambda content: CLASS_SEED)
    return read, [check.spec.id for check in right if check.score]


def checks(grader: Grader, content: bytes, seed: Callable[[bytes], int]) -> tuple[CheckResult, ...]:
    (graded,) = grader.grade([Submission("eve", content)], seed(content))
    return next(one for one in graded.questions if one.id == QUESTION).checks


@pytest.mark.parametrize("attempts", [4, pytest.param(50, marks=pytest.mark.slow)])
def test_what_a_student_reads_in_many_attempts_gains_no_point(
    grader: Grader, attempts: int
) -> None:
    read, right = gained(grader, attempts, of_attempt)
    assert read > 2  # she has not been silenced: she has learned something in each attempt
    assert right == []


def test_it_would_gain_points_if_attempts_had_the_classs_seed(grader: Grader) -> None:
    """So the test above can fail."""
    read, right = gained(grader, 4, lambda content: CLASS_SEED)
    assert read > 2
    assert right
