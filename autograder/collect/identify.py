"""Say who of the class an upload's owner is, when it was submitted, and whether that was in
time.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from ..class_file.model import ClassFile, CountedAttempt
from ..class_file.roster import Person, Roster
from ..class_file.worksheet import Worksheet
from ..core.errors import UncertainTime
from ..core.student_ids import same, student_id
from ..core.worded_times import read_worded_time
from .platforms import Owner, Platform
from .told_times import fits, timed_by_file, timed_by_worksheet

NO_ZONE = "they name no time zone, and the class has none; add time_zone to class.toml"
SHOWN = 4  # people of one name that a message names


@dataclass(frozen=True)
class Identify:
    """What a class knows of who is who.

    Attributes:
        assignment: that is collected.
        settings: of the class, if it has any.
        roster: of the class, if it has one.
        worksheet: Moodle's grading worksheet of the assignment, if there is one.
        filed: the times that the platform itself wrote into the upload, by an owner's `attachment`.
    """

    assignment: str
    settings: ClassFile | None = None
    roster: Roster | None = None
    worksheet: Worksheet | None = None
    filed: Mapping[str, str] = field(default_factory=dict)

    @property
    def attempt(self) -> CountedAttempt:
        """Return which of several uploads counts."""
        return self.settings.attempt if self.settings is not None else CountedAttempt.LAST

    @property
    def zone(self) -> ZoneInfo | None:
        """Return the class's time zone, if it names one."""
        return self.settings.zone if self.settings is not None else None

    def time(self, owner: Owner) -> datetime.datetime | None:
        """Return when an upload was submitted, in UTC, or None if that is not certain."""
        try:
            return read_worded_time(owner.time, self.zone)
        except UncertainTime:
            return None

    def unread_time(self, owner: Owner) -> str:
        """Return why the time of an upload cannot be used, or nothing."""
        if not owner.time:
            return owner.untimed
        try:
            read_worded_time(owner.time, self.zone)
        except UncertainTime as error:
            return NO_ZONE if self.zone is None and _reads_in_utc(owner.time) else str(error)
        return ""

    def in_time(self, owner: Owner) -> bool:
        """Return whether an upload is known to have come before it was due."""
        student = (owner.members or (owner.student,))[0]
        due, time = self.due(student), self.time(owner)
        return due is not None and time is not None and time <= due

    def due(self, student: str) -> datetime.datetime | None:
        """Return when a student's work is due, the grace included, in UTC."""
        due = self.settings.due_for(student, self.assignment) if self.settings is not None else None
        late = self.settings.late if self.settings is not None else None
        return due if due is None or late is None else due + late.grace

    def owner(self, platform: Platform, found: Owner) -> Owner:
        """Return an owner with the id that the class knows them by, and their time."""
        one = timed_by_file(self._known(platform, found), self.filed, platform.name)
        if self.worksheet is None or one.time:
            return one
        return timed_by_worksheet(one, self.worksheet)

    def _known(self, platform: Platform, found: Owner) -> Owner:
        groups = self.settings.groups.get(self.assignment, {}) if self.settings is not None else {}
        for group, members in groups.items():
            if found.name and _squeezed(group) == _squeezed(found.name):
                return replace(
                    found,
                    student=f"group {group}",
                    person=f"group {group}",
                    members=members,
                    problem="",
                )
        one = self._person(platform, found)
        for group, members in groups.items():
            if one.student in members:
                return replace(
                    one, student=f"group {group}", person=f"group {group}", members=members
                )
        return one

    def _person(self, platform: Platform, found: Owner) -> Owner:
        if self.roster is None or found.problem or not found.student:
            return found
        known = self.roster.on(platform.column, found.number) if platform.column else None
        known = known or self._participant(found)
        known = known or self.roster.get(found.student) or self.roster.get(student_id(found.number))
        if known is not None:
            return replace(found, student=known.id, person=known.id)
        people = self.roster.named(found.name)
        if len(people) > 1:
            ids = ", ".join(person.id for person in people[:SHOWN])
            return replace(
                found,
                problem=f"{len(people)} people in roster.csv are called {found.name} ({ids}); "
                + (
                    f"a column {platform.column} tells them apart"
                    if platform.column
                    else platform.apart
                ),
            )
        if people:
            return replace(found, student=people[0].id)
        return replace(found, note="; ".join(filter(None, (found.note, "not in roster.csv"))))

    def _participant(self, found: Owner) -> Person | None:
        """Return who a worksheet says that a number is."""
        rows = self.worksheet.participants if self.worksheet is not None else {}
        one = rows.get(found.number)
        if self.roster is None or one is None or not fits(found, one):
            return None
        return self.roster.get(one.student)


def _reads_in_utc(text: str) -> bool:
    try:
        read_worded_time(text, ZoneInfo("UTC"))
    except UncertainTime:
        return False
    return True


def _squeezed(name: str) -> str:
    """Return a group's name as Canvas writes it: small letters, without what is no part of a
    word.
    """
    return re.sub(r"\W", "", same(name))
