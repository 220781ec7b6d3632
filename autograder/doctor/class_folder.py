"""What `autograder doctor` looks at in the course and the class's folder. No look changes
anything.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from ..authoring.stale_builds import is_stale
from ..core.course import Course, not_left_out
from ..core.errors import UserError
from ..core.limits import load_limits
from .result import BAD, WARNING, DoctorCheck

GB = 1 << 30
NEEDED = (
    "alembic",
    "numpy",
    "matplotlib",
    "ipython",
    "nbgrader",
    "nbconvert",
    "msgpack",
    "pytest",
    "rich",
    "mistune",
    "latex2mathml",
)


def look_at_packages(lock: Path) -> DoctorCheck:
    """Hold what is installed against the lock file."""
    if not lock.is_file():
        return DoctorCheck(
            "packages",
            f"no {lock.name}",
            WARNING,
            "What is installed cannot be held against it.",
            "Take the course's folder as a whole. In a course of your own, "
            f"`pip freeze > {lock.name}` keeps what its marks were tested with.",
        )
    other, missing, count = [], [], 0
    for requirement in _locked(lock):
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            missing.append(requirement.name)
            continue
        count += 1
        if not requirement.specifier.contains(version, prereleases=True):
            other.append(
                f"{requirement.name} {version} instead of "
                f"{str(requirement.specifier).removeprefix('==')}"
            )
    do = f"pip install --require-hashes -r {lock.name}"
    if gone := [name for name in missing if name in NEEDED]:
        return DoctorCheck(
            "packages", f"missing: {', '.join(gone)}", BAD, "Grading needs them.", do
        )
    if other or missing:
        said = [
            *other[:4],
            *(["and more"] if len(other) > 4 else []),
            *([f"missing: {', '.join(missing[:6])}"] if missing else []),
        ]
        return DoctorCheck(
            "packages",
            "; ".join(said),
            WARNING,
            "Marks were tested with the locked versions only.",
            do,
        )
    return DoctorCheck("packages", f"{count} as in {lock.name}")


def _locked(lock: Path) -> Iterator[Requirement]:
    for line in lock.read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.startswith((" ", "#")):
            requirement = Requirement(line.rstrip("\\ "))
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement


def look_at_gradebook(course: Course, url: str) -> DoctorCheck:
    """Whether the gradebook can be written, without writing to it."""
    if not url.startswith("sqlite"):
        return DoctorCheck("gradebook", "on a server, by nbgrader_config.py; not looked at here")
    path = course.gradebook
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        return DoctorCheck(
            "gradebook",
            f"{path} cannot be written",
            BAD,
            "No marks could be recorded.",
            "Grade as its owner, or in a folder of your own.",
        )
    if not path.exists():
        return DoctorCheck("gradebook", "none yet; it will be made")
    try:
        with closing(
            sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=0.2, isolation_level=None)
        ) as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        means = "Another program is writing to it. Grading waits two minutes for it."
        return DoctorCheck(
            "gradebook",
            f"{path}: {error}",
            WARNING,
            means,
            "End what is writing, if it does not end by itself.",
        )
    except sqlite3.DatabaseError as error:
        return DoctorCheck(
            "gradebook",
            f"{path}: {error}",
            BAD,
            "It is no database.",
            "Put it aside; bring back a copy, or grade anew.",
        )
    return DoctorCheck("gradebook", f"{path}, can be written")


def look_at_hand_outs(ignored: Sequence[str] | None) -> DoctorCheck:
    """Whether nbgrader's own commands leave out what staff keep of an assignment.

    Args:
        ignored: the setting of the class, or None if it has none.
    """
    lacking = not_left_out(ignored) if ignored is not None else []
    if not lacking:
        return DoctorCheck("hand-outs", "nbgrader leaves out what is for staff")
    means = (
        "nbgrader would copy these folders of an assignment to students; its commands "
        "refuse to run."
    )
    do = (
        "In nbgrader_config.py, add to the list c.CourseDirectory.ignore that configure() "
        "made, and do not replace it."
    )
    return DoctorCheck(
        "hand-outs", f"c.CourseDirectory.ignore lacks {', '.join(lacking)}", WARNING, means, do
    )


def look_at_disk(course: Course) -> DoctorCheck:
    free = shutil.disk_usage(course.work).free
    found = f"{free / GB:.1f} GB free in {course.work}"
    if free < GB / 10:
        return DoctorCheck(
            "disk", found, BAD, "The gradebook and the feedback would not fit.", "Make room."
        )
    means = "A class of a thousand with pictures in its notebooks may need more."
    return (
        DoctorCheck("disk", found)
        if free >= GB
        else DoctorCheck("disk", found, WARNING, means, "Make room.")
    )


def look_at_course(course: Course) -> DoctorCheck:
    """Whether all assignments are built and the limits can be read."""
    try:
        names = course.assignments()
        # all of them, or a mistake would show on the evening when that one is graded
        for name in ("", *names):
            load_limits(course, name)
    except (UserError, OSError) as problem:
        return DoctorCheck(
            "course", str(problem), BAD, "Nothing can be graded by it.", "Fix what it names."
        )
    left = [
        name
        for name in names
        if not (course.source_notebook(name).is_file() and course.release_notebook(name).is_file())
    ]
    if left:
        return DoctorCheck(
            "course",
            f"not built: {', '.join(left)}",
            WARNING,
            "These cannot be graded.",
            f"autograder build {' '.join(left)}",
        )
    if old := [name for name in names if is_stale(course, name)]:
        means = "What is graded is what was built before the text form was edited."
        return DoctorCheck(
            "course",
            f"the text form is newer than the notebook: {', '.join(old)}",
            WARNING,
            means,
            f"autograder build {' '.join(old)}",
        )
    return DoctorCheck("course", f"{len(names)} assignments, all built; limits as they should be")
