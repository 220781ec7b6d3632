"""What a result depends on besides the submission and the seed: the files of the project, and the
versions of the packages.

Two machines whose fingerprints are equal give equal marks.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..core.course import PACKAGE, Course
from ..core.released_texts import former_texts
from ..core.roots import PROJECT

PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "scikit-image",
    "matplotlib",
    "matplotlib-inline",
    "ipython",
    "msgpack",
    "pytest",
    "nbgrader",
)
# that make pages
PAGE_PACKAGES = ("Jinja2", "MarkupSafe", "latex2mathml", "mistune", "Pygments")
# folders of the code that results come from
GRADING = ("checking", "code_changes", "core", "grading", "sandbox", "workers")


def fingerprint(course: Course, name: str) -> dict[str, str]:
    """Digests by file and versions by package, of all that the grading of an assignment depends
    on.
    """
    found = {
        "Python": platform.python_version(),
        **versions(PACKAGES),
    }
    for path in sorted(set(_files(course, name))):
        root = course.root if path.is_relative_to(course.root) else PROJECT
        found[str(path.relative_to(root))] = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    if former := former_texts(course, name):  # texts that are still current change no result
        path = course.released_texts(name).relative_to(course.root)
        found[str(path)] = hashlib.sha256(repr(former).encode()).hexdigest()[:16]
    return found


def differences(ours: dict[str, str], theirs: dict[str, str]) -> list[str]:
    """Return what differs, in words; no content of a file."""
    return [
        _difference(key, ours.get(key), theirs.get(key))
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key) != theirs.get(key)
    ]


def _difference(key: str, ours: str | None, theirs: str | None) -> str:
    if "/" in key or "." in key:
        return (
            f"{key} is {'missing' if theirs is None else 'not here' if ours is None else 'another'}"
        )
    return f"{key} is {theirs}, here {ours}"


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the version of each package."""
    return {package: _version(package) for package in packages}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _files(course: Course, name: str) -> Iterator[Path]:
    for folder in (
        *(PACKAGE / part for part in GRADING),
        course.checks(name),
        course.mistakes(name),
    ):
        yield from folder.rglob("*.py")
    yield from (course.source_notebook(name), course.release_notebook(name))
    yield from (
        path
        for path in course.utils.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and "tests" not in path.parts
    )
    yield from (
        path
        for path in (course.given(name), course.pyproject, course.mistakes(name) / "places.toml")
        if path.is_file()
    )
