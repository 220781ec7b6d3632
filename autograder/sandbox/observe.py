"""What is watched while a student's function runs: its lines, the global random state, and what it
hands back of what it was handed. Runs on both sides.
"""

from __future__ import annotations

import random
import sys
import time
import types
from typing import Any

import numpy as np

from .loops import LIBRARIES, Loops

TAMPERED = 10**9  # lines, where the code has turned the counting off
# NumPy's own, whose lines count: they call a function for each row
LOOPING = ("apply_along_axis", "apply_over_axes")
# by a name of its own: the student's code may put something else in its place
_FRAMES = sys._current_frames
OTHERS = 2e-4  # s of processor time that other threads may take: what waits takes less


class LineCount:
    """Counts the lines that run outside libraries, a repeated line as often as it repeats; a
    context manager.

    Attributes:
        lines: how many there were, or TAMPERED.
        elsewhere: whether work was done by other threads, whose lines are not counted.
    """

    def __init__(self, on: bool, loops: Loops | None = None) -> None:
        """`loops` notices what no tracer sees; None where the code is trusted."""
        self.on, self.lines, self.elsewhere = on, 0, False
        self._loops = loops or Loops()

    def __enter__(self) -> LineCount:
        if self.on:
            self._before, self._work = sys.gettrace(), _work()
            self._items, self._threads = self._loops.items, self._loops.threads
            self._alone = _threads() == 1
            sys.settrace(self._enter_frame)
        return self

    def __exit__(self, *exc: object) -> None:
        if self.on:
            tampered = sys.gettrace() != self._enter_frame or self._loops.posing > 0
            sys.settrace(self._before)
            self.lines = TAMPERED if tampered else self.lines + self._loops.items - self._items
            took = _work()[1] - self._work[1] > OTHERS and not (self._alone and _threads() == 1)
            self.elsewhere = took or self._loops.threads > self._threads

    def _enter_frame(self, frame: types.FrameType, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename.startswith(LIBRARIES) and _is_of_its_module(frame):
            if frame.f_code.co_name == "_vectorize_call":
                self.lines += max(map(np.size, frame.f_locals["args"]), default=0)
            return (
                self._on_line
                if frame.f_code.co_name in LOOPING and "numpy" in frame.f_code.co_filename
                else None
            )
        self.lines += 1
        return self._on_line

    def _on_line(self, frame: types.FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            self.lines += 1
        return self._on_line


def _is_of_its_module(frame: types.FrameType) -> bool:
    """Whether the code's names are those of the module that its file was loaded as; a file's name
    alone can be made up.
    """
    name = str(frame.f_globals.get("__name__"))
    module, file = sys.modules.get(name), frame.f_code.co_filename
    if module is None or vars(module) is not frame.f_globals:
        return False
    return getattr(module, "__file__", None) == file or file == f"<frozen {name}>"


def _threads() -> int:
    """How many threads of this process may run Python."""
    return len(_FRAMES())


def _work() -> tuple[float, float]:
    """Processor time of this thread and of all others, s.

    While the kernel counts down a process's time (ITIMER_PROF), the whole advances by ticks, so
    that one thread's own work can look like another's.
    """
    return time.thread_time(), time.process_time() - time.thread_time()


def random_state() -> tuple[Any, ...]:
    """Return the state of the global generators of NumPy and of Python, to be compared."""
    state = np.random.get_state(legacy=True)
    return (
        *(part.tobytes() if isinstance(part, np.ndarray) else part for part in state),
        hash(random.getstate()),
    )


def handed_back(value: Any, arguments: Any) -> list[int]:
    """Return the positions of those results that lie in the memory of an argument; a value that is
    no tuple has position 0.
    """
    given = _arrays(arguments)
    parts = value if type(value) is tuple else (value,)
    return [
        number
        for number, part in enumerate(parts)
        if any(np.may_share_memory(a, b) for a in _arrays(part) for b in given)
    ]


def _arrays(value: Any) -> list[np.ndarray]:
    if isinstance(value, np.ndarray):
        return [value] if value.size else []
    if type(value) in (list, tuple, dict):
        return [
            array
            for item in (value.values() if type(value) is dict else value)
            for array in _arrays(item)
        ]
    return []
