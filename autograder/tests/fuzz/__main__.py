"""The long run: `python -m autograder.tests.fuzz MINUTES [SEED]` reads inputs without end, all targets in turn."""

from __future__ import annotations

import secrets
import sys
import time

from .run import run
from .targets import TARGETS

AT_ONCE = {"notebook": 500}
OTHERS = 10_000


def main() -> int:
    """Reads until the time is over or something goes wrong, and prints how many inputs were read."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(2**32)
    ends = time.monotonic() + 60 * minutes
    read, taken, turn = dict.fromkeys(TARGETS, 0), dict.fromkeys(TARGETS, 0), 0
    print(f"seed {seed}")
    while time.monotonic() < ends:
        for target in TARGETS:
            count = AT_ONCE.get(target, OTHERS)
            one = run(target, seed, turn * count, count)
            if one.problem:
                print(one.problem)
                return 1
            read[target] += one.read
            taken[target] += one.taken
        turn += 1
    for target in TARGETS:
        print(
            f"{target}: {read[target]} inputs, {taken[target]} taken, the others refused in good order"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
