"""Bounds the memory that this process may take while it works with what came out of a sandbox.

What comes is small; what trusted code makes of it may not be: `dout * out` of a text and a number,
an outer product of bytes, an array of texts as wide as the longest. Whatever asks for more gets a
MemoryError, as from a full machine.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# bytes; the capstone's checks, which train a net of their own, were seen to need less than 300 MB
ROOM = 384 << 20


def memory_used() -> int:
    """Return how much memory of its own this process has asked for, bytes, or more where /proc is
    masked; 0 on other systems.
    """
    if sys.platform != "linux":
        return 0
    import resource

    try:
        return int(Path("/proc/self/statm").read_bytes().split()[5]) * resource.getpagesize()
    except OSError:  # libraries ask for half as much again as they touch
        return 2 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextmanager
def memory_limit(most: int) -> Iterator[None]:
    """Keep this process within so many bytes of its own.

    Nothing where the system has no such limit.

    Args:
        most: what `memory_used` may come to.
    """
    if sys.platform != "linux":
        yield
        return
    import resource

    before, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limits = [limit for limit in (most, before, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min(limits), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, hard))
