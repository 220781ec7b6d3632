"""Which text the cells of an assignment had in each of its releases.

A course may correct a sentence after the hand-out. Grading then takes the former sentence for the
course's, and not for something that the student wrote. Digests of lines are kept, one cell a line
and sorted, so that the file is small, and so that git can merge two branches of it.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from .course import Course
from .files import write_whole

LOG = logging.getLogger(__name__)

HEAD = (
    "# Digests of the text of each release's cells, by which grading knows a former text. "
    "`autograder build` adds to them: commit this file.\n"
)
BLANK = "-"  # in place of the digest of an empty line
FEWEST_WORDS = 4  # of a line that counts as the course's in whichever cell it stands
MOST_AGAIN = 10_000  # characters of a text that is kept: most cells are the same in a whole class
_ENTRY = re.compile(r"([A-Za-z0-9_-]{1,64})((?: (?:-|[0-9a-f]{12}))+)")
_WORD = re.compile(r"[^\W\d_]{2,}")
# What is handed out may have another address than the release, or the words of a link alone. Each
# character is looked at once, however many brackets a submission has.
_LINK = re.compile(r"(!?)\[([^\[\]]*)\]\(([^()\s]*)\)")

Version = tuple[str, ...]  # a text as the digests of its lines


@dataclass(frozen=True)
class ReleasedTexts:
    """The texts of an assignment's cells, in its release as it is now and in those before.

    Attributes:
        versions: the texts that a cell had, by its id.
        current: the texts of all cells as they are now.
    """

    versions: Mapping[str, frozenset[Version]] = field(default_factory=lambda: MappingProxyType({}))
    current: frozenset[Version] = frozenset()

    def has(self, ident: str, text: str) -> bool:
        """Whether a cell had this text in a release."""
        return ident in self.versions and version_of(text) in self.versions[ident]

    def owner(self, text: str) -> str:
        """Return the cell that had this text in a release, or nothing."""
        return self._owners.get(version_of(text), "")

    def nearest(self, ident: str, text: str) -> Version:
        """Return the text of a cell that shares most lines with another; empty if the cell is
        unknown.
        """
        lines = Counter(version_of(text))

        def shared(one: Version) -> int:
            return (Counter(one) & lines).total()

        return max(sorted(self.versions.get(ident, ())), key=shared, default=())

    def is_former(self, line: str) -> bool:
        """Whether a line of words stood in a former release, in whichever cell, and stands in the
        present one no more.

        A shorter line may be a student's own.
        """
        return (
            len(_WORD.findall(line)) >= FEWEST_WORDS and set(version_of(line)) <= self._former_lines
        )

    @cached_property
    def _owners(self) -> dict[Version, str]:
        return {
            version: ident
            for ident in sorted(self.versions, reverse=True)
            for version in self.versions[ident]
        }

    @cached_property
    def _former_lines(self) -> frozenset[str]:
        known = {line for version in self._owners for line in version}
        return frozenset(known - {line for version in self.current for line in version})


def version_of(text: str) -> Version:
    """Return a text as digests of its lines, without what editors and the hand-out change: blanks
    at the ends of lines, empty lines around it, and where links lead.
    """
    return (_version_again if len(text) <= MOST_AGAIN else _version)(text)


def _version(text: str) -> Version:
    found = "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")
    lines = _LINK.sub(_words, found).split("\n") if found else []
    return tuple(
        blake2b(line.encode(), digest_size=6).hexdigest() if line.strip() else BLANK
        for line in lines
    )


_version_again = lru_cache(maxsize=1024)(_version)


def _words(link: re.Match[str]) -> str:
    """Return a link's words; of a picture, its file's name as well."""
    return f"![{link[2]}]({link[3].rpartition('/')[2]})" if link[1] else link[2]


def released_texts(course: Course, name: str, cells: Iterable[dict[str, Any]]) -> ReleasedTexts:
    """Return what is known of an assignment's releases.

    Args:
        course: where the assignment lies.
        name: the assignment.
        cells: of its release as it is now.
    """
    now = _texts(cells)
    versions: dict[str, set[Version]] = {}
    for ident, version in (*now, *_remembered(course, name)):
        versions.setdefault(ident, set()).add(version)
    return ReleasedTexts(
        {ident: frozenset(found) for ident, found in versions.items()},
        frozenset(version for _, version in now),
    )


def former_texts(course: Course, name: str) -> list[tuple[str, Version]]:
    """Return the texts of former releases that the present one does not have: what a result
    depends on.
    """
    known = _remembered(course, name)
    return sorted(known - _texts(_released_cells(course, name))) if known else []


def remember(course: Course, name: str) -> None:
    """Add the texts of an assignment's release, as it is now, to those that are known, or warn that
    they could not be written.
    """
    path = course.released_texts(name)
    known = _remembered(course, name)
    found = known | _texts(_released_cells(course, name))
    if found == known:
        return
    entries = sorted(f"{ident} {' '.join(version)}\n" for ident, version in found)
    try:
        write_whole(path, HEAD + "".join(entries))
    except OSError as error:
        said = (
            f"{path} cannot be written ({error.strerror}): if the text of {name} changes later, "
            "its former sentences will count as the students'"
        )
        LOG.warning("%s", said)


def _remembered(course: Course, name: str) -> frozenset[tuple[str, Version]]:
    """Return what the file holds; what is no entry, such as the marks of a conflict in git, is left
    out.
    """
    path = course.released_texts(name)
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    entries = (_ENTRY.fullmatch(line.strip()) for line in text.splitlines())
    return frozenset((entry[1], tuple(entry[2].split())) for entry in entries if entry)


def _released_cells(course: Course, name: str) -> Iterator[dict[str, Any]]:
    """Yield the cells of a release; none if it is not there or is no notebook."""
    path = course.release_notebook(name)
    try:
        yield from json.loads(path.read_text(encoding="utf-8"))["cells"] if path.is_file() else ()
    except (ValueError, LookupError, TypeError):
        return


def _texts(cells: Iterable[dict[str, Any]]) -> frozenset[tuple[str, Version]]:
    """Return the text of each cell that is no code, with the cell's id."""
    found = (
        (cell["id"], version_of("".join(cell["source"])))
        for cell in cells
        if cell["cell_type"] != "code"
    )
    return frozenset((ident, version) for ident, version in found if version)
