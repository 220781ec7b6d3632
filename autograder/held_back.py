"""What the sandbox shows otherwise than this machine has it: data that a hidden test set is drawn from.

An assignment says so in `autograder/checks/NN-name/held_back.py`, by a function `shown_instead() -> {path of a file: its other bytes}`.
"""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

from .paths import CHECKS


def shown_instead(name: str) -> dict[Path, bytes]:
    """Return the files that submissions of an assignment see with other content; most assignments have none."""
    path = CHECKS / name / "held_back.py"
    return dict(run_path(str(path))["shown_instead"]()) if path.is_file() else {}
