"""Walls stand in places like containers, the strongest that can; where none can, each says why."""

from __future__ import annotations

import errno
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.core.assignment import Assignment
from autograder.core.errors import NoSandbox
from autograder.core.results import Walls
from autograder.core.roots import PROJECT
from autograder.sandbox import landlock, walls
from autograder.sandbox.bwrap import FIRST_UID

from . import containers
from .sooner import sooner

HELD = ["processes", "network", "files", "people", "writing", "parent", "3.0"]


PLACES = [
    ("container of root", Walls.ROOM),
    ("container without a capability", Walls.BARE),
    ("user without namespaces", Walls.BARE),
    ("user in Podman", Walls.BARE),
    ("container with SYS_ADMIN", Walls.ROOM),
    ("no bubblewrap", Walls.ROOM),
    ("proc is masked", Walls.ROOM),
]
GRADED = ("container of root",)  # `make examine` grades a class in the others
DIAGNOSED = ("user without namespaces",)
only_root = pytest.mark.skipif(
    not containers.can_become(), reason="only root with CAP_SYS_ADMIN can become these places"
)
x86_64 = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="there is a table of system calls for this machine only"
)


@only_root
@x86_64
@pytest.mark.parametrize(("place", "stands"), PLACES)
def test_walls_stand_in_such_a_place(place: str, stands: Walls) -> None:
    command = [sys.executable, "-m", "autograder.tests.containers", place]
    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    assert told["walls"] == stands, told["said"]
    *held, user = told["said"].split()
    assert held == HELD
    assert (int(user) >= FIRST_UID) == (stands == Walls.ROOM or place.startswith("user"))


@only_root
@x86_64
@pytest.mark.parametrize(
    ("place", "stands"),
    sooner(PLACES, GRADED),
)
def test_a_class_is_graded_in_such_a_place(place: str, stands: Walls, backprop: Assignment) -> None:
    """From the command to the gradebook and the feedback page."""
    with tempfile.TemporaryDirectory(
        dir="/var/tmp"
    ) as name:  # pytest's own folders are closed to users
        people = Path(name) / "class"
        for student, sources in (("ada", backprop.solved()), ("bob", backprop.notebook({}))):
            folder = people / "submitted" / student / backprop.name
            folder.mkdir(parents=True)
            (folder / f"{backprop.name}.ipynb").write_text(json.dumps(sources))
        if place.startswith("user"):
            for path in (Path(name), *Path(name).rglob("*")):
                os.chown(path, containers.USER, containers.USER)
        grade = [
            str(Path(sys.executable).with_name("autograder")),
            "--course",
            str(people),
            "grade",
            backprop.name,
        ]
        command = [sys.executable, "-m", "autograder.tests.containers", place, *grade]
        done = subprocess.run(
            command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"student code was kept apart by: {stands} " in done.stdout
        left = (
            "gradebook.db",
            *(
                f"feedback/{student}/{backprop.name}/{backprop.name}.html"
                for student in ("ada", "bob")
            ),
        )
        assert [path for path in left if not (people / path).is_file()] == []


@only_root
@x86_64
@pytest.mark.parametrize(("place", "stands"), sooner(PLACES, DIAGNOSED))
def test_the_doctor_says_what_grading_does_in_such_a_place(place: str, stands: Walls) -> None:
    """Also where a submission's process is root without a capability, who has no way up."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        Path(name).chmod(0o777)
        doctor = [str(Path(sys.executable).with_name("autograder")), "--course", name, "doctor"]
        command = [sys.executable, "-m", "autograder.tests.containers", place, *doctor]
        done = subprocess.run(
            command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=300
        )
    told = " ".join(done.stdout.split())
    assert done.returncode == 0, told
    assert "This machine can grade" in told
    assert f"behind the walls of {stands}; it holds" in told


def test_where_none_can_stand_each_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def without() -> int:
        raise OSError(errno.ENOSYS, "Landlock: Function not implemented")

    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(landlock, "version", without)
    monkeypatch.setattr(platform, "release", lambda: "5.4.0")
    with pytest.raises(NoSandbox) as refused:
        walls.chosen(None)
    first, *why = str(refused.value).splitlines()
    assert first.startswith("student code cannot be kept apart")
    assert first.endswith("One of these must stand:")
    assert [line.split(":")[0].strip() for line in why] == list(Walls)
    assert "apt-get install bubblewrap" in why[0]
    assert (
        "expected to run as root, which can give a submission another root folder and user id, got user 1000"
        in why[1]
    )
    assert "expected Linux 5.13 or later, got 5.4.0" in why[2]


@pytest.mark.parametrize(
    ("said", "denied"),
    [
        ("bwrap: No permissions to create a new namespace", True),
        ("bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", True),
        ("bwrap: setting up uid map: Permission denied", True),
        ("bwrap: Creating new namespace failed: No space left on device", True),
        ("bwrap: Can't read /proc/sys/kernel/overflowuid: No such file or directory", True),
        ("bwrap: Can't read /proc/sys/kernel/overflowuid: Too many open files", False),
        ("bwrap: Creating new namespace failed: Resource temporarily unavailable", False),
        ("bwrap: Can't open source /: Too many open files", False),
        ("", False),
    ],
)
def test_weaker_walls_are_taken_for_a_denial_only(
    said: str, denied: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bwrap").write_text(f'#!/bin/sh\necho "{said}" >&2\nexit 1\n')
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    if denied:
        assert said in walls.refusal(Walls.NAMESPACES)
    else:
        with pytest.raises(NoSandbox, match="could not be tried"):
            walls.chosen(None)


NEWER = "Grade on a machine with a newer kernel; a container has the kernel of its host"
OTHER_FILTER = "take Docker 23 or later, or run it with --security-opt seccomp=unconfined"


@pytest.mark.parametrize(
    ("number", "release", "version", "said"),
    [
        (
            errno.ENOSYS,
            "5.10.0-28-amd64",
            "#1",
            f"Landlock is missing: expected Linux 5.13 or later, got 5.10.0-28-amd64. {NEWER}",
        ),
        (
            errno.ENOSYS,
            "4.18.0",
            "#1",
            f"Landlock is missing: expected Linux 5.13 or later, got 4.18.0. {NEWER}",
        ),
        (
            errno.ENOSYS,
            "5.13.0",
            "#1",
            "Landlock is missing, though this is Linux 5.13.0: it was built without (expected CONFIG_SECURITY_LANDLOCK=y), "
            f"or a container's filter answers for it: {OTHER_FILTER}",
        ),
        (
            errno.EOPNOTSUPP,
            "6.8.0-45-generic",
            "#1",
            "Landlock was switched off when Linux 6.8.0-45-generic was started: set the boot "
            "parameter lsm= to landlock, followed by the names in /sys/kernel/security/lsm "
            "(lsm=landlock,lockdown,yama, say), and restart the machine",
        ),
        (errno.EPERM, "6.8.0", "#1", f"a filter of this container denies Landlock: {OTHER_FILTER}"),
        *(
            (
                errno.ENOSYS,
                release,
                "#1 SMP Sun Jan 10 15:06:54 PST 2016",
                "expected Linux's own kernel, got gVisor, which has no Landlock: take another "
                "runtime (docker run --runtime=runc; in Kubernetes, a pod without the RuntimeClass "
                "gvisor)",
            )
            for release in ("4.4.0", "4.19.0-gvisor")
        ),
    ],
)
def test_why_there_is_no_landlock(
    number: int, release: str, version: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without() -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(landlock, "version", without)
    monkeypatch.setattr(platform, "release", lambda: release)
    monkeypatch.setattr(platform, "version", lambda: version)
    assert walls.refusal(Walls.BARE) == said


@pytest.mark.parametrize(
    ("system", "name"), [("darwin", "macOS"), ("win32", "Windows"), ("freebsd14", "freebsd14")]
)
@pytest.mark.parametrize("asked", [None, *Walls])
def test_other_systems_refuse_in_one_sentence(
    system: str, name: str, asked: Walls | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    with pytest.raises(NoSandbox) as refused:
        walls.chosen(asked)
    here = "in WSL 2" if system == "win32" else "in a virtual machine with Linux"
    said = (
        f"Grade on a Linux server, in a Linux container, or {here}; authors can build and test here"
    )
    assert str(refused.value) == f"expected Linux, got {name}. {said}"


def test_a_room_names_the_capability_that_root_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    for name, number in {
        "CHOWN": 0,
        "DAC_OVERRIDE": 1,
        "FOWNER": 3,
        "KILL": 5,
        "SETGID": 6,
        "SETUID": 7,
        "SYS_CHROOT": 18,
    }.items():
        monkeypatch.setattr(
            walls, "capabilities", lambda number=number: 0xA80425FB & ~(1 << number)
        )
        assert (
            f"root lacks the capability {name}, which Docker's default gives (--cap-add {name})"
            in walls.refusal(Walls.ROOM)
        )
        assert (walls.user_for(1) is None) == (name != "SYS_CHROOT")
    monkeypatch.setattr(walls, "capabilities", lambda: 0xA80425FB)
    assert not walls.refusal(Walls.ROOM)


@pytest.mark.parametrize("machine", ["aarch64", "riscv64"])
def test_other_processors_have_no_walls_without_namespaces(
    machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    for one in (Walls.ROOM, Walls.BARE):
        assert machine in walls.refusal(one) or "root" in walls.refusal(one)
