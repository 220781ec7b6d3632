"""Times are read where they are certain, and refused by name where they are not: a wrong reading takes points from somebody."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from traitlets.config import Config

from autograder.classroom.submissions import read_timestamp
from autograder.core.errors import UncertainTime, UserError
from autograder.core.times import read_time, worded
from autograder.gradebook.late import class_zone

BERLIN, NEW_YORK, KOLKATA = (
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("America/New_York"),
    ZoneInfo("Asia/Kolkata"),
)
NONE = None


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2026-10-05 17:00:00 UTC", NONE, "2026-10-05 17:00"),
        ("2026-10-05 17:00 utc", BERLIN, "2026-10-05 17:00"),
        ("2026-10-05T17:00:00Z", NONE, "2026-10-05 17:00"),
        ("20261005T170000Z", NONE, "2026-10-05 17:00"),
        ("\ufeff2026-10-05 17:00 UTC\n", NONE, "2026-10-05 17:00"),
        ("2026-10-05 17:00:00.250000 UTC", NONE, "2026-10-05 17:00:00.250"),
        ("2026-10-05T19:00:00+02:00", NONE, "2026-10-05 17:00"),
        (
            "2026-07-02 10:37:00 +0200",
            NONE,
            "2026-07-02 08:37",
        ),  # nbgrader takes it for 200 seconds
        ("2026-10-05 12:00 -05", NONE, "2026-10-05 17:00"),
        ("2026-10-05 22:30 UTC+5:30", NONE, "2026-10-05 17:00"),
        ("2026-10-05 19:00 Europe/Berlin", NONE, "2026-10-05 17:00"),
        ("2026-10-05 19:00 Europe/Berlin", NEW_YORK, "2026-10-05 17:00"),
        ("2026-12-05 12:00 America/New_York", NONE, "2026-12-05 17:00"),
        ("2026-10-05 19:00", BERLIN, "2026-10-05 17:00"),
        ("2026-12-05 19:00", BERLIN, "2026-12-05 18:00"),
        (
            "2026-10-05 7:00 PM",
            BERLIN,
            "2026-10-05 17:00",
        ),  # nbgrader takes 5:00 PM for 5 in the morning
        ("2026/10/05 7:00 p.m. UTC", NONE, "2026-10-05 19:00"),
        ("2026-10-05 12:30 AM UTC", NONE, "2026-10-05 00:30"),
        ("2026-10-05 12:30 PM UTC", NONE, "2026-10-05 12:30"),
        ("Monday, 5 October 2026, 7:00 PM", BERLIN, "2026-10-05 17:00"),
        ("Oct 5, 2026 at 7:00pm UTC", NONE, "2026-10-05 19:00"),
        ("2026-10-05 19:00:00 CEST", BERLIN, "2026-10-05 17:00"),
        ("2026-12-05 12:00 EST", NEW_YORK, "2026-12-05 17:00"),
        ("2026-10-05 22:30 IST", KOLKATA, "2026-10-05 17:00"),
        (
            "2026-10-25 02:30 CEST",
            BERLIN,
            "2026-10-25 00:30",
        ),  # the clock shows it twice; the short name says which
        ("2026-10-25 02:30 CET", BERLIN, "2026-10-25 01:30"),
        ("2026-10-25 02:30 +02:00", BERLIN, "2026-10-25 00:30"),
    ],
)
def test_what_is_certain_is_read(text: str, zone: ZoneInfo | None, utc: str) -> None:
    assert read_time(text, zone) == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    ("text", "zone", "says"),
    [
        ("05.10.2026 17:00 UTC", BERLIN, "day and month"),
        ("5/10/2026 5:00 PM UTC", BERLIN, "day and month"),
        ("10-05-2026 17:00 UTC", BERLIN, "day and month"),
        ("05.10.26 17:00 UTC", BERLIN, "day and month"),
        ("26-10-05 17:00 UTC", BERLIN, "day and month"),
        ("5 Oct 26 17:00 UTC", BERLIN, "no date"),
        ("5:00 PM", BERLIN, "no date"),
        ("2026-10-05", BERLIN, "no date"),
        ("2026-10-05 17 UTC", BERLIN, "without minutes"),
        ("1790000000", BERLIN, "no date"),
        ("20260702103700000", BERLIN, "no date"),
        ("0000-10-05 17:00 UTC", NONE, "year 0"),
        ("0026-10-05 17:00 UTC", NONE, "year 26"),
        ("9999-12-31 23:59 -12:00", NONE, "year 9999"),
        ("2026-02-30 17:00 UTC", NONE, "day"),
        ("2026-13-01 17:00 UTC", NONE, "month"),
        ("2026-10-05 24:00 UTC", NONE, "24"),
        ("2026-10-05 17:00 PM UTC", NONE, "17"),
        ("2026-10-05 0:30 AM UTC", NONE, "0 is no hour"),
        ("2026-10-05 17:60 UTC", NONE, "minute"),
        ("2026-10-05 17:00:60 UTC", NONE, "second"),
        ("2026-10-05 17:00 +99:00", NONE, "+99:00"),
        ("2026-10-05 17:00 +02:75", NONE, "+02:75"),
        ("2026-10-05 17:00 +0200 +0200", NONE, "+0200 +0200"),
        ("2026-10-05 17:00", NONE, "time_zone in class.toml"),
        ("2026-10-05 19:00:00 CEST", NONE, "CEST"),
        ("2026-12-05 12:00 EST", NONE, "EST"),
        ("2026-12-05 12:00 EST", BERLIN, "does not use EST"),
        ("2026-07-05 12:00 EST", NEW_YORK, "does not use EST"),
        ("2026-12-05 19:00 CEST", BERLIN, "does not use CEST"),
        ("2026-10-05 17:00 ../../etc/passwd", BERLIN, "passwd"),
        ("2026-10-05 17:00 America/Argentina", NONE, "America/Argentina"),
        ("2026-10-05 17:00 Europe/Nowhere", NONE, "Europe/Nowhere"),
        ("2026-03-29 02:30", BERLIN, "never"),
        ("2026-03-29 02:30 CEST", BERLIN, "CEST"),
        ("2026-10-25 02:30", BERLIN, "twice"),
        ("2026-10-25 02:30 Europe/Berlin", NONE, "twice"),
        ("2026-11-01 01:30", NEW_YORK, "twice"),
        ("Tuesday, 5 October 2026, 7:00 PM UTC", NONE, "Monday"),
        ("5 Oktober 2026 19:00 UTC", NONE, "Oktober"),
        ("5 Ma 2026 19:00 UTC", NONE, "no date"),
        ("٢٠٢٦-١٠-٠٥ ١٧:٠٠ UTC", NONE, "no date"),
        ("2026-10-05 17:00 UTC\n2026-10-01 17:00 UTC", NONE, "UTC 2026"),
        ("2026-10-05 17:00 UTC " + "x" * 100, NONE, "characters"),
        ("\x00", NONE, "no date"),
    ],
)
def test_what_is_not_certain_is_refused_by_name(
    text: str, zone: ZoneInfo | None, says: str
) -> None:
    with pytest.raises(UncertainTime, match="expected a time such as") as refused:
        read_time(text, zone)
    assert says in str(refused.value)


def test_a_file_that_tells_no_certain_time_is_named(tmp_path: Path) -> None:
    path = tmp_path / "timestamp.txt"
    assert read_timestamp(path) == (None, "")
    for content in ("05.10.2026 17:00\n", ""):
        path.write_text(content)
        time, trouble = read_timestamp(path)
        assert time is None
        assert str(path) in trouble
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    assert str(path) in read_timestamp(path)[1]


def test_the_class_has_one_zone_or_none() -> None:
    assert class_zone(Config()) is None
    assert class_zone(Config({"Exchange": {"timezone": "Europe/Berlin"}})) == BERLIN
    with pytest.raises(UserError, match="Europe/Nowhere"):
        class_zone(Config({"Exchange": {"timezone": "Europe/Nowhere"}}))


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(days=2), "2 days"),
        (timedelta(days=1, hours=1, minutes=30), "1 day 1 hour 30 minutes"),
        (timedelta(seconds=61), "1 minute 1 second"),
        (timedelta(), "0 seconds"),
    ],
)
def test_a_length_of_time_is_told_in_words(length: timedelta, said: str) -> None:
    assert worded(length) == said
