"""Answers of odd kinds, made out of right ones: what a student's function might give who wants marks, or to break the grader."""

from __future__ import annotations

import resource
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.checking.local import LocalTransport
from autograder.checking.plugin import CheckFolder, Turns, run_checks
from autograder.checking.student import Student
from autograder.checking.transport import Answer, Call, Detail, Report
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.errors import StudentError
from autograder.core.mistakes import load_bank
from autograder.core.results import CheckResult, Outcome
from autograder.grading.diagnose import Diagnosis
from autograder.sandbox.wire import Handle

Change = Callable[[Call, Answer], Answer]
SEED = 20_261_121
SECONDS, BYTES = (
    240,
    4 << 30,
)  # of processor time and address space, for all that is examined in one process


class Changed:
    """A transport that changes the answers of trusted functions."""

    def __init__(self, namespace: Any, change: Change) -> None:
        self._inner, self._change = LocalTransport(namespace), change

    def calls(
        self,
        calls: Sequence[Call],
        *,
        keep_last: bool,
        last_only: bool,
        detail: Detail,
        forbidden: Sequence[str],
    ) -> list[Answer]:
        answers = self._inner.calls(
            calls,
            keep_last=keep_last,
            last_only=last_only,
            detail=detail,
            forbidden=forbidden,
        )
        return [self._change(call, answer) for call, answer in zip(calls, answers, strict=True)]

    def drop(self) -> None:
        self._inner.drop()


def numbers(change: Callable[[Any], Any]) -> Change:
    """Changes every number and array in an answer, and leaves its form."""

    def walk(value: Any) -> Any:
        if type(value) in (tuple, list):
            return type(value)(map(walk, value))
        if type(value) is dict:
            return {key: walk(item) for key, item in value.items()}
        known = type(value) in (int, float) or (
            isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "fiu"
        )
        return change(value) if known else value

    return lambda call, answer: (
        replace(answer, value=walk(answer.value)) if isinstance(answer, Report) else answer
    )


def always(value: Any) -> Change:
    """Gives the same for everything, bad arguments included, and leaves the arguments alone; a cache is kept, as the sandbox makes sure."""

    def change(call: Call, answer: Answer) -> Answer:
        kept = (
            isinstance(answer, Report)
            and type(answer.value) is tuple
            and answer.value
            and isinstance(answer.value[-1], Handle)
        )
        return Report(
            (value, answer.value[-1]) if kept and isinstance(answer, Report) else value,
            call.args,
            call.kwargs,
        )

    return change


def _filled(with_what: float) -> Callable[[Any], Any]:
    def change(value: Any) -> Any:
        if isinstance(value, np.ndarray | np.generic):
            return (
                np.full_like(value, with_what)
                if value.dtype.kind == "f" or np.isfinite(with_what)
                else value
            )
        return (
            type(value)(with_what) if isinstance(value, float) or np.isfinite(with_what) else value
        )

    return change


def _refused(call: Call) -> Answer:
    """An error whose message names everything that it might be asked to name."""
    shapes = [np.shape(arg) for arg in call.args if isinstance(arg, np.ndarray)]
    return StudentError(
        f"`{call.name}` raised ValueError: {call.args} {call.kwargs} {shapes}", "raised ValueError"
    )


FORMED: dict[str, Change] = {  # of the right form, and wrong
    "zeros": numbers(_filled(0.0)),
    "nan": numbers(_filled(float("nan"))),
    "infinity": numbers(_filled(float("inf"))),
    "a ValueError for everything": lambda call, answer: _refused(call),
}
ODD: dict[str, Change] = {
    "complex": numbers(lambda value: value * (1 + 0j)),
    "text": numbers(str),
    "lists": numbers(lambda value: value.tolist() if hasattr(value, "tolist") else [value]),
    "flags": numbers(lambda value: np.asarray(value).astype(bool)),
    "an axis more": numbers(lambda value: np.asarray(value)[..., None]),
    "columns": numbers(lambda value: np.ones((30_000, 1))),
    "nothing, 2^39 wide": numbers(lambda value: np.zeros((0, 2**39))),
    "10^18": numbers(lambda value: 10**18),
    "10^300": numbers(lambda value: 10**300),
    "1e300": numbers(lambda value: 1e300),
    "None": always(None),
    "a generator": always(np.random.default_rng(1)),
    "text alone": always("x" * 1000),
    "a dict": always({}),
    "50,000 tuples": always(((),) * 50_000),
    "a cache that was never given": always(Handle(10**9)),
}


RIGHT = "right"


def bound() -> None:
    """Ends this process where it costs too much."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def examine(name: str, kinds: Sequence[str]) -> dict[str, list[CheckResult]]:
    """What the checks of an assignment, and its diagnosis, say to each kind of answer, and to the right ones."""
    np.seterr(all="ignore")
    assignment = load_assignment(Course(), name)
    reference, diagnosis = (
        assignment.namespace(),
        Diagnosis(assignment, load_bank(Course().mistakes(name))),
    )
    found: dict[str, list[CheckResult]] = {}

    def turns() -> Turns[None]:
        for kind in (RIGHT, *kinds):
            change = (FORMED | ODD).get(kind, lambda call, answer: answer)
            student = Student(Changed(reference, change))
            found[kind] = yield student
            for question in assignment.questions:
                wrong = [
                    one.spec
                    for one in found[kind]
                    if one.outcome is Outcome.WRONG and one.spec.question == question.id
                ]
                failed = {spec.id: spec.points for spec in wrong}
                diagnosis.find(
                    question.id,
                    [record for record in student.transcript if record.check in failed],
                    failed,
                )

    run_checks(CheckFolder(Course().checks(name)), reference, SEED, turns())
    return found
