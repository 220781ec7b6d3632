"""Find Moodle's grading worksheet of an upload: a table beside the zip or in the class folder that
has the upload's participants.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..class_file.roster import LARGEST, Roster
from ..class_file.worksheet import Worksheet, read_worksheet
from ..core.errors import UserError
from .platforms import Platform
from .told_times import rows_of
from .zipped import ZipEntry

MOST = 50  # tables of one folder that are looked into


def given_worksheet(path: Path, platform: Platform, roster: Roster | None) -> Worksheet:
    """Return the worksheet that a person names.

    Raises:
        UserError: it is none, or the upload is not Moodle's.
    """
    if not platform.worksheet:
        raise UserError(
            f"--worksheet: expected an upload of Moodle, got one that was read as from "
            f"{platform.name}; leave it out"
        )
    return read_worksheet(path, roster)


def find_worksheet(
    folders: Iterable[Path],
    platform: Platform,
    entries: Iterable[ZipEntry],
    roster: Roster | None,
) -> Worksheet | None:
    """Return the worksheet that has most of an upload's people, or None.

    Raises:
        UserError: several have them, and do not say the same.
    """
    owners = [platform.owner(one.path) for one in entries] if platform.worksheet else []
    owners = [one for one in owners if one.number and not one.problem]
    tables = list[Path]()
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        tables += sorted(folder.glob("*.csv"))[:MOST] if owners and folder.is_dir() else []
    found = [
        sheet
        for path in tables
        if (sheet := _read(path, roster)) is not None
        and 2 * sum(bool(rows_of(owner, sheet)) for owner in owners) > len(owners)
    ]
    if len({_says(sheet) for sheet in found}) > 1:
        names = ", ".join(str(sheet.path) for sheet in found)
        raise UserError(
            f"expected one grading worksheet beside the upload or in the class folder, got "
            f"{len(found)} that differ: {names}; say by --worksheet which one counts"
        )
    return found[0] if found else None


def _read(path: Path, roster: Roster | None) -> Worksheet | None:
    """Return a worksheet, or None for another kind of table."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return None
        sheet = read_worksheet(path, roster)
    except (UserError, OSError):
        return None
    return None if sheet.problem else sheet


def _says(sheet: Worksheet) -> tuple[tuple[str, str, str], ...]:
    """Return what of a worksheet matters here: marks may differ."""
    rows = sorted(sheet.participants.items())
    return tuple((number, one.student, one.time) for number, one in rows)
