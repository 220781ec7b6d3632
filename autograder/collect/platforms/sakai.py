"""Sakai: `Lab 1/Okafor, Ada(aokafor)/Submission attachment(s)/lab1.ipynb`.

Sakai itself writes `Lab 1/Okafor, Ada(aokafor)/timestamp.txt`: 20260702103700000 in UTC, or ISO
8601. What a student attached lies one folder deeper.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import ClassVar

from ...core.student_ids import student_id
from .owner import OnePattern, Owner

_PATH = re.compile(
    r"(?P<work>[^/]+)/(?P<student>[^/]+)\((?P<login>[^/()]+)\)/(?:Submission "
    r"attachment\(s\)/(?P<file>.+)|[^/]+)"
)
_CLOCK = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})", re.ASCII)


class Sakai(OnePattern):
    """An upload of Sakai."""

    name: ClassVar[str] = "Sakai"
    pattern: ClassVar[re.Pattern[str]] = _PATH
    column: ClassVar[str] = "sakai"
    times: ClassVar[str] = (
        "Sakai wrote no timestamp.txt into this zip; download it with folders, not as a flat list"
    )

    def time_of(self, path: str) -> str:
        folder, _, file = path.rpartition("/")
        own = self.match(path) and folder.count("/") == 1
        return folder if own and file == "timestamp.txt" else ""

    def read_clock(self, text: str) -> str:
        found = _CLOCK.fullmatch(text.strip())
        if found is None:
            return text
        year, month, day, hour, minute, second, part = found.groups()
        return f"{year}-{month}-{day} {hour}:{minute}:{second}.{part} UTC"

    def read(self, path: str, found: re.Match[str]) -> Owner:
        file = PurePosixPath(found["file"] or path).name
        folder = path.split("/")
        last, _, first = found["student"].partition(",")
        name = f"{first.strip()} {last.strip()}".strip()
        return Owner(
            student_id(found["login"]),
            found["login"],
            file=file,
            name=name,
            number=found["login"],
            attachment="/".join(folder[:2]),
        )
