"""The clock over one cell or call. Student code beside it may stop it; the trusted side has a clock
of its own. Runs inside the sandbox.
"""

from __future__ import annotations

import signal
import types
from collections.abc import Iterator
from contextlib import contextmanager

from .shell import LimitReached


class Alarm:
    """Raises `LimitReached` where the code is, but not in the middle of a frame."""

    def __init__(self) -> None:
        self._holding = False
        self._struck: str | None = None
        for number in (signal.SIGALRM, signal.SIGPROF):
            signal.signal(number, self._strike)

    def _strike(self, number: int, frame: types.FrameType | None) -> None:
        self._struck = "time" if number == signal.SIGALRM else "cpu"
        if not self._holding:
            self._raise()

    def _raise(self) -> None:
        struck, self._struck = self._struck, None
        if struck:
            raise LimitReached(struck)

    @contextmanager
    def limit(self, wall: float, cpu: float) -> Iterator[None]:
        """Set the clock, in seconds by the wall and of processor time."""
        self._struck = None
        signal.setitimer(signal.ITIMER_REAL, wall)
        signal.setitimer(signal.ITIMER_PROF, cpu)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.setitimer(signal.ITIMER_PROF, 0)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Put off an alarm until a frame has crossed: half of one would stay in the pipe."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        self._raise()
