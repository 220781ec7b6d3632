"""Imports nbgrader without its extensions of the Jupyter server, which are half of its start.

nbgrader's own `__init__` imports them, though only a Jupyter server calls them. They are left for
the moment in which one does.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

EXTENSIONS = ("assignment_list", "course_list", "formgrader", "validate_assignment")
PREFIX = "nbgrader.server_extensions."


def import_nbgrader() -> None:
    """Import nbgrader, whose server extensions are imported where they are first called or named;
    a second call changes nothing.
    """
    if "nbgrader" in sys.modules:
        return
    missing = [PREFIX + name for name in EXTENSIONS]
    sys.modules |= {name: _postponed(name) for name in missing}
    try:
        import_module("nbgrader")
    finally:
        for name in missing:
            del sys.modules[name]


def _postponed(name: str) -> ModuleType:
    """Return a module with the one function that a Jupyter server calls."""

    def load_jupyter_server_extension(app: Any) -> None:
        import_module(name).load_jupyter_server_extension(app)

    module = ModuleType(name)
    vars(module)["load_jupyter_server_extension"] = load_jupyter_server_extension
    return module
