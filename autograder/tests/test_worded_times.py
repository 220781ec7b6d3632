"""Dates in the words of a language; expected values are written by hand, from the calendar."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from autograder.core.errors import UncertainTime
from autograder.core.worded_times import clock_of, read_worded_time

BERLIN = ZoneInfo("Europe/Berlin")  # UTC+2 in July, UTC+1 in November


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thursday, 2 July 2026, 10:37 AM", "2026-07-02 08:37"),
        ("Thursday, July 2, 2026, 5:00 PM", "2026-07-02 15:00"),
        ("Donnerstag, 2. Juli 2026, 10:37", "2026-07-02 08:37"),
        ("Mittwoch, 30. Dezember 2026, 00:05", "2026-12-29 23:05"),
        ("jeudi 2 juillet 2026, 17:00", "2026-07-02 15:00"),
        ("dimanche 1er novembre 2026 à 17h05", "2026-11-01 16:05"),
        ("samedi 1 août 2026, 09:00", "2026-08-01 07:00"),
        ("jueves, 2 de julio de 2026, 10:37", "2026-07-02 08:37"),
        ("jueves, 2 de julio de 2026, 10:37 p. m.", "2026-07-02 20:37"),
        ("miércoles, 4 de noviembre de 2026, 12:05 a.m.", "2026-11-03 23:05"),
        ("giovedì, 2 luglio 2026, 10:37", "2026-07-02 08:37"),
        ("osteguna, 2026(e)ko uztailaren 2(a), 10:37", "2026-07-02 08:37"),
        ("quinta-feira, 2 de julho de 2026 às 10:37", "2026-07-02 08:37"),
        ("donderdag, 2 juli 2026, 10:37", "2026-07-02 08:37"),
        ("torstaina 2. heinäkuuta 2026, 10.37", "2026-07-02 08:37"),
        ("poniedziałek, 2 listopada 2026, 10:37", "2026-11-02 09:37"),
        ("petak, 2. listopada 2026, 10:37", "2026-10-02 08:37"),
        ("четверг, 2 июля 2026, 10:37", "2026-07-02 08:37"),
        ("Πέμπτη, 2 Ιουλίου 2026, 5:00 μμ", "2026-07-02 15:00"),
        ("2026年7月2日(木) 10:37", "2026-07-02 08:37"),
        ("2026年07月2日 星期四 下午 5:00", "2026-07-02 15:00"),
        ("2026년 7월 2일 목요일 오후 5:00", "2026-07-02 15:00"),
        ("الخميس، ٢ يوليو ٢٠٢٦، ١٠:٣٧ م", "2026-07-02 20:37"),
    ],
)
def test_a_date_in_words(text: str, expected: str) -> None:
    assert f"{read_worded_time(text, BERLIN):%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Freitag, 2. Juli 2026, 10:37", "another day of the week"),
        ("Friday, 2 July 2026, 10:37", "that date is a Thursday"),
        ("02.07.2026 10:37", "day and month can be exchanged"),
        ("jueves, 2 de julio de 2026, 5:00 de la tarde", "'tarde' is not known"),
        ("2 listopad 2026, 10:37", "2026-10-02 10:37:00 or 2026-11-02 10:37:00"),
        ("Donnerstag, 2. Blub 2026, 10:37", "month is not known in any language"),
        ("Donnerstag, 2. Juli 2026", "no date with a time of day"),
        ("Donnerstag, 2. Juli 2026, 10:37, 11:00", "no date with a time of day"),
        ("Donnerstag, 32. Juli 2026, 10:37", "2026-07-32 is no date"),
        ("Donnerstag, 2. Juli 2026, 25:00", "25 is no hour"),
        ("Sonntag, 25. Oktober 2026, 02:30", "show it twice"),
        ("Sonntag, 29. März 2026, 02:30", "show it never"),
        ("Donnerstag, 2. Juli 2569, 10:37", "2569"),
    ],
)
def test_what_is_not_certain_is_refused(text: str, why: str) -> None:
    with pytest.raises(UncertainTime, match=why):
        read_worded_time(text, BERLIN)


def test_words_need_a_zone_as_numbers_do() -> None:
    with pytest.raises(UncertainTime, match="names no time zone"):
        read_worded_time("Donnerstag, 2. Juli 2026, 10:37")


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("Thursday, 2 July 2026, 5:00 PM", (5, True)),
        ("Thursday, 2 July 2026, 5:00", (5, False)),
        ("Donnerstag, 2. Juli 2026, 17:00", (17, False)),
        ("2026年07月2日 星期四 下午 5:00", (5, True)),
        ("-", None),
    ],
)
def test_whether_the_half_of_the_day_is_told(text: str, clock: tuple[int, bool] | None) -> None:
    assert clock_of(text) == clock
