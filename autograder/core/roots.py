"""Find the root of a course: the folder that holds its source/, release/ and nbgrader_config.py."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import UserError

ROOT = "AUTOGRADER_ROOT"  # the variable that names it
# of a checkout: its course, which is taken where no other is named or found
PROJECT = Path(__file__).resolve().parent.parent.parent
EXPECTED = "expected a course (a folder with source/ and nbgrader_config.py)"


def find_root(*starts: Path) -> Path:
    """Return the root of the course: what `$AUTOGRADER_ROOT` says, else the first above a starting
    folder, else the checkout.

    Args:
        starts: folders to look in, and above, one after the other; the working folder if none.

    Raises:
        UserError: the variable names no course, or there is none to be found.
    """
    if named := os.environ.get(ROOT):
        return named_root(Path(named), f"${ROOT}")
    for start in starts or (Path.cwd(),):
        for folder in (start.resolve(), *start.resolve().parents):
            if is_root(folder):
                return folder
    if is_root(PROJECT):
        return PROJECT
    looked = " and ".join(str(start) for start in starts or (Path.cwd(),))
    raise UserError(f"{EXPECTED} in or above {looked}; name one by --root DIR or ${ROOT}")


def named_root(folder: Path, by: str) -> Path:
    """Return the root that a person has named.

    Raises:
        UserError: it is no course.
    """
    if not is_root(folder):
        raise UserError(f"{by}: {EXPECTED}, got {folder}")
    return folder.resolve()


def is_root(folder: Path) -> bool:
    """Return whether a folder is a course's root: it has assignments, or is configured and has the
    place for them.
    """
    source = folder / "source"
    configured = (folder / "nbgrader_config.py").is_file()
    return source.is_dir() and (
        configured or any(path.stem == path.parent.name for path in source.glob("*/*.py"))
    )
