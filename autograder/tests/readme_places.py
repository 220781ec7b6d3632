"""Runs the README's two commands in a fresh clone in each place that is like a container: `python -m autograder.tests.readme_places PLACE ...`.

Each place is one of `containers.become`; without a name, all of them are tried, one after the other. A clone has an
environment of its own, made by the system's Python, and is removed if everything in it ended with 0.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from autograder.core.roots import PROJECT

from .containers import USER, can_become

PLACES = (
    "container of root",
    "container without a capability",
    "user without namespaces",
    "no bubblewrap",
    "proc is masked",
)
COMMANDS = ("make grade", "make test")
PROGRAMS = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
APART = "kept apart by"  # begins the line by which grading says which walls held


def clone(folder: Path, place: str) -> Path:
    """Make a fresh clone with a home folder beside it, which the place's user can write to."""
    subprocess.run(["git", "clone", "--quiet", PROJECT, folder / "course"], check=True)
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    folder.chmod(0o755)
    if place.startswith("user"):
        for path in (folder, *folder.rglob("*")):
            os.lchown(path, USER, USER)
    return folder / "course"


def run(course: Path, place: str, command: str) -> int:
    """Run a command of the shell there, write what it says to a file beside the clone, and return
    its exit code.
    """
    folder = course.parent
    log = folder / f"{command.replace(' ', '-')}.log"
    environment = [f"HOME={folder / 'home'}", f"TMPDIR={folder / 'tmp'}", f"PATH={PROGRAMS}"]
    inside = ["/usr/bin/env", "-u", "CI", "-u", "PYTHONPATH", *environment]
    there = ["sh", "-c", f"cd {course} && {command}"]
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as said:
        code = subprocess.run(
            [sys.executable, "-m", "autograder.tests.containers", place, *inside, *there],
            cwd=PROJECT,
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    walls = [line for line in lines if APART in line][-1:]
    seconds = time.monotonic() - started
    print(f"{place}: {command} ended with {code} after {seconds:.0f} s", *walls, flush=True)
    if code:
        print(f"  see {log}; its end:", *lines[-15:], sep="\n  ", flush=True)
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m autograder.tests.readme_places",
        description=(__doc__ or "").partition("\n")[0],
    )
    parser.add_argument("--command", action="append", help="another command than the README's two")
    parser.add_argument("place", nargs="*", choices=[*PLACES, []], metavar="PLACE")
    given = parser.parse_args(arguments)
    if not can_become():
        print("SKIPPED: only root with CAP_SYS_ADMIN can become such a place")
        return 0
    failed = 0
    for place in given.place or PLACES:
        # outside of /tmp, which the walls cover with a folder of their own
        folder = Path(tempfile.mkdtemp(prefix="place-", dir="/var/tmp"))
        course = clone(folder, place)
        codes = [run(course, place, command) for command in given.command or COMMANDS]
        failed += any(codes)
        if not any(codes):
            shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
