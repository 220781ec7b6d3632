"""Who of a class has a notebook after an upload, and who is missing, by section and group."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ..class_file.model import ClassFile
from ..class_file.roster import Roster


@dataclass(frozen=True)
class Attendance:
    """Who has a notebook for an assignment, of those in the roster who have not left.

    Attributes:
        sections: by section, how many have one, and how many there are; empty if there is one
            section only.
        missing: the ids of those from whom nothing came, who are not excused.
        groups: the groups of the assignment from which nothing came.
    """

    sections: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def attendance(
    name: str,
    settings: ClassFile | None,
    roster: Roster | None,
    here: Collection[str],
    left_out: Collection[str],
) -> Attendance:
    """Return who has a notebook.

    Args:
        name: of the assignment.
        settings: of the class, if it has any.
        roster: of the class, if it has one.
        here: the ids of those who have a notebook.
        left_out: those whose work came and was not taken: ids, or names such as `group Team 1`.
    """
    gone = settings.gone if settings is not None else frozenset[str]()
    excused = settings.excused if settings is not None else {}
    teams = settings.groups.get(name, {}) if settings is not None else {}
    came = {*here, *left_out}
    for group, members in teams.items():
        if f"group {group}" in left_out:
            came |= {*members}
    enrolled = [one for one in roster.people if one.id not in gone] if roster is not None else []
    sections = {
        section: [one.id in here for one in enrolled if one.section == section]
        for section in sorted({one.section for one in enrolled if one.section})
    }
    return Attendance(
        {section: (sum(held), len(held)) for section, held in sections.items()}
        if len(sections) > 1
        else {},
        tuple(
            one.id for one in enrolled if one.id not in came and name not in excused.get(one.id, ())
        ),
        tuple(
            group
            for group, members in teams.items()
            if not came & {*members} and not gone >= {*members}
        ),
    )
