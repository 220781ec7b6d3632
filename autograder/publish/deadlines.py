"""Which assignments are past their deadlines, so that their answers may be given out."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..class_file.model import ClassFile
from ..class_file.reader import read_class
from ..core.course import Course
from ..core.errors import UserError
from ..gradebook.reader import SQLITE
from ..gradebook.writer import gradebook_url, load_config

_DEADLINES = """
SELECT a.name, a.duedate, (
    SELECT MAX(s.extension) FROM submitted_assignment s WHERE s.assignment_id = a.id
) FROM assignment a WHERE a.duedate IS NOT NULL
"""
_EPOCH = datetime(1970, 1, 1)  # nbgrader keeps an extension as that time after it


def past_deadlines(
    course: Course, declared: Collection[str], now: datetime | None = None
) -> frozenset[str]:
    """Return the assignments whose deadlines have passed, the longest extension included.

    Args:
        course: whose gradebook holds the due dates, in UTC.
        declared: assignments that are past, whatever the gradebook says.
        now: an aware time; the present one if None.

    Raises:
        UserError: a declared assignment does not exist, or the gradebook cannot be read.
    """
    for name in declared:
        course.require(name)
    at = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    return frozenset(declared) | {name for name, due in _deadlines(course).items() if due < at}


def _deadlines(course: Course) -> dict[str, datetime]:
    """Return the last moment at which somebody may still submit, by assignment."""
    url = gradebook_url(course, load_config(course))
    settings = read_class(course)
    told = {} if settings is None else {name: _last(settings, name) for name in settings.due}
    try:
        return {name: _time(due) + _length(extension) for name, due, extension in _rows(url)} | told
    except (sqlite3.Error, ValueError) as error:
        raise UserError(f"the due dates in the gradebook cannot be read: {error}") from error


def _last(settings: ClassFile, name: str) -> datetime:
    return settings.due[name] + max(
        (one.get(name, timedelta()) for one in settings.extensions.values()), default=timedelta()
    )


def _rows(url: str) -> list[tuple[str, object, object]]:
    if url.startswith(SQLITE):
        path = Path(url.removeprefix(SQLITE).partition("?")[0])
        if not path.is_file():
            return []
        with closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10)
        ) as connection:
            return list(connection.execute(_DEADLINES))
    from sqlalchemy import create_engine, text  # takes longer to load than all the rest
    from sqlalchemy.exc import SQLAlchemyError

    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(_DEADLINES))]
    except SQLAlchemyError as error:
        raise ValueError(type(error).__name__) from error
    finally:
        engine.dispose()


def _time(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _length(value: object) -> timedelta:
    if value is None:
        return timedelta()
    return value if isinstance(value, timedelta) else _time(value) - _EPOCH
