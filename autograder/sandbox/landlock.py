"""Which files a process may reach, by the kernel's Landlock: what is not granted here is denied.
Runs inside the sandbox.

A set of rules is made once and taken by each submission's process, for good. It is laid on what
file names lead to, so it holds behind links.
What an older kernel cannot deny is denied by the filter of system calls: sizes by name (before
version 3), sockets, signals.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Sequence
from contextlib import suppress

CREATE, ADD, RESTRICT = 444, 445, 446  # the same numbers on every processor
VERSION, PATH_BENEATH = 1, 1
WRITE, READ, READ_DIR, REMOVE_DIR, REMOVE, MAKE_DIR, MAKE_FILE, TRUNCATE = (
    1 << bit for bit in (1, 2, 3, 4, 5, 7, 8, 14)
)
OF_FILES = {1: 13, 2: 14, 3: 15, 5: 16}  # how many rights on files there are, from which version on
NETWORK, SCOPES = 0b11, 0b11  # TCP from version 4; signals and abstract sockets from version 6

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Return Landlock's version.

    Raises:
        OSError: ENOSYS without it, EOPNOTSUPP where it was left out at boot, EPERM where a filter
            denies the question.
    """
    return _call(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION))


def rules(
    readable: Sequence[str],
    listed: Sequence[str],
    passable: Sequence[str],
    box: str | None,
    known: int,
) -> int:
    """Return the descriptor of a set of rules.

    Args:
        readable: files and folders whose contents may be read; those that are missing are passed
            over.
        listed: folders whose names may be listed, and those in all that is below.
        passable: devices that may also be written to.
        box: the folder in which files may be made, written and removed, or None.
        known: Landlock's version.
    """
    every = (
        1
        << next(count for since, count in sorted(OF_FILES.items(), reverse=True) if known >= since)
    ) - 1
    attributes = struct.pack("=QQQ", every, NETWORK, SCOPES)[
        : 8 if known < 4 else 16 if known < 6 else 24
    ]
    made = _call(CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    grants = [
        *((path, READ | READ_DIR) for path in readable),
        *((path, READ_DIR) for path in listed),
    ]
    grants += [*((path, READ | WRITE | TRUNCATE) for path in passable)]
    if box is not None:
        grants.append(
            (box, READ | READ_DIR | WRITE | TRUNCATE | MAKE_FILE | MAKE_DIR | REMOVE | REMOVE_DIR)
        )
    for path, rights in grants:
        with suppress(FileNotFoundError):
            _grant(made, path, rights & every)
    return made


def _grant(made: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= READ | WRITE | TRUNCATE
        _call(
            ADD,
            ctypes.c_int(made),
            ctypes.c_int(PATH_BENEATH),
            struct.pack("=Qi", rights, place),
            ctypes.c_uint32(0),
        )
    finally:
        os.close(place)


def restrict(made: int) -> None:
    """Lay a set of rules on this process, for good; it must have given up new privileges before."""
    _call(RESTRICT, ctypes.c_int(made), ctypes.c_uint32(0))


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"Landlock: {os.strerror(error)}")
    return result
