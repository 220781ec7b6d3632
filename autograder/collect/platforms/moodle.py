"""Moodle: `Ann Lee_12345_assignsubmission_file_/05-optimizers.ipynb`.

The number is another one for each assignment, so the name is the student's id. In blind marking the
name is the language's word for a participant. For teams it is the team's name and number; those in
no team share `Default group`, without a number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from ...class_file.roster import Roster
from ...core.student_ids import same, student_id
from .owner import OnePattern, Owner

_PATH = re.compile(
    r"(?P<student>[^/]+?)(?:_(?P<number>\d+))?_assignsubmission_[a-z]+(?:_?/(?P<inside>.+)|_(?P<flat>[^/]*))",
    re.ASCII,
)
_MARK = re.compile(r"(?:_\d+)?_assignsubmission_", re.ASCII)
# in Moodle's languages, letters alone
_NAMELESS = frozenset(
    [
        "participant",
        "teilnehmerin",
        "teilnehmer",
        "participante",
        "participantt",
        "partecipante",
        "partaidea",
        "deelnemer",
        "deltagare",
        "deltager",
        "deltaker",
        "osallistuja",
        "osaleja",
        "uczestnik",
        "uczestniczka",
        "участник",
        "учасник",
        "účastník",
        "účastníčka",
        "sudionik",
        "udeleženec",
        "résztvevő",
        "participantul",
        "katılımcı",
        "συμμετέχων",
        "المشارك",
        "משתתף",
        "参与者",
        "參與者",
        "参加者",
        "참가자",
        "peserta",
        "ผู้เข้าร่วม",
        "dalyvis",
        "dalībnieks",
        "pjesëmarrës",
        "учесник",
        "parte-hartzailea",
        "parthartzailea",
        "cyfranogwr",
        "rannpháirtí",
        "þátttakandi",
        "thamgia",
        "ngườithamgia",
        "partisipan",
        "deelnemers",
    ]
)
MANY = 3  # people of one and the same name are no people


@dataclass(frozen=True)
class Moodle(OnePattern):
    """An upload of Moodle's assignment.

    Attributes:
        nameless: the name that stands for everybody, or nothing.
    """

    name: ClassVar[str] = "Moodle"
    pattern: ClassVar[re.Pattern[str]] = _PATH
    apart: ClassVar[str] = "the assignment's grading worksheet tells them apart: --worksheet FILE"
    worksheet: ClassVar[bool] = True
    times: ClassVar[str] = (
        "Moodle's zip has none; they are in the grading worksheet of this assignment: "
        "--worksheet FILE"
    )
    nameless: str = ""

    @classmethod
    def of(cls, paths: Sequence[str], roster: Roster | None) -> Moodle:
        """Return Moodle; one name with many numbers that nobody else has a name beside is no
        person's.
        """
        numbers: dict[str, set[str]] = {}
        for path in paths:
            if (found := _PATH.fullmatch(path)) and found["number"]:
                numbers.setdefault(same(found["student"]), set()).add(found["number"])
        names = [name for name, held in numbers.items() if len(held) >= MANY]
        return cls(names[0] if len(numbers) == 1 and names else "")

    def read(self, path: str, found: re.Match[str]) -> Owner:
        if len(_MARK.findall(path.partition("/")[0])) > 1:
            return Owner("", path, problem="its path can be read in two ways, and so be another's")
        name, number = found["student"], found["number"] or ""
        letters = "".join(one for one in name.casefold() if one.isalpha() or one in "-·")
        blind = letters.replace("·", "") in _NAMELESS or (
            self.nameless and same(name) == self.nameless
        )
        student = student_id(f"{name}-{number}" if blind and number else name)
        file = PurePosixPath(found["inside"] or "").name or found["flat"] or ""
        problem = "" if student else "no student's name can be made of its path"
        if not number:
            problem = (
                f"it is of {name!r}, which has no number: work of a team that nobody is in; "
                "class.toml may name its members"
            )
        return Owner(
            student,
            f"{name} {number}".strip(),
            0,
            problem=problem,
            file=file,
            name=name,
            number=number,
            nameless=bool(blind),
        )
