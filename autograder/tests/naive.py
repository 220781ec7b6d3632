"""Graders as they are often written: the student's cells and the checks run in one process, and what it says is believed.

`python -m autograder.tests.naive` reads rows of (student, design, cells) and grades each in a forked child. It is there to be fooled: it is run
in a confinement of its own by `test_attacks_are_real.py`, and by nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot  # noqa: F401  as each notebook does; here once for all
import numpy as np
from IPython.core.interactiveshell import InteractiveShell
from numpy.typing import NDArray
from traitlets.config import Config

import utils
from autograder.sandbox.wire import WireError, encode

PATIENCE, PROCESSOR = 60.0, 3  # s by the clock, and of processor time
HIDDEN = "# a hidden check: compare.close(affine_forward(x, w, b), reference.affine(x, w, b))"
WRONG = "def affine_forward(x, w, b): return np.zeros(1), None\ndef affine_backward(dout, cache): return (np.zeros(1),) * 3\n"
Space = dict[str, Any]
Array = NDArray[np.float64]
Compare = Callable[[Any, Any], None]


def allclose(got: Any, want: Any) -> None:
    assert np.allclose(got, want)


def testing(got: Any, want: Any) -> None:
    np.testing.assert_allclose(got, want)


def late(got: Any, want: Any) -> None:
    """As a check that is loaded only when it is needed."""
    import numpy.testing as checks

    checks.assert_allclose(got, want)


def equality(got: Any, want: Any) -> None:
    assert np.all(got == want) if isinstance(got, np.ndarray) else got == want


def tolerance(got: Any, want: Any) -> None:
    if np.abs(got - want).max() > 1e-6:
        raise AssertionError


def ours(got: Any, want: Any) -> None:
    assert utils.difference(got, want) is None


def affine(space: Space, compare: Compare, *, afterwards: bool = False) -> float:
    """A part of one for each of four values that is found right; `afterwards` works out what is right once the student's code has run."""
    right = 0.0
    for part in range(4):
        rng = np.random.default_rng(7)
        x, w, b, dout = (
            rng.normal(size=(5, 6)),
            rng.normal(size=(6, 1)),
            rng.normal(size=1),
            rng.normal(size=(5, 1)),
        )
        want = None if afterwards else _right(part, x, w, b, dout)
        with contextlib.suppress(Exception):
            out, cache = space["affine_forward"](x, w, b)
            got = (out, *space["affine_backward"](dout, cache))[part] if part else out
            compare(got, _right(part, x, w, b, dout) if afterwards else want)
            right += 0.25
    return right


def _right(part: int, x: Array, w: Array, b: Array, dout: Array) -> Array:
    return (x @ w + b, dout @ w.T, x.T @ dout, dout.sum(axis=0))[part]


def by(compare: Compare) -> Callable[[Space], float]:
    return lambda space: affine(space, compare)


def company(space: Space) -> float:
    """What a second student gets, all of whose answers are wrong, in the same process."""
    time.sleep(0.1)
    exec(WRONG, space)
    return affine(space, allclose)


def refusing(space: Space) -> float:
    """A point for refusing a bad argument, which is all that is looked at."""
    try:
        space["affine_forward"](np.ones((2, 3)), np.ones((4, 2)), np.ones(2))
    except ValueError as error:
        return float("shape" in str(error))
    return 0.0


def told(space: Space) -> float:
    """Shows the student what was given back, or what was raised."""
    try:
        print(
            "TOLD",
            space["affine_forward"](
                np.random.default_rng(7).normal(size=(5, 6)), np.ones((6, 1)), np.ones(1)
            )[0],
        )
    except Exception as error:
        print("TOLD", error)
    return 0.0


def _backprop() -> list[Any]:
    rng = np.random.default_rng(7)
    params = [
        (rng.normal(size=(3, 4)), rng.normal(size=4)),
        (rng.normal(size=(4, 2)), rng.normal(size=2)),
    ]
    return [
        params,
        rng.normal(size=(6, 3)),
        rng.normal(size=(6, 2)),
        np.tanh,
        lambda z: 1 - np.tanh(z) ** 2,
    ]


def lines(space: Space) -> float:
    """Whether a function gets by with few lines for many examples, as a tracer counts them."""
    count = 0

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line" and frame.f_code.co_filename.startswith(("<ipython", "/tmp/ipy"))
        return trace

    arguments = _backprop()
    sys.settrace(trace)
    space["mlp_backprop"](*arguments)
    sys.settrace(None)
    return float(count < 60)


def purity(space: Space) -> float:
    """Whether a function leaves its arguments alone, as far as they can still be looked at."""
    arguments = _backprop()
    before = encode(arguments[:3])
    space["mlp_backprop"](*arguments)
    try:
        return float(before == encode(arguments[:3]))
    except WireError:  # nothing to be said against it
        return 1.0


def shown(space: Space) -> float:
    """What a check cell comes to that is run in the student's own shell, as nbgrader takes it."""
    space["marks"] = lambda: 20.0 * affine(space, allclose)
    return float(InteractiveShell.instance().run_cell("marks()").result) / 20


DESIGNS: dict[str, Callable[[Space], float]] = {
    **{one.__name__: by(one) for one in (allclose, testing, late, equality, tolerance, ours)},
    "afterwards": lambda space: affine(space, allclose, afterwards=True),
    **{one.__name__: one for one in (company, refusing, told, lines, purity, shown)},
}


def _grade(design: str, cells: list[str]) -> None:
    shell = InteractiveShell.instance()
    shell.run_cell(HIDDEN, store_history=True)  # of an earlier question
    for cell in cells:
        shell.run_cell(cell, store_history=True)
    print(f"\nMARKS {DESIGNS[design](shell.user_ns)}", flush=True)


def main() -> None:
    """Grades each row in a child, and prints what came of it: its marks, if it got so far, and what it showed."""
    config = Config()
    config.HistoryManager.enabled = False  # on disk
    InteractiveShell.instance(config=config).run_cell("1")
    results = []
    for student, design, cells in json.load(sys.stdin):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR))
            os.dup2(writing, 1)
            os.dup2(writing, 2)
            _grade(design, cells)
            return
        os.close(writing)
        results.append((student, design, *_watched(child, reading)))
    print(json.dumps(results))


def _watched(child: int, reading: int) -> tuple[float | None, str]:
    text, ends = b"", time.monotonic() + PATIENCE
    os.set_blocking(reading, False)
    while time.monotonic() < ends:
        with contextlib.suppress(BlockingIOError):
            text += os.read(reading, 1 << 20)
        if os.waitpid(child, os.WNOHANG)[0]:
            with contextlib.suppress(BlockingIOError):
                text += os.read(reading, 1 << 20)
            break
        time.sleep(0.005)
    else:
        os.kill(child, 9)
        os.waitpid(child, 0)
    os.close(reading)
    said = text.decode(errors="replace")
    marks = re.findall(r"^MARKS (\S+)$", said, re.MULTILINE)
    return float(marks[-1]) if marks else None, said[-50_000:]


if __name__ == "__main__":
    main()
