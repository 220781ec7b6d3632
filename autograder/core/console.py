"""The console that tables go to, by rich."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 150  # columns, where no terminal says how wide it is


def console() -> Console:
    """Where tables go: as wide as the terminal, or as lines in a file may be."""
    from rich.console import Console

    # a name may hold :boom:
    made = Console(emoji=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    # rich would end with 1, which means that faults were found
    made.on_broken_pipe = _gone  # type: ignore[method-assign]
    return made


def _gone() -> None:
    raise BrokenPipeError
