"""Bounds how much work the diagnosis does, by counted calls: what it finds must not depend on how
fast the machine is.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from ...core.errors import OutOfWork

# calls of functions that one replayed call may make, Python's and NumPy's alike; most make less
# than 100
CALL = 40_000
QUESTION = 2_000_000  # and all of one question of one student


class Allowance:
    """Counts the calls that are made within `with`, and ends the block by `OutOfWork` when there
    were too many.

    Attributes:
        left: how many calls may still be made.
        spent: whether the last block was ended.
    """

    def __init__(self, total: int = QUESTION) -> None:
        self.left, self.spent = total, False
        self._here = 0

    def __enter__(self) -> Allowance:
        self._here, self.spent = min(CALL, self.left), False
        self._before = sys.getprofile()
        sys.setprofile(self._count)
        return self

    def take(self, work: int) -> bool:
        """Charge work that was done before, and return whether it was within what one call may
        do.
        """
        within = work <= min(CALL, self.left)
        self.left -= min(work, CALL, self.left)
        return within

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> bool:
        sys.setprofile(self._before)
        self.left -= min(CALL, self.left) - max(self._here, 0)
        self.spent = kind is OutOfWork
        return self.spent

    def _count(self, frame: FrameType, event: str, arg: Any) -> None:
        if event in ("call", "c_call"):
            self._here -= 1
            if self._here < 0:
                raise OutOfWork
