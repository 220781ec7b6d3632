"""Sakai: `Lab 1/Okafor, Ada(aokafor)/Submission attachment(s)/lab1.ipynb`."""

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


class Sakai(OnePattern):
    """An upload of Sakai."""

    name: ClassVar[str] = "Sakai"
    pattern: ClassVar[re.Pattern[str]] = _PATH
    column: ClassVar[str] = "sakai"

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
