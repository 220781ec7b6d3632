"""Reads many inputs in a child process of their own, under the kernel's limits, so that a crash is seen as what it is."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import traceback
from dataclasses import dataclass

from .targets import TARGETS

SECONDS = 3.0  # of processor time for one input
BYTES = 2 << 30  # address space of the child


@dataclass(frozen=True)
class Run:
    """What came of a row of inputs.

    Attributes:
        read: how many were read.
        taken: how many of them were taken for what they claim to be; the others were refused in good order.
        problem: what went wrong and with which input, or the empty string.
    """

    read: int
    taken: int
    problem: str = ""


def run(target: str, seed: int, first: int, count: int) -> Run:
    """Reads the inputs of these numbers in a fresh process, and tells what came of it."""
    command = [
        sys.executable,
        "-m",
        "autograder.tests.fuzz.run",
        target,
        str(seed),
        str(first),
        str(count),
    ]
    child = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    lines = child.stdout.split()
    if child.returncode == 0:
        return Run(count, int(lines[-1]))
    at = lines[-1] if lines else "the start"
    how = signal.Signals(-child.returncode).name if child.returncode < 0 else child.stderr[-2000:]
    return Run(max(len(lines) - 1, 0), 0, f"{target}, seed {seed}, input {at}: {how}")


def _child(target: str, seed: int, first: int, count: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    taken = 0
    for number in range(first, first + count):
        print(number, flush=True)  # so that it is known which one ended the process
        given = TARGETS[target].given(seed, target, number)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # whose signal ends the process
        try:
            taken += TARGETS[target].read(given)
        except BaseException:
            traceback.print_exc()
            return 1
        signal.setitimer(signal.ITIMER_PROF, 0)
    print(taken)
    return 0


if __name__ == "__main__":
    sys.exit(_child(sys.argv[1], *map(int, sys.argv[2:5])))
