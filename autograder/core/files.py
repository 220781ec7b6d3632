"""Write files as a whole or not at all, and say in one line why a file could not be written."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .course import Course
from .errors import UserError

KEPT = "what was graded is kept: put this right, and run the command again"
_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def plain_disk_errors(course: Course) -> Iterator[None]:
    """Turn what a full disk, or one that may not be written to, raises into one line.

    Raises:
        UserError: something could not be written; the message says what, and why.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _WRITING:
            raise
        raise UserError(
            f"{error.filename or course.work} cannot be written: {error.strerror}; {KEPT}"
        ) from error


def write_whole(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Write a file as a whole or not at all.

    Args:
        path: the file; its folder is made.
        content: what is to stand in it.
        mode: who may read it.

    Raises:
        OSError: it could not be written; what stood there before stands there still.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    try:
        new.unlink(missing_ok=True)  # what an interruption left, or a link that somebody laid there
        with os.fdopen(
            os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb"
        ) as file:
            file.write(
                content if isinstance(content, bytes) else content.encode("utf-8", "replace")
            )
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path, refusal: str) -> Iterator[None]:
    """Hold a file's lock; the kernel lets go of it when this process ends, however it ends.

    Args:
        path: of the file, which is made if it is not there, and says which process holds it.
        refusal: what to say where another process holds it; `{holder}` stands for that process.

    Raises:
        UserError: another process holds it.
    """
    with os.fdopen(
        os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8", errors="replace"
    ) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read(200).strip() or "another process"
            raise UserError(refusal.replace("{holder}", holder)) from None
        file.truncate(0)
        file.write(
            f"process {os.getpid()} on {socket.gethostname()}, since "
            f"{time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime())}"
        )
        file.flush()
        yield
