"""Say when an upload was submitted where its path does not: from Moodle's grading worksheet, or
from what the platform itself wrote beside the files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..class_file.worksheet import IN_ENGLISH, Participant, Worksheet
from ..core.student_ids import same
from ..core.worded_times import clock_of
from .platforms import Owner


def timed_by_worksheet(owner: Owner, worksheet: Worksheet) -> Owner:
    """Return an owner with the time of a worksheet, or with the reason why none counts."""
    if owner.problem:
        return owner
    rows = rows_of(owner, worksheet)
    name, times = worksheet.path.name, {one.time for one in rows if one.time}
    if worksheet.problem:
        return replace(owner, untimed=f"{name}: {worksheet.problem}")
    if not rows:
        return replace(owner, untimed=_not_there(owner, worksheet))
    if not times:
        return replace(owner, untimed=f"{name} has no time of submission for them")
    if len(times) > 1:
        both = " and ".join(sorted(times)[:2])
        return replace(
            owner, untimed=f"{name} has different times for members of {_who(owner)}: {both}"
        )
    time = times.pop()
    if worksheet.twelve_hours and (clock := clock_of(time)) and not clock[1]:
        return replace(
            owner,
            untimed=f"{name} has the time {time!r}, which may be in the morning or in the "
            f"afternoon: {IN_ENGLISH}",
        )
    return replace(owner, time=time)


def timed_by_file(owner: Owner, times: Mapping[str, str], platform: str) -> Owner:
    """Return an owner with the time that the platform wrote beside their files, or with the reason
    why none counts.
    """
    if not times:
        return owner
    time = times.get(owner.attachment, "")
    untimed = "" if time else f"{platform} wrote no time for them"
    return replace(owner, time=time, untimed=untimed)


def rows_of(owner: Owner, worksheet: Worksheet) -> Sequence[Participant]:
    """Return the rows of an owner: of the person who uploaded, of a group's members, or of Moodle's
    team. A team's number is no participant's.
    """
    one = worksheet.participants.get(owner.number)
    if one is not None and fits(owner, one):
        return [one]
    everybody, name = worksheet.participants.values(), plain(owner.name)
    if members := [one for one in everybody if one.student and one.student in owner.members]:
        return members
    return [one for one in everybody if name and name in map(plain, one.cells[1:])]


def fits(owner: Owner, one: Participant) -> bool:
    """Return whether a row may be a person's: a path has the name of the row, perhaps behind the
    group's, or the word for a participant where marking is blind.
    """
    name, full = plain(owner.name), plain(one.cells[0]) if one.cells else ""
    return owner.nameless or not name or (bool(full) and name.endswith(full))


def plain(name: str) -> str:
    """Return the letters and digits of a name: a path lacks some of its other signs."""
    return re.sub(r"[\W_]", "", same(name))


def _who(owner: Owner) -> str:
    return owner.name or owner.number or owner.student


def _not_there(owner: Owner, worksheet: Worksheet) -> str:
    held = worksheet.participants.get(owner.number)
    if held is None:
        return f"{worksheet.path.name} has no participant {owner.number}".rstrip()
    return (
        f"{worksheet.path.name} has another name for the participant {owner.number}: "
        "is it the worksheet of this assignment?"
    )
