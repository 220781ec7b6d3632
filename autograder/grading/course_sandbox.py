"""What the sandbox of an assignment is started with.

This module imports little: a command has the sandbox started first, and loads the grader while that
gets warm.
"""

from __future__ import annotations

from contextlib import suppress

from ..core.course import Course
from ..core.errors import UserError
from ..core.limits import load_limits
from ..sandbox.starting import Place, Started, start
from ..sandbox.walls import demanded
from .hidden_data import file_overrides


def place_of(course: Course, name: str, slot: int = 0) -> Place:
    """Return what the sandbox of an assignment is started with.

    Args:
        course: whose limits, demanded walls and helpers count.
        name: the assignment.
        slot: of the worker.

    Raises:
        UserError: limits or walls are not as they can be written.
    """
    return Place(
        load_limits(course, name),
        course.utils,
        slot,
        file_overrides(course.checks(name)),
        demanded(course.pyproject),
        course.work,
    )


def begin(course: Course, name: str, slot: int = 0) -> Started | None:
    """Start the sandbox of an assignment; None where that fails, which the grading tells."""
    with suppress(UserError):
        return start(place_of(course, name, slot))
    return None
