"""What nbgrader's commands take of a submission: the notebook, and what its exchange needs; none of
it through a link.

nbgrader copies whatever lies beside a notebook to where formgrader gives it out, and follows links
on the way. It has no setting for this that leaves its other commands alone, so one of its methods
is replaced here. `autograder grade` reads by the same functions.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.converters.base import BaseConverter
from nbgrader.exchange.default import ExchangeCollect

from ..classroom.submissions import for_exchange, read_regular, through_link
from ..core.course import STAFF, not_left_out
from ..core.errors import UserError
from ..core.files import write_whole
from ..core.sanitize import visible
from ..grading.repair import MAX_BYTES

CONTENT = "content"  # of `resources["nbgrader"]`: the bytes of the notebook
MOST_COLLECTED = 20  # notebooks of one submission
_copy_beside = BaseConverter.init_assignment


def take_notebooks_alone() -> None:
    """Have nbgrader's own converters take of a submission what `autograder grade` takes."""
    BaseConverter.init_assignment = _init_assignment


def _init_assignment(self: BaseConverter, assignment_id: str, student_id: str) -> None:
    """Copy what the exchange needs, where a submission is graded or its feedback is made; all else
    as ever.
    """
    refuse_leaks(self.coursedir.ignore)
    if not isinstance(self, Autograde | GenerateFeedback):
        _copy_beside(self, assignment_id, student_id)
        return
    source, target = (
        Path(place(assignment_id, student_id)) for place in (self._format_source, self._format_dest)
    )
    if through_link(source):
        raise UserError(f"{visible(str(source))} is a link, or lies in one; it is not followed")
    target.mkdir(parents=True, exist_ok=True)
    for name, content in for_exchange(source).items():
        write_whole(target / name, content)


def refuse_leaks(ignored: Sequence[str]) -> None:
    """Refuse to convert with settings by which nbgrader copies what staff keep of an assignment.

    Raises:
        UserError: a folder is not left out.
    """
    if lacking := not_left_out(ignored):
        raise UserError(
            f"expected c.CourseDirectory.ignore to name {', '.join(STAFF)}, got "
            f"{', '.join(ignored) or 'nothing'}: nbgrader would copy "
            f"source/NN-name/{lacking[0]} to students; add to the list that configure() "
            "made, and do not replace it"
        )


class RegularNotebook(NotebookExporter):
    """nbgrader's exporter, which reads the notebook if it is a file and no link, and lets what is
    no notebook be repaired.
    """

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> Any:
        resources = resources if resources is not None else {}
        content = read_regular(Path(filename))
        resources.setdefault("nbgrader", {})[CONTENT] = content
        try:
            notebook = nbformat.reads(content.decode(), as_version=4)
        except Exception:  # whatever it holds: `repair` reads the bytes and says what is wrong
            notebook = nbformat.v4.new_notebook()
        resources["metadata"] = {"name": Path(filename).stem, "path": str(Path(filename).parent)}
        return self.from_file(io.StringIO(nbformat.writes(notebook)), resources=resources, **kw)


class CollectNotebooks(ExchangeCollect):  # type: ignore[misc]  # nbgrader has no types
    """Collects notebooks alone from the exchange, where a student may have put anything."""

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        source, target = Path(src), Path(dest)
        if source.is_symlink():
            raise UserError(f"{visible(src)} is a link; it is not followed")
        target.mkdir(parents=True)
        for path in sorted(source.glob("*.ipynb"))[:MOST_COLLECTED]:
            try:
                content = read_regular(path)
            except OSError as error:
                self.log.warning("%s is not collected: %s", visible(str(path)), error.strerror)
                continue
            if len(content) > MAX_BYTES:
                self.log.warning(
                    "%s is not collected: expected at most %d MB",
                    visible(str(path)),
                    MAX_BYTES >> 20,
                )
            else:
                write_whole(target / path.name, content)
        for name, content in for_exchange(source).items():
            write_whole(target / name, content)
