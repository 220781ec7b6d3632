"""Keep what was sent to each platform, by the digest of each student's line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core.course import Course
from ..core.errors import UserError
from ..core.files import write_whole
from .lines import Line

PRIVATE = 0o600


@dataclass(frozen=True)
class Sent:
    """What was sent of an assignment: `returned/NN-name/sent.json`.

    Attributes:
        path: the file.
        digests: by platform and student.
    """

    path: Path
    digests: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(cls, course: Course, name: str) -> Sent:
        """Return what was sent of an assignment; nothing if the file is not there.

        Raises:
            UserError: the file is damaged.
        """
        path = course.work / "returned" / name / "sent.json"
        try:
            kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
            return cls(path, {to: dict(digests) for to, digests in kept.items()})
        except (ValueError, AttributeError, TypeError) as error:
            raise UserError(
                f"{path} cannot be read ({error}); move it away to send all again"
            ) from error

    def changed(self, to: str, lines: Iterable[Line]) -> frozenset[str]:
        """Return the students whose line is not as it was sent to a platform."""
        before = self.digests.get(to, {})
        return frozenset(line.student for line in lines if before.get(line.student) != line.digest)

    def with_lines(self, to: str, lines: Iterable[Line]) -> Sent:
        """Write down that these lines were sent, and return all that was."""
        now = {**self.digests.get(to, {}), **{line.student: line.digest for line in lines}}
        new = Sent(self.path, {**self.digests, to: now})
        write_whole(self.path, json.dumps(new.digests, indent=1) + "\n", PRIVATE)
        return new
