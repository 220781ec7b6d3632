"""Write what students are given for one assignment, as a folder and as a zip, or refuse it by
name.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core.assignment import load_assignment
from ..core.course import Course
from ..core.errors import UserError
from ..core.released_texts import remember
from ..core.settings import settings
from .code import code_in
from .contents import Contents, contents
from .leaks import find_leaks, unfinished_regions

_TIME = (1980, 1, 1, 0, 0, 0)  # the same files make the same zip


@dataclass(frozen=True)
class PublishedPackage:
    """Where a hand-out lies, and what is in it."""

    folder: Path
    archive: Path
    contents: Contents


def publish(course: Course, name: str, past: Collection[str], target: Path) -> PublishedPackage:
    """Write `target/NN-name/` and `target/NN-name.zip`; nothing is written if anything is refused.

    Args:
        name: the assignment.
        past: assignments whose deadlines have passed: only their answers may be handed out.
        target: the folder to write into.

    Raises:
        UserError: something in it would give an answer away; the message names each file and
            function.
    """
    found = contents(course, course.require(name), past)
    refuse_leaks(course, [name], past, found.files)
    remember(course, name)  # `build` has done so, unless it was an older one
    return PublishedPackage(*write_package(course, name, found, target), found)


def refuse_leaks(
    course: Course, names: Collection[str], past: Collection[str], files: Mapping[str, bytes]
) -> None:
    """Refuse files that would give away an answer which is not due yet.

    Args:
        names: the assignments that are handed out.
        past: assignments whose deadlines have passed.
        files: content by path of all that is handed out.

    Raises:
        UserError: the message names each file and function.
    """
    undue = [name for name in course.assignments() if name not in past]
    problems = [str(leak) for leak in find_leaks(course, undue, code_in(files))]
    for name in names:
        if name in undue:
            marked = unfinished_regions(load_assignment(course, name).cells)
            where = f"release/{name}/{name}.ipynb"
            problems += [f"{where}, cell {ident}: holds what marks a solution" for ident in marked]
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise UserError(
            f"{', '.join(names)}: not published, since these would give answers away before they"
            f" are due:\n{listed}\n"
            "If a deadline has passed that the gradebook does not know, say so: --past NN-name"
        )


def write_package(course: Course, name: str, found: Contents, target: Path) -> tuple[Path, Path]:
    """Write an assignment's files as a folder and as a zip, and return where both are."""
    """Write an assignment's files as a folder and as a zip, and return where they are."""
    target.mkdir(parents=True, exist_ok=True)
    folder, archive = target / name, target / f"{name}.zip"
    top = _name(course)
    with tempfile.TemporaryDirectory(dir=target, prefix=".publish-") as made:
        fresh, packed = Path(made) / name, Path(made) / archive.name
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
            for path, content in sorted(found.files.items()):
                place = fresh / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
                entry = zipfile.ZipInfo(f"{top}/{path}", _TIME)
                entry.external_attr = 0o644 << 16
                zipped.writestr(entry, content, zipfile.ZIP_DEFLATED)
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
        packed.replace(archive)
    return folder, archive


def _name(course: Course) -> str:
    """Return the folder that the zip makes, the same for every assignment of a course."""
    return str(settings(course.pyproject).get("course") or course.root.resolve().name)
