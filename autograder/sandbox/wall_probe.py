"""A try of the walls by a process that has them, thrown away afterwards; each start of a sandbox
begins with one. Runs inside the sandbox.
"""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import sys
from collections.abc import Callable
from typing import Any

from .channel import Channel

CLONE_NEWUSER = 0x10000000
_libc = ctypes.CDLL(None, use_errno=True)


def probe_walls(
    shell: Any, outputs: Any, descriptor: int, settings: dict[str, Any], limits: dict[str, Any]
) -> None:
    """Answer the request that comes over the channel at `descriptor` with the names of the walls
    that do not hold; `shell` and `outputs` are a submission's.
    """
    channel = Channel(socket.socket(fileno=descriptor), settings["max_frame"])
    outside = channel.receive()["outside"]
    fallen = [name for name, attempt in _attempts(outside, limits).items() if not _denied(attempt)]
    channel.send({"op": "done", "fallen": fallen})


def _attempts(outside: str, limits: dict[str, Any]) -> dict[str, Callable[[], object]]:
    attempts: dict[str, Callable[[], object]] = {
        "no other processes": _fork,
        # EACCES, EISDIR: it was tried
        "no programs": lambda: _called(_libc.execve(b"/", None, None), 13, 21),
        "no namespaces": lambda: _called(_libc.unshare(CLONE_NEWUSER)),
        "no network": socket.socket,
        "no files of the course": lambda: open(outside, "rb").close(),
        "nothing written outside": lambda: os.close(
            os.open(os.path.join(sys.prefix, "of-a-test"), os.O_WRONLY | os.O_CREAT)
        ),
        "the system unread or read-only": lambda: os.close(
            os.open("/usr/of-a-test", os.O_WRONLY | os.O_CREAT)
        ),
        "no signals": lambda: os.kill(1 if os.getpid() != 1 else 2, 0),
        "no list of processes": lambda: os.listdir("/proc/self"),
        "limits": lambda: resource.setrlimit(
            resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        ),
        "no way up": lambda: os.setuid(0),
        "disk bounded": lambda: _make(limits["files"] + 1),
    }
    return attempts


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _make(files: int) -> None:
    for number in range(files):
        os.close(os.open(str(number), os.O_WRONLY | os.O_CREAT))


def _called(result: int, *tried: int) -> None:
    """Raise what the last call in C was denied with; an error of `tried` comes after the door."""
    if result < 0 and (error := ctypes.get_errno()) not in tried:
        raise OSError(error, os.strerror(error))


def _denied(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (OSError, ValueError):  # setrlimit says so with a ValueError
        return True
    return False
