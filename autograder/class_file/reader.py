"""Read `class.toml` and check all of it: each mistake is named with file, line, key and what is
allowed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ..core.course import Course, did_you_mean
from ..core.errors import UncertainTime, UserError
from ..core.student_ids import invalid_reason
from ..core.times import read_time, zone_named
from .model import Amount, CanvasPlace, ClassFile, CountedAttempt, LatePolicy
from .roster import read_roster
from .toml_lines import in_quotes, line_of

KEYS = ("time_zone", "due", "late", "extensions", "groups", "attempt", "drop", "left", "canvas")
LATE_KEYS = ("per_day", "grace", "free_days", "most", "closed_after")
DROP_KEYS = ("lowest", "assignments", "excused")
CANVAS_KEYS = ("url", "course", "assignments")
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(minutes?|hours?|days?|weeks?)")
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*(%|per cent|percent|points?)")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_PROBLEMS = 20  # that one message names
LENGTHS = 'a length of time such as "2 days", "36 hours" or "15 minutes"'
AMOUNTS = 'points such as "5 points", or a share of the assignment\'s points such as "10 %"'


def read_class(course: Course) -> ClassFile | None:
    """Return the settings of a class, or None if it has no `class.toml`.

    Raises:
        UserError: the file, or the roster, has mistakes; the message names all of them.
    """
    path = course.class_file
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(
            f"{path}: this is not TOML: {error}{in_quotes(text, str(error))}"
        ) from error
    roster = read_roster(course)
    students = None if roster is None else frozenset(person.id for person in roster.people)
    reader = _Reader(str(path), text, course.assignments(), students)
    found = reader.read(course, table)
    if reader.problems:
        left = len(reader.problems) - MOST_PROBLEMS
        more = [f"and {left} more"] if left > 0 else []
        raise UserError("\n".join([*reader.problems[:MOST_PROBLEMS], *more]))
    return found


class _Reader:
    """Takes the table apart and collects what is wrong with it."""

    def __init__(
        self, path: str, text: str, assignments: Sequence[str], students: Collection[str] | None
    ) -> None:
        self.problems = list[str]()
        self._path, self._text, self._assignments, self._students = (
            path,
            text,
            assignments,
            students,
        )
        self._zone: ZoneInfo | None = None

    def read(self, course: Course, table: Mapping[str, Any]) -> ClassFile:
        self._known((), table, KEYS)
        self._zone = self._read_zone(table.get("time_zone"))
        due = self._read_due(self._table(("due",), table.get("due", {})))
        drop = self._table(("drop",), table.get("drop", {}))
        self._known(("drop",), drop, DROP_KEYS)
        return ClassFile(
            course.class_file,
            self._zone,
            due,
            self._read_late(table["late"]) if "late" in table else None,
            self._read_extensions(self._table(("extensions",), table.get("extensions", {})), due),
            self._read_groups(self._table(("groups",), table.get("groups", {}))),
            self._read_attempt(table.get("attempt", str(CountedAttempt.LAST))),
            self._whole(("drop", "lowest"), drop.get("lowest", 0)),
            self._read_excused(self._table(("drop", "excused"), drop.get("excused", {}))),
            self._read_uncounted(drop.get("assignments", [])),
            frozenset(self._students_of(("left",), table.get("left", []))),
            self._read_canvas(self._table(("canvas",), table["canvas"]))
            if "canvas" in table
            else None,
        )

    def _wrong(self, keys: Sequence[str], message: str, value: str = "") -> None:
        name = ".".join(key if re.fullmatch(r"[\w-]+", key) else f'"{key}"' for key in keys)
        self.problems.append(f"{self._path}:{line_of(self._text, keys, value)}: {name}: {message}")

    def _known(self, keys: Sequence[str], table: Mapping[str, Any], allowed: Iterable[str]) -> None:
        names = tuple(allowed)
        for key in table.keys() - set(names):
            self._wrong(
                (*keys, key),
                f"unknown key{did_you_mean(key, names)}; expected one of {', '.join(names)}",
            )

    def _table(self, keys: Sequence[str], value: Any) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        self._wrong(keys, f"expected a table, got {value!r}")
        return {}

    def _assignment(self, keys: Sequence[str], name: str, value: str = "") -> bool:
        if name in self._assignments:
            return True
        there = ", ".join(self._assignments) or "none yet"
        self._wrong(
            keys,
            f"there is no assignment {name!r}{did_you_mean(name, self._assignments)}; the "
            f"course has {there}",
            value,
        )
        return False

    def _student(self, keys: Sequence[str], student: str, value: str = "") -> bool:
        if problem := invalid_reason(student):
            self._wrong(keys, f"{student!r} cannot be a student's id: {problem}", value)
        elif self._students is not None and student not in self._students:
            message = (
                f"no student has the id {student!r}{did_you_mean(student, self._students)}; "
                "expected an id of roster.csv"
            )
            self._wrong(keys, message, value)
        else:
            return True
        return False

    def _students_of(self, keys: Sequence[str], value: Any) -> tuple[str, ...]:
        names = self._names(keys, value, "student ids")
        return tuple(name for name in names if self._student(keys, name, name))

    def _names(self, keys: Sequence[str], value: Any, what: str) -> list[str]:
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            for name in sorted({name for name in value if value.count(name) > 1}):
                self._wrong(keys, f"{name!r} is named twice", name)
            return value
        self._wrong(keys, f"expected a list of {what}, got {value!r}")
        return []

    def _read_zone(self, value: Any) -> ZoneInfo | None:
        if value is None:
            return None
        zone = zone_named(value) if isinstance(value, str) else None
        if zone is None:
            self._wrong(
                ("time_zone",),
                f"expected the name of a time zone such as Europe/Berlin, got {value!r}",
            )
        return zone

    def _read_due(self, table: Mapping[str, Any]) -> dict[str, datetime]:
        found = {}
        for name, value in table.items():
            if (
                self._assignment(("due", name), name)
                and (moment := self._moment(("due", name), value)) is not None
            ):
                found[name] = moment
        return found

    def _moment(self, keys: Sequence[str], value: Any) -> datetime | None:
        """Return a time in UTC, or None if it is none, or an uncertain one."""
        if isinstance(value, date | time) and not isinstance(value, datetime):
            self._wrong(
                keys, f"expected a date with a time of day such as 2026-11-20 18:00, got {value}"
            )
            return None
        if not isinstance(value, str | datetime):
            self._wrong(keys, f"expected a time such as 2026-11-20 18:00, got {value!r}")
            return None
        try:
            return read_time(str(value), self._zone)
        except UncertainTime as error:
            said = str(error).replace(
                "(time_zone in class.toml)", '(time_zone = "…" at the top of this file)'
            )
            self._wrong(keys, said)
            return None

    def _length(self, keys: Sequence[str], value: Any) -> timedelta | None:
        found = _LENGTH.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None:
            self._wrong(keys, f"expected {LENGTHS}, got {value!r}")
            return None
        return timedelta(**{found[2].rstrip("s") + "s": float(found[1])})

    def _amount(self, keys: Sequence[str], value: Any) -> Amount:
        found = _AMOUNT.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None:
            self._wrong(keys, f"expected {AMOUNTS}, got {value!r}")
            return Amount(0.0)
        per_cent = not found[2].startswith("point")
        if per_cent and float(found[1]) > 100:
            self._wrong(keys, f"expected at most 100 %, got {value!r}")
        return Amount(float(found[1]), per_cent)

    def _whole(self, keys: Sequence[str], value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self._wrong(keys, f"expected a whole number of at least 0, got {value!r}")
        return 0

    def _read_late(self, value: Any) -> LatePolicy:
        if value == "none":
            return LatePolicy()
        if not isinstance(value, dict):
            self._wrong(
                ("late",),
                f'expected a table with {", ".join(LATE_KEYS)}, or late = "none", got {value!r}',
            )
            return LatePolicy()
        self._known(("late",), value, LATE_KEYS)
        if "per_day" not in value and "closed_after" not in value:
            self._wrong(
                ("late",),
                f'expected per_day ({AMOUNTS}) or closed_after; late = "none" at the top '
                "says that late work costs nothing",
            )
        closed = (
            self._length(("late", "closed_after"), value["closed_after"])
            if "closed_after" in value
            else None
        )
        grace = self._length(("late", "grace"), value["grace"]) if "grace" in value else None
        if closed is not None and grace is not None and closed < grace:
            self._wrong(("late", "closed_after"), "expected a length of at least the grace")
        return LatePolicy(
            self._amount(("late", "per_day"), value["per_day"])
            if "per_day" in value
            else Amount(0.0),
            grace or timedelta(),
            self._whole(("late", "free_days"), value.get("free_days", 0)),
            self._amount(("late", "most"), value["most"]) if "most" in value else None,
            closed,
        )

    def _read_extensions(
        self, table: Mapping[str, Any], due: Mapping[str, datetime]
    ) -> dict[str, dict[str, timedelta]]:
        found: dict[str, dict[str, timedelta]] = {}
        for student, values in table.items():
            self._student(("extensions", student), student)
            for name, value in self._table(("extensions", student), values).items():
                keys = ("extensions", student, name)
                if not self._assignment(keys, name):
                    continue
                length = self._extension(keys, value, due.get(name))
                if length is not None:
                    found.setdefault(student, {})[name] = length
        return found

    def _extension(self, keys: Sequence[str], value: Any, due: datetime | None) -> timedelta | None:
        if due is None:
            self._wrong(keys, f"expected a due date of {keys[-1]} under [due] that this extends")
            return None
        if isinstance(value, str) and _LENGTH.fullmatch(value.strip()):
            return self._length(keys, value)
        if isinstance(value, str) and re.fullmatch(r"[\d.]+\s*\w+", value.strip()):
            self._wrong(keys, f"expected {LENGTHS}, or a time, got {value!r}")
            return None
        moment = self._moment(keys, value)
        if moment is not None and moment < due:
            self._wrong(
                keys,
                f"expected a time after the due date {due:%Y-%m-%d %H:%M} UTC, got "
                f"{moment:%Y-%m-%d %H:%M} UTC",
            )
            return None
        return None if moment is None else moment - due

    def _read_groups(self, table: Mapping[str, Any]) -> dict[str, dict[str, tuple[str, ...]]]:
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for name, groups in table.items():
            if not self._assignment(("groups", name), name):
                continue
            owner: dict[str, str] = {}
            for group, members in self._table(("groups", name), groups).items():
                keys = ("groups", name, group)
                found.setdefault(name, {})[group] = self._students_of(keys, members)
                for member in found[name][group]:
                    if owner.setdefault(member, group) != group:
                        self._wrong(
                            keys,
                            f"{member!r} is in {owner[member]!r} as well; one group each "
                            "was expected",
                            member,
                        )
        return found

    def _read_attempt(self, value: Any) -> CountedAttempt:
        if value in [str(one) for one in CountedAttempt]:
            return CountedAttempt(value)
        near = did_you_mean(value, CountedAttempt) if isinstance(value, str) else ""
        self._wrong(
            ("attempt",), f"expected one of {', '.join(CountedAttempt)}, got {value!r}{near}"
        )
        return CountedAttempt.LAST

    def _read_uncounted(self, names: Any) -> frozenset[str]:
        keys = ("drop", "assignments")
        return frozenset(
            name
            for name in self._names(keys, names, "assignments")
            if self._assignment(keys, name, name)
        )

    def _read_excused(self, table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        found = {}
        for student, names in table.items():
            keys = ("drop", "excused", student)
            self._student(keys, student)
            found[student] = tuple(
                name
                for name in self._names(keys, names, "assignments")
                if self._assignment(keys, name, name)
            )
        return found

    def _read_canvas(self, table: Mapping[str, Any]) -> CanvasPlace:
        self._known(("canvas",), table, CANVAS_KEYS)
        url = table.get("url")
        if not isinstance(url, str) or not _is_address(url):
            self._wrong(
                ("canvas", "url"),
                f'expected an address such as "https://canvas.example.edu", got {url!r}',
            )
        numbers = self._table(("canvas", "assignments"), table.get("assignments", {}))
        assignments = {
            name: self._number(("canvas", "assignments", name), number)
            for name, number in numbers.items()
            if self._assignment(("canvas", "assignments", name), name)
        }
        course = self._number(("canvas", "course"), table.get("course"))
        return CanvasPlace(str(url).rstrip("/"), course, assignments)

    def _number(self, keys: Sequence[str], value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        self._wrong(keys, f"expected the number in its address on Canvas, got {value!r}")
        return 0


def _is_address(url: str) -> bool:
    """Return whether a text is the address of a server, with TLS if it is another machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    near = parts.scheme == "http" and host in LOOPBACK
    return bool(host) and (parts.scheme == "https" or near) and parts.path in ("", "/")
