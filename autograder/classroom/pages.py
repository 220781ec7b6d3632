"""Write feedback pages, and only those that are not there as they would be written now.

A digest of all that a page depends on (`page_keys.py`) is kept for each page, beside a digest of
the page itself: one that was lost or edited is written again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from nbgrader.api import MissingEntry

from ..cache.store import Cache
from ..class_file.reader import read_class
from ..core.assignment import load_assignment
from ..core.course import Course
from ..core.files import write_whole
from ..core.results import Marks, Notebook
from ..core.sanitize import visible
from ..core.translation import Translation, translation_of
from ..feedback.page import page
from ..gradebook.late import class_zone
from ..gradebook.reader import gradebook
from ..gradebook.structure import structure_of
from ..gradebook.writer import Recorder, gradebook_url, load_config
from .page_keys import PageKeys, digest_of
from .submissions import BESIDE, for_exchange
from .writing import plain_write_errors

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class WrittenPages:
    """What became of an assignment's pages.

    Attributes:
        written: how many were written.
        unchanged: how many were there already, as they would be written now.
    """

    written: int
    unchanged: int


class Pages:
    """The pages of an assignment as they would be written now; a context manager. nbgrader's
    gradebook is opened where the first one is to be made.

    Attributes:
        follow: whether the gradebook holds the assignment as it is now.
    """

    def __init__(self, course: Course, name: str) -> None:
        self._course, self._name, self._say = course, name, translation_of(course)
        self._config = load_config(course)
        self._open = ExitStack()
        zone = class_zone(self._config, read_class(course))
        with gradebook(gradebook_url(course, self._config)) as there:
            self._keys = (
                PageKeys.read(course, name, there, zone, self._say) if there is not None else None
            )
            self._held = there.read(name) if there is not None else {}
            held = there.structure(name) if there is not None else None
        self.follow = held is None or held == structure_of(load_assignment(course, name))

    def __enter__(self) -> Pages:
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    def key(self, student: str, notebook: bytes) -> str:
        """Return a digest of all that a student's page depends on; nothing if that is not known."""
        held = self._held.get(student)
        return self._keys.of(student, held, notebook) if self._keys and held else ""

    def write(self, student: str, notebook: bytes) -> str:
        """Write a student's page, and return its digest.

        Raises:
            MissingEntry: the gradebook holds nothing of it.
        """
        marks = self._recorder.marks(self._name, student)
        shown = self._course.feedback_page(self._name, student)
        return write_page(shown, self._name, json.loads(notebook), marks, self._say)

    def group_key(self, members: Iterable[str]) -> str:
        """Return a digest of what the page depends on that all members of a group may see; nothing
        if there is none, since their marks, comments or notebooks differ.
        """
        found = set()
        for one in members:
            held, path = self._held.get(one), self._course.autograded_notebook(self._name, one)
            if self._keys is None or held is None or not path.is_file():
                return ""
            found.add(self._keys.of_group(held, path.read_bytes()))
        return found.pop() if len(found) == 1 else ""

    def group_page(self, member: str) -> bytes:
        """Return the page that all members of a group may see, which is the same for all: without
        name, time, penalty and requests to grade again.
        """
        notebook = self._course.autograded_notebook(self._name, member).read_bytes()
        marks = for_the_group(self._recorder.marks(self._name, member))
        return _bytes(page(json.loads(notebook), self._name, marks, say=self._say))

    @cached_property
    def _recorder(self) -> Recorder:
        recorder = self._open.enter_context(Recorder(self._course, self._config))
        recorder.hold(self._name)
        return recorder


def write_feedback(
    course: Course, name: str, student: str = "*", *, again: bool = True
) -> WrittenPages:
    """Write feedback pages from the autograded notebooks and the gradebook.

    Args:
        course: whose class it is.
        name: the assignment.
        student: whose page; all of them by default.
        again: whether to write those as well that would be the same.
    """
    written, unchanged = 0, 0
    with plain_write_errors(course), Pages(course, name) as pages, Cache(course) as cache:
        if not pages.follow:
            LOG.warning(
                "%s has changed since it was graded, and these pages show the marks of then; "
                "run: autograder grade %s",
                name,
                name,
            )
        kept = {} if again else cache.pages(name)
        for path in sorted(course.autograded.glob(f"{student}/{name}/{name}.ipynb")):
            one, notebook = path.parts[-3], path.read_bytes()
            key, shown = pages.key(one, notebook), course.feedback_page(name, one)
            if _is_there(key, kept.get(one), shown):
                unchanged += 1
            else:
                try:
                    content = pages.write(one, notebook)
                except MissingEntry:
                    LOG.warning(
                        "%s: the gradebook holds nothing of %s; no page was written",
                        visible(one),
                        name,
                    )
                    continue
                written += 1
                cache.write_page(name, one, key, content)
            pass_on(path.parent, shown.parent)
    return WrittenPages(written, unchanged)


def stale_pages(course: Course, name: str) -> frozenset[str]:
    """Return the students whose page `write_feedback` would write; nothing is written."""
    with Pages(course, name) as pages, Cache(course) as cache:
        kept = cache.pages(name)
        students = [path.parts[-3] for path in course.autograded.glob(f"*/{name}/{name}.ipynb")]
        return frozenset(
            one
            for one in students
            if not _is_there(
                pages.key(one, course.autograded_notebook(name, one).read_bytes()),
                kept.get(one),
                course.feedback_page(name, one),
            )
        )


def for_the_group(marks: Marks) -> Marks:
    """Return what every member of a group may see of the marks of one."""
    return replace(marks, late_penalty=0.0, whose="", submitted="", regrades=(), group=True)


def _is_there(key: str, kept: tuple[str, str] | None, shown: Path) -> bool:
    """Whether a page is on the disk as it would be written now."""
    if not key or kept is None or kept[0] != key or not shown.is_file():
        return False
    return digest_of(shown.read_bytes()) == kept[1]


def write_page(path: Path, name: str, notebook: Notebook, marks: Marks, say: Translation) -> str:
    """Write a page, and return its digest."""
    content = _bytes(page(notebook, name, marks, say=say))
    write_whole(path, content)
    return digest_of(content)


def pass_on(source: Path, target: Path) -> None:
    """Write what nbgrader's exchange needs beside a notebook or a page, and take away what is not
    there any more.
    """
    beside, there = for_exchange(source), for_exchange(target)
    for name in BESIDE:
        if name not in beside:
            (target / name).unlink(missing_ok=True)
        elif there.get(name) != beside[name]:
            write_whole(target / name, beside[name], 0o600)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # as a file of text is written
