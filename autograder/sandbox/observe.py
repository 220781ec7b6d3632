"""What is watched while a student's function runs: its lines, the global random state, and what it hands back of what it was handed. Runs on both sides."""

from __future__ import annotations

import random
import sys
import time
import types
from typing import Any

import numpy as np

TAMPERED = 10**9  # lines, where the code has turned the counting off
LIBRARIES = ("<frozen", "<__array_function__", "/grader/", "/course/", sys.prefix, sys.base_prefix)


class LineCount:
    """Counts the lines that run outside libraries, a repeated line as often as it repeats; a context manager.

    Attributes:
        lines: how many there were, or TAMPERED.
        elsewhere: whether most of the work was done by other threads, whose lines are not counted.
    """

    def __init__(self, on: bool) -> None:
        self.on, self.lines, self.elsewhere = on, 0, False

    def __enter__(self) -> LineCount:
        if self.on:
            self._before, self._work = sys.gettrace(), _work()
            sys.settrace(self._enter_frame)
        return self

    def __exit__(self, *exc: object) -> None:
        if self.on:
            if sys.gettrace() != self._enter_frame:
                self.lines = TAMPERED
            sys.settrace(self._before)
            ours, others = (after - before for after, before in zip(_work(), self._work, strict=True))
            self.elsewhere = others > ours

    def _enter_frame(self, frame: types.FrameType, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename.startswith(LIBRARIES) and _is_of_its_module(frame):
            return None
        self.lines += 1
        return self._on_line

    def _on_line(self, frame: types.FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            self.lines += 1
        return self._on_line


def _is_of_its_module(frame: types.FrameType) -> bool:
    """Whether the code's names are those of the module that its file was loaded as; a file's name alone can be made up."""
    name = str(frame.f_globals.get("__name__"))
    module, file = sys.modules.get(name), frame.f_code.co_filename
    if module is None or vars(module) is not frame.f_globals:
        return False
    return getattr(module, "__file__", None) == file or file == f"<frozen {name}>"


def _work() -> tuple[float, float]:
    """Processor time of this thread and of all others, s."""
    return time.thread_time(), time.process_time() - time.thread_time()


def random_state() -> tuple[Any, ...]:
    """The state of the global generators of NumPy and of Python, to be compared."""
    state = np.random.get_state(legacy=True)
    return (*(part.tobytes() if isinstance(part, np.ndarray) else part for part in state), hash(random.getstate()))


def handed_back(value: Any, arguments: Any) -> list[int]:
    """The positions of those results that lie in the memory of an argument; a value that is no tuple has position 0."""
    given = _arrays(arguments)
    parts = value if type(value) is tuple else (value,)
    return [number for number, part in enumerate(parts) if any(np.may_share_memory(a, b) for a in _arrays(part) for b in given)]


def _arrays(value: Any) -> list[np.ndarray]:
    if isinstance(value, np.ndarray):
        return [value] if value.size else []
    if type(value) in (list, tuple, dict):
        return [array for item in (value.values() if type(value) is dict else value) for array in _arrays(item)]
    return []
