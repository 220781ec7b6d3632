"""A folder for each student: `ann-lee/05-optimizers.ipynb`, perhaps within one folder that holds
them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from ...core.student_ids import student_id
from .owner import Owner, Platform

_PATH = re.compile(r"(?P<student>[^/]+)/.+")
WRAPPERS = ("submitted", "submissions")


@dataclass(frozen=True)
class Folders(Platform):
    """Folders by student.

    Attributes:
        wrapped: whether they lie in one folder that holds them all.
    """

    name: ClassVar[str] = "a folder for each student"
    times: ClassVar[str] = (
        "folders have none that can be believed; write timestamp.txt beside the notebooks that "
        "came late"
    )
    wrapped: bool = False

    @classmethod
    def of_assignment(cls, paths: Sequence[str], assignment: str) -> Folders:
        """Return the folders of an upload, within which there may be one for the assignment."""
        inside = [path.split("/")[:-1] for path in paths if "/" in path]
        return cls(_wrapped([parts[:-1] if parts[-1] == assignment else parts for parts in inside]))

    def match(self, path: str) -> re.Match[str] | None:
        return _PATH.fullmatch(path.partition("/")[2] if self.wrapped else path)

    def owner(self, path: str) -> Owner:
        found = self.match(path)
        if found is None:
            return self.stranger(path)
        name = found["student"]
        student = student_id(name)
        problem = "" if student else "no student's name can be made of its path"
        return Owner(student, name, problem=problem, file=PurePosixPath(path).name, name=name)


def _wrapped(folders: Iterable[Sequence[str]]) -> bool:
    """Return whether all lie in one folder more than needed."""
    deep = [parts for parts in folders if parts]
    tops = {parts[0] for parts in deep}
    if len(tops) != 1 or not all(len(parts) > 1 for parts in deep):
        return False
    return tops.pop().lower() in WRAPPERS or len({parts[1] for parts in deep}) > 1
