"""What a result is kept under: digests of all that it depends on.

The hidden checks of a question, and its known mistakes, count for that question alone; everything else counts for all: the
submission's bytes, the seed, the assignment, the limits, what checks share, the grading code and the packages.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from .fingerprint import fingerprint
from .limits import load_limits
from .paths import BANK, CHECKS, PACKAGE, TEMPLATES, Course

# These have no part in a result: what comes before grading, after it, or beside it.
ELSEWHERE = """
    __main__ audit build cache classroom cli cluster comparison feedback fingerprint given handed_in keys leaderboard nbgrader_hooks
    overview pool record results stability standing summary survey tables tryout workfolder
""".split()  # noqa: SIM905
WRITERS = ("classroom.py", "feedback.py", "markup.py", "record.py")  # what makes gradebook, notebooks and pages out of a result
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
        """The questions whose results still hold, where only what belongs to single questions may differ."""
        return frozenset(question for question, digest in other.items() if self.questions.get(question) == digest)


@dataclass(frozen=True)
class Keys:
    """What the results of one assignment depend on, but for the submissions."""

    common: str
    questions: Mapping[str, str]

    def of(self, content: bytes) -> Key:
        """The key of a submission's result."""
        submission = hashlib.blake2b(content, digest_size=20).hexdigest()
        common = digest([self.common, submission])
        return Key(digest([common, sorted(self.questions.items())]), common, self.questions)


def digest(value: object) -> str:
    """A digest of plain data."""
    return hashlib.blake2b(json.dumps(value, sort_keys=True, default=str).encode(), digest_size=20).hexdigest()


def keys(course: Course, name: str, seed: int) -> Keys:
    """The keys of an assignment's results.

    Raises:
        UserError: the course's limits make no sense.
    """
    common: list[tuple[str, str]] = []
    questions: dict[str, list[tuple[str, str]]] = {}
    for path, content in fingerprint(course, name).items():
        owners = _owners(PurePath(path), name)
        if owners is None:
            common.append((path, content))
        for owner in owners or ():
            questions.setdefault(owner, []).append((path, content))
    limits = load_limits(course.pyproject, name).as_dict()
    return Keys(digest([common, limits, seed]), {question: digest(files) for question, files in questions.items()})


def _owners(path: PurePath, name: str) -> Iterable[str] | None:
    """The questions that a file belongs to, nothing if it has no part in a result, and None if all depend on it."""
    package = path.relative_to(PACKAGE.name) if path.parts[0] == PACKAGE.name else None
    if path.name == "pyproject.toml" or (package and package.parts[0].removesuffix(".py") in ELSEWHERE):
        return ()
    folder = {"checks": CHECKS, "bank": BANK}.get(package.parts[0]) if package else None
    if folder is None or path.parent.name != name:
        return None
    named = _NAMED.findall((folder / name / path.name).read_text(encoding="utf-8"))
    return sorted(set(named)) if named and all(named) else None


def written_by(course: Course) -> str:
    """A digest of what makes gradebook, notebooks and pages out of results, the class's own settings included."""
    files = [*(PACKAGE / writer for writer in WRITERS), *sorted(TEMPLATES.iterdir()), course.work / "nbgrader_config.py"]
    return digest([hashlib.blake2b(path.read_bytes()).hexdigest() if path.is_file() else "" for path in files])
