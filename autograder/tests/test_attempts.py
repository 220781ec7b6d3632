"""What the report says of attempts on the server, against numbers counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.cache.serialize import packed, plain
from autograder.class_report.attempts import GradedAttempt, Spread, spread, ways_to_right
from autograder.core.course import Course
from autograder.core.results import Submission
from autograder.core.roots import PROJECT
from autograder.service.database import open_database
from autograder.service.login_tokens import token_digest
from autograder.service.records import AttemptResult, State
from autograder.service.report_attempts import graded_attempts
from autograder.service.store import Store

from .fake_grading import NAME, QUESTIONS, graded
from .test_service_pages import notebook
from .test_service_store import upload

HOUR = 3600.0


def at(student: str, hours: float, *right: str) -> GradedAttempt:
    return GradedAttempt(student, 1e9 + hours * HOUR, frozenset(right))


def test_attempts_and_hours_are_counted_up_to_the_first_right_one() -> None:
    made = [
        at("ada", 5, "a"),  # handed in last, read first
        at("ada", 0),
        at("ada", 2, "a"),
        at("bo", 1, "a", "b"),
        at("bo", 3),  # wrong again afterwards
        at("cy", 0),
    ]
    ways = ways_to_right(made, ["a", "b", "c"])
    assert ways is not None
    assert ways.attempts == {"ada": 3, "bo": 2, "cy": 1}
    assert ways.busiest == [("ada", 3), ("bo", 2), ("cy", 1)]
    a, b, c = ways.questions
    assert (a.students, a.right, a.at_first) == (3, 2, 1)
    assert a.attempts == Spread(1.25, 1.5, 1.75)  # of 2 and 1
    assert a.hours == Spread(2, 2, 2)  # bo was right at once, cy never
    assert (b.right, b.at_first, b.attempts, b.hours) == (1, 1, Spread(1, 1, 1), None)
    assert (c.right, c.attempts, c.hours) == (0, None, None)


def test_nobody_has_no_ways() -> None:
    assert ways_to_right([], ["a"]) is None
    assert spread([]) is None


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(open_database(Course(PROJECT, tmp_path)))
    for name in ("ada", "tess"):
        made.set_token(name, token_digest(name), staff=name == "tess")
    return made


def judge(store: Store) -> None:
    """Grade what waits, by what stands in it."""
    while attempt := store.claim(State.WAITING, 1e10):
        result = graded(Submission(attempt.name, store.content(attempt.digest)), attempt.seed)
        marks, shown = packed(plain(result, {})), packed(result.notebook)
        store.finish(
            attempt, AttemptResult("p", result.score, result.max_score, 0.1, marks, shown), 1e10
        )


def test_the_store_tells_which_questions_were_right_and_leaves_staff_out(store: Store) -> None:
    first, *others = QUESTIONS
    for moment, (name, wrong) in enumerate(
        [("ada", [first]), ("tess", [first]), ("ada", list(others)), ("ada", [first])]
    ):
        upload(store, notebook(wrong=wrong).decode(), 1000.0 * (moment + 1), name)
        if moment < 3:
            judge(store)  # the last one has no result yet; its bytes are those of an earlier one
    found = graded_attempts(store, NAME)
    assert {one.student for one in found} == {"ada"}
    assert found[0].received == 1000.0
    assert found[0].right == frozenset(others)
    assert found[1].right == {first}
    assert [one.right for one in found[2:]] == [frozenset(others)]  # the same bytes, its result
