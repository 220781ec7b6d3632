"""Sakai: `Lab 1/Okafor, Ada(aokafor)/Submission attachment(s)/lab1.ipynb`."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import ClassVar

from ...core.student_ids import student_id
from .owner import Owner, Platform

_PATH = re.compile(
    r"(?P<work>[^/]+)/(?P<student>[^/]+)\((?P<login>[^/()]+)\)/(?:Submission "
    r"attachment\(s\)/(?P<file>.+)|[^/]+)"
)


class Sakai(Platform):
    """An upload of Sakai."""

    name: ClassVar[str] = "Sakai"
    column: ClassVar[str] = "sakai"

    def match(self, path: str) -> re.Match[str] | None:
        return _PATH.fullmatch(path)

    def owner(self, path: str) -> Owner:
        found = _PATH.fullmatch(path)
        if found is None:
            return self.stranger(path)
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
