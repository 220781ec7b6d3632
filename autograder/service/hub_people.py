"""Who a JupyterHub's users are in a class: the table `hub` of `service.toml`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from ..class_file.roster import PLATFORMS, Person, Roster, read_roster
from ..core.course import Course, did_you_mean
from ..core.errors import UserError
from ..core.student_ids import invalid_reason, same

KEYS = ("student", "staff", "staff_groups")
COLUMNS = ("id", "email", *PLATFORMS)


@dataclass(frozen=True)
class HubPerson:
    """Somebody of the class.

    Attributes:
        name: the id in the roster; of staff who are not in it, the name on the Hub.
        staff: whether they may see everybody's attempts.
    """

    name: str
    staff: bool


@dataclass(frozen=True)
class HubPeople:
    """How users of the Hub become people of the class.

    Attributes:
        column: of the roster, which holds the students' names on the Hub.
        staff: names on the Hub.
        staff_groups: groups of the Hub whose members are staff.
    """

    roster: Roster
    column: str
    staff: frozenset[str] = frozenset()
    staff_groups: frozenset[str] = frozenset()

    def find(self, name: str, groups: Collection[str]) -> HubPerson | None:
        """Return who a user of the Hub is, or None if they are not of this class."""
        student = self._student(name)
        staff = name in self.staff or not self.staff_groups.isdisjoint(groups)
        if student is not None:
            return HubPerson(student.id, staff)
        if not staff or invalid_reason(name):
            return None
        # a student of this id would be somebody else
        taken = any(same(name) == same(one.id) for one in self.roster.people)
        return None if taken else HubPerson(name, True)

    def _student(self, name: str) -> Person | None:
        if self.column == "id":
            return next((one for one in self.roster.people if same(name) == same(one.id)), None)
        if self.column == "email":
            return self.roster.with_email(name)
        return self.roster.on(self.column, name)


def read_hub_people(course: Course, table: Any, where: str) -> HubPeople:
    """Read the table.

    Args:
        where: the file, and the table in it, for messages.

    Raises:
        UserError: the table has a mistake, or there is no roster.
    """
    if not isinstance(table, dict):
        raise UserError(f"{where}: expected a table, got {table!r}")
    if unknown := [key for key in table if key not in KEYS]:
        raise UserError(
            f"{where}: expected one of {', '.join(KEYS)}, got {unknown[0]!r}"
            f"{did_you_mean(unknown[0], KEYS)}"
        )
    column = table.get("student")
    if column not in COLUMNS:
        raise UserError(
            f"{where}: student: expected the column of roster.csv that holds the students' names "
            f"on the Hub, one of {', '.join(COLUMNS)}, got {column!r}"
        )
    roster = read_roster(course)
    if roster is None:
        raise UserError(
            f"{where}: expected the class's students in {course.roster}, and there is no such "
            "file; `autograder class new --roster FILE` makes it"
        )
    if column != "id" and not any(_cell(one, column) for one in roster.people):
        raise UserError(
            f"{where}: student: the column {column!r} of {course.roster} is missing or empty"
        )
    return HubPeople(
        roster,
        column,
        _names(table, "staff", where),
        _names(table, "staff_groups", where),
    )


def _cell(person: Person, column: str) -> str:
    return person.email if column == "email" else person.ids.get(column, "")


def _names(table: dict[str, Any], key: str, where: str) -> frozenset[str]:
    names = table.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise UserError(f'{where}: {key}: expected names such as ["tess"], got {names!r}')
    return frozenset(names)
