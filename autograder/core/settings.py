"""Read a course's settings: `[tool.autograder]` of its `pyproject.toml`, and other TOML files of
authors.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from .errors import UserError


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a file holds; nothing if it is not there.

    Raises:
        UserError: it is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path} is not TOML: {error}") from error


def settings(pyproject: Path) -> dict[str, Any]:
    """Return a course's settings.

    Raises:
        UserError: the file is not TOML.
    """
    found: dict[str, Any] = read_toml(pyproject).get("tool", {}).get("autograder", {})
    return found
