"""Functions that return a result and a dict that they were given last, such as an update rule
and its config.

That the two are returned in another form is one mistake. It is to cost the check that asks for the
form, and not each that looks at the result.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import compare
from .student import Student

PARTS = "next_w, config"


class OtherForm(dict[str, Any]):
    """The dict of an answer in another form.

    Empty where none came back and the call did not write into its argument either.

    Attributes:
        form: what was returned, in words.
    """

    def __init__(self, held: dict[str, Any], form: str) -> None:
        super().__init__(held)
        self.form = form


def updated(student: Student, name: str, *args: Any) -> tuple[Any, dict[str, Any]]:
    """Call a function, and return its result and its dict, which is an `OtherForm` where they came
    in another form.

    Args:
        student: whose function it is.
        name: the function.
        args: its arguments, the dict last.

    Raises:
        CheckFailed: what it returns holds no result.
    """
    args = (*args[:-1], dict(args[-1]))  # plain, so that it is copied as all arguments are
    result, state, form = _apart(getattr(student, name)(*args))
    if not form:
        compare.require(
            isinstance(state, dict), f"`{name}`: the config that comes back is not a dict."
        )
        return result, state
    if state is None:
        left = student.report(name, *args).args[-1]
        state = left if isinstance(left, dict) and _differ(left, args[-1]) else {}
    return result, OtherForm(state, form)


def first(value: Any) -> Any:
    """Return the result of an answer, in whatever form it came.

    Raises:
        CheckFailed: what was returned holds no result.
    """
    return _apart(value)[0]


def in_form(name: str, state: dict[str, Any]) -> None:
    """Require that a result and its dict came back as they should.

    Raises:
        CheckFailed: they came in another form.
    """
    hint = "The next step begins with what is in config."
    compare.require(
        not isinstance(state, OtherForm),
        f"`{name}` returns {getattr(state, 'form', '')}, expected {PARTS}.",
        hint,
    )


def entry(name: str, state: dict[str, Any], key: str) -> Any:
    """Return what a dict holds under a key.

    Raises:
        CheckFailed: it holds nothing there, or it was not returned.
    """
    if key not in state:
        in_form(name, state)
    hint = "What the next step needs is kept there, under the name of the table."
    compare.require(key in state, f"`{name}`: the config that comes back has no `{key}`.", hint)
    return state[key]


def _apart(value: Any) -> tuple[Any, Any, str]:
    """Return the result, the dict or None, and the form in words where it is another one."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
        return value, None, "next_w alone"
    if isinstance(value, (tuple, list)) and len(value) > 1:
        one, other = value[:2]
        if len(value) == 2 and isinstance(one, dict) and isinstance(other, np.ndarray):
            return other, one, "config before next_w"
        if isinstance(one, np.ndarray) and other is None:
            return one, None, "None for config"
        if isinstance(one, np.ndarray) and isinstance(other, dict) and len(value) > 2:
            return one, other, f"{len(value)} values"
    return (*compare.unpack(value, 2, PARTS), "")


def _differ(left: dict[str, Any], given: dict[str, Any]) -> bool:
    return set(left) != set(given) or not all(
        np.array_equal(left[key], given[key]) for key in given
    )
