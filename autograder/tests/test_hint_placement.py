"""A hint stands under the checks that its mistake explains, and only there: answers of two mistakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.checking.local import LocalTransport
from autograder.checking.rule_kinds import HouseRule
from autograder.checking.student import Student
from autograder.core.assignment import Assignment, Cell
from autograder.core.mistakes import Bank, Entry
from autograder.core.results import Certainty, Hint
from autograder.grading.diagnose import Diagnosis

REFERENCE = """import numpy as np


def f(x):
    return x + 1.0


def g(x):
    return x * 5.0
"""
X = np.arange(3.0)


def entry(ident: str, function: str, body: str) -> Entry:
    source = f"def {function}(x):\n    {body}\n"
    return Entry(ident, "q", False, (function,), f"It is {ident}.", source)


DOUBLES = entry("doubles", "f", "return x + 2.0")
SHIFTS = entry("shifts", "g", "return x * 5.0 + 3.0")


def hints(
    answers: dict[str, Callable[..., Any]],
    checks: dict[str, tuple[str, ...]],
    *entries: Entry,
    kinds: dict[str, str] | None = None,
) -> dict[str, Hint]:
    """Return the hints, by mistake, for an answer that failed checks which make these calls."""
    cells = (
        Cell("setup", "code", "", 0, {"source": "import numpy as np"}, ""),
        Cell("q", "solution", "q", 0, {"source": ""}, REFERENCE),
    )
    student = Student(LocalTransport(SimpleNamespace(**answers)))
    records = []
    for check, names in checks.items():
        before = len(student.transcript)
        for name in names:
            getattr(student, name)(X)
        records += [replace(record, check=check) for record in student.transcript[before:]]
    diagnosis = Diagnosis(Assignment("00-new", cells, {}), Bank(entries, {}))
    found = diagnosis.find("q", records, dict.fromkeys(checks, 1.0), kinds or {})
    return {hint.id: hint for hint in found}


TWO = {"f": lambda x: x + 2.0, "g": lambda x: x * 5.0 + 3.0}
CHECKS = {"first": ("f",), "second": ("f", "g"), "third": ("g", "f"), "fourth": ("g",)}


def test_a_check_that_failed_by_something_else_has_no_hint() -> None:
    """The second check ends with `g`, of whose mistake nothing is known."""
    found = hints(TWO, CHECKS, DOUBLES)
    assert list(found) == ["doubles"]
    assert found["doubles"].checks == ("first", "third")
    assert found["doubles"].certainty is Certainty.PART  # `g` is wrong as well in the third


def test_each_of_two_mistakes_stands_at_its_own_checks() -> None:
    found = hints(TWO, CHECKS, DOUBLES, SHIFTS)
    assert found["doubles"].checks == ("first", "third")
    assert found["shifts"].checks == ("second", "fourth")


def test_one_mistake_stands_at_every_check_that_it_explains() -> None:
    found = hints({**TWO, "g": lambda x: x * 5.0}, CHECKS, DOUBLES, SHIFTS)
    assert found["doubles"].checks == ("first", "second", "third")
    assert found["doubles"].certainty is Certainty.FACT


@pytest.mark.parametrize("rule", [HouseRule.PRECISION, HouseRule.PURITY])
def test_a_value_explains_no_other_dtype(rule: HouseRule) -> None:
    """It agrees loosely, and the check failed by what the mistake does not do."""
    single = {**TWO, "f": lambda x: (x + 2.0).astype(np.float32)}
    checks = {"values": ("f",), "rule": ("f",)}
    assert hints(single, checks, DOUBLES)["doubles"].checks == ("values", "rule")
    found = hints(single, checks, DOUBLES, kinds={"rule": str(rule)})
    assert found["doubles"].checks == ("values",)


def test_a_value_explains_no_count_of_lines() -> None:
    checks = {"values": ("f",), "lines": ("f",)}
    found = hints(TWO, checks, DOUBLES, kinds={"lines": str(HouseRule.VECTORISATION)})
    assert found["doubles"].checks == ("values",)
