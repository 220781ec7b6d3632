"""What the sandbox shows otherwise than this machine has it: data that a hidden test set is drawn
from.

An assignment says so in `source/NN-name/checks/hidden_data.py`, by a function `file_overrides() ->
{path of a file: its other bytes}`.
"""

from __future__ import annotations

from pathlib import Path
from runpy import run_path


def file_overrides(checks: Path) -> dict[Path, bytes]:
    """Return the files that submissions see with other content, given the folder of an assignment's
    checks; most have none.
    """
    path = checks / "hidden_data.py"
    return dict(run_path(str(path))["file_overrides"]()) if path.is_file() else {}
