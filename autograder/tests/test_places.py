"""Where no known mistake fits, a hint tells the place of the mistake, in an author's words, and nothing of the reference."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest

from autograder.checking.local import LocalTransport
from autograder.checking.plugin import CheckFolder, run_checks
from autograder.checking.student import Student
from autograder.core.assignment import Assignment, load_assignment
from autograder.core.course import Course
from autograder.core.mistakes import Bank, load_bank
from autograder.core.results import Certainty, Hint, Outcome
from autograder.grading.diagnose import PLACE, Diagnosis
from autograder.grading.diagnosis.places import load_places

NAMED = [
    name for name in Course().assignments() if (Course().mistakes(name) / "places.toml").is_file()
]
QUESTION = "adaptive"
SHORT = 6  # characters: what is shorter, a name say, gives nothing away


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return load_assignment(Course(), "06-adaptive")


def hints(assignment: Assignment, source: str, bank: Bank) -> tuple[Hint, ...]:
    """What is said of an answer to `adaptive`, given as changed functions."""
    found: list[tuple[Hint, ...]] = []

    def turns() -> Iterator[Any]:
        student = Student(LocalTransport(assignment.namespace(QUESTION, source)))
        results = yield student
        failed = {
            result.spec.id: result.spec.points
            for result in results
            if result.outcome is Outcome.WRONG
        }
        found.append(Diagnosis(assignment, bank).find(QUESTION, student.transcript, failed))

    checks = CheckFolder(assignment.checks, frozenset([QUESTION]))
    run_checks(checks, assignment.namespace(), 7, turns())  # type: ignore[arg-type]
    return found[0]


ADAGRAD = """
def adagrad(w, dw, config):
    if dw.shape != w.shape:
        raise ValueError(f"{dw.shape}, expected {w.shape}")
    total = config.get("grad_squared", 0.0) + dw**2
    config["grad_squared"] = total
    step = dw / (total**0.5 + config.get("eps", 1e-8))
    return w - config.get("learning_rate", 0.01) * step, config
"""


def test_the_place_of_an_unknown_mistake_is_told_and_only_the_place(assignment: Assignment) -> None:
    (hint,) = hints(
        assignment,
        ADAGRAD.replace('config.get("eps", 1e-8)', "1e-6"),
        load_bank(assignment.mistakes),
    )
    assert hint.certainty is Certainty.PLACE
    assert hint.text == PLACE.format(phrase="the eps that is used", function="adagrad")
    assert hint.checks
    assert "1e-6" not in hint.text


def test_nothing_is_said_where_two_things_differ(assignment: Assignment) -> None:
    both = ADAGRAD.replace('config.get("eps", 1e-8)', "1e-7").replace("dw**2", "0.7 * dw**2")
    assert hints(assignment, both, load_bank(assignment.mistakes)) == ()


def parts(
    assignment: Assignment, kinds: tuple[type[ast.AST], ...] = (ast.expr, ast.stmt)
) -> dict[str, set[str]]:
    """The texts of all statements and expressions of the reference, or of some kinds of them, by function."""
    return {
        node.name: {ast.unparse(part) for part in ast.walk(node) if isinstance(part, kinds)}
        for cell in assignment.cells
        if cell.kind == "solution"
        for node in ast.parse(cell.source).body
        if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.parametrize("name", NAMED)
def test_each_place_is_in_the_reference(name: str) -> None:
    """Where a reference was rewritten, the left sides of `places.toml` are to follow it."""
    found = parts(load_assignment(Course(), name))
    lost = [
        f"{function}: {part}"
        for function, named in load_places(Course().mistakes(name)).items()
        for part in named
        if part not in found.get(function, ())
    ]
    assert lost == []


def bare(text: str) -> str:
    """A text without spaces and quotes, in which an expression is found however it is set."""
    return "".join(character for character in text if character not in " '\"`$")


@pytest.mark.parametrize("name", NAMED)
def test_no_phrase_holds_an_expression_of_the_reference(name: str) -> None:
    found = parts(
        load_assignment(Course(), name),
        (ast.BinOp, ast.BoolOp, ast.Compare, ast.Call, ast.IfExp, ast.Assign, ast.AugAssign),
    )
    given = {bare(part) for texts in found.values() for part in texts if len(part) >= SHORT}
    for function, named in load_places(Course().mistakes(name)).items():
        for phrase in named.values():
            said = bare(PLACE.format(phrase=phrase, function=function))
            assert [part for part in given if part in said] == [], phrase
            assert not any(character in phrase for character in "=*/@[]("), phrase
