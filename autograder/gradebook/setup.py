"""What of nbgrader is replaced, each with its reason: the version of a new gradebook, and who may
read that.

nbgrader calls the command `alembic` to ask which version a new gradebook has. That takes two
seconds and needs the command on the PATH, which only an activated environment has. The same library
answers in this process. And nbgrader lets every user read the gradebook.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

import nbgrader.api
import nbgrader.dbutil
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from ..core.messages import loggers_kept

OWNER = 0o600
GROUP = 0o660


def prepare() -> None:
    """Replace functions of nbgrader in this process; a second call changes nothing."""
    nbgrader.api.get_alembic_version = newest_version
    nbgrader.dbutil.upgrade = upgrade
    opening = nbgrader.api.Gradebook.__init__
    if not hasattr(opening, "__wrapped__"):
        nbgrader.api.Gradebook.__init__ = _guarded(opening)


def newest_version() -> str:
    """Return the version of nbgrader's tables, as its migrations name it."""
    return str(ScriptDirectory(nbgrader.dbutil.ALEMBIC_DIR).get_current_head())


def upgrade(db_url: str, revision: str = "head") -> None:
    """Bring a gradebook's tables to a version, as nbgrader's own function does, in this process."""
    # nbgrader's migrations configure logging as for a program of their own
    with nbgrader.dbutil._temp_alembic_ini(db_url) as ini, loggers_kept():
        command.upgrade(AlembicConfig(ini), revision)


def keep_private(db_url: str) -> None:
    """Make sure that only the owner may read a gradebook in a file; SQLite gives its journals the
    same rights.

    A new one is made as an empty file, which SQLite takes for an empty database. In a folder that a
    group shares (setgid and writable for the group, as nbgrader's option `groupshared` asks for),
    the group may read and write as well.
    """
    path = file_of(db_url)
    if path is None or not path.parent.is_dir():
        return
    folder = path.parent.stat().st_mode
    most = GROUP if folder & stat.S_ISGID and folder & stat.S_IWGRP else OWNER
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER)
        os.fchmod(descriptor, most)  # whatever the umask
        os.close(descriptor)
    with suppress(OSError):  # it is another user's, who alone may change it
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & ~most:
            path.chmod(mode & most)


def file_of(db_url: str) -> Path | None:
    """Return the file of a gradebook, or None where it lies on a server or in memory."""
    try:
        place = make_url(db_url)
    except ArgumentError:  # opening it says so
        return None
    if place.get_backend_name() != "sqlite" or not place.database or place.database == ":memory:":
        return None
    return Path(place.database)


def _guarded(opening: Any) -> Any:
    @wraps(opening)
    def guarded(self: Any, db_url: str, *args: Any, **options: Any) -> None:
        keep_private(db_url)
        opening(self, db_url, *args, **options)

    return guarded
