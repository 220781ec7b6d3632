"""Where marks and pages can go."""

from __future__ import annotations

from enum import StrEnum


class Target(StrEnum):
    """A platform, or a way to it; each is a value of `--to`."""

    MOODLE = "moodle"
    CANVAS = "canvas"
    CANVAS_API = "canvas-api"
    BRIGHTSPACE = "brightspace"
    SAKAI = "sakai"
    ILIAS = "ilias"
    EXCHANGE = "exchange"  # nbgrader's own
    FOLDER = "folder"  # pages alone
