"""Canvas: `leeann_LATE_12345_67890_05-optimizers.ipynb`.

The first number is the person's for good, the second grows with every upload. Names of groups may
hold underscores and digits of their own. Anonymous: `anon_Ab1Cd_67890_…`. A text that was typed in
has no second number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ...class_file.roster import Roster
from ...core.student_ids import student_id
from .owner import LATE, Owner, Platform

_HIDDEN = re.compile(
    r"(?P<late>LATE_)?anon_(?P<student>[A-Za-z0-9]+)_(?P<attempt>\d+)_(?P<file>[^/]+)", re.ASCII
)
_PATH = re.compile(
    r"(?P<student>[^/]+?)_(?P<late>LATE_)?(?P<number>\d+)_(?P<attempt>\d+)_(?P<file>[^/]+)",
    re.ASCII,
)
_WAY = re.compile(r"_(?P<late>LATE_)?(?P<number>\d+)_(?P<attempt>\d+)_(?P<file>[^/]+)", re.ASCII)
_TYPED = re.compile(
    r"(?P<student>[^/]+?)_(?P<late>LATE_)?(?P<number>\d+)_(?P<file>(?:text|link)\.html)", re.ASCII
)


@dataclass(frozen=True)
class Canvas(Platform):
    """An upload of Canvas.

    Attributes:
        users: the numbers of all that are in the roster.
        digits: how many an upload's number has, where a path can be read in one way only; 0 if none
            can.
    """

    name: ClassVar[str] = "Canvas"
    column: ClassVar[str] = "canvas"
    times: ClassVar[str] = (
        "Canvas's zip has none, only the word LATE; write timestamp.txt beside the notebooks that "
        "came late"
    )
    users: frozenset[str] = frozenset()
    digits: int = 0

    @classmethod
    def of(cls, paths: Sequence[str], roster: Roster | None) -> Canvas:
        """Return Canvas with what tells a user's number from the digits of a group's name."""
        users = (
            frozenset(one.ids["canvas"] for one in roster.people if "canvas" in one.ids)
            if roster is not None
            else frozenset[str]()
        )
        single = [ways[0] for path in paths if len(ways := _ways(path)) == 1]
        lengths = Counter(len(found["attempt"]) for found in single)
        return cls(users, lengths.most_common(1)[0][0] if lengths else 0)

    def match(self, path: str) -> re.Match[str] | None:
        return _HIDDEN.fullmatch(path) or _PATH.fullmatch(path) or _TYPED.fullmatch(path)

    def owner(self, path: str) -> Owner:
        hidden, typed = _HIDDEN.fullmatch(path), _TYPED.fullmatch(path)
        ways: list[re.Match[str] | None] = (
            [hidden] if hidden else [*self._likely(_ways(path))] or [typed]
        )
        found = ways[0]
        if found is None:
            return self.stranger(path)
        if len(ways) > 1:
            both = " or ".join(
                f"{way['number']} with upload {way['attempt']}" for way in ways if way is not None
            )
            return Owner(
                "",
                path,
                problem=f"its path can be read as user {both}; roster.csv with a column canvas "
                "decides it",
            )
        told = found.groupdict()
        name, number, attempt = (
            told.get("student") or path[: found.start()],
            told.get("number") or "",
            told.get("attempt") or "",
        )
        student = student_id(f"anon-{name}" if hidden else f"{name}-{number}")
        note = LATE if told["late"] else ""
        problem = "" if student else "no student's name can be made of its path"
        return Owner(
            student,
            f"{name} {number}".strip(),
            int(attempt[:18] or 0),
            "",
            note,
            problem,
            told["file"],
            name,
            number or f"anon_{name}",
            attempt,
        )

    def _likely(self, ways: list[re.Match[str]]) -> list[re.Match[str]]:
        known = [way for way in ways if way["number"] in self.users]
        long = [way for way in known or ways if len(way["attempt"]) == self.digits]
        return long or known or ways


def _ways(path: str) -> list[re.Match[str]]:
    """Return all ways to read a path: each two numbers that stand beside one another."""
    places = [match.start() for match in re.finditer(r"_(?=(?:LATE_)?\d+_\d+_)", path, re.ASCII)]
    found = (
        _WAY.fullmatch(path, place)
        for place in places
        if place and not path[:place].endswith("_LATE")
    )
    return [one for one in found if one is not None]
