"""Calls into the sandbox: which warnings come back, and what of an exception a check may read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from autograder.checking import rules
from autograder.checking.remote import RemoteTransport
from autograder.checking.student import Student
from autograder.checking.transport import Detail
from autograder.core.course import Course
from autograder.core.errors import CheckFailed, NoSandbox, StudentError
from autograder.core.limits import Limits
from autograder.sandbox.bwrap import own_slot
from autograder.sandbox.client import Sandbox

SOURCE = """
import warnings

import numpy as np

def old(x):
    for _ in range(20):
        warnings.warn("this will go", DeprecationWarning)
    return x / 0.0

def matrix(x):
    return np.asarray(np.matrix(x))

def root(n):
    if n < 0: raise ValueError("n is too small")  # line 14
    return n

def forward(x):
    return [2 * x, {"x": x}]

def named(p):
    if p < 0:
        raise ValueError(f"p is {p!r}, expected at least 0.25")
    return p
"""


@pytest.fixture(scope="module")
def student() -> Iterator[Student]:
    try:
        with Sandbox(Limits(), Course().utils, own_slot()) as sandbox, sandbox.open() as session:
            session.request({"op": "cell", "cell": "f4", "source": SOURCE}, 20)
            yield Student(RemoteTransport(lambda: session, SOURCE))
    except NoSandbox as problem:
        pytest.skip(str(problem))


def test_a_numerical_warning_is_not_crowded_out(student: Student) -> None:
    with pytest.raises(CheckFailed, match="divide by zero"):
        rules.pure(student, "old", np.ones(2))


def test_a_warning_about_a_package_costs_nothing(student: Student) -> None:
    assert rules.pure(student, "matrix", np.ones((2, 2))).shape == (2, 2)


def test_the_line_of_an_error_names_nothing(student: Student) -> None:
    student.root(1)
    for mention in ("14", "15", "4", "root", "line"):
        with pytest.raises(CheckFailed, match="does not name"):
            rules.rejects(student, "root", -3, mentions=(mention,))
    rules.rejects(student, "root", -3, mentions=("small",))


def test_a_number_that_is_masked_for_the_student_is_read_by_the_check(student: Student) -> None:
    student.named(0.5)
    rules.rejects(student, "named", np.float64(-0.125), mentions=("-0.125",))
    with pytest.raises(CheckFailed, match="does not name"):
        rules.rejects(student, "named", np.float64(-0.125), mentions=("-0.12",))


def test_a_cache_may_come_in_a_list(student: Student) -> None:
    out, cache = student.forward("forward", np.ones(2))
    assert out.tolist() == [2, 2]
    assert type(cache).__name__ == "Handle"


class _Pretending:
    """A session whose replies leave out what was asked for."""

    limits = Limits()

    def request(self, message: object, seconds: float, answer: object) -> dict[str, object]:
        return {"results": [{"value": 1.0}] * 2}


def test_a_reply_without_what_was_asked_gains_nothing() -> None:
    """Code that took the sandbox's place may keep still about its loops, or about its arguments."""
    student = Student(RemoteTransport(lambda: _Pretending(), SOURCE))  # type: ignore[arg-type, return-value]
    with pytest.raises(CheckFailed, match="cannot be counted"):
        rules.vectorised(student, "forward", lambda n: (np.ones(n),))
    for answer in student.answers("root", [((1,), {})] * 2, detail=Detail.EFFECTS):
        assert isinstance(answer, StudentError)
    assert [answer.value for answer in student.answers("old", [((1,), {})] * 2)] == [1.0, 1.0]  # type: ignore[union-attr]
