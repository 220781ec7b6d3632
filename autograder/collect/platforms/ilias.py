"""ILIAS: `…/Okafor_Ada_aokafor_6001/lab1.ipynb`; the number behind the last underscore is the
user's.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import ClassVar

from ...core.student_ids import student_id
from .owner import OnePattern, Owner

_PATH = re.compile(
    r"(?:[^/]+/)+?(?P<folder>(?P<student>[^/_]+_[^/]+)_(?P<login>[^/_]+)_(?P<number>\d+))/(?P<file>.+)",
    re.ASCII,
)


class Ilias(OnePattern):
    """An upload of ILIAS: one or more folders around those of students."""

    name: ClassVar[str] = "ILIAS"
    pattern: ClassVar[re.Pattern[str]] = _PATH
    column: ClassVar[str] = "ilias"
    times: ClassVar[str] = (
        "the zip of ILIAS has none; write timestamp.txt beside the notebooks that came late"
    )

    def read(self, path: str, found: re.Match[str]) -> Owner:
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
