"""Answers of odd kinds, given by a submission's own process: whichever walls it runs behind, they earn nothing and are called the same."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.results import DEMANDED, Submission, Walls
from autograder.grading.pipeline import Grader
from autograder.sample.ordinary import constant
from autograder.sandbox.walls import refusal

NAME = "01-backprop"
SLOT = 2500 + os.getpid() % 600
ODD = {
    "complex": "1j",
    "text": "'x' * 1000",
    "bytes": "b'x' * 1000",
    "nan": "float('nan')",
    "infinity": "np.full((3, 4), np.inf)",
    "10^300": "10**300",
    "wide": "np.zeros((0, 2**39))",
    "columns": "np.ones((30_000, 1))",
    "objects": "np.array([None, {}], dtype=object)",
    "records": "np.zeros(3, dtype=[('a', float)])",
    "matrix": "np.matrix([[1.0]])",
    "masked": "np.ma.masked_all(3)",
    "tuples": "((),) * 50_000",
    "deep": "__import__('functools').reduce(lambda inner, _: [inner], range(900), [])",
    "itself": "(lambda one: one.append(one) or one)([])",
    "dict": "{1: 2, None: 3, (): 4}",
    "set": "{1, 2}",
    "generator": "np.random.default_rng(1)",
    "iterator": "iter([1, 2])",
    "function": "len",
    "class": "int",
    "module": "np",
    "exception": "ValueError('x')",
    "half a character": "'\\ud800'",
    "memory": "memoryview(bytes(8))",
    "not implemented": "NotImplemented",
    "equal to all": "type('E', (), {'__eq__': lambda *all: True, '__array__': lambda *all: np.ones(3), '__len__': lambda self: 3})()",
    "a float of its own": "type('F', (float,), {'__eq__': lambda *all: True, '__hash__': None})(1)",
}
SOONER = [*ODD][::8]
Found = dict[str, list[tuple[object, ...]]]


def _graded(walls: Walls, kinds: list[str]) -> Found:
    os.environ[DEMANDED] = walls
    course = Course()
    assignment = load_assignment(course, NAME)
    with Grader(course, NAME, SLOT) as grader:
        graded = grader.grade(
            [Submission(kind, constant(ODD[kind])(assignment)) for kind in kinds],
            20_261_120,
        )
    assert {one.walls for one in graded} == {walls}
    return {
        one.student: [
            (check.spec.id, check.outcome, check.score, check.reason, check.hint)
            for question in one.questions
            for check in question.checks
        ]
        + [(finding.kind, finding.where, finding.message) for finding in one.findings]
        for one in graded
    }


@pytest.mark.parametrize(
    "kinds",
    [
        SOONER,
        pytest.param([kind for kind in ODD if kind not in SOONER], marks=pytest.mark.slow),
    ],
    ids=["some", "the others"],
)
def test_odd_answers_are_judged_alike_behind_each_set(kinds: list[str]) -> None:
    stand = [walls for walls in Walls if not refusal(walls)]
    if len(stand) < 2:
        pytest.skip(f"one set of walls or none can stand here: {stand}")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        found = {walls: executor.submit(_graded, walls, kinds).result() for walls in stand}
    first, *others = found.values()
    for kind in kinds:
        assert not [result for result in first[kind] if len(result) == 5 and result[2]], (
            f"{kind} earns something"
        )
        for other in others:
            assert other[kind] == first[kind], kind
