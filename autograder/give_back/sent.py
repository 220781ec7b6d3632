"""Keep what was sent to each platform, by digests of students' lines and of groups' pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core.course import Course
from ..core.errors import UserError
from ..core.files import write_whole

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

    def changed(self, to: str, digests: Mapping[str, str]) -> frozenset[str]:
        """Return what is not as it was sent to a platform.

        Args:
            to: the platform.
            digests: by student, or by another name of what is sent.
        """
        before = self.digests.get(to, {})
        return frozenset(one for one, digest in digests.items() if before.get(one) != digest)

    def noting(self, to: str, digests: Mapping[str, str]) -> Sent:
        """Write down that this was sent, and return all that was."""
        now = {**self.digests.get(to, {}), **digests}
        new = Sent(self.path, {**self.digests, to: now})
        write_whole(self.path, json.dumps(new.digests, indent=1) + "\n", PRIVATE)
        return new
