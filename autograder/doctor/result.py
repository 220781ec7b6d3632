"""What `autograder doctor` says of one thing that it looked at."""

from __future__ import annotations

from dataclasses import dataclass

FINE, WARNING, BAD = "fine", "warning", "cannot grade"


@dataclass(frozen=True)
class DoctorCheck:
    """One thing that was looked at: what was found, and, where it is not fine, what that means and
    what to do.
    """

    what: str
    found: str
    state: str = FINE
    means: str = ""
    do: str = ""
