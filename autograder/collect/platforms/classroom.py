"""Google Classroom: a Drive folder as a zip, in which each copy is called `Ada Okafor - Lab
1.ipynb`.
"""

from __future__ import annotations

import re
from typing import ClassVar

from ...core.student_ids import student_id
from .owner import OnePattern, Owner

_PATH = re.compile(r"(?:[^/]+/)?(?P<student>[^/]*[^\W\d_][^/]*?) - (?P<file>[^/]+)")


class Classroom(OnePattern):
    """An upload of Google Classroom."""

    name: ClassVar[str] = "Google Classroom"
    pattern: ClassVar[re.Pattern[str]] = _PATH
    column: ClassVar[str] = "classroom"
    times: ClassVar[str] = (
        "a zip of Google Drive has none; write timestamp.txt beside the notebooks that came late"
    )

    def read(self, path: str, found: re.Match[str]) -> Owner:
        name = found["student"]
        return Owner(student_id(name), name, file=found["file"], name=name)
