"""The machine's processes, as /proc tells of them, for tests of what is left running."""

from __future__ import annotations

from pathlib import Path

import pytest

PROC = Path("/proc")


def expect_proc() -> None:
    """Skip the test where /proc is masked, as some containers mask it: nothing could be seen."""
    if not (PROC / "self").exists():
        pytest.skip("/proc is masked here, and this test looks at processes by it")


def listed() -> list[Path]:
    """Return the folders of all processes."""
    expect_proc()
    return list(PROC.glob("[0-9]*"))
