"""A folder for one sandbox without namespaces: what is shown in it, and the box for its
submissions' files.

It is locked while its grader lives. What a killed grader left is removed by the next start.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from . import bwrap

PREFIX = "autograder-walls-"
LOCK = "lock"


class Stage:
    """The folder; a context manager that removes it."""

    def __init__(self) -> None:
        _remove_left()
        parent = Path(tempfile.gettempdir())
        made = Path(tempfile.mkdtemp(prefix=".autograder-", dir=parent))
        self._lock = os.open(made / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.folder = made.rename(parent / f"{PREFIX}{made.name.removeprefix('.autograder-')}")
        self.folder.chmod(0o755)

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def _remove_left() -> None:
    """Remove the folders of this user's graders that have ended without doing so."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.lstat().st_uid != os.geteuid() or folder.is_symlink():
                continue
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def show(folder: Path, inside: Path, utils: Path) -> list[str]:
    """Copy into a folder what every sandbox shows of the course; return the two folders for
    Python's path.

    Args:
        inside: the folder of the modules that run inside.
        utils: the course's package for notebooks, which need not be there.
    """
    (folder / "course").mkdir(parents=True)
    for source, target in (
        (inside, folder / "grader" / "sandbox"),
        (utils, folder / "course" / "utils"),
    ):
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    (folder / "mpl").mkdir()
    if cache := bwrap.font_cache():
        shutil.copyfile(cache, folder / "mpl" / cache.name)
    # the grader's files may be closed to others, and a submission may run as another
    for where, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(where, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() else 0o644)
    return [str(folder / "grader"), str(folder / "course")]


@dataclass(frozen=True)
class Granted:
    """What is granted of the machine: files and folders to be read, and folders whose names alone
    may be listed.
    """

    readable: tuple[Path, ...]
    listed: tuple[Path, ...] = ()

    def without(self, hidden: Path) -> Granted:
        """Return the same but for a path: where it lies in a folder, that folder's other entries
        are granted one by one.
        """
        readable: list[Path] = []
        listed = list(self.listed)
        for place in self.readable:
            if not hidden.is_relative_to(place):
                readable.append(place)
                continue
            spine = [
                place,
                *reversed(
                    [
                        parent
                        for parent in hidden.parents
                        if parent != place and parent.is_relative_to(place)
                    ]
                ),
            ]
            for folder, kept in zip(spine, [*spine[1:], hidden], strict=True):
                if hidden != place:
                    listed.append(folder)
                    readable += [entry for entry in sorted(folder.iterdir()) if entry != kept]
        return Granted(tuple(readable), tuple(listed))


def farm(folder: Path, top: Path, replaced: Mapping[Path, bytes]) -> None:
    """Make a folder that shows what another does by links, but for the files below it that have
    other content here.
    """
    folder.mkdir()
    branches = {path.relative_to(top).parts[0] for path in replaced}
    for entry in sorted(top.iterdir()):
        below = {path: content for path, content in replaced.items() if path.is_relative_to(entry)}
        if entry.name not in branches:
            (folder / entry.name).symlink_to(entry)
        elif entry in replaced:
            (folder / entry.name).write_bytes(replaced[entry])
        else:
            farm(folder / entry.name, entry, below)
