"""Where marks and pages can go."""

from __future__ import annotations

TARGETS = ("moodle", "canvas", "canvas-api", "brightspace", "sakai", "ilias", "exchange", "folder")
