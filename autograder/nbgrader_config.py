"""Reads a class's nbgrader_config.py, so that late days and the database are set in one place for both ways of grading."""

from __future__ import annotations

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from .paths import Course


def load_config(course: Course) -> Config:
    """The configuration in the class's folder, or an empty one."""
    if not (course.work / "nbgrader_config.py").is_file():
        return Config()
    return PyFileConfigLoader("nbgrader_config.py", path=str(course.work)).load_config()
