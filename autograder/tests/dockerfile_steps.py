"""Runs the steps of the Dockerfile in a clean Debian 12, with the rights of Docker's default container: `python -m autograder.tests.dockerfile_steps`.

Where no Docker is to be had, this is as near as it gets: each RUN and COPY of the Dockerfile, in a
root folder made by debootstrap; then the entry point with its CMD, and the grading of a sample class
in /class without network, once as root of the container and once as an ordinary user. Where such a
root cannot be made here, it says why, and exits with 0; `--root DIR` keeps it, and takes it again.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.core.course import Course
from autograder.core.results import Walls
from autograder.core.roots import PROJECT

from .clean_debian import furnish, make_root, root_folder, run, take_root
from .dockerfile import context, steps

RELEASE = "bookworm"  # of which FROM takes the slim image
NAME = "00-warm-up"
USER = 1000
FEW = ("perfect", "untouched")  # of the sample class, whom the ordinary user grades


class Wrong(Exception):
    """What was expected, and what came."""


def copied(root: Path, folder: str) -> int:
    """Copy what `COPY . .` does, and return the number of files.

    Raises:
        Wrong: the image would get files that git ignores: environments, or what a class leaves behind.
    """
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    names = list(context(PROJECT, ignored))
    asked = subprocess.run(
        ["git", "check-ignore", "--no-index", "-z", "--stdin"],
        cwd=PROJECT,
        input="\0".join(names),
        capture_output=True,
        text=True,
        check=False,
    )
    if strangers := [name for name in asked.stdout.split("\0") if name]:
        raise Wrong(f".dockerignore lets in what git ignores: {', '.join(strangers[:5])}")
    shutil.rmtree(root / folder.lstrip("/"), ignore_errors=True)  # of a root that was kept
    for name in names:
        target = root / folder.lstrip("/") / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / name, target, follow_symlinks=False)
    return len(names)


def build(root: Path) -> list[str]:
    """Run the Dockerfile's steps in a root folder, and return the entry point; CMD is its end.

    Raises:
        Wrong: a step failed.
    """
    folder, entry, command = "/", list[str](), list[str]()
    for step in steps((PROJECT / "Dockerfile").read_text(encoding="utf-8")):
        print(f"--- {step.kind} {' '.join(step.words)}", flush=True)
        if step.kind == "FROM" and f"{RELEASE}-slim" not in step.words[0]:
            raise Wrong(f"expected an image of {RELEASE}, got {step.words[0]}")
        if step.kind == "WORKDIR":
            folder = step.words[0]
            (root / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif step.kind == "COPY":
            if step.words != (". .",):
                raise Wrong(f"expected COPY . ., got {step.words[0]}")
            print(f"{copied(root, folder)} files")
        elif step.kind == "RUN":
            expect(root, ["/bin/sh", "-c", step.words[0]], folder=folder)
        elif step.kind == "ENTRYPOINT":
            entry = list(step.words)
        elif step.kind == "CMD":
            command = list(step.words)
    expect(root, [*entry, *command], network=False, folder=folder)
    return entry


def expect(
    root: Path, command: Sequence[str], *, folder: str, user: int = 0, network: bool = True
) -> None:
    print(f"--- {'as user ' + str(user) + ': ' if user else ''}{' '.join(command)}", flush=True)
    if network:
        furnish(root)  # what leads to the network from here: a step may have replaced it
    if code := run(root, command, folder=folder, user=user, network=network):
        raise Wrong(f"{' '.join(command)}: expected to end with 0, got {code}")


def graded(
    root: Path, entry: Sequence[str], user: int, students: Sequence[str], walls: Walls
) -> None:
    """Make a sample class in /class and grade it there, and read the marks from outside.

    Raises:
        Wrong: a command failed, other walls were taken, or the right solution and the untouched notebook did not get what they must.
    """
    place = root / "class"
    shutil.rmtree(place)
    place.mkdir(mode=0o700)
    os.chown(place, user, user)
    only = [word for student in students for word in ("--student", student)]
    doctor = f"{shlex.join([*entry, 'doctor'])} > /class/doctor.txt"
    expect(root, ["/bin/sh", "-c", doctor], folder="/class", user=user, network=False)
    told = (place / "doctor.txt").read_text(encoding="utf-8")
    if not re.search(rf"walls: {walls}\b.*\btaken: ", told):
        raise Wrong(f"expected the walls {walls} to be taken, and doctor says: {told}")
    for command in (
        ["sample", "/class", NAME],
        ["grade", NAME, "--workers", "2", *only],
    ):
        expect(root, [*entry, *command], folder="/class", user=user, network=False)
    course = Course(PROJECT, place)
    with Gradebook(course.db_url) as book:
        points = {
            one.student.id: (one.score, one.max_score) for one in book.assignment_submissions(NAME)
        }
    most = points["perfect"][1]
    if points["perfect"][0] < 0.9 * most or points["untouched"][0] > 0.1 * most:
        raise Wrong(f"expected nearly all points for perfect, and few for untouched, got {points}")
    pages = len(list(place.glob(f"feedback/*/{NAME}/*.html")))
    if pages != len(points) or len(points) < len(students or FEW):
        raise Wrong(f"expected a page for each of {len(points)} students, got {pages}")
    print(f"{len(points)} students graded as user {user}: perfect {points['perfect']}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m autograder.tests.dockerfile_steps",
        description=(__doc__ or "").partition("\n")[0],
    )
    take_root(parser)
    given = parser.parse_args(arguments)
    with root_folder(given.root, "dockerfile-") as root:
        try:
            make_root(root, RELEASE, packages="")
            entry = build(root)
            graded(root, entry, 0, (), Walls.ROOM)
            graded(root, entry, USER, FEW, Walls.BARE)
        except Wrong as what:
            print(f"{what} (in {root})", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
