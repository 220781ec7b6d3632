"""Makes the executed source notebook from the text that authors edit, and the students'
release from that.

Building twice gives the same bytes: ids come from the text, times and versions are left out, and
nothing of one machine stays in the outputs.
"""

from __future__ import annotations

import io
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import zmq
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from traitlets.config import Config

from ..core.assignment import EARLIER, load_assignment
from ..core.course import STAFF, Course
from ..core.errors import UserError
from ..core.released_texts import remember
from ..core.roots import find_root
from ..core.threads import ONE_THREAD
from ..core.translation import translation_of
from ..gradebook.setup import prepare
from .given import given_source
from .messages import translate_visible_checks
from .refusals import (
    refuse_failed_checks,
    refuse_other_points,
    refuse_other_rubrics,
    refuse_unusable,
)

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
CELL_TIME = 120  # s
_NBGRADER = {"grade": False, "schema_version": 3, "solution": False, "task": False}
_ID = re.compile(r"[A-Za-z0-9_-]{1,50}")


def build(course: Course, names: list[str]) -> None:
    """Build assignments: executed source notebook, then release.

    Raises:
        UserError: the text form or a rubric is not of the agreed form, a cell raises, a visible
            check refuses the reference, hidden checks or known mistakes do not fit the questions,
            or a name is unknown.
    """
    translate_visible_checks(course, translation_of(course))
    for name in names:
        notebook = read_text_form(course.text_form(course.require(name)))
        refuse_other_points(course.checks(name), notebook)
        refuse_other_rubrics(name, notebook)
        given = _given(course, name, notebook)
        executed = execute(
            notebook, beside=data_beside(course, name), given=given, root=course.root
        )
        refuse_failed_checks(name, executed)
        write(executed, course.source_notebook(name))
        release(course, name)
        _give(course, name, given)
        refuse_unusable(load_assignment(course, name))


def release_again(course: Course, name: str) -> None:
    """Make the release of a built assignment as `build` leaves it: with its ids, in one fixed form,
    with `given.py` beside it.

    Raises:
        UserError: the text form is not of the agreed form, or nbgrader refuses the source.
    """
    given = _given(course, name, read_text_form(course.text_form(course.require(name))))
    release(course, name)
    _give(course, name, given)


def _give(course: Course, name: str, given: str) -> None:
    if given:
        course.given(name).write_text(given, encoding="utf-8")


def data_beside(course: Course, name: str) -> list[Path]:
    """Return the files beside a text form that its notebook reads, and that are released with it:
    data, and nothing in a folder.
    """
    kept = (".py", ".pyc", ".ipynb", ".md")
    return sorted(
        path
        for path in course.folder(name).iterdir()
        if path.is_file() and path.suffix not in kept and not path.name.startswith(".")
    )


def _given(course: Course, name: str, notebook: NotebookNode) -> str:
    cell = next((cell for cell in notebook.cells if cell.id == EARLIER), None)
    return given_source(course, name, cell.source) if cell is not None else ""


def read_text_form(path: Path) -> NotebookNode:
    """Return the notebook that a text form describes, with ids and nbgrader's metadata filled in,
    not yet executed.

    Raises:
        UserError: a cell lacks an id, an id is used twice or is no id, or a graded cell
            has no points.
    """
    notebook: NotebookNode = jupytext.read(path, fmt="py:percent")
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: set[str] = set()
    for number, cell in enumerate(notebook.cells):
        first = cell.source.splitlines()[0][:40] if cell.source else "empty"
        where = f"{path.name}, cell {number + 1} ({first})"
        short = cell.metadata.pop("nbgrader", None)
        ident = cell.metadata.pop("id", None) or (short or {}).get("grade_id")
        if not isinstance(ident, str) or not _ID.fullmatch(ident):
            raise UserError(
                f'{where}: its id is {ident!r}, where id="…" or a grade_id of letters, '
                "digits, - and _ was expected"
            )
        if ident in seen:
            raise UserError(f"{where}: the id {ident!r} is used twice")
        seen.add(ident)
        cell.id = ident
        cell.metadata = nbformat.from_dict(
            {key: value for key, value in cell.metadata.items() if key == "tags"}
        )
        if short is not None:
            cell.metadata["nbgrader"] = _full(short, where)
            if cell.cell_type == "code" and short.get("grade"):
                # JupyterLab shows the verdict and folds the check
                cell.metadata["jupyter"] = {"source_hidden": True}
        if cell.cell_type == "code":
            cell.metadata.setdefault("tags", [])
    return notebook


def _full(short: dict[str, Any], where: str) -> dict[str, Any]:
    full = {**_NBGRADER, "locked": not short.get("solution", False), **short}
    if full["grade"] and not isinstance(full.get("points"), (int, float)):
        raise UserError(
            f"{where}: it is graded, and its points are {full.get('points')!r}, where a "
            "number was expected"
        )
    return dict(sorted(full.items()))


def execute(
    notebook: NotebookNode,
    cwd: Path | None = None,
    beside: Sequence[Path] = (),
    given: str = "",
    root: Path | None = None,
) -> NotebookNode:
    """Run a notebook from a fresh kernel and keep its outputs.

    Args:
        cwd: the folder to run in; a new and empty one if None.
        beside: files to be copied into that new folder.
        given: the text of the `given.py` that is to lie in that new folder.
        root: of the course, whose `utils` the notebook imports; the one that is found if None.

    Raises:
        UserError: a cell raises.
    """
    with tempfile.TemporaryDirectory() as folder:
        for path in beside:
            shutil.copy(path, folder)
        if given:
            (Path(folder) / "given.py").write_text(given, encoding="utf-8")
        config = Config()
        # others on this machine could read what goes to the kernel and back
        config.KernelManager.transport_encryption = "auto" if zmq.has("curve") else "disabled"
        client = NotebookClient(
            notebook,
            timeout=CELL_TIME,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(cwd or folder)}},
            config=config,
        )
        try:
            client.execute(env=_kernel_environment(root or find_root()))
        except CellExecutionError as error:
            told = str(strip_ansi(error.traceback))[-1500:]  # type: ignore[no-untyped-call]  # nbconvert has no types
            raise UserError(
                f"a cell of the source notebook raises {error.ename}: {error.evalue}\n{told}"
            ) from error
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata.language_info = nbformat.from_dict({"name": "python"})
    return notebook


def _kernel_environment(root: Path) -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    return {**os.environ, **ONE_THREAD, "PYTHONPATH": path}


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook in one fixed form."""
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook, version=4) + "\n", encoding="utf-8")


def release(course: Course, name: str) -> None:
    """Make release/NN-name by nbgrader's own generate_assignment, with a gradebook of its own
    for the moment.

    Raises:
        UserError: nbgrader refuses the source.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        config = Config()
        # these alone are seen, whatever else lies there
        for path in (
            course.source_notebook(name),
            *data_beside(course, name),
        ):
            beside = made / "source" / name / path.name
            beside.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, beside)
        config.CourseDirectory.root = str(made)
        config.CourseDirectory.assignment_id = name
        # there are none here; a process that grades as well asks for the names
        config.CourseDirectory.ignore = list(STAFF)
        config.CourseDirectory.db_url = f"sqlite:///{made / 'gradebook.db'}"
        converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
        converter.force = True
        said = io.StringIO()
        converter.log = logging.Logger("generate_assignment", logging.ERROR)
        converter.log.addHandler(logging.StreamHandler(said))
        try:
            prepare()
            converter.start()
        except Exception as error:
            raise UserError(
                f"nbgrader could not make the release of {name}: {error}\n{said.getvalue()[-1500:]}"
            ) from error
        result = made / "release" / name
        target = course.release / name
        target.mkdir(parents=True, exist_ok=True)
        remember(course, name)  # what students may have by now
        for old in filter(Path.is_file, target.iterdir()):
            old.unlink()
        for path in sorted(result.iterdir()):
            if path.suffix != ".ipynb":
                (target / path.name).write_bytes(path.read_bytes())
                continue
            notebook = nbformat.read(path, as_version=4)
            ids = [
                cell.id for cell in nbformat.read(course.source_notebook(name), as_version=4).cells
            ]
            for cell, ident in zip(notebook.cells, ids, strict=True):
                cell.id = ident
            write(notebook, target / path.name)
    remember(course, name)
