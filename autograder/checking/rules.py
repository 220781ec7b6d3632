"""What holds in every question, checked by one machinery: purity, precision, layout, vectorisation,
clear errors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.errors import FailureKind, StudentError
from ..sandbox.observe import TAMPERED
from .arrays import (
    arrays,
    dtypes,
    fortran,
    has_numbers,
    mapped,
    outside_dicts,
    read_only,
    same,
    spread,
    to,
    whole,
)
from .compare import close
from .mentions import mentions as names
from .numerical_warnings import where_from
from .rule_kinds import HouseRule, broken
from .student import Student
from .transport import Answer, Detail, Report


def pure(
    student: Student,
    name: str,
    /,
    *args: Any,
    writes: tuple[int | str, ...] = (),
    keep_last: bool = False,
    new: tuple[int, ...] = (),
    **kwargs: Any,
) -> Any:
    """Return the value of a call.

    Fail if it changes its arguments, warns or draws a global random number.

    Args:
        student: the fixture.
        name: of the student's function.
        args, kwargs: its arguments.
        writes: positions or names of arguments that it may write to.
        keep_last: whether its last result is a cache, which stays in the sandbox and comes
            as a handle.
        new: positions of results that must be new arrays; of a single result, 0.

    Raises:
        CheckFailed: an argument, the global random state or an array's memory is not as promised,
            or a numerical warning was raised.
        StudentError: the call fails.
    """
    report = student.report(name, *args, keep_last=keep_last, **kwargs)
    for position, before in enumerate(args):
        if (
            position not in writes
            and position < len(report.args)
            and not same(before, report.args[position])
        ):
            broken(
                HouseRule.PURITY,
                f"`{name}` changes its argument number {position + 1}, which belongs to the "
                "caller.",
                "Look for in-place operations, or for a view that is written to.",
            )
    for key, before in kwargs.items():
        if key not in writes and not same(before, report.kwargs.get(key)):
            broken(
                HouseRule.PURITY,
                f"`{name}` changes its argument `{key}`, which belongs to the caller.",
                "Look for in-place operations, or for a view that is written to.",
            )
    if report.warnings:
        broken(
            HouseRule.WARNINGS,
            f"`{name}` raises a warning: RuntimeWarning, {report.warnings[0]}.",
            where_from(report.warnings[0]),
        )
    if report.touched_random:
        broken(
            HouseRule.PURITY,
            f"`{name}` changes the global random state.",
            "Draw only from the generator that is passed in.",
        )
    if set(new) & set(report.handed_back):
        broken(
            HouseRule.PURITY,
            f"`{name}` returns one of its arguments, or a view of one.",
            "Return a new array: a later change of it must not change your argument.",
        )
    return report.value


def floats(
    student: Student,
    name: str,
    /,
    *args: Any,
    integers: bool = True,
    keep_last: bool = False,
    first: int | None = None,
    **kwargs: Any,
) -> None:
    """Fail unless float32 gives float32, and float64 gives float64.

    Whole numbers must give float64 or an error.

    Args:
        student: the fixture.
        name: of the student's function.
        args, kwargs: its arguments; float64 arrays in them are converted.
        integers: whether to try whole numbers as well, which may raise ValueError or TypeError.
        keep_last: whether the last result is a cache; it is not looked at.
        first: how many of the results count, from the first on; all of them if None.

    Raises:
        CheckFailed: a dtype is another, or whole numbers give another value than the same
            numbers as floats.
        StudentError: a call fails.
    """
    rounded, rounded_kwargs = mapped(args, whole), mapped(kwargs, whole)
    calls = [(args, kwargs), (mapped(args, to(np.float32)), mapped(kwargs, to(np.float32)))]
    if integers:
        calls += [
            (rounded, rounded_kwargs),
            (mapped(rounded, to(np.int64)), mapped(rounded_kwargs, to(np.int64))),
        ]
    plain, single, *others = student.answers(name, calls, keep_last=keep_last)
    value = _value(plain, keep_last, first)
    if not has_numbers(value):
        broken(HouseRule.PRECISION, f"`{name}` returns no numbers.")
    if first is not None and not isinstance(_report(plain).value, (tuple, list)):
        broken(HouseRule.PRECISION, f"`{name}` returns one value, expected a tuple.")
    if type(value) is int:
        broken(
            HouseRule.PRECISION,
            f"`{name}` returns a whole number for float64 arguments, expected float64.",
        )
    if dtypes(value) - {"float64"}:
        broken(
            HouseRule.PRECISION,
            f"`{name}` returns {_list(dtypes(value))} for float64 arguments, expected float64.",
        )
    value = _value(single, keep_last, first)
    if dtypes(value) - {"float32"}:
        broken(
            HouseRule.PRECISION,
            f"`{name}` returns {_list(dtypes(value))} for float32 arguments, expected float32.",
            "An array made without a dtype, or a float64 constant array, promotes the result.",
        )
    if not integers:
        return
    as_floats, as_integers = others
    if isinstance(as_integers, StudentError) and as_integers.kind in (
        "raised ValueError",
        "raised TypeError",
    ):
        return
    value = _value(as_integers, keep_last, first)
    if dtypes(value) - {"float64"} and dtypes(outside_dicts(value)) == {"float64"}:
        broken(
            HouseRule.PRECISION,
            f"`{name}` keeps {_list(dtypes(value) - {'float64'})} in the dict that it returns "
            "for integer arguments, expected float64.",
            "The state starts as zeros of floats, even if an argument holds whole numbers.",
        )
    if dtypes(value) - {"float64"}:
        broken(
            HouseRule.PRECISION,
            f"`{name}` returns {_list(dtypes(value))} for integer arguments, expected float64.",
            "Do you compute with whole numbers, or store the result in an array with the "
            "dtype of an integer argument?",
        )
    _compare(
        HouseRule.PRECISION,
        name,
        value,
        _value(as_floats, keep_last, first),
        "integers instead of the same numbers as floats",
    )


def layouts(
    student: Student,
    name: str,
    /,
    *args: Any,
    keep_last: bool = False,
    first: int | None = None,
    **kwargs: Any,
) -> None:
    """Fail unless arrays of other layouts give the same values as plain ones.

    The other layouts are non-contiguous, column-ordered and read-only arrays.

    Args:
        student: the fixture.
        name: of the student's function.
        args, kwargs: its arguments; arrays in them are laid out anew.
        keep_last: whether the last result is a cache; it is not looked at.
        first: how many of the results count, from the first on; all of them if None.

    Raises:
        CheckFailed: a value differs.
        StudentError: a call fails.
    """
    changes = (
        (spread, "a non-contiguous array instead of a copy of it"),
        (fortran, "an array in column order instead of row order"),
        (read_only, "a read-only array instead of one that may be written to"),
    )
    calls = [
        (args, kwargs),
        *((mapped(args, change), mapped(kwargs, change)) for change, _ in changes),
    ]
    plain, *others = student.answers(name, calls, keep_last=keep_last)
    for (_, words), answer in zip(changes, others, strict=True):
        _compare(
            HouseRule.LAYOUT,
            name,
            _value(answer, keep_last, first),
            _value(plain, keep_last, first),
            words,
        )


def own_cache(  # noqa: PLR0913  a forward, a backward, and what each is given
    student: Student,
    forward: str,
    backward: str,
    args: tuple[Any, ...],
    others: tuple[Any, ...],
    dout: np.ndarray,
) -> None:
    """Fail unless the backward follows from the cache that it is given.

    It must not matter what the forward saw since, nor how often the backward is called. Neither may
    write to its arguments.

    Args:
        student: the fixture.
        forward, backward: names of the student's functions.
        args: arguments of the forward; its last result is the cache.
        others: arguments of a forward that runs in between.
        dout: what the backward is given besides the cache.

    Raises:
        CheckFailed: a gradient differs.
        StudentError: a call fails.
    """
    *_, cache = student.forward(forward, *args)
    plain = student.report(backward, dout, cache).value
    *_, cache = student.forward(forward, *mapped(args, read_only))
    student.forward(forward, *others)
    first, second = student.answers(backward, [((read_only(dout), cache), {})] * 2)
    _compare(
        HouseRule.CACHE,
        backward,
        _report(first).value,
        plain,
        f"a cache that is older than the last call of `{forward}`",
    )
    _compare(
        HouseRule.CACHE,
        backward,
        _report(second).value,
        plain,
        "a cache that it has been given before",
    )


def vectorised(  # noqa: PLR0913  options by name, each with a default
    student: Student,
    name: str,
    make_args: Callable[[int], tuple[Any, ...]],
    *,
    sizes: tuple[int, int] = (6, 12),
    keep_last: bool = False,
    of: str = "examples",
) -> None:
    """Fail if more lines run for more examples, or for more of something else.

    Nothing may loop over them in Python.

    Args:
        student: the fixture.
        name: of the student's function.
        make_args: takes a number of examples and returns the function's arguments.
        sizes: the two numbers of examples to try, the smaller one first.
        keep_last: whether the last result is a cache.
        of: what there is more of, for the reason: "examples".

    Raises:
        CheckFailed: more lines run for the larger number, or they cannot be counted.
        StudentError: a call fails.
    """
    few, many = lines(student, name, *(make_args(size) for size in sizes), keep_last=keep_last)
    if many > few:
        broken(
            HouseRule.VECTORISATION,
            f"`{name}` runs {many} lines of your code for {sizes[1]} {of} and {few} for "
            f"{sizes[0]}, expected the same number.",
            f"There is a loop over the {of} in Python. Use one array operation instead.",
        )


def lines(
    student: Student, name: str, /, *calls: tuple[Any, ...], keep_last: bool = False
) -> list[int]:
    """Return how many lines of the student's code each call runs.

    Args:
        student: the fixture.
        name: of the student's function.
        calls: the arguments of each call.
        keep_last: whether the last result is a cache.

    Raises:
        CheckFailed: the lines cannot be counted.
        StudentError: a call fails.
    """
    answers = student.answers(
        name, [(args, {}) for args in calls], keep_last=keep_last, detail=Detail.LINES
    )
    counted = [_report(answer).lines or 0 for answer in answers]
    if max(counted) >= TAMPERED:
        broken(
            HouseRule.VECTORISATION,
            f"The lines of `{name}` cannot be counted: the notebook's code touches the "
            "counter, or moves its work to other threads.",
        )
    return counted


def rejects(
    student: Student,
    name: str,
    /,
    *args: Any,
    mentions: tuple[str | tuple[str, ...], ...] = (),
    **kwargs: Any,
) -> None:
    """Fail unless bad arguments raise a ValueError.

    Call the function with good arguments first: one that always raises does not pass.

    Args:
        student: the fixture.
        name: of the student's function.
        args, kwargs: the bad arguments.
        mentions: words, whole numbers and shapes that the exception's own message must hold; of a
            tuple of them, any.

    Raises:
        CheckFailed: nothing or another exception is raised, or the message lacks one of `mentions`.
        StudentError: the call ends otherwise, for example by a time limit.
    """
    (error,) = student.answers(name, [(args, kwargs)])
    if not isinstance(error, StudentError):
        broken(HouseRule.ERRORS, f"`{name}` accepts an invalid argument, expected a ValueError.")
    if error.kind == "raised NotImplementedError":
        raise error
    if error.kind != "raised ValueError":
        broken(
            HouseRule.ERRORS, f"{error.reason} A ValueError was expected."
        ) if error.kind.startswith(FailureKind.RAISED) else _reraise(error)
    if not student.has_answered(name):
        broken(
            HouseRule.ERRORS,
            f"`{name}` raised an error for every argument so far, so nothing shows that "
            "it distinguishes invalid arguments from valid ones.",
        )
    for mention in mentions:
        if not any(
            names(error.message, one)
            for one in ((mention,) if isinstance(mention, str) else mention)
        ):
            broken(
                HouseRule.ERRORS,
                f"`{name}` raises a ValueError whose message does not name what was given.",
                "Say in the message what you got and what you expected.",
            )


def _reraise(error: StudentError) -> None:
    raise error


def _report(answer: Answer) -> Report:
    if isinstance(answer, StudentError):
        raise answer
    return answer


def _value(answer: Answer, keep_last: bool, first: int | None = None) -> Any:
    value = _report(answer).value
    value = value[:-1] if keep_last else value
    return value[:first] if first is not None and isinstance(value, (tuple, list)) else value


def _list(names: set[str]) -> str:
    return " and ".join(sorted(names))


def _compare(rule: HouseRule, name: str, got: Any, plain: Any, words: str) -> None:
    ours, theirs = arrays(got), arrays(plain)
    if len(ours) != len(theirs):
        broken(rule, f"`{name}` returns something else for {words}.")
    for a, b in zip(ours, theirs, strict=True):
        try:
            close(a, b, name, rtol=1e-6, atol=1e-8)
        except Exception:
            broken(rule, f"`{name}` gives other values for {words}.")
