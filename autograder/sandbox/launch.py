"""What it takes to start a sandbox, whatever its walls are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# else joblib, which scikit-learn loads, warns of it in a notebook's output
NO_SHARED_MEMORY = {"JOBLIB_MULTIPROCESSING": "0"}


@dataclass(frozen=True)
class Launch:
    """A command for `subprocess.Popen`, to which the settings are appended as JSON.

    Attributes:
        command: the program and its arguments.
        settings: what the zygote is told.
        environment: the process's variables, or None where the command sets them.
        lent: descriptors that it inherits, and that are closed here afterwards.
    """

    command: list[str]
    settings: dict[str, Any]
    environment: dict[str, str] | None = None
    lent: list[int] = field(default_factory=list)
