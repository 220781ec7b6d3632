"""What comes out of a sandbox is small, and stays so in trusted hands; and what goes in to be called tells nothing of who passed it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autograder.checking.local import LocalTransport
from autograder.checking.memory_limit import memory_limit, memory_used
from autograder.checking.plugin import CheckFolder, Turns, run_checks
from autograder.checking.remote import UNFIT, _call_back
from autograder.checking.student import Student
from autograder.core.results import CheckResult, Outcome, RepairedNotebook
from autograder.grading.pipeline import _all_text

CHECKS = '''
import numpy as np

from autograder.checking import check

kept = []


@check("q", points=2)
def test_as_array(student):
    """Makes an array of what comes."""
    kept.append(np.array(student.g(1.0)))


@check("q", points=2)
def test_after(student):
    """Comes next."""
    student.g(1.0)
'''
SMALL = SimpleNamespace(g=lambda x: ["x"])
WIDE = SimpleNamespace(g=lambda x: ["x" * 10_000, *[""] * 20_000])  # as an array, 800 MB


def test_what_would_fill_the_machine_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "test_swelling.py").write_text(CHECKS)
    found: list[dict[str, CheckResult]] = []

    def turns() -> Turns[None]:
        for namespace in (SMALL, WIDE, SMALL):
            results = yield Student(LocalTransport(namespace))
            found.append({result.spec.id: result for result in results})

    run_checks(CheckFolder(tmp_path), SMALL, 1, turns())
    assert [[result.outcome for result in one.values()] for one in found] == [
        [Outcome.RIGHT, Outcome.RIGHT],
        [Outcome.WRONG, Outcome.RIGHT],
        [Outcome.RIGHT, Outcome.RIGHT],
    ]
    assert found[1]["q.as_array"].kind == "form"


def test_the_words_of_a_long_notebook_all_count_as_its_own() -> None:
    cells = [
        *[{"cell_type": "code", "source": "x" * 90_000}] * 9,
        {"cell_type": "code", "source": "my_word = 1"},
    ]
    assert "my_word" in _all_text(RepairedNotebook({"cells": cells}, ()))


def test_the_bound_is_taken_away_again() -> None:
    with pytest.raises(MemoryError), memory_limit(memory_used() + (64 << 20)):
        bytearray(256 << 20)
    assert len(bytearray(256 << 20)) == 256 << 20


def hidden_name(dout: Any, out: Any, part: float = 2.0) -> Any:
    return dout * out * part


class Hidden:
    def method(self, dout: Any, out: Any, *, part: float = 2.0) -> Any:
        return hidden_name(dout, out, part)


@pytest.mark.parametrize("function", [hidden_name, Hidden().method])
@pytest.mark.parametrize(
    ("args", "kwargs", "said"),
    [
        ((2.0, 3.0), {}, None), ((2.0,), {"out": 3.0}, None),
        ((2.0,), {}, UNFIT), ((2.0, 3.0, 4.0), {}, UNFIT), ((2.0, 3.0), {"part": 5.0}, UNFIT), ((2.0,), {"sv": 3.0}, UNFIT), ((), {}, UNFIT),
        (("x", 3.0), {}, "can't multiply sequence by non-int of type 'float'"),
    ],
)  # fmt: skip
def test_a_function_passed_in_tells_nothing_of_its_check(
    function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], said: str
) -> None:
    answer = _call_back(function, args, kwargs, lambda value: None)
    assert answer == (
        {"value": 12.0} if said is None else {"error": {"name": "TypeError", "message": said}}
    )


def test_nor_does_one_that_only_hands_on() -> None:
    answer = _call_back(lambda *args: hidden_name(*args), (2.0,), {}, lambda value: None)
    assert answer == {"error": {"name": "TypeError", "message": UNFIT}}
