"""The gradient that a student's own forward has, by central differences, and backwards that are
held against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .compare import close, fail
from .difference import difference
from .student import Student


def numeric_gradient(  # noqa: PLR0913  options by name, each with a default
    student: Student,
    name: str,
    args: tuple[Any, ...],
    wrt: int,
    dout: Any,
    *,
    out: Callable[[Any], Any] | None = None,
    keep_last: bool = True,
    h: float = 1e-5,
    flat: bool = False,
) -> np.ndarray:
    """Return the gradient of sum(out · dout) through the student's own forward.

    It is taken by central differences, in one batch of calls.

    Args:
        student: the fixture.
        name: of the student's function.
        args: its arguments, float64; small ones, since each entry costs two calls.
        wrt: the position of the argument to differentiate by.
        dout: upstream gradient, of the output's shape; 1.0 where the output is a number.
        out: takes the part to differentiate from the function's value; the value itself if None.
        keep_last: whether the function's last result is a cache.
        h: step.
        flat: whether a right answer's gradient may be zero everywhere.

    Raises:
        CheckFailed: the output is of another shape or not finite, or it is the same everywhere and
            `flat` is not set.
        StudentError: a call fails.
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
        if not isinstance(part, (np.ndarray, np.generic, float, int)) or np.shape(part) != np.shape(
            dout
        ):
            fail(
                f"`{name}` gives a value of shape "
                f"{np.shape(part) if isinstance(part, np.ndarray) else 'none'}, expected "
                f"{np.shape(dout)}."
            )
        losses.append(float(np.sum(np.asarray(part, dtype=np.float64) * dout)))
    pairs = np.array(losses).reshape(-1, 2)
    gradient: np.ndarray = ((pairs[:, 0] - pairs[:, 1]) / (2 * h)).reshape(x.shape)
    if not np.isfinite(gradient).all():  # or a backward full of nan would agree with it
        fail(
            f"`{name}` gives nan or inf for plain arguments, so that its gradient cannot be "
            "measured."
        )
    if not (flat or gradient.any()):
        fail(
            f"`{name}` gives the same wherever its argument number {wrt + 1} is moved, so "
            "that it has no gradient to agree with."
        )
    return gradient


@dataclass(frozen=True)
class OwnForward:
    """A call of the student's own forward, by which a gradient can be measured.

    Attributes:
        student: the fixture.
        name: of the student's function, whose last result is a cache.
        args: its arguments, float64.
        wrt: the position of the argument to differentiate by.
        dout: upstream gradient, of the output's shape.
        h: step of the differences.
    """

    student: Student
    name: str
    args: tuple[Any, ...]
    wrt: int
    dout: np.ndarray
    h: float = 1e-5


def close_to_own(  # noqa: PLR0913  options by name, each with a default
    got: Any,
    want: np.ndarray,
    name: str,
    forward: OwnForward,
    *,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    hint: str = "",
    instead: Mapping[str, Any] | None = None,
) -> None:
    """Fail unless a gradient is the right one, or that of the student's own forward.

    A mistake in the forward is paid for there: a backward that is right for that very forward
    keeps its points.

    Args:
        got: the student's gradient; anything.
        want: the right gradient, an array.
        name: what it is called in the question, for the reason: "dx".
        forward: a call of the forward that the gradient belongs to.
        rtol, atol, hint, instead: as `compare.close` takes them.

    Raises:
        CheckFailed: it is neither.
        StudentError: a call of the forward fails.
    """
    if difference(got, want, rtol=rtol, atol=atol) is None:
        return
    own = numeric_gradient(
        forward.student,
        forward.name,
        forward.args,
        forward.wrt,
        forward.dout,
        h=forward.h,
        flat=True,
    )
    if np.any(own) and difference(got, own, rtol=max(rtol, 2e-6), atol=max(atol, 1e-8)) is None:
        return
    close(got, want, name, rtol=rtol, atol=atol, hint=hint, instead=instead)
