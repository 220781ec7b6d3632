"""Blackboard: `Lab 1_aokafor_attempt_2026-07-02-10-37-00_lab1.ipynb`, the time as the server's
clock shows it; a `.txt` about each.
"""

from __future__ import annotations

import re
from typing import ClassVar

from ...core.student_ids import student_id
from .owner import OnePattern, Owner

_PATH = re.compile(
    r"(?:.*/)?[^/]+_(?P<student>[^/_]+)_attempt_(?P<day>\d{4}-\d\d-\d\d)-(?P<clock>\d\d-\d\d-\d\d)(?:_(?P<file>[^/]+)|(?P<about>\.txt))",
    re.ASCII,
)


class Blackboard(OnePattern):
    """An upload of Blackboard."""

    name: ClassVar[str] = "Blackboard"
    pattern: ClassVar[re.Pattern[str]] = _PATH
    column: ClassVar[str] = "blackboard"

    def read(self, path: str, found: re.Match[str]) -> Owner:
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
