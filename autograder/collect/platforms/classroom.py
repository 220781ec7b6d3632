"""Google Classroom: a Drive folder as a zip, in which each copy is called `Ada Okafor - Lab
1.ipynb`.
"""

from __future__ import annotations

import re
from typing import ClassVar

from ...core.student_ids import student_id
from .owner import Owner, Platform

_PATH = re.compile(r"(?:[^/]+/)?(?P<student>[^/]*[^\W\d_][^/]*?) - (?P<file>[^/]+)")


class Classroom(Platform):
    """An upload of Google Classroom."""

    name: ClassVar[str] = "Google Classroom"
    column: ClassVar[str] = "classroom"

    def match(self, path: str) -> re.Match[str] | None:
        return _PATH.fullmatch(path)

    def owner(self, path: str) -> Owner:
        found = _PATH.fullmatch(path)
        if found is None:
            return self.stranger(path)
        name = found["student"]
        return Owner(student_id(name), name, file=found["file"], name=name)
