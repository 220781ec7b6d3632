"""Where feedback is given again and again, an exception tells at most 16 bits, and honest ones still help."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.checking.error_messages import error_sentence
from autograder.checking.message_templates import (
    ALONE,
    MOST_LINES,
    MOST_SAID,
    SENTENCES,
    MessageTemplates,
    few_lines,
)
from autograder.core.assignment import Assignment
from autograder.core.course import Course
from autograder.core.limits import Limits
from autograder.core.results import Outcome, Submission
from autograder.core.sentences import unended
from autograder.grading.pipeline import Grader


class _Session:
    limits = Limits()


def told(kind: str, message: str, **more: Any) -> str:
    error = {"kind": "raised", "type": kind, "message": message, **more}
    return error_sentence("affine", error, _Session(), MessageTemplates(), few_lines({"a": 10**6}))  # type: ignore[arg-type]


def test_all_that_a_line_can_say_is_16_bits() -> None:
    said = len(ALONE) + sum(map(len, SENTENCES.values())) + 5  # own, unwritten, memory, time, cpu
    assert said <= MOST_SAID
    assert math.log2(said * (MOST_LINES + 1)) <= 16


def test_whatever_is_raised_the_line_is_one_of_those() -> None:
    draw = random.Random(5)
    kinds = [*sorted(ALONE), "Mine", "abs", "NumPy", "KeyError"]
    words = [text for texts in SENTENCES.values() for text in texts]
    for _ in range(3000):
        secret = "".join(draw.choice("abcdefgh ") for _ in range(8)) + f"{draw.random()}"
        message = draw.choice([secret, draw.choice(words).replace("…", secret), f"{secret}'"])
        line = draw.choice([1, 254, 255, 256, 99999, -1, True, "7"])
        _expect_a_known_line(told(draw.choice(kinds), message, cell="a", line=line))


@pytest.mark.parametrize("kind", sorted(filter(None, SENTENCES)))
def test_each_sentence_of_a_kind_is_told_with_and_without_a_place(kind: str) -> None:
    for text in SENTENCES[kind]:
        for line in (1, -1):
            sentence = told(kind, text.replace("…", "a secret"), cell="a", line=line)
            _expect_a_known_line(sentence)
            assert unended(text) in sentence
            assert "secret" not in sentence


def _expect_a_known_line(sentence: str) -> None:
    form = re.fullmatch(
        r"`affine` raised (\w+|an exception of its own)(?:: (.*?))?(?: \(line (\d+) of the cell a\))?(?:\.|(?<=…))",
        sentence,
    )
    assert form, sentence
    assert form[1] in ALONE | {"an exception of its own"}
    known = {unended(text) for texts in SENTENCES.values() for text in texts} | {""}
    assert unended(form[2] or "") in known  # one full stop ends the line, whichever it is
    assert int(form[3] or 1) <= MOST_LINES


NOTHING: Any = None
HONEST: dict[str, Callable[[], Any]] = {
    "operands could not be broadcast": lambda: np.ones((3, 4)) + np.ones(5),
    "shapes … not aligned": lambda: np.dot(np.ones((3, 4)), np.ones((3, 4))),
    "mismatch in its core dimension": lambda: np.ones((3, 4)) @ np.ones((3, 4)),
    "cannot reshape array of size": lambda: np.ones(6).reshape(4, 2),
    "axis … is out of bounds": lambda: np.ones(3).sum(axis=2),
    "index … is out of bounds for axis": lambda: np.ones(3)[7],
    "too many indices for array": lambda: np.ones(3)[0, 0],
    "could not broadcast input array": lambda: np.ones(3).__setitem__(slice(None), np.ones(2)),
    "only integers, slices": lambda: np.ones(3)[0.5],
    "assignment destination is read-only": lambda: np.broadcast_to(1.0, (3,)).__setitem__(0, 2),
    "truth value of an array": lambda: bool(np.ones(3) > 0),
    "must match exactly": lambda: np.concatenate([np.ones((2, 2)), np.ones((3, 3))], axis=1),
    "zero-size array to reduction": lambda: np.ones(0).max(),
    "Cannot cast ufunc": lambda: np.add(np.ones(2), 1.0, out=np.ones(2, int)),
    "Singular matrix": lambda: np.linalg.inv(np.zeros((2, 2))),
    "not enough values to unpack": lambda: (lambda a, b: None)(*((x, y) for x, y in [(1,)])),
    "too many values to unpack": lambda: [None for a, b in [(1, 2, 3)]],
    "object is not callable": lambda: NOTHING(),
    "object is not subscriptable": lambda: NOTHING[0],
    "unexpected keyword argument": lambda: (lambda a: a)(b=1),
    "missing … required positional": lambda: (lambda a: a)(),
    "unsupported operand type": lambda: NOTHING + 1,
    "has no attribute": lambda: np.ones(2).nothing,
    "name … is not defined": lambda: nothing_of_that_name,  # noqa: F821  # raised on purpose
    "division by zero": lambda: 1 / 0,
    "list index out of range": lambda: [][0],
    "Integers to negative integer powers": lambda: np.array([2]) ** -1,
}


@pytest.mark.parametrize("part", HONEST)
def test_an_honest_error_keeps_its_sentence(part: str) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011  # of any kind
        HONEST[part]()
    kinds = [kind.__name__ for kind in raised.type.__mro__]
    kind = next(kind for kind in kinds if kind in ALONE)
    assert part in told(kind, str(raised.value))


@pytest.mark.slow
def test_a_grader_for_live_feedback_tells_no_number_of_a_hidden_input(
    backprop: Assignment,
) -> None:
    answer = "def affine_forward(x, w, b):\n    raise ValueError(f'shape {x.shape} rows {len(x)} cols {w.shape}')"
    notebook = backprop.notebook(backprop.reference_source("affine", answer))
    submission = Submission("ada", json.dumps(notebook).encode())
    shown = {}
    for terse in (False, True):
        with Grader(Course(), backprop.name, terse=terse) as grader:
            (graded,) = grader.grade([submission], 5)
        shown[terse] = " ".join(
            check.reason
            for question in graded.questions
            for check in question.checks
            if check.outcome is Outcome.WRONG and "raised ValueError" in check.reason
        )
    assert "rows" in shown[False]
    assert re.search(r"raised ValueError \(line \d+ of the cell affine\)", shown[True])
    assert not re.search("rows|cols|shape", shown[True])
