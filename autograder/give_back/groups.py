"""Keep from a group's members what is one member's own: name, lateness, penalty and mark.

Canvas shows a page that comes back for a group's upload to all of its members, and so may Sakai,
ILIAS and Brightspace. There, a group gets one page, with what is the same for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from .lines import Line
from .targets import Target

SHARED = frozenset({Target.CANVAS, Target.SAKAI, Target.ILIAS, Target.BRIGHTSPACE})


class Pages(Protocol):
    """Makes pages that all members of a group may see."""

    def group_key(self, members: Iterable[str]) -> str:
        """Return a digest of the page; nothing if there is none, since what the members earned, or
        what was said about it, differs.
        """

    def group_page(self, member: str) -> bytes:
        """Return the page, which is the same for all members."""


def with_groups(lines: Sequence[Line], to: Target, pages: Pages) -> list[Line]:
    """Return the lines, those of groups with the page that the whole group may see."""
    if to not in SHARED:
        return list(lines)
    uploads = dict[str, list[str]]()
    for line in lines:
        uploads.setdefault(line.upload, []).append(line.student)
    keys = {upload: pages.group_key(students) for upload, students in uploads.items() if upload}
    return [
        replace(line, group_key=keys[line.upload] or None) if line.upload else line
        for line in lines
    ]


def unlike_groups(
    groups: Mapping[str, Sequence[str]], lines: Iterable[Line]
) -> dict[str, tuple[str, ...]]:
    """Return the groups whose members have different marks, and those members that have one."""
    marks = {line.student: line.mark for line in lines}
    here = {
        group: tuple(one for one in members if one in marks) for group, members in groups.items()
    }
    return {
        group: members
        for group, members in here.items()
        if len({marks[one] for one in members}) > 1
    }
