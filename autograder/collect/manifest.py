"""Keep where each notebook came from: the way back to the platform needs the numbers that its
upload had.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime

from ..core.course import Course
from ..core.errors import UserError
from ..core.files import write_whole
from .platforms import Owner
from .zipped import ZipEntry

PRIVATE = 0o600


@dataclass(frozen=True)
class Source:
    """Where a student's notebook came from.

    Attributes:
        platform: that the upload was read as from.
        path: in the upload.
        within: in the zip of that path, or nothing.
        name: the person's or group's name, as the path has it.
        number: the person's number or user name on the platform, where the path has it.
        attachment: the upload's number or folder on the platform, where the path has it.
        group: whether it is a group's.
        attempt: grows with every upload, where the platform says so.
        time: when it was submitted, in UTC, or nothing.
        sha256: of the notebook.
    """

    platform: str
    path: str
    within: str = ""
    name: str = ""
    number: str = ""
    attachment: str = ""
    group: bool = False
    attempt: int = 0
    time: str = ""
    sha256: str = ""

    @classmethod
    def of(
        cls, entry: ZipEntry, owner: Owner, platform: str, content: bytes, time: datetime | None
    ) -> Source:
        """Return the source of a file that was taken."""
        told = f"{time:%Y-%m-%d %H:%M:%S} UTC" if time else ""
        group, digest = bool(owner.members), hashlib.sha256(content).hexdigest()
        return cls(
            platform,
            entry.path,
            entry.within,
            owner.name,
            owner.number,
            owner.attachment,
            group,
            owner.attempt,
            told,
            digest,
        )


@dataclass(frozen=True)
class Manifest:
    """Where all notebooks of an assignment came from, by student."""

    sources: Mapping[str, Source] = field(default_factory=dict)

    def attempt(self, student: str) -> int:
        """Return the number of the upload that is there, or 0 if it is not known."""
        return self.sources[student].attempt if student in self.sources else 0

    def with_sources(self, more: Mapping[str, Source]) -> Manifest:
        """Return a manifest with later uploads in the place of earlier ones."""
        return Manifest({**self.sources, **more})


def read_manifest(course: Course, name: str) -> Manifest:
    """Return where the notebooks of an assignment came from; empty if nothing was collected.

    Raises:
        UserError: the file cannot be read.
    """
    path = course.manifest(name)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        known = {one.name for one in fields(Source)}
        return Manifest(
            {
                student: Source(**{key: value for key, value in one.items() if key in known})
                for student, one in kept["students"].items()
            }
        )
    except FileNotFoundError:
        return Manifest()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} is no manifest ({error}); move it away, and collect again"
        ) from error


def write_manifest(course: Course, name: str, manifest: Manifest) -> None:
    """Write where the notebooks of an assignment came from."""
    students = {student: asdict(one) for student, one in sorted(manifest.sources.items())}
    write_whole(
        course.manifest(name),
        json.dumps({"assignment": name, "students": students}, indent=1, ensure_ascii=False) + "\n",
        PRIVATE,
    )
