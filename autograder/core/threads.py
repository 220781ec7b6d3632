"""One thread for linear algebra: grading fills the processors with processes of its own.

Threads of OpenBLAS that wait for one another cost several times the work itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

ONE_THREAD: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)


def prefer_one_thread() -> None:
    """Have what is loaded or started from here on compute with one thread, unless the caller's
    environment says how many.
    """
    for name, one in ONE_THREAD.items():
        os.environ.setdefault(name, one)
