"""Lay out what students get for nbgrader's exchange, which hands out one folder and nothing around
it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection
from functools import partial

from ..core.course import Course
from ..core.released_texts import remember
from .contents import LINK, contents, with_text
from .publish import refuse_leaks

_APART = ("START.md", "requirements.txt", "environment.yml")  # how to begin on one's own machine


def exchange_files(course: Course, name: str, past: Collection[str]) -> dict[str, bytes]:
    """Return what students get of an assignment, by path in its folder.

    `utils/` and `course/` lie inside of the folder, and links follow them there.

    Args:
        course: where the assignment lies.
        name: the assignment.
        past: assignments whose deadlines have passed: only their answers may be handed out.

    Raises:
        UserError: something in it would give an answer away, or the assignment is not built.
    """
    found = contents(course, course.require(name), past).files
    refuse_leaks(course, [name], past, found)
    remember(course, name)
    assignments = frozenset(course.assignments())
    laid_out = {}
    for path, content in found.items():
        if path not in _APART:
            relinked = partial(_relinked, path, name, assignments)
            place = posixpath.relpath(_place(path, name, assignments), name)
            laid_out[place] = with_text(path, content, relinked)
    return laid_out


def _place(path: str, name: str, assignments: Collection[str]) -> str:
    """Return where a published path lies among the folders that students fetch."""
    parts = path.split("/")
    if parts[0] == "release":
        return "/".join(parts[1:])
    owner = parts[-1].removesuffix(".md")
    return f"{owner if owner in assignments else name}/{path}"


def _relinked(path: str, name: str, assignments: Collection[str], text: str) -> str:
    folder = posixpath.dirname(_place(path, name, assignments))

    def moved(target: str) -> str:
        file, mark, anchor = target.partition("#")
        if not file or "://" in file or file.startswith("mailto:"):
            return target
        reached = posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
        if reached.split("/")[0] not in ("release", "course", "utils"):
            return target
        return posixpath.relpath(_place(reached, name, assignments), folder) + mark + anchor

    return LINK.sub(lambda link: f"{link['image']}[{link['text']}]({moved(link['target'])})", text)
