"""Blackboard: `Lab 1_aokafor_attempt_2026-07-02-10-37-00_lab1.ipynb`, the time as the server's
clock shows it; a `.txt` about each.
"""

from __future__ import annotations

import re
from typing import ClassVar

from ...core.student_ids import student_id
from .owner import Owner, Platform

_PATH = re.compile(
    r"(?:.*/)?[^/]+_(?P<student>[^/_]+)_attempt_(?P<day>\d{4}-\d\d-\d\d)-(?P<clock>\d\d-\d\d-\d\d)(?:_(?P<file>[^/]+)|(?P<about>\.txt))",
    re.ASCII,
)


class Blackboard(Platform):
    """An upload of Blackboard."""

    name: ClassVar[str] = "Blackboard"
    column: ClassVar[str] = "blackboard"

    def match(self, path: str) -> re.Match[str] | None:
        return _PATH.fullmatch(path)

    def owner(self, path: str) -> Owner:
        found = _PATH.fullmatch(path)
        if found is None:
            return self.stranger(path)
        login, time = found["student"], f"{found['day']} {found['clock'].replace('-', ':')}"
        attempt = int(re.sub(r"\D", "", time))
        return Owner(
            student_id(login),
            login,
            attempt,
            time,
            file=found["file"] or found["about"],
            name=login,
            number=login,
        )
