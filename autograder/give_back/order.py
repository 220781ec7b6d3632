"""What is to go back to a platform, and what went."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .lines import Line
from .targets import Target


@dataclass(frozen=True)
class Returned:
    """What went back.

    Attributes:
        lines: of all students.
        changed: the ids of those whose line was sent.
        places: by student, where the page lies in the archive; nothing if that is not known.
        files: that were written.
        strangers: students whom the grade file does not have.
        notes: what a person should know before the upload.
    """

    lines: tuple[Line, ...]
    changed: frozenset[str]
    places: dict[str, str]
    files: tuple[Path, ...]
    strangers: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """What is to go back, and where to.

    Attributes:
        name: the assignment.
        to: the platform.
        grades: the grade file that the platform gave, or None to return pages alone.
        column: of the marks in it; found if empty.
        scale: whether to convert marks to the platform's most points.
        again: whether to send what was sent before as well.
        dry: whether to write nothing.
        stale: the students whose page is not on the disk as it would be written now.
    """

    name: str
    to: Target
    grades: Path | None = None
    column: str = ""
    scale: bool = False
    again: bool = False
    dry: bool = False
    stale: frozenset[str] = frozenset()
