"""How a sandbox is started that has neither namespaces nor a root of its own: Landlock and the
filter of system calls keep it in.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ..core.course import PACKAGE
from . import bwrap, stage
from .folder_permissions import open_to_others
from .launch import NO_SHARED_MEMORY, Launch

SYSTEM = (
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/fonts",
    "/usr/share/zoneinfo",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/fonts",
    "/etc/localtime",
)
# of where Python lies: a course may lie in the same folder, and settings of Jupyter's
OF_A_PREFIX = (
    "lib",
    "lib64",
    "pyvenv.cfg",
    "share/fonts",
    "share/zoneinfo",
    "etc/fonts",
)
DEVICES = ("/dev/urandom", "/dev/zero")
PASSABLE = ("/dev/null",)


def launch(  # noqa: PLR0913  the same for room and bare, which are taken for one another
    folder: Path,
    control_fd: int,
    uid: int | None,
    max_frame: int,
    inside: Path,
    utils: Path,
    file_overrides: Mapping[Path, bytes],
) -> Launch:
    """Return the command of a sandbox.

    Args:
        folder: its stage.
        control_fd: the descriptor of the control socket.
        uid: another user id for submissions, or None; not taken where that user could not read
            Python.
        max_frame: bytes in the largest message.
        inside: the folder of the modules that run inside.
        utils: the course's package for notebooks.
        file_overrides: files of the Python environment that have other content inside.
    """
    shown, box = folder / "shown", folder / "box"
    path = stage.show(shown, inside, utils)
    box.mkdir(mode=0o700)
    prefixes = [Path(os.path.realpath(prefix)) for prefix in (sys.prefix, sys.base_prefix)]
    uid = user_that_reads(folder, uid)
    shared = [
        Path(os.path.realpath(one)) for one in (*_of(prefixes), *map(Path, SYSTEM)) if one.exists()
    ]
    granted = stage.Granted(tuple(dict.fromkeys(shared)))
    for hidden in (PACKAGE, utils.parent, *file_overrides):
        granted = granted.without(Path(os.path.realpath(hidden)))
    settings = {
        "walls": "bare",
        "uid": uid,
        "max_frame": max_frame,
        "path": path,
        "box": str(box),
        "parent": os.getpid(),
        "moved": _replace(shown, file_overrides),
        "readable": [str(shown), *map(str, granted.readable), *DEVICES],
        "listed": [*map(str, granted.listed)],
        "passable": [*PASSABLE],
        "landlock_needed": True,
    }
    command = [
        sys.executable,
        "-I",
        "-B",
        str(shown / "grader" / "sandbox" / "bootstrap.py"),
        str(control_fd),
    ]
    return Launch(
        command,
        settings,
        bwrap.environment(str(box / "work"), str(shown / "mpl"), str(box / "ipython"))
        | NO_SHARED_MEMORY,
    )


def user_that_reads(folder: Path, uid: int | None) -> int | None:
    """Return the user id for submissions, or None if that user could not read Python and a
    folder.
    """
    prefixes = (Path(os.path.realpath(prefix)) for prefix in (sys.prefix, sys.base_prefix))
    return uid if all(map(open_to_others, (*prefixes, folder))) else None


def _of(prefixes: list[Path]) -> list[Path]:
    return [prefix / name for prefix in prefixes for name in OF_A_PREFIX]


def _replace(shown: Path, file_overrides: Mapping[Path, bytes]) -> dict[str, str]:
    """Show other content of some files of the environment; return which folders of Python's path
    are to be read elsewhere.
    """
    moved = {}
    for number, entry in enumerate(dict.fromkeys(sys.path)):  # a farm takes long: one for each
        below = {
            path: content
            for path, content in file_overrides.items()
            if entry and path.is_relative_to(entry)
        }
        if below:
            target = shown / f"moved-{number}"
            stage.farm(target, Path(entry), below)
            moved[entry] = str(target)
    return moved
