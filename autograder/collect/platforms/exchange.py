"""nbgrader's exchange: `aokafor+lab1+2026-07-02 10:37:00.123456 UTC+random/lab1.ipynb`."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import ClassVar

from ...core.student_ids import student_id
from .owner import OnePattern, Owner

_PATH = re.compile(
    r"(?:[^/]+/)*(?P<student>[^/+]+)\+(?P<work>[^/+]+)\+(?P<time>\d{4}-\d\d-\d\d "
    r"[^/+]+?)(?:\+[^/]*)?/(?P<file>.+)"
)


class Exchange(OnePattern):
    """A copy of the exchange's `inbound` folder."""

    name: ClassVar[str] = "nbgrader's exchange"
    pattern: ClassVar[re.Pattern[str]] = _PATH
    secret: ClassVar[bool] = True

    def read(self, path: str, found: re.Match[str]) -> Owner:
        file, student = PurePosixPath(found["file"]).name, found["student"]
        return Owner(
            student_id(student),
            student,
            0,
            found["time"],
            file=file,
            name=student,
            number=student,
            attachment=path.split("/")[-2],
        )
