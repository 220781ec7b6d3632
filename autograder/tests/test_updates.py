"""A result and a dict that come back in another form: one check asks for the form, all others look at what is there."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.checking import updates
from autograder.checking.local import LocalTransport
from autograder.checking.student import Student
from autograder.core.errors import CheckFailed

W = np.array([1.0, 2.0])


def right(w: Any, config: dict[str, Any]) -> Any:
    config["v"] = 2 * w
    return w + 1, config


def on_a_copy(w: Any, config: dict[str, Any]) -> Any:
    return right(w, dict(config))


def student(answer: Callable[[Any], Any], of: Callable[..., Any] = right) -> Student:
    return Student(LocalTransport(SimpleNamespace(rule=lambda w, config: answer(of(w, config)))))


FORMS: dict[str, Callable[[Any], Any]] = {
    "next_w alone": lambda parts: parts[0],
    "None for config": lambda parts: (parts[0], None),
    "config before next_w": lambda parts: (parts[1], parts[0]),
    "3 values": lambda parts: (*parts, 1),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_came_in_another_form_is_judged_all_the_same(form: str) -> None:
    for given in ({"v": np.zeros(2)}, {}):  # what is written over, and what is added
        result, state = updates.updated(student(FORMS[form]), "rule", W, {"rate": 0.1, **given})
        assert result.tolist() == [2.0, 3.0]
        assert updates.entry("rule", state, "v").tolist() == [2.0, 4.0]
        with pytest.raises(CheckFailed, match=f"`rule` returns {form}, expected next_w, config"):
            updates.in_form("rule", state)


@pytest.mark.parametrize("form", ["next_w alone", "None for config"])
def test_a_dict_that_is_nowhere_is_not_called_one_without_an_entry(form: str) -> None:
    result, state = updates.updated(student(FORMS[form], on_a_copy), "rule", W, {"rate": 0.1})
    assert result.tolist() == [2.0, 3.0]
    with pytest.raises(CheckFailed, match=f"`rule` returns {form}"):
        updates.entry("rule", state, "v")


def test_what_is_as_it_should_be_passes() -> None:
    for as_sequence in (tuple, list):
        result, state = updates.updated(student(as_sequence), "rule", W, {"rate": 0.1})
        updates.in_form("rule", state)
        assert result.tolist() == [2.0, 3.0]
        with pytest.raises(CheckFailed, match="the config that comes back has no `u`"):
            updates.entry("rule", state, "u")


@pytest.mark.parametrize(
    "answer", [lambda _: None, lambda _: 7, lambda parts: (parts[0], 7), lambda parts: parts[1]]
)
def test_what_holds_no_result_or_something_else_for_the_dict_is_refused(
    answer: Callable[[Any], Any],
) -> None:
    with pytest.raises(CheckFailed):
        updates.updated(student(answer), "rule", W, {"rate": 0.1})


def test_the_dict_of_one_call_can_be_given_to_the_next_and_is_recorded_as_it_was() -> None:
    one = student(FORMS["None for config"])
    state: dict[str, Any] = {"rate": 0.1}
    for _ in range(2):
        _, state = updates.updated(one, "rule", W, state)
    assert all(type(record.call.args[-1]) is dict for record in one.transcript)
    assert [sorted(record.call.args[-1]) for record in one.transcript] == [["rate"]] * 2 + [
        ["rate", "v"]
    ] * 2
