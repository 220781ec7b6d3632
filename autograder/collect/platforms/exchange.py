"""nbgrader's exchange: `aokafor+lab1+2026-07-02 10:37:00.123456 UTC+random/lab1.ipynb`."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import ClassVar

from ...core.student_ids import student_id
from .owner import Owner, Platform

_PATH = re.compile(
    r"(?:[^/]+/)*(?P<student>[^/+]+)\+(?P<work>[^/+]+)\+(?P<time>\d{4}-\d\d-\d\d "
    r"[^/+]+?)(?:\+[^/]*)?/(?P<file>.+)"
)


class Exchange(Platform):
    """A copy of the exchange's `inbound` folder."""

    name: ClassVar[str] = "nbgrader's exchange"
    secret: ClassVar[bool] = True

    def match(self, path: str) -> re.Match[str] | None:
        return _PATH.fullmatch(path)

    def owner(self, path: str) -> Owner:
        found = _PATH.fullmatch(path)
        if found is None:
            return self.stranger(path)
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
