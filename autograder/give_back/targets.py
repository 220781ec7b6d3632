"""Where marks and pages can go."""

from __future__ import annotations

TARGETS = ("moodle", "canvas", "brightspace", "sakai", "ilias", "folder")
