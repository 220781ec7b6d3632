"""What the authors of hidden checks write with: `from autograder.checking import check, compare,
fail, numeric_gradient, rules`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ..core.errors import CheckFailed, StudentError
from . import compare, rules, updates
from .compare import fail
from .gradient import OwnForward, close_to_own, numeric_gradient


def check(
    question: str, *, points: float, needs: str | tuple[str, ...] = ()
) -> Callable[[Any], Any]:
    """Mark a test as a check of a question; its docstring is the sentence that the student reads.

    Args:
        question: the question's id, such as "affine".
        points: what the check is worth, at least 0; a question's checks add up to its points.
        needs: names of checks in the same file; where one of them is not passed, this one
            is not tried.
    """
    return pytest.mark.check(
        question, points=points, needs=(needs,) if isinstance(needs, str) else needs
    )


__all__ = [
    "CheckFailed",
    "OwnForward",
    "StudentError",
    "check",
    "close_to_own",
    "compare",
    "fail",
    "numeric_gradient",
    "rules",
    "updates",
]
