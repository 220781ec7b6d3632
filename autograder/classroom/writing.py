"""Say in one line why a class's files or its gradebook could not be written."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from nbgrader.api import InvalidEntry
from sqlalchemy.exc import DBAPIError

from ..core.course import Course
from ..core.errors import UserError
from ..core.files import KEPT, plain_disk_errors


@contextmanager
def plain_write_errors(course: Course) -> Iterator[None]:
    """Turn what a full disk or a locked gradebook raises into one line.

    Raises:
        UserError: something could not be written; the message says what, and why.
    """
    logging.getLogger("tornado.application").addFilter(_is_no_rollback)
    try:
        with plain_disk_errors(course):
            yield
    except (DBAPIError, InvalidEntry) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        said = (
            "it is locked by another program, such as formgrader" if "locked" in reason else reason
        )
        raise UserError(
            f"the gradebook of {course.work} cannot be written: {said}; {KEPT}"
        ) from error
    finally:
        logging.getLogger("tornado.application").removeFilter(_is_no_rollback)


def _is_no_rollback(record: logging.LogRecord) -> bool:
    # nbgrader logs a traceback of what it raises as well
    return "Rolling back" not in str(record.msg)
