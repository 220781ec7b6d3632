"""On which terms a class is served: deadlines, levels of feedback, and the budget of
each assignment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from ..class_file.model import ClassFile
from ..class_file.reader import read_class
from ..core.course import Course
from ..core.errors import UserError
from ..core.settings import read_toml
from ..core.times import read_time, zone_named
from .hub_people import HubPeople, read_hub_people

FILE = "service.toml"  # in the class folder
UPLOAD_SECONDS = 600.0


class Level(StrEnum):
    """How much feedback tells, the least first."""

    POINTS = "points"
    CHECKS = "checks"
    HINTS = "hints"


@dataclass(frozen=True)
class Terms:
    """The terms of one assignment.

    Attributes:
        due: the deadline, in seconds since 1970 UTC; None if there is none.
        closes: the last moment at which anything is taken, likewise.
        before, after: levels before the deadline and after it.
        burst: the most attempts with feedback that a student can have saved up.
        refill: minutes until one more is given.
        seconds: the limit of the fast lane.
    """

    due: float | None = None
    closes: float | None = None
    before: Level = Level.HINTS
    after: Level = Level.HINTS
    burst: int = 5
    refill: float = 10.0
    seconds: float = 3.0

    def level(self, now: float, due: float | None) -> Level:
        """Return the level of feedback at a time, given the student's own deadline."""
        return self.before if due is None or now <= due else self.after


@dataclass(frozen=True)
class ClassTerms:
    """The terms of a class.

    Attributes:
        default: of assignments that are not named.
        named: of those that are; if there are any, only these are served.
    """

    default: Terms = field(default_factory=Terms)
    named: Mapping[str, Terms] = field(default_factory=dict)
    store: str | None = None  # the address of a database other than the class's own file
    file: ClassFile | None = None  # the class's own settings, where it has any
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))  # in which pages show times
    hub: HubPeople | None = None  # who a JupyterHub's users are, if it logs people in
    upload_seconds: float = UPLOAD_SECONDS  # for the body of a request to arrive

    def of(self, name: str) -> Terms:
        """Return the terms of an assignment; a deadline in `class.toml` is the class's."""
        terms, due = (
            self.named.get(name, self.default),
            self.file.due.get(name) if self.file else None,
        )
        return terms if due is None else replace(terms, due=due.replace(tzinfo=UTC).timestamp())

    def due_for(self, student: str, name: str) -> float | None:
        """Return a student's deadline, with the extension that `class.toml` gives."""
        due = self.file.due_for(student, name) if self.file else None
        return self.of(name).due if due is None else due.replace(tzinfo=UTC).timestamp()


def load_terms(course: Course) -> ClassTerms:
    """Read `service.toml` in the class folder: a table `default`, one for each assignment,
    and `hub` where a JupyterHub logs people in.

    Raises:
        UserError: the file is not TOML, or holds what is no setting, no time or no assignment.
    """
    path = course.work / FILE
    tables = read_toml(path)
    file = read_class(course)
    zone_name = tables.pop("time_zone", file.zone.key if file and file.zone else "UTC")
    zone = zone_named(zone_name) if isinstance(zone_name, str) else None
    if zone is None:
        raise UserError(
            f"{path}: expected a time zone such as Europe/Berlin, got {zone_name!r} (time_zone)"
        )
    store = tables.pop("store", None)
    if not isinstance(store, str | None):
        raise UserError(
            f"{path}: expected the address of a database in quotes, got {store!r} (store)"
        )
    seconds = _positive(tables.pop("upload_seconds", UPLOAD_SECONDS), f"{path}: upload_seconds")
    people = tables.pop("hub", None)
    hub = None if people is None else read_hub_people(course, people, f"{path}: [hub]")
    default = _read(Terms(), tables.pop("default", {}), f"{path}: [default]", zone)
    named = {
        course.require(name): _read(default, table, f"{path}: [{name}]", zone)
        for name, table in tables.items()
    }
    if twice := [
        name for name, terms in named.items() if terms.due is not None and file and name in file.due
    ]:
        raise UserError(
            f"{path}: [{twice[0]}]: due: the deadline stands in class.toml already; leave it "
            "out here"
        )
    return ClassTerms(default, named, store, file, zone, hub, seconds)


def _read(base: Terms, table: Any, where: str, zone: ZoneInfo) -> Terms:
    if not isinstance(table, dict):
        raise UserError(f"{where}: expected a table, got {table!r}")
    made = dict(vars(base))
    for name, value in table.items():
        if name not in made:
            raise UserError(f"{where}: expected one of {', '.join(made)}, got {name!r}")
        made[name] = _value(name, value, where, zone)
    return Terms(**made)


def _value(name: str, value: Any, where: str, zone: ZoneInfo) -> Any:
    if name in ("due", "closes"):
        if not isinstance(value, str):
            raise UserError(f"{where}: {name}: expected a time in quotes, got {value!r}")
        return read_time(value, zone).replace(tzinfo=UTC).timestamp()
    if name in ("before", "after"):
        if value not in list(Level):
            raise UserError(f"{where}: {name}: expected one of {', '.join(Level)}, got {value!r}")
        return Level(value)
    number = _positive(value, f"{where}: {name}")
    if name != "burst":
        return number
    if not number.is_integer():
        raise UserError(f"{where}: {name}: expected a whole number, got {value!r}")
    return int(number)


def _positive(value: Any, where: str) -> float:
    """Return a number from TOML, which has to be above 0 and below a million."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e6:
        raise UserError(f"{where}: expected a positive number, got {value!r}")
    return float(value)
