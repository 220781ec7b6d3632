"""Turn a date in the words of any language into the form that `times.read_time` reads: Moodle and
others write times in the language of the person who downloads them.

The names of months and days are Unicode's (CLDR, by Babel). A text counts only if every word of it
is understood, and if all languages that understand it read one and the same moment.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale

from .errors import UncertainTime
from .times import LONGEST, MONTHS, read_time

# those of Moodle's languages that have many users, as CLDR calls them
LANGUAGES = (
    "en de fr es it eu pt ca gl nl sv da nb nn fi et lv lt pl cs sk sl hr bs sr sr_Latn mk bg ru "
    "uk be ro hu tr el he ar fa hi id ms th cy ga is sq af ka hy az kk ja ko zh_Hans zh_Hant"
).split()
_ENDINGS = {"eu": ("ren", "ko")}  # endings of a month's name that CLDR has not
_FILLERS = frozenset(  # words and endings that stand between, in any of these languages
    "de del d di du da do à as às el la le at um uhr kl klo klockan om u ko e r ren en an o a i "
    "og ja г года р року ora ore alle h m i den am dne ob godz години alkaen na v у в".split()
)
_HALVES = {"am": "AM", "pm": "PM"}
_DATE_SIGNS = re.compile(r"(?<!\d)(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_CLOCK = re.compile(
    r"(?<![\d.:])(\d{1,2})(?::|\.|h|時|时|시\s?)(\d{2})(?::(\d{2})|分|분)?(?![\d.:])"
)
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_DAY = re.compile(r"(?<![\d.:/-])(\d{1,2})(?!\d)(?:º|ª|er\b|\(a\))?")
_ENGLISH = re.compile(rf"\b(?:{'|'.join(MONTHS)})\b")
_LATIN_HALF = re.compile(r"(?<!\w)([ap])\.?\s?m\b\.?")


@dataclass(frozen=True)
class _Names:
    """What one language calls months (1 to 12), days (0 is Monday) and halves of the day."""

    months: Mapping[str, int]
    days: Mapping[str, int]
    halves: Mapping[str, str]
    found: re.Pattern[str]


@dataclass(frozen=True)
class _Pieces:
    """A text without its numbers."""

    year: int
    month: int | None
    day: int
    clock: str
    half: str
    words: str


def read_worded_time(text: str, zone: ZoneInfo | None = None) -> datetime:
    """Return a time in UTC, without a zone of its own; its date may be in the words of any
    language.

    Args:
        text: the time as it is written.
        zone: the class's, for times that name none.

    Raises:
        UncertainTime: the text is no time, or it can be read in more than one way; the message says
            why.
    """
    try:
        return read_time(text, zone)
    except UncertainTime as error:
        pieces = _pieces(_plain(text)) if len(text) <= LONGEST else None
        if pieces is None or _ENGLISH.search(pieces.words):
            raise
        try:
            numbers = _read(text, pieces)
        except UncertainTime as more:
            raise more from error
        return read_time(numbers, zone)


def clock_of(text: str) -> tuple[int, bool] | None:
    """Return the hour of a time as it is written, and whether a word says which half of the day it
    is in; None for what is no time.
    """
    pieces = _pieces(_plain(text)) if len(text) <= LONGEST else None
    if pieces is None:
        return None
    half = pieces.half
    if not half and not _ENGLISH.search(pieces.words):
        try:
            half = "M" if _read(text, pieces).endswith("M") else ""
        except UncertainTime:
            return None
    return int(pieces.clock.partition(":")[0]), bool(half)


def _plain(text: str) -> str:
    """Return a text in small letters, its digits 0 to 9, each space one space."""
    text = unicodedata.normalize("NFKC", text).casefold()
    digits = (str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)
    kept = (one for one in digits if unicodedata.category(one) != "Cf")  # marks of direction
    return " ".join("".join(kept).split())


def _letters(text: str) -> str:
    """Return a text's words alone, between single spaces; dots and signs are none of them."""
    kept = (
        one if one.isalpha() or unicodedata.category(one) in ("Mn", "Mc") else " " for one in text
    )
    return " ".join("".join(kept).split())


def _pieces(text: str) -> _Pieces | None:
    """Return the numbers of a text and its words, or None if its numbers are no date and time."""
    half = ""
    if halves := _LATIN_HALF.findall(text):
        if len(halves) > 1:
            return None
        half, text = _HALVES[halves[0] + "m"], _LATIN_HALF.sub(" ", text)
    signs = _DATE_SIGNS.search(text)
    rest = _DATE_SIGNS.sub(" ", text, count=1)
    clocks = list(_CLOCK.finditer(rest))
    if len(clocks) != 1:
        return None
    hour, minute, second = clocks[0].groups(default="00")
    clock = f"{hour}:{minute}:{second}"
    rest = f"{rest[: clocks[0].start()]} {rest[clocks[0].end() :]}"
    if signs:
        year, month, day = (int(one) for one in signs.groups())
        if re.search(r"\d", rest):
            return None
        return _Pieces(year, month, day, clock, half, _letters(rest))
    years = _YEAR.findall(rest)
    rest = _YEAR.sub(" ", rest)
    days = _DAY.findall(rest)
    rest = _DAY.sub(" ", rest)
    if len(years) != 1 or len(days) != 1 or re.search(r"\d", rest):
        return None
    return _Pieces(int(years[0]), None, int(days[0]), clock, half, _letters(rest))


@lru_cache(maxsize=4096)
def _read(text: str, pieces: _Pieces) -> str:
    """Return the one moment that all languages read which understand every word."""
    moments, weekdays, impossible, unknown = set[str](), set[str](), set[str](), set[str]()
    for names in _all_names().values():
        months, days, halves = set[int](), set[int](), {pieces.half} - {""}
        for word in names.found.findall(pieces.words):
            if word in names.halves:
                halves.add(names.halves[word])
            elif word in names.months:
                months.add(names.months[word])
            else:
                days.add(names.days[word])
        left = _letters(names.found.sub(" ", pieces.words)).split()
        months |= {pieces.month} if pieces.month else set()
        if len(months) != 1 or len(days) > 1 or len(halves) > 1:
            continue
        if strange := [word for word in left if word not in _FILLERS]:
            unknown.add(strange[0])
            continue
        month = months.pop()
        try:
            day = date(pieces.year, month, pieces.day)
        except ValueError:
            impossible.add(f"{pieces.year}-{month:02}-{pieces.day:02} is no date")
            continue
        if days and day.weekday() not in days:
            weekdays.add(f"{day:%Y-%m-%d}")
            continue
        half = f" {halves.pop()}" if halves else ""
        moments.add(f"{day:%Y-%m-%d} {pieces.clock}{half}")
    if len(moments) == 1:
        return moments.pop()
    if moments:
        why = f"it can be read as {' or '.join(sorted(moments))}"
    elif weekdays:
        why = f"{min(weekdays)} is another day of the week"
    elif impossible:
        why = min(impossible)
    elif unknown:
        why = f"the word {min(unknown, key=len)!r} is not known"
    else:
        why = "its month is not known in any language"
    raise UncertainTime(
        f"expected a date in words such as 'Thursday, 2 July 2026, 10:37 AM', got {text[:60]!r}: "
        f"{why}"
    )


@lru_cache(maxsize=1)
def _all_names() -> Mapping[str, _Names]:
    return {language: _names(language) for language in LANGUAGES}


def _names(language: str) -> _Names:
    locale = Locale.parse(language)
    months, days, halves = dict[str, int](), dict[str, int](), dict[str, str]()
    for context in ("stand-alone", "format"):
        for width in ("abbreviated", "wide"):
            for number, name in locale.months[context][width].items():
                for ending in ("", *_ENDINGS.get(language, ())):
                    months[_letters(_plain(name)) + ending] = number
            for number, name in locale.days[context][width].items():
                days[_letters(_plain(name))] = number
            for key, half in _HALVES.items():
                if name := _plain(locale.day_periods.get(context, {}).get(width, {}).get(key, "")):
                    halves |= {_letters(name): half, _letters(name.replace(".", "")): half}
    months.pop("", None)  # names that are numbers
    both = {name for name in halves if name in months or name in days or not name}
    halves = {name: half for name, half in halves.items() if name not in both}
    return _Names(months, days, halves, _any_of([*months, *days, *halves]))


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of whole words that are one of these, the longest first."""
    ordered = sorted(set(names), key=len, reverse=True)
    return re.compile(rf"(?<![^ ])(?:{'|'.join(map(re.escape, ordered))})(?![^ ])")
