"""The three sets of walls, which of them this machine can put up, and the choice. None is no
choice.

A set of walls that is asked for by name is taken or refused. Otherwise it is the first that can
stand here: a start that fails for any other reason is an error, and never a reason to take weaker
walls.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
from functools import cache
from pathlib import Path

from ..core.errors import NoSandbox, UserError
from ..core.results import DEMANDED, Walls
from ..core.settings import settings
from . import landlock, system_calls
from .bwrap import INSTALL, NAMESPACES, sandbox_uid

# linux/capability.h
CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID, SYS_CHROOT = 0, 1, 3, 5, 6, 7, 18
FOR_A_USER = {  # of its own, whose files are emptied by root
    CHOWN: "CHOWN",
    DAC_OVERRIDE: "DAC_OVERRIDE",
    FOWNER: "FOWNER",
    KILL: "KILL",
    SETGID: "SETGID",
    SETUID: "SETUID",
}
FOR_A_ROOM = {**FOR_A_USER, SYS_CHROOT: "SYS_CHROOT"}
PROBE = (
    *NAMESPACES,
    "--ro-bind",
    "/",
    "/",
    "--dev",
    "/dev",
    "--tmpfs",
    "/tmp",
    "true",
)
LANDLOCK_SINCE = (5, 13)
GVISOR = "#1 SMP Sun Jan 10 15:06:54 PST 2016"  # what every release of it calls its kernel
OTHER_FILTER = "take Docker 23 or later, or run it with --security-opt seccomp=unconfined"
# In what bubblewrap says where the kernel or the container denies it something, or hides /proc from
# it; "loopback": root may make a network of its own, and lacks NET_ADMIN to set it up.
DENIED = ("not permitted", "ermission", "namespace", " /proc/", "loopback")
# and where it might stand soon
PASSING = ("temporarily", "Too many open files", "Cannot allocate memory")


def demanded(pyproject: Path) -> Walls | None:
    """Return the walls that the command (`--walls`) or else the course asks for: `walls` under
    `[tool.autograder]` of its `pyproject.toml`.

    Raises:
        UserError: there are none of that name, or the file is not TOML.
    """
    asked, where = os.environ.get(DEMANDED), "--walls"
    if not asked:
        asked, where = settings(pyproject).get("walls"), f"{pyproject}, [tool.autograder]"
    if asked in (None, ""):
        return None
    if asked not in list(Walls):
        raise UserError(
            f"expected walls to be one of {', '.join(Walls)}, got {asked!r} (in {where}); "
            "nothing is ever run without walls"
        )
    return Walls(asked)


def chosen(asked: Walls | None) -> Walls:
    """Return the walls to put up.

    Raises:
        NoSandbox: those that were asked for, or else all three, cannot stand here; says why each
            cannot, and what helps.
    """
    refusals = {}
    for walls in (asked,) if asked else Walls:
        refusals[walls] = refusal(walls)
        if not refusals[walls]:
            return walls
    if str(sys.platform) != "linux":
        raise NoSandbox(refusals[next(iter(refusals))])
    lines = [f"{walls}: {why}" for walls, why in refusals.items()]
    raise NoSandbox(
        "student code cannot be kept apart from this machine, so it is not run. "
        f"{f'The walls {asked} were asked for' if asked else 'One of these must stand'}:\n  "
        + "\n  ".join(lines)
    )


def refusal(walls: Walls) -> str:
    """Why these walls cannot stand here and what helps, or the empty string."""
    if str(sys.platform) != "linux":
        system = {"darwin": "macOS", "win32": "Windows"}.get(str(sys.platform), str(sys.platform))
        here = "in WSL 2" if system == "Windows" else "in a virtual machine with Linux"
        return (
            f"expected Linux, got {system}. Grade on a Linux server, in a Linux container, or "
            f"{here}; authors can build and test here"
        )
    return {Walls.NAMESPACES: _no_namespaces, Walls.ROOM: _no_room, Walls.BARE: _no_bare}[walls]()


def _no_namespaces() -> str:
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return f"bubblewrap (bwrap) is not on the PATH. Install it with: {INSTALL}"
    return _probed(bwrap)


@cache
def _probed(bwrap: str) -> str:
    """Why this bubblewrap is denied namespaces, or the empty string; asked once in a process.

    Raises:
        NoSandbox: it failed for another reason, which is none to take weaker walls.
    """
    try:
        done = subprocess.run(
            [bwrap, *PROBE],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoSandbox(f"bubblewrap could not be tried: {error}") from error
    if done.returncode == 0:
        return ""
    if not any(word in done.stderr for word in DENIED) or any(
        word in done.stderr for word in PASSING
    ):
        raise NoSandbox(
            "bubblewrap could not be tried: "
            f"{done.stderr.strip()[-300:] or f'it ended with code {done.returncode}'}"
        )
    return f"bubblewrap cannot make namespaces: {done.stderr.strip()[-300:]}"


def _no_room() -> str:
    if os.geteuid() != 0:
        return (
            "expected to run as root, which can give a submission another root folder and "
            f"user id, got user {os.geteuid()}. In a container, start it as root"
        )
    held = capabilities()
    gone = [name for number, name in FOR_A_ROOM.items() if not held >> number & 1]
    if gone:
        return (
            f"root lacks the capabilit{'ies' if len(gone) > 1 else 'y'} {', '.join(gone)}, "
            f"which Docker's default gives (--cap-add {gone[0]})"
        )
    return _no_filter()


def _no_bare() -> str:
    try:
        landlock.version()
    except OSError as error:
        return no_landlock(error.errno or 0, platform.release(), platform.version())
    return _no_filter()


def no_landlock(answer: int, release: str, version: str) -> str:
    """Why there is no Landlock and what helps, by what the kernel answered and calls itself (`uname
    -r`, `uname -v`).
    """
    if answer == errno.EOPNOTSUPP:
        return (
            f"Landlock was switched off when Linux {release} was started: set the boot parameter "
            "lsm= to landlock, followed by the names in /sys/kernel/security/lsm "
            "(lsm=landlock,lockdown,yama, say), and restart the machine"
        )
    if answer == errno.EPERM:
        return f"a filter of this container denies Landlock: {OTHER_FILTER}"
    if version == GVISOR or "gvisor" in release:
        return (
            "expected Linux's own kernel, got gVisor, which has no Landlock: take another "
            "runtime (docker run --runtime=runc; in Kubernetes, a pod without the RuntimeClass "
            "gvisor)"
        )
    if tuple(int(part) for part in re.findall(r"\d+", release)[:2]) < LANDLOCK_SINCE:
        since = ".".join(map(str, LANDLOCK_SINCE))
        return (
            f"Landlock is missing: expected Linux {since} or later, got {release}. Grade on a "
            "machine with a newer kernel; a container has the kernel of its host"
        )
    return (
        f"Landlock is missing, though this is Linux {release}: it was built without "
        "(expected CONFIG_SECURITY_LANDLOCK=y), "
        f"or a container's filter answers for it: {OTHER_FILTER}"
    )


def _no_filter() -> str:
    if platform.machine() != system_calls.MACHINE:
        return (
            f"expected a processor of kind {system_calls.MACHINE}, for which there is a table "
            f"of system calls, got {platform.machine()}. Allow bubblewrap its namespaces, or "
            f"grade on {system_calls.MACHINE}"
        )
    return ""


def capabilities() -> int:
    """Return this process's effective capabilities, as bits; asked of the kernel, since /proc may
    be masked.
    """
    held = ctypes.create_string_buffer(24)
    if ctypes.CDLL(None).capget(struct.pack("=Ii", 0x20080522, 0), held) != 0:
        return 0
    low, _, _, high, _, _ = struct.unpack("=6I", held.raw)
    return int(low | high << 32)


def user_for(slot: int) -> int | None:
    """Return the user id for submissions of a worker's slot: one of its own where this process may
    take it, else None.
    """
    held = capabilities() if sandbox_uid(slot) is not None else 0
    may = all(held >> number & 1 for number in FOR_A_USER)
    return sandbox_uid(slot) if may else None
