"""What the path of imports must be where the sandbox's Python sees the machine's own folders. Runs
inside the sandbox.
"""

from __future__ import annotations

import sys
from typing import Any

from . import loops


def restrict_imports(settings: dict[str, Any]) -> None:
    """Import only from folders that a submission may read, and take those with other content in
    their place.

    What lies in the sandbox's own folders is a library as it is below /grader and /course: its
    lines are not the student's.
    """
    moved, readable = settings["moved"], settings["readable"]
    path = [moved.get(entry, entry) for entry in sys.path]
    sys.path[:] = [
        entry
        for entry in path
        if any(entry == place or entry.startswith(f"{place}/") for place in readable)
    ]
    sys.meta_path[:] = [
        finder
        for finder in sys.meta_path
        if not getattr(finder, "__module__", "").startswith("__editable__")
    ]
    own = (*settings["path"], *moved.values())
    setattr(loops, "LIBRARIES", (*loops.LIBRARIES, *(f"{place}/" for place in own)))  # noqa: B010  its type is a tuple of six
