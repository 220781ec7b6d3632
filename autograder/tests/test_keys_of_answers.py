"""Two answers have one key only where they are equal to the bit, and the memo never mixes them up."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.checking.transport import Answer, Report
from autograder.core.errors import StudentError
from autograder.grading.diagnosis import answer_memo
from autograder.grading.diagnosis.answer_memo import AnswerMemo, key_of_answer
from autograder.sandbox.wire import Handle

X = np.arange(6.0).reshape(2, 3)

ALL_DIFFERENT: list[Answer] = [
    Report(X),
    Report(np.nextafter(X, 9)),
    Report(X.astype(np.float32)),
    Report(X.reshape(3, 2)),
    Report(-X),
    Report((X, 0.0)),
    Report((X, -0.0)),
    Report([X, 0.0]),
    Report({"w": X, "b": X}),
    Report({"b": X, "w": X}),
    Report(X, args=(X,)),
    Report(X, args=(X + 1,)),
    Report(X, kwargs={"h": 1e-5}),
    Report(X, warnings=("overflow",)),
    Report(X, touched_random=True),
    Report(None),
    StudentError("It raises.", "raised"),
    StudentError("It is missing.", "missing"),
]


def test_other_answers_have_other_keys() -> None:
    keys = [key_of_answer(answer) for answer in ALL_DIFFERENT]
    assert None not in keys
    assert len(set(keys)) == len(keys)


def test_the_same_answer_has_the_same_key() -> None:
    assert key_of_answer(Report((X.copy(), 1))) == key_of_answer(Report((X.copy(), 1)))
    ours = StudentError("It raises ValueError.", "raised")
    assert key_of_answer(ours) == key_of_answer(StudentError("Another text.", "raised"))


def test_what_is_no_data_has_no_key() -> None:
    assert key_of_answer(Report((X, Handle(1)))) is None
    assert key_of_answer(Report(lambda x: x)) is None


def test_the_memo_begins_anew_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_memo, "MOST_JUDGED", 2)
    memory = AnswerMemo()
    for number in range(5):
        memory.judge((bytes([number]), 1, True), number % 2 == 0)
        assert memory.judged[bytes([number]), 1, True] is (number % 2 == 0)
        assert len(memory.judged) <= 2
