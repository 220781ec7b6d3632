"""What a result is kept under: digests of all that it depends on.

The hidden checks of a question, and its known mistakes, count for that question alone; everything
else counts for all: the submission's bytes, the seed, the assignment, the limits, what checks
share, the grading code and the packages.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from ..core.course import CHECKS, MISTAKES, PACKAGE, TEMPLATES, Course
from ..core.limits import load_limits
from ..core.roots import PROJECT
from .fingerprint import PAGE_PACKAGES, fingerprint, versions

# folders of what makes gradebook, notebooks and pages out of a result
WRITERS = (
    "class_file",
    "classroom",
    "core",
    "feedback",
    "gradebook",
)
_NAMED = re.compile(r"@(?:\w+\.)?(?:check|mistake|variant)\(\s*(?:[\"']([A-Za-z0-9_]+)[\"'])?")


@dataclass(frozen=True)
class Key:
    """What one submission's result is kept under.

    Attributes:
        whole: a digest of everything.
        common: of everything but what belongs to single questions.
        questions: by question, of what belongs to it.
    """

    whole: str
    common: str
    questions: Mapping[str, str]

    def alike(self, other: Mapping[str, str]) -> frozenset[str]:
        """Return the questions whose results still hold, where only what belongs to single
        questions may differ.
        """
        return frozenset(
            question for question, digest in other.items() if self.questions.get(question) == digest
        )


@dataclass(frozen=True)
class Keys:
    """What the results of one assignment depend on, but for the submissions.

    Attributes:
        common: a digest of what counts for all questions.
        questions: by question, of what counts for it alone.
        stamps: size and time of each file, by which a change during the grading shows.
    """

    common: str
    questions: Mapping[str, str]
    stamps: Mapping[Path, str]

    def still_hold(self) -> bool:
        """Whether no file has changed since: what was graded by then was graded with what the keys
        say.
        """
        return all(stamp(path) == seen for path, seen in self.stamps.items())

    def of(self, content: bytes) -> Key:
        """Return the key of a submission's result."""
        submission = hashlib.blake2b(content, digest_size=20).hexdigest()
        common = digest([self.common, submission])
        return Key(digest([common, sorted(self.questions.items())]), common, self.questions)


def digest(value: object) -> str:
    """Return a digest of plain data."""
    return hashlib.blake2b(
        json.dumps(value, sort_keys=True, default=str).encode(), digest_size=20
    ).hexdigest()


def keys(course: Course, name: str, seed: int) -> Keys:
    """Return the keys of an assignment's results.

    Raises:
        UserError: the course's limits make no sense.
    """
    common: list[tuple[str, str]] = []
    questions: dict[str, list[tuple[str, str]]] = {}
    found = fingerprint(course, name)
    files = [root / path for path in found for root in (course.root, PROJECT)]
    stamps = {
        path: stamp(path)
        for path in (course.checks(name), course.mistakes(name), *files)
        if path.exists()
    }
    for path, content in found.items():
        owners = _owners(course, PurePath(path))
        if owners is None:
            common.append((path, content))
        for owner in owners or ():
            questions.setdefault(owner, []).append((path, content))
    limits = load_limits(course, name).as_dict()
    return Keys(
        digest([common, limits, seed]),
        {question: digest(files) for question, files in questions.items()},
        stamps,
    )


def stamp(path: Path) -> str:
    """Size and time of a file, by which a change shows, or a folder's modules; empty if it is not
    there.
    """
    if path.is_dir():  # not its time: Python puts its own files into it
        return " ".join(sorted(one.name for one in path.glob("*.py")))
    try:
        found = path.lstat()
    except OSError:
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"


def _owners(course: Course, path: PurePath) -> Iterable[str] | None:
    """Return the questions that a file belongs to, nothing if it has no part in a result, and None
    if all depend on it.
    """
    if (
        path.parts[0] == PACKAGE.name
        or path.parent.name not in (CHECKS, MISTAKES)
        or path.suffix != ".py"
    ):
        return () if path.name == "pyproject.toml" else None  # the limits count by themselves
    named = _NAMED.findall((course.root / path).read_text(encoding="utf-8"))
    return sorted(set(named)) if named and all(named) else None


def pages_made_by() -> str:
    """Return a digest of the code, templates and packages that make pages out of graded notebooks
    and what the gradebook holds.
    """
    files = [*_writers(), *sorted(TEMPLATES.iterdir())]
    return digest([versions(PAGE_PACKAGES), _contents(files)])


def written_by(course: Course) -> str:
    """Return a digest of what makes gradebook, notebooks and pages out of results, the class's own
    settings included.
    """
    files = [
        *_writers(),
        *sorted(TEMPLATES.iterdir()),
        course.work / "nbgrader_config.py",
        course.class_file,
        course.roster,
    ]
    if course.class_file.is_file():  # free days that one assignment uses are lacking for the next
        files += sorted(course.submitted.glob("*/*/timestamp.txt"))
    return digest(_contents(files))


def _writers() -> list[Path]:
    return [path for writer in WRITERS for path in sorted((PACKAGE / writer).rglob("*.py"))]


def _contents(files: Iterable[Path]) -> list[str]:
    return [
        hashlib.blake2b(path.read_bytes()).hexdigest() if path.is_file() else "" for path in files
    ]
