"""Paths that a person describes by a regular expression, where the platform is none that is
known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from ...core.errors import UserError
from ...core.student_ids import student_id
from .owner import LATE, Owner, Platform


@dataclass(frozen=True)
class Pattern(Platform):
    """A platform that a person describes.

    Attributes:
        compiled: the expression, with a group `student`.
    """

    name: ClassVar[str] = "the pattern"
    worksheet: ClassVar[bool] = True
    times: ClassVar[str] = "the pattern has no group (?P<timestamp>…)"
    compiled: re.Pattern[str]

    @classmethod
    def given(cls, pattern: str) -> Pattern:
        """Return the platform of an expression.

        Raises:
            UserError: it is no regular expression, or has no group `student`.
        """
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            raise UserError(f"--pattern {pattern!r} is no regular expression: {error}") from error
        if "student" not in compiled.groupindex:
            raise UserError(
                f"--pattern {pattern!r} has no group (?P<student>…); (?P<timestamp>…), "
                "(?P<attempt>…) are used where they are there"
            )
        return cls(compiled)

    def match(self, path: str) -> re.Match[str] | None:
        return self.compiled.search(path)

    def owner(self, path: str) -> Owner:
        found = self.match(path)
        if found is None:
            return self.stranger(path)
        told = {key: value or "" for key, value in found.groupdict().items()}
        name, number = told["student"], told.get("number", "")
        attempt = int(told["attempt"][:18]) if told.get("attempt", "").isdecimal() else 0
        student = student_id(name)
        problem = "" if student else "no student's name can be made of its path"
        note = LATE if told.get("late") else ""
        person = f"{name} {number}".strip()
        return Owner(
            student,
            person,
            attempt,
            told.get("timestamp", ""),
            note,
            problem,
            PurePosixPath(path).name,
            name,
            number,
        )
