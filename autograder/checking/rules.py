"""What holds in every question, checked by one machinery: purity, precision, layout, vectorisation, clear errors, gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import StudentError
from ..sandbox.observe import TAMPERED
from ..sandbox.wire import Kept
from .compare import close, fail
from .student import Student
from .transport import Answer, Report

Change = Callable[[np.ndarray], np.ndarray]


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
    """The value of a call that leaves its arguments alone, raises no warning and draws no global random number.

    Args:
        writes: positions or names of arguments that may be written to.
        new: positions of results that must be new arrays; of a single result, 0.
    """
    report = student.report(name, *args, keep_last=keep_last, **kwargs)
    for position, before in enumerate(args):
        if position not in writes and position < len(report.args) and not _same(before, report.args[position]):
            fail(
                f"`{name}` changes its argument number {position + 1}, which belongs to the caller.",
                "Look for in-place operations, or for a view that is written to.",
            )
    for key, before in kwargs.items():
        if key not in writes and not _same(before, report.kwargs.get(key)):
            fail(
                f"`{name}` changes its argument `{key}`, which belongs to the caller.",
                "Look for in-place operations, or for a view that is written to.",
            )
    if report.warnings:
        fail(
            f"`{name}` raises a warning: {report.warnings[0].partition(':')[0]}.",
            "A warning here means a division by zero, an overflow or an invalid value on the way.",
        )
    if report.touched_random:
        fail(f"`{name}` changes the global random state.", "Draw only from the generator that is passed in.")
    if set(new) & set(report.handed_back):
        fail(
            f"`{name}` gives back an array that it was given, or a view of one.",
            "A new array is promised; whoever writes to it must not change yours.",
        )
    return report.value


def floats(student: Student, name: str, /, *args: Any, integers: bool = True, keep_last: bool = False, **kwargs: Any) -> None:
    """float32 gives float32, float64 gives float64, and integers give float64 or a ValueError or TypeError."""
    whole, whole_kwargs = _mapped(args, _whole), _mapped(kwargs, _whole)
    calls = [(args, kwargs), (_mapped(args, _to(np.float32)), _mapped(kwargs, _to(np.float32)))]
    if integers:
        calls += [(whole, whole_kwargs), (_mapped(whole, _to(np.int64)), _mapped(whole_kwargs, _to(np.int64)))]
    plain, single, *others = student.answers(name, calls, keep_last=keep_last)
    value = _value(plain, keep_last)
    if not _has_numbers(value):
        fail(f"`{name}` returns no numbers.")
    if _dtypes(value) - {"float64"}:
        fail(f"`{name}` returns {_list(_dtypes(value))} for float64 arguments, where float64 was expected.")
    value = _value(single, keep_last)
    if _dtypes(value) - {"float32"}:
        fail(
            f"`{name}` returns {_list(_dtypes(value))} for float32 arguments, where float32 was expected.",
            "An array made without a dtype, or a float64 constant array, promotes the result.",
        )
    if not integers:
        return
    as_floats, as_integers = others
    if isinstance(as_integers, StudentError) and as_integers.kind in ("raised ValueError", "raised TypeError"):
        return
    value = _value(as_integers, keep_last)
    if _dtypes(value) - {"float64"}:
        fail(
            f"`{name}` returns {_list(_dtypes(value))} for integer arguments, where float64 was expected.",
            "Does the answer stay whole, or is it put into an array that is made like an argument of whole numbers?",
        )
    _compare(name, value, _value(as_floats, keep_last), "integers instead of the same numbers as floats")


def layouts(student: Student, name: str, /, *args: Any, keep_last: bool = False, **kwargs: Any) -> None:
    """Non-contiguous and read-only inputs give the same values as plain ones."""
    changes = (
        (_spread, "a non-contiguous array instead of a copy of it"),
        (_fortran, "an array in column order instead of row order"),
        (_read_only, "a read-only array instead of one that may be written to"),
    )
    calls = [(args, kwargs), *((_mapped(args, change), _mapped(kwargs, change)) for change, _ in changes)]
    plain, *others = student.answers(name, calls, keep_last=keep_last)
    for (_, words), answer in zip(changes, others, strict=True):
        _compare(name, _value(answer, keep_last), _value(plain, keep_last), words)


def vectorised(
    student: Student, name: str, make_args: Callable[[int], tuple[Any, ...]], sizes: tuple[int, int] = (6, 12), keep_last: bool = False
) -> None:
    """No more lines run when there are more examples: nothing loops over them in Python."""
    answers = student.answers(name, [(make_args(size), {}) for size in sizes], keep_last=keep_last, full=True)
    few, many = (_report(answer).lines for answer in answers)
    if many >= TAMPERED:
        fail(
            f"The lines of `{name}` cannot be counted: the notebook's code reaches for what counts them, or leaves its work to other threads."
        )
    if many > few:
        fail(
            f"`{name}` runs {many} lines of your code for {sizes[1]} examples and {few} for {sizes[0]}, where the same number was expected.",
            "Something loops over the examples in Python; let one array operation do it.",
        )


def rejects(student: Student, name: str, /, *args: Any, mentions: tuple[str, ...] = (), **kwargs: Any) -> None:
    """Bad arguments raise a ValueError; that its message names what was given is checked where `mentions` says so."""
    try:
        student.report(name, *args, **kwargs)
    except StudentError as error:
        if error.kind == "raised NotImplementedError":
            raise
        if error.kind != "raised ValueError":
            fail(f"{error.reason} A ValueError was expected.") if error.kind.startswith("raised") else _reraise(error)
        if not student.has_answered(name):
            fail(f"`{name}` has raised an error for every argument so far, so that nothing shows that it tells bad ones from good.")
        for mention in mentions:
            if mention not in error.reason:
                fail(
                    f"`{name}` raises a ValueError whose message does not name what was given.",
                    "Say in the message what you got and what you expected.",
                )
        return
    fail(f"`{name}` takes an argument that makes no sense, where a ValueError was expected.")


def numeric_gradient(
    student: Student,
    name: str,
    args: tuple[Any, ...],
    wrt: int,
    dout: Any,
    out: Callable[[Any], Any] | None = None,
    keep_last: bool = True,
    h: float = 1e-5,
    flat: bool = False,
) -> np.ndarray:
    """The central-difference gradient of sum(out · dout) through the student's own forward, in one batch.

    Args:
        args: the arguments, float64.
        wrt: the position of the argument to differentiate by.
        dout: upstream gradient, of the output's shape.
        out: takes the part to differentiate from the function's value; the value itself if None.
        keep_last: whether the function's last result is a cache.
        h: step.
        flat: whether a right answer's gradient may be zero everywhere.
    """
    x = np.array(args[wrt], dtype=np.float64)
    arguments = []
    for index in np.ndindex(x.shape):
        for step in (h, -h):
            moved = x.copy()
            moved[index] += step
            arguments.append((*args[:wrt], moved, *args[wrt + 1 :]))
    values = student.batch(name, arguments, keep_last=keep_last)
    losses = []
    for value in values:
        part = value if out is None else out(value)
        if not isinstance(part, (np.ndarray, np.generic, float, int)) or np.shape(part) != np.shape(dout):
            fail(
                f"`{name}` gives a value of shape {np.shape(part) if isinstance(part, np.ndarray) else 'none'}, where {np.shape(dout)} was expected."
            )
        losses.append(float(np.sum(np.asarray(part, dtype=np.float64) * dout)))
    pairs = np.array(losses).reshape(-1, 2)
    gradient: np.ndarray = ((pairs[:, 0] - pairs[:, 1]) / (2 * h)).reshape(x.shape)
    if not np.isfinite(gradient).all():  # or a backward full of nan would agree with it
        fail(f"`{name}` gives nan or inf for plain arguments, so that its gradient cannot be measured.")
    if not (flat or gradient.any()):
        fail(f"`{name}` gives the same wherever its argument number {wrt + 1} is moved, so that it has no gradient to agree with.")
    return gradient


def _reraise(error: StudentError) -> None:
    raise error


def _report(answer: Answer) -> Report:
    if isinstance(answer, StudentError):
        raise answer
    return answer


def _value(answer: Answer, keep_last: bool) -> Any:
    value = _report(answer).value
    return value[:-1] if keep_last else value


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, np.ndarray):
        return (
            isinstance(after, np.ndarray)
            and before.dtype == after.dtype
            and before.shape == after.shape
            and before.tobytes() == after.tobytes()
        )
    if isinstance(before, (list, tuple)):
        return isinstance(after, (list, tuple)) and len(before) == len(after) and all(map(_same, before, after))
    if isinstance(before, dict):
        return isinstance(after, dict) and before.keys() == after.keys() and all(_same(value, after[key]) for key, value in before.items())
    if isinstance(before, (Kept, np.random.Generator)) or callable(before):
        return True
    return bool(before == after) or before != before


def _mapped(value: Any, change: Change) -> Any:
    """The same structure, with every array of floats changed."""
    if isinstance(value, np.ndarray):
        return change(value) if value.dtype.kind == "f" else value
    if isinstance(value, (list, tuple)):
        return type(value)(_mapped(item, change) for item in value)
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    return value


def _to(dtype: Any) -> Change:
    return lambda array: array.astype(dtype)


def _whole(array: np.ndarray) -> np.ndarray:
    return np.round(3 * array)


def _fortran(array: np.ndarray) -> np.ndarray:
    return np.asfortranarray(array)


def _read_only(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.setflags(write=False)
    return array


def _spread(array: np.ndarray) -> np.ndarray:
    if array.ndim == 0:
        return array
    wide = np.full((*array.shape[:-1], 2 * array.shape[-1]), 7.5, dtype=array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def _arrays(value: Any) -> list[Any]:
    if isinstance(value, (np.ndarray, np.generic)):
        return [value]
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in _arrays(item)]
    if isinstance(value, dict):
        return [array for item in value.values() for array in _arrays(item)]
    return []


def _has_numbers(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_has_numbers, value))
    if isinstance(value, dict):
        return any(map(_has_numbers, value.values()))
    return isinstance(value, (np.ndarray, np.generic, int, float)) and not isinstance(value, bool)


def _dtypes(value: Any) -> set[str]:
    return {str(array.dtype) for array in _arrays(value) if array.dtype.kind not in "b"}


def _list(names: set[str]) -> str:
    return " and ".join(sorted(names))


def _compare(name: str, got: Any, plain: Any, words: str) -> None:
    ours, theirs = _arrays(got), _arrays(plain)
    if len(ours) != len(theirs):
        fail(f"`{name}` returns something else for {words}.")
    for a, b in zip(ours, theirs, strict=True):
        try:
            close(a, b, name, rtol=1e-6, atol=1e-8)
        except Exception:
            fail(f"`{name}` gives other values for {words}.")
