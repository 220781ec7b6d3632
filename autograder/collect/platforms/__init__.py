"""How each learning platform names the files of an upload: one small object for each, and nothing
of a platform elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...class_file.roster import Roster
from .blackboard import Blackboard
from .brightspace import Brightspace
from .canvas import Canvas
from .classroom import Classroom
from .exchange import Exchange
from .folders import Folders
from .ilias import Ilias
from .moodle import Moodle
from .owner import Owner, Platform
from .pattern import Pattern
from .sakai import Sakai

__all__ = ["Owner", "Pattern", "Platform", "recognised"]
KNOWN = (Moodle, Canvas, Blackboard, Brightspace, Sakai, Ilias, Exchange, Classroom)


def recognised(paths: Sequence[str], assignment: str, roster: Roster | None = None) -> Platform:
    """Return the platform that most of an upload's paths look like; no single student decides it.

    Args:
        paths: of all notebooks and zips in the upload.
        assignment: as a folder within a student's folder may be called.
        roster: of the class, which tells numbers of users from others.
    """
    made: list[Platform] = [kind.of(paths, roster) for kind in KNOWN]
    best = max(made, key=lambda one: sum(map(one.recognises, paths)))
    if 2 * sum(map(best.recognises, paths)) > len(paths):
        return best
    return Folders.of_assignment(paths, assignment)
