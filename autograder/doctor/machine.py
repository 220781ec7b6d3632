"""What `autograder doctor` looks at on this machine: what a sandbox rests on, and the sandbox
itself. No look changes anything.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from ..core.course import Course
from ..core.errors import GraderFault, NoSandbox, UserError
from ..core.limits import load_limits
from ..core.results import Walls
from ..sandbox import system_calls
from ..sandbox.bare import user_that_reads
from ..sandbox.bwrap import own_slot
from ..sandbox.client import Sandbox
from ..sandbox.walls import demanded, refusal, user_for
from .result import BAD, FINE, WARNING, DoctorCheck

PYTHONS = ((3, 11), (3, 14))
# files of the kernel, and what they hold where user namespaces are denied to us
USER_NAMESPACES = (
    ("/proc/sys/user/max_user_namespaces", "0"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0"),
    ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"),
)
STATUS = Path("/proc/self/status")
CAP_SYS_ADMIN = 21  # its bit, as in linux/capability.h
CONTAINER = (
    "Start the container with: docker run --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt "
    "seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined (Podman: --cap-add SYS_ADMIN --cap-add NET_ADMIN "
    "--security-opt unmask=ALL). Or grade outside of it."
)
CONTAINER_OF_A_USER = (
    "Start the container with: docker run --user 1000 --security-opt seccomp=unconfined "
    "--security-opt apparmor=unconfined --security-opt systempaths=unconfined "
    "(Podman: --user 1000 --security-opt seccomp=unconfined --security-opt unmask=ALL)."
)
WALLS = """
import os, resource
held = []
def wall(name, act):
    try: act()
    except BaseException: held.append(name)
wall("no other processes", os.fork)
wall("no network", lambda: __import__("socket").socket())
wall("system read-only", lambda: open("/usr/planted", "w"))
wall("no /proc", lambda: os.listdir("/proc/self"))
wall("no way up", lambda: os.setuid(0))
wall("limits", lambda: resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))
print(*held, sep=", ")
"""
HELD = "no other processes, no network, system read-only, no /proc, no way up, limits"


def look_at_system() -> DoctorCheck:
    found = f"{platform.system()} {platform.release()}, {platform.machine()}"
    if str(sys.platform) == "linux":
        return DoctorCheck("system", found)
    return DoctorCheck(
        "system",
        sys.platform,
        BAD,
        "Student code is never run without walls, and they need Linux.",
        refusal(Walls.NAMESPACES),
    )


def look_at_python() -> DoctorCheck:
    found = f"{platform.python_version()} in {sys.prefix}"
    if PYTHONS[0] <= sys.version_info[:2] < PYTHONS[1]:
        return DoctorCheck("Python", found)
    return DoctorCheck(
        "Python",
        found,
        BAD,
        "The locked packages are for 3.11, 3.12 and 3.13.",
        "Make the environment anew: make env PYTHON=python3.12",
    )


def look_at_walls(course: Course) -> list[DoctorCheck]:
    """Which walls can stand here, and which will be taken."""
    try:
        asked = demanded(course.pyproject)
        refusal(Walls.NAMESPACES)
    except NoSandbox as problem:
        return [
            DoctorCheck("walls", str(problem), BAD, "No submission is run.", "See what it says.")
        ]
    except UserError as problem:
        return [
            DoctorCheck(
                "walls",
                str(problem),
                BAD,
                "No submission is run.",
                "Correct the name, or leave it out.",
            )
        ]
    looks = [DoctorCheck("walls asked for", asked)] if asked else []
    able = [walls for walls in Walls if not refusal(walls)]
    taken = asked if asked in able else None if asked else next(iter(able), None)
    for walls in Walls:
        if not (why := refusal(walls)):
            words = f"{'taken' if walls == taken else 'could be taken'}: {walls.words}"
            looks.append(
                DoctorCheck(
                    f"walls: {walls}",
                    words,
                    WARNING if walls == taken == Walls.BARE else FINE,
                    *_of_bare(walls, taken),
                )
            )
        elif walls != asked and (asked or taken):
            weaker = walls == Walls.NAMESPACES and taken is not None
            said = f"Grading goes on with the next walls, {taken}.", _helps(walls)
            looks.append(
                DoctorCheck(
                    f"walls: {walls}",
                    f"cannot stand: {why}",
                    WARNING if weaker else FINE,
                    *(said if weaker else ()),
                )
            )
        else:
            looks.append(
                DoctorCheck(
                    f"walls: {walls}",
                    f"cannot stand: {why}",
                    BAD,
                    "No submission is run.",
                    _helps(walls),
                )
            )
    return looks


def _of_bare(walls: Walls, taken: Walls | None) -> tuple[str, str]:
    if walls != taken or walls != Walls.BARE:
        return "", ""
    means = (
        "A submission that guesses a file's name can see that it exists, its size, owner "
        "and time; never what is in it."
    )
    user = user_for(own_slot())
    if user_that_reads(Path(tempfile.gettempdir()), user) is not None:
        do = "Keep the class in a folder that is closed to others, or allow user namespaces."
        return means, do
    as_us = "Submissions run as this user, from whom a closed folder hides nothing."
    if user is None:
        root = "give root Docker's default capabilities" if os.geteuid() == 0 else "run as root"
        return f"{means} {as_us}", f"Allow user namespaces, or {root}."
    return f"{means} {as_us}", (
        "Make the environment with a Python, and in a folder, that other users can read "
        "(make env PYTHON=/usr/bin/python3), or allow user namespaces."
    )


def _helps(walls: Walls) -> str:
    if walls == Walls.NAMESPACES and shutil.which("bwrap") is None:
        return "Install bubblewrap."
    if walls == Walls.NAMESPACES:
        return (
            CONTAINER
            if os.geteuid() == 0
            else f"Allow user namespaces, or run as root. In a container: {CONTAINER_OF_A_USER}"
        )
    if walls == Walls.ROOM and platform.machine() == system_calls.MACHINE:
        return "Run as root, with Docker's default capabilities."
    return "What helps is said beside it."


def look_at_user_namespaces() -> DoctorCheck:
    """Whether the kernel lets us make namespaces: as root it does, else by user namespaces."""
    if os.geteuid() == 0 and _may_administer():
        return DoctorCheck("user namespaces", "not needed: this is root")
    if os.geteuid() == 0:
        means = (
            "Root in a container lacks the right CAP_SYS_ADMIN, so bubblewrap cannot make a "
            "sandbox."
        )
        return DoctorCheck(
            "user namespaces", "this is root without CAP_SYS_ADMIN", WARNING, means, CONTAINER
        )
    denied = [
        path
        for path, value in USER_NAMESPACES
        if Path(path).is_file() and Path(path).read_text().strip() == value
    ]
    if not denied:
        return DoctorCheck("user namespaces", "no setting of the kernel denies them")
    name = denied[0].removeprefix("/proc/sys/").replace("/", ".")
    means = (
        "Without them bubblewrap cannot make a sandbox, unless it is installed setuid or has "
        "a profile of its own."
    )
    return DoctorCheck(
        "user namespaces",
        f"denied by {name}",
        WARNING,
        means,
        f"sudo sysctl {name}={'0' if 'restrict' in name else '15000'}",
    )


def _may_administer() -> bool:
    """Whether this process has CAP_SYS_ADMIN, by what the kernel tells of it; where it tells
    nothing, root is taken to have it.
    """
    try:
        status = STATUS.read_text()
    except OSError:
        return True
    effective = next(
        (line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), ""
    )
    return not effective or bool(int(effective, 16) >> CAP_SYS_ADMIN & 1)


def look_at_filter() -> DoctorCheck:
    """Whether there is a system-call filter for this machine; with no second process, limits on one
    are limits on all.
    """
    try:
        system_calls.filter_program(platform.machine(), os.getpid(), alone=True)
    except OSError as error:
        means = (
            "Without the filter a submission could start processes that no limit counts, so "
            "none is run."
        )
        return DoctorCheck(
            "system-call filter",
            error.strerror or str(error),
            BAD,
            means,
            "Grade on x86_64 or aarch64.",
        )
    status = Path("/proc/self/status")
    if status.is_file() and "\nSeccomp:" not in status.read_text():
        return DoctorCheck(
            "system-call filter",
            "this kernel has no seccomp",
            BAD,
            "The filter cannot be set.",
            "Take a kernel with CONFIG_SECCOMP_FILTER.",
        )
    return DoctorCheck("system-call filter", f"seccomp, for {platform.machine()}")


def look_at_memory_limit() -> DoctorCheck:
    """Names what bounds a submission's memory; no cgroup is used, so none can be missing."""
    kind = (
        "v2"
        if Path("/sys/fs/cgroup/cgroup.controllers").is_file()
        else "v1"
        if Path("/sys/fs/cgroup/memory").is_dir()
        else "none"
    )
    return DoctorCheck(
        "memory of a submission",
        f"by address space, in one process (cgroup {kind}: not used, not needed)",
    )


def look_at_sandbox(course: Course) -> DoctorCheck:
    """Start one, and have a submission's process try its walls."""
    try:
        limits, asked = load_limits(course), demanded(course.pyproject)
        with (
            Sandbox(limits, course.utils, own_slot(), asked=asked, people=course.work) as sandbox,
            sandbox.open() as session,
        ):
            reply = session.request(
                {"op": "cell", "cell": "doctor", "source": WALLS}, sandbox.limits.cell_wall
            )
    except NoSandbox as problem:
        said = str(problem)
        if "find source path" in said:  # Python in another user's closed folder, say
            do = (
                "Make the environment with a Python that lies where this user can read it: "
                "make env PYTHON=/usr/bin/python3"
            )
            return DoctorCheck(
                "sandbox", said, BAD, "This user may not read what a sandbox is made of.", do
            )
        denied = any(
            words in said
            for words in ("ermission denied", "not permitted", "No permissions", "namespace")
        )
        means = (
            "The kernel denies bubblewrap its namespaces."
            if denied
            else "Student code cannot be confined, so it is not run."
        )
        allow = (
            CONTAINER
            if os.geteuid() == 0
            else f"Allow user namespaces (see above), or run as root. In a container: {CONTAINER_OF_A_USER}"
        )
        do = allow if denied else "See what it says."
        return DoctorCheck("sandbox", said, BAD, means, do)
    except (GraderFault, UserError) as problem:
        return DoctorCheck(
            "sandbox", str(problem), BAD, "No submission can be run.", "Put right what it names."
        )
    held = "".join(str(output.get("text", "")) for output in reply.get("outputs", [])).strip()
    if held != HELD:
        gone = sorted(set(HELD.split(", ")) - set(held.split(", ")))
        return DoctorCheck(
            "sandbox",
            f"does not hold: {', '.join(gone)}",
            BAD,
            "A submission could reach out of its sandbox.",
            "Do not grade here.",
        )
    return DoctorCheck("sandbox", f"started behind the walls of {sandbox.walls}; it holds: {held}")


def look_at_processors(count: int) -> DoctorCheck:
    load = os.getloadavg()[0]
    found = f"{count}, load {load:.1f}"
    if load <= 2 * count:
        return DoctorCheck("processors", found)
    means = "On a machine this busy, limits on time by the clock may hit code that is right."
    return DoctorCheck(
        "processors",
        found,
        WARNING,
        means,
        "Wait, or raise cell_wall and call_wall under [tool.autograder.limits].",
    )
