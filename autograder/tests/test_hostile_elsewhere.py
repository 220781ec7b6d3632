"""A few hostile notebooks of each kind, behind the walls that need no privilege; `make walls` has all of them graded there."""

from __future__ import annotations

import os
import platform

import pytest

from autograder.core.assignment import Assignment
from autograder.core.course import Course
from autograder.core.results import DEMANDED, Graded, Walls
from autograder.sample.grade_samples import try_together
from autograder.sandbox.walls import refusal

from .test_hostile import NAME, SAMPLES

IDS = (
    "read-files",
    "write-files",
    "network",
    "privileges",
    "capabilities",
    "kill-everyone",
    "descriptors",
    "leftovers",
    "fill-disk",
    "million-files",
    "leftovers-again",
    "kernel-memory",
    "exit-in-function",
    "forged-outputs",
)
SLOT = 3200 + os.getpid() % 700
Found = dict[str, Graded]


@pytest.fixture(scope="module", params=(Walls.ROOM, Walls.BARE))
def found(request: pytest.FixtureRequest, short_course: Course) -> Found:
    walls: Walls = request.param
    if why := refusal(walls):
        pytest.skip(f"{platform.machine()}: {why}")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(DEMANDED, walls)
        graded = try_together(short_course, NAME, ["perfect", *IDS, "untouched"], SLOT)
    assert {one.walls for one in graded} == {walls}
    return {one.student: one for one in graded}


def test_each_gets_the_marks_it_deserves(found: Found, backprop: Assignment) -> None:
    assert (found["perfect"].score, found["untouched"].score) == (100.0, 0.0)
    for ident in IDS:
        got = {question.id: question.score for question in found[ident].questions}
        assert not found[ident].faulty, found[ident].findings
        if SAMPLES[ident].at_most:
            assert all(
                got[question] <= most
                for question, most in SAMPLES[ident].expected(backprop).items()
            ), (ident, got)
        else:
            assert got == SAMPLES[ident].expected(backprop), ident


def test_what_they_tried_came_to_nothing(found: Found) -> None:
    for ident in IDS:
        cells = (cell for cell in found[ident].notebook["cells"] if cell["id"].startswith("extra-"))
        shown = "\n".join(
            output.get("text", "") for cell in cells for output in cell.get("outputs", [])
        )
        assert SAMPLES[ident].shows in shown, ident
