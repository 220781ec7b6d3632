"""Whose a file in an upload is, by the path that the learning platform gave it.

Moodle    `Ann Lee_12345_assignsubmission_file_/05-optimizers.ipynb`: the number is another one for each assignment, so the name is the student's id.
Canvas    `leeann_LATE_12345_67890_05-optimizers.ipynb`: the first number is the person's for good, the second grows with every upload.
folders   `ann-lee/05-optimizers.ipynb`, perhaps within one folder that holds them all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..core.errors import UserError
from ..core.student_ids import student_id

MOODLE = re.compile(r"(?P<student>[^/]+)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?:/.+|[^/]*)", re.ASCII)
CANVAS = re.compile(r"(?P<student>[^/_]+)_(?P<late>LATE_)?(?P<number>\d+)_(?P<attempt>\d+)_(?P<file>[^/]+)", re.ASCII)
FOLDERS = re.compile(r"(?P<student>[^/]+)/.+")
_MARK = re.compile(r"_\d+_assignsubmission_", re.ASCII)
_NAMELESS = (
    "participant",
    "teilnehmer/in",
    "teilnehmer",
    "participante",
    "participant·e",
)  # of Moodle, where names are hidden from who grades
WRAPPERS = ("submitted", "submissions")


@dataclass(frozen=True)
class Owner:
    """Who handed a file in.

    Attributes:
        student: the id, as a folder of `submitted/`.
        person: what tells two people of one name apart.
        attempt: grows with every upload, where the platform says so.
        time: as the path tells it, or nothing.
        note: what else the path tells.
        problem: why it cannot be said whose it is, or nothing.
    """

    student: str
    person: str
    attempt: int = 0
    time: str = ""
    note: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Platform:
    """How an upload's paths are read."""

    name: str
    pattern: re.Pattern[str]
    wrapped: bool = False  # in one folder that holds them all

    def owner(self, path: str) -> Owner:
        """Whose a file is, by its path."""
        path = path.partition("/")[2] if self.wrapped else path
        found = self.pattern.fullmatch(path) if self.name in _BUILT_IN else self.pattern.search(path)
        if found is None:
            return Owner("", path, problem=f"its path is not as {self.name} has it")
        if self.name == "Moodle" and len(_MARK.findall(path.partition("/")[0])) > 1:
            return Owner("", path, problem="its path can be read in two ways, and so be another's")
        told = {key: value or "" for key, value in found.groupdict().items()}
        name, number = told["student"], told.get("number", "")
        by_number = self.name == "Canvas" or (self.name == "Moodle" and name.casefold() in _NAMELESS)
        student = student_id(f"{name}-{number}" if by_number else name)
        attempt = int(told["attempt"][:18]) if told.get("attempt", "").isdecimal() else 0
        note = "late, the platform says" if told.get("late") else ""
        problem = "" if student else "no student's name can be made of its path"
        return Owner(student, f"{name} {number}".strip(), attempt, told.get("timestamp", ""), note, problem)


_BUILT_IN = ("Moodle", "Canvas", "a folder for each student")


def given(pattern: str) -> Platform:
    """The platform that a person describes.

    Raises:
        UserError: it is no regular expression, or has no group `student`.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UserError(f"--pattern {pattern!r} is no regular expression: {error}") from error
    if "student" not in compiled.groupindex:
        raise UserError(
            f"--pattern {pattern!r} has no group (?P<student>…); (?P<timestamp>…), (?P<attempt>…) are used where they are there"
        )
    return Platform("the pattern", compiled)


def recognised(paths: Sequence[str], assignment: str) -> Platform:
    """The platform that most of an upload's paths look like; no single student decides it."""
    counts = Counter(name for path in paths for name, pattern in (("Moodle", MOODLE), ("Canvas", CANVAS)) if pattern.fullmatch(path))
    name = max(("Moodle", "Canvas"), key=lambda one: counts[one])
    if 2 * counts[name] > len(paths):
        return Platform(name, MOODLE if name == "Moodle" else CANVAS)
    inside = [path.split("/")[:-1] for path in paths if "/" in path]
    return Platform(_BUILT_IN[2], FOLDERS, _wrapped([parts[:-1] if parts[-1] == assignment else parts for parts in inside]))


def _wrapped(folders: Iterable[Sequence[str]]) -> bool:
    """Whether all lie in one folder more than needed."""
    deep = [parts for parts in folders if parts]
    tops = {parts[0] for parts in deep}
    if len(tops) != 1 or not all(len(parts) > 1 for parts in deep):
        return False
    return tops.pop().lower() in WRAPPERS or len({parts[1] for parts in deep}) > 1
