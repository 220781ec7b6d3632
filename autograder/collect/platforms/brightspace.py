"""Brightspace: `397001-2557001 - Ada Okafor - Jul 2, 2026 1037 AM/lab1.ipynb`, one folder for each
upload, the time without a zone.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import ClassVar
from zoneinfo import ZoneInfo

from ...core.errors import UncertainTime
from ...core.student_ids import student_id
from ...core.worded_times import read_worded_time
from .owner import OnePattern, Owner

_PATH = re.compile(
    r"(?:[^/]+/)??(?P<number>\d+)-(?P<upload>\d+) - (?P<student>[^/]+?) - "
    r"(?P<day>[^/]+?\d{4}),? (?P<hour>\d{1,2}):?(?P<minute>\d\d)(?P<half> [AP]M)?/(?P<file>.+)",
    re.ASCII,
)


class Brightspace(OnePattern):
    """An upload of Brightspace."""

    name: ClassVar[str] = "Brightspace"
    pattern: ClassVar[re.Pattern[str]] = _PATH

    def read(self, path: str, found: re.Match[str]) -> Owner:
        name, time = (
            found["student"],
            f"{found['day']} {found['hour']}:{found['minute']}{found['half'] or ''}",
        )
        file = PurePosixPath(found["file"]).name
        folder = path[: len(path) - len(found["file"]) - 1].rpartition("/")[2]
        return Owner(
            student_id(name),
            name,
            _order(time),
            time,
            file=file,
            name=name,
            number=found["number"],
            attachment=folder,
        )


def _order(time: str) -> int:
    """Return a number that grows with a time, whatever the server's zone; 0 if it cannot be
    read.
    """
    try:
        return int(read_worded_time(time, ZoneInfo("UTC")).strftime("%Y%m%d%H%M%S"))
    except UncertainTime:
        return 0
