"""What is watched while a student's function runs: its lines, and the global random state. Runs on both sides."""

from __future__ import annotations

import random
import sys
import types
from typing import Any

import numpy as np

TAMPERED = 10**9  # lines, where the code has turned the counting off
LIBRARIES = ("<frozen", "<__array_function__", "/grader/", "/course/", sys.prefix, sys.base_prefix)


class LineCount:
    """Counts the lines that run outside libraries, a repeated line as often as it repeats; a context manager."""

    def __init__(self, on: bool) -> None:
        self.on, self.lines = on, 0

    def __enter__(self) -> LineCount:
        if self.on:
            self._before = sys.gettrace()
            sys.settrace(self._enter_frame)
        return self

    def __exit__(self, *exc: object) -> None:
        if self.on:
            if sys.gettrace() != self._enter_frame:
                self.lines = TAMPERED
            sys.settrace(self._before)

    def _enter_frame(self, frame: types.FrameType, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename.startswith(LIBRARIES) and _is_of_a_module(frame):
            return None
        self.lines += 1
        return self._on_line

    def _on_line(self, frame: types.FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            self.lines += 1
        return self._on_line


def _is_of_a_module(frame: types.FrameType) -> bool:
    """Whether the code's names are a loaded module's own; a file name can be made up."""
    module = sys.modules.get(str(frame.f_globals.get("__name__")))
    return frame.f_code.co_filename.startswith("<") or (module is not None and vars(module) is frame.f_globals)


def random_state() -> tuple[Any, ...]:
    """The state of the global generators of NumPy and of Python, to be compared."""
    state = np.random.get_state(legacy=True)
    return (*(part.tobytes() if isinstance(part, np.ndarray) else part for part in state), hash(random.getstate()))
