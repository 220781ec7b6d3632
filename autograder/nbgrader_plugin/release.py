"""Release an assignment to nbgrader's exchange as `autograder publish` hands it out: with `utils`,
its note and its data, and without an answer that is not due yet.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeReleaseAssignment

from ..core.course import Course
from ..core.errors import UserError
from ..core.files import write_whole


class ReleaseWhole(ExchangeReleaseAssignment):  # type: ignore[misc]  # nbgrader has no types
    """Puts what the notebook needs into its folder, since the exchange hands out nothing else."""

    def init_src(self) -> None:
        """Gather the files before the ones of an earlier release are removed."""
        from ..publish.deadlines import past_deadlines  # with the audit, which takes seconds
        from ..publish.exchange_files import exchange_files

        super().init_src()
        course = Course(Path(self.coursedir.source_directory).parent, Path(self.coursedir.root))
        try:
            past = past_deadlines(course, ())
            self.files = exchange_files(course, self.coursedir.assignment_id, past)
        except UserError as error:
            self.fail(str(error))

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Write the files that were gathered."""
        for path, content in self.files.items():
            write_whole(Path(dest) / path, content)
