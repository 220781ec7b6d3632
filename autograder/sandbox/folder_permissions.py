"""Which folders other users can enter: the bare walls hide no names, sizes, owners and times, and a
closed folder does.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from ..core.errors import NoSandbox

OF_A_CLASS = ("submitted", "autograded", "feedback", "replaced", "gradebook.db")


def open_to_others(place: Path) -> bool:
    """Return whether a user who is neither its owner nor in its group can reach what lies in a
    folder.
    """
    return all(folder.stat().st_mode & 0o001 for folder in (place, *place.parents))


def expect_closed(people: Path) -> None:
    """Refuse a class's folder that others can enter, where root runs submissions as another user
    behind the bare walls.

    Args:
        people: the class's folder; one in which no class lies is not looked at.

    Raises:
        NoSandbox: others can enter it; says what to do.
    """
    folder = Path(os.path.realpath(people))
    if (
        os.geteuid() != 0
        or not any((folder / name).exists() for name in OF_A_CLASS)
        or not open_to_others(folder)
    ):
        return
    if any(
        Path(os.path.realpath(prefix)).is_relative_to(folder)
        for prefix in (sys.prefix, sys.base_prefix)
    ):
        do = (
            "it holds Python, which submissions must read; keep the class in a folder of its "
            "own: mkdir -m 700 CLASS, then autograder --course CLASS"
        )
    else:
        do = f"run: chmod o-rwx {shlex.quote(str(folder))}"
    mode = folder.stat().st_mode & 0o777
    raise NoSandbox(
        "the bare walls do not hide that a file exists, its size, owner and time; as "
        "root they expected a class folder that is closed to others, "
        f"got {folder} with mode {mode:03o}. To go on, {do}"
    )
