"""Read a time as people and platforms write it, or refuse it: a time that can be read in two ways
changes marks.

What is read: a date with its year first (2026-10-05, 2026/10/05, 20261005) or with its month in
English letters (5 October 2026, Monday, Oct 5, 2026), a time of day (19:00, 19:00:30.5, 7:00 PM),
and a zone: an offset (+02:00, UTC+2), UTC, a name such as Europe/Berlin, or nothing where the class
has a zone. A short name such as CEST counts only if it is the class's zone that uses it at that
moment. Refused: 05.10.2026 (May or October?), and an hour that the clock shows twice or never.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .errors import UncertainTime

EXAMPLE = "2026-11-20 23:59:00 UTC"
EARLIEST, LATEST = 1990, 2199  # years; what lies outside is no time of a course
LARGEST_OFFSET = timedelta(hours=14)
LONGEST = 100  # characters
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_CLOCK = r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?)?(?:\s?(?P<half>[ap])\.?m\b\.?)?"
_ISO_DATE = r"(?P<year>\d{4})(?P<mark>[-/])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"
_WORDS = r"(?:(?P<weekday>[a-z]{3,9}),?\s)?(?:(?P<day>\d{1,2})\.?\s(?P<name>[a-z]{3,9})\.?,?|(?P<name2>[a-z]{3,9})\.?\s(?P<day2>\d{1,2}),?)\s(?P<year>\d{4})"
_ZONE = r"(?:\s*(?P<zone>\S.*))?"
_FORMS = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        rf"{_ISO_DATE}(?:\s*t\s*|,?\s+){_CLOCK}{_ZONE}",
        rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}})t(?P<hour>\d{{2}})(?P<minute>\d{{2}})(?:(?P<second>\d{{2}})(?:[.,](?P<part>\d{{1,9}}))?)?{_ZONE}",
        rf"{_WORDS}(?:,?\s+(?:at\s+)?){_CLOCK}{_ZONE}",
    )
)
_TWO_WAYS = re.compile(r"(?:\D*\s)?\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b.*", re.ASCII)
_OFFSET = re.compile(r"(?:utc|gmt)?\s?([+-])(\d{1,2})(?::?(\d{2}))?", re.ASCII | re.IGNORECASE)
_NAMED = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+", re.ASCII)


def read_time(text: str, zone: ZoneInfo | None = None) -> datetime:
    """Return a time in UTC, without a zone of its own, as nbgrader keeps it.

    Args:
        text: the time as it is written.
        zone: the class's, for times that name none.

    Raises:
        UncertainTime: the text is no time, or it can be read in more than one way; the message says
            why.
    """
    text = " ".join(text.removeprefix("\ufeff").split())
    if len(text) > LONGEST:
        raise _refusal(text, f"it has {len(text)} characters")
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        raise _refusal(
            text,
            "day and month can be exchanged"
            if _TWO_WAYS.fullmatch(text)
            else "it is no date with a time of day",
        )
    parts = found.groupdict()
    try:
        local = datetime.combine(_date(parts), _clock(parts))
    except ValueError as error:
        raise _refusal(text, str(error)) from error
    try:
        return _in_utc(local, parts["zone"] or "", zone)
    except ValueError as error:
        raise _refusal(text, str(error)) from error


def worded(length: timedelta) -> str:
    """Return a length of time in words, to the second: 2 days, 1 hour 30 minutes."""
    said, left = list[str](), int(length.total_seconds())
    for unit, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, left = divmod(left, seconds)
        said += [f"{count} {unit}{'' if count == 1 else 's'}"] if count else []
    return " ".join(said) or "0 seconds"


def zone_named(name: str) -> ZoneInfo | None:
    """Return a time zone by its name, such as Europe/Berlin or UTC, or None where there is none of
    that name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _refusal(text: str, reason: str) -> UncertainTime:
    return UncertainTime(f"expected a time such as {EXAMPLE}, got {text[:40]!r}: {reason}")


def _date(parts: dict[str, str | None]) -> date:
    if name := parts.get("name") or parts.get("name2"):
        month, day = 1 + _position(name, MONTHS, "month"), parts["day"] or parts["day2"] or ""
    else:
        month, day = int(parts["month"] or ""), parts["day"] or ""
    year = int(parts["year"] or "")
    if not EARLIEST <= year <= LATEST:
        raise ValueError(f"the year {year} is not from {EARLIEST} to {LATEST}")
    found = date.fromisoformat(f"{year:04}-{month:02}-{int(day):02}")
    if (weekday := parts.get("weekday")) and _position(weekday, DAYS, "day") != found.weekday():
        raise ValueError(f"that date is a {DAYS[found.weekday()].capitalize()}")
    return found


def _position(name: str, names: tuple[str, ...], kind: str) -> int:
    """Return where an English name stands; three letters of it, or four as in Sept and Tues, are
    enough.
    """
    fitting = [
        at
        for at, one in enumerate(names)
        if one.startswith(name.lower()) and (len(name) in (3, 4) or len(name) == len(one))
    ]
    if len(fitting) != 1:
        raise ValueError(f"{name} is no English name of a {kind}")
    return fitting[0]


def _clock(parts: dict[str, str | None]) -> time:
    hour, half = int(parts["hour"] or ""), (parts.get("half") or "").lower()
    if parts["minute"] is None and not half:
        raise ValueError("it has an hour without minutes")
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(f"{hour} is no hour before or after noon")
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23:  # fromisoformat takes 24:00 in some versions of Python
        raise ValueError(f"{hour} is no hour")
    part = (parts.get("part") or "0").ljust(6, "0")[:6]
    return time.fromisoformat(
        f"{hour:02}:{parts['minute'] or '00'}:{parts.get('second') or '00'}.{part}"
    )


def _in_utc(local: datetime, name: str, zone: ZoneInfo | None) -> datetime:
    if not name:
        if zone is None:
            raise ValueError(
                "it names no time zone, and the class has none (time_zone in class.toml)"
            )
        return _at(local, zone)
    if name.upper() in ("Z", "UTC", "GMT"):
        return local
    if offset := _OFFSET.fullmatch(name):
        sign, hours, minutes = offset.groups(default="0")
        ahead = timedelta(hours=int(hours), minutes=int(minutes))
        if ahead > LARGEST_OFFSET or int(minutes) > 59:
            raise ValueError(f"{name} is no offset from UTC")
        return local + ahead if sign == "-" else local - ahead
    if _NAMED.fullmatch(name):
        named = zone_named(name)
        if named is None:
            raise ValueError(f"{name} is no time zone")
        return _at(local, named)
    if zone is None:
        raise ValueError(
            f"{name} is no time zone, or one of several, and the class has none "
            "(time_zone in class.toml)"
        )
    fitting = {moment for moment, short in _moments(local, zone) if short.upper() == name.upper()}
    if len(fitting) != 1:
        raise ValueError(f"{zone.key}, the class's zone, does not use {name} at that time")
    return fitting.pop()


def _at(local: datetime, zone: ZoneInfo) -> datetime:
    """Return what the clock of a zone shows as a time in UTC."""
    moments = {moment for moment, _ in _moments(local, zone)}
    if len(moments) != 1:
        raise ValueError(f"clocks in {zone.key} show it {'twice' if moments else 'never'}")
    return moments.pop()


def _moments(local: datetime, zone: ZoneInfo) -> set[tuple[datetime, str]]:
    """Return when the clock of a zone shows a time: once, twice, or never; with the zone's short
    name at that moment.
    """
    found = set()
    for fold in (0, 1):
        here = local.replace(tzinfo=zone, fold=fold)
        moment = here.astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == local:
            found.add((moment.replace(tzinfo=None), here.tzname() or ""))
    return found
