"""ILIAS: `…/Okafor_Ada_aokafor_6001/lab1.ipynb`; the number behind the last underscore is the
user's.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import ClassVar

from ...core.student_ids import student_id
from .owner import Owner, Platform

_PATH = re.compile(
    r"(?:[^/]+/)+?(?P<folder>(?P<student>[^/_]+_[^/]+)_(?P<login>[^/_]+)_(?P<number>\d+))/(?P<file>.+)",
    re.ASCII,
)


class Ilias(Platform):
    """An upload of ILIAS: one or more folders around those of students."""

    name: ClassVar[str] = "ILIAS"
    column: ClassVar[str] = "ilias"

    def match(self, path: str) -> re.Match[str] | None:
        return _PATH.fullmatch(path)

    def owner(self, path: str) -> Owner:
        found = _PATH.fullmatch(path)
        if found is None:
            return self.stranger(path)
        last, _, first = found["student"].partition("_")
        file, login = PurePosixPath(found["file"]).name, found["login"]
        name = f"{first} {last}".replace("_", " ")
        return Owner(
            student_id(login),
            found["folder"],
            file=file,
            name=name,
            number=found["number"],
            attachment=found["folder"],
        )
