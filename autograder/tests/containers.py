"""Imitates places in which walls are to stand: `python -m autograder.tests.containers PLACE` becomes such a place and opens a sandbox in it.

With a command behind the place, it becomes that command: `… "container of root" make grade`.

No container is needed for that: a place is the capabilities, the user, the filter of system calls
and the mounts that it leaves us. Only root with CAP_SYS_ADMIN can become one.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import shutil
import struct
import sys

from autograder.core.course import Course
from autograder.core.errors import NoSandbox
from autograder.core.limits import Limits
from autograder.sandbox import client
from autograder.sandbox.client import Sandbox
from autograder.sandbox.walls import capabilities

CLONE_NEWNS, MS_REC, MS_PRIVATE, MS_BIND = 0x20000, 16384, 1 << 18, 4096
DOCKER = 0xA80425FB  # the capabilities of Docker's default
SYS_ADMIN = 21
NAMESPACES = 0x7E020000  # CLONE_NEW*
DENIED = (
    155,
    161,
    165,
    166,
    250,
    248,
    249,
    272,
    298,
    304,
    308,
    310,
    311,
    321,
    323,
    428,
    429,
    430,
    431,
    432,
    433,
)  # pivot_root to fsmount
CHROOT = 161
NAMES = (170, 171)  # sethostname, setdomainname
USER = 65_534
CELL = f"""
import os
held = []
def wall(name, act):
    try: act()
    except BaseException: held.append(name)
wall("processes", os.fork)
wall("network", lambda: __import__("socket").socket())
wall("files", lambda: open({client.OUTSIDE!r}))
wall("people", lambda: open("/etc/passwd"))
wall("writing", lambda: open("/usr/of-a-test", "w"))
wall("parent", lambda: os.kill(os.getppid() or 2, 0))
import utils, numpy as np, matplotlib.pyplot as plt
plt.plot([1, 2]); plt.savefig("x.png"); plt.close()
np.savez("x.npz", x=np.ones(3))
print(*held, np.load("x.npz")["x"].sum(), os.getuid())
"""
_libc = ctypes.CDLL(None, use_errno=True)


def must(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def without_capabilities(kept: int) -> None:
    """Keep some capabilities only, for good."""
    for capability in range(41):
        if not kept >> capability & 1:
            _libc.prctl(24, capability, 0, 0, 0)
    low, high = kept & 0xFFFFFFFF, kept >> 32
    must(
        _libc.capset(
            struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", low, low, low, high, high, high)
        )
    )


def under_a_filter(denied: tuple[int, ...], namespaces: bool = False) -> None:
    """Deny what Docker's default denies, and every new namespace unless they are let through."""
    program = [(0x20, 0, 0, 0)]
    if not namespaces:
        program += [
            (0x15, 0, 1, 435),
            (0x06, 0, 0, 0x00050026),
            (0x15, 0, 3, 56),
            (0x20, 0, 0, 16),
            (0x45, 0, 1, NAMESPACES),
            (0x06, 0, 0, 0x00050001),
            (0x20, 0, 0, 0),
        ]
    for number in denied:
        program += [(0x15, 0, 1, number), (0x06, 0, 0, 0x00050001)]
    code = b"".join(struct.pack("=HBBI", *one) for one in [*program, (0x06, 0, 0, 0x7FFF0000)])
    buffer = ctypes.create_string_buffer(code, len(code))
    must(_libc.prctl(38, 1, 0, 0, 0))
    must(
        _libc.prctl(22, 2, struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer)), 0, 0)
    )


def own_mounts() -> None:
    must(_libc.unshare(CLONE_NEWNS))
    must(_libc.mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None))


def without_programs(*names: str) -> None:
    """Leave a file that cannot be run where these programs lie."""
    for name in names:
        while path := shutil.which(name):
            real = os.path.realpath(path).encode()
            must(_libc.mount(b"/dev/null", real, None, ctypes.c_ulong(MS_BIND), None))


def open_python() -> None:
    """Let every user read Python, and nothing else, where it lies in a closed home."""
    prefix = os.path.realpath(sys.base_prefix)
    top = "/" + prefix.split("/")[1]
    if os.stat(top).st_mode & 0o001:
        return
    before = os.open(".", os.O_PATH)
    os.chdir(prefix)  # from here on it is reached by this alone
    must(_libc.mount(b"tmpfs", top.encode(), b"tmpfs", ctypes.c_ulong(0), b"mode=0755"))
    os.makedirs(prefix)
    must(_libc.mount(b".", prefix.encode(), None, ctypes.c_ulong(MS_BIND), None))
    os.fchdir(before)


def can_become() -> bool:
    """Return whether this process may make mounts and give up capabilities, as a place needs it."""
    return os.geteuid() == 0 and bool(capabilities() >> SYS_ADMIN & 1)


def become(place: str) -> None:
    if place == "container of root":
        without_capabilities(DOCKER)
        under_a_filter(tuple(number for number in DENIED if number != CHROOT))
    elif place == "container with SYS_ADMIN":
        without_capabilities(DOCKER | 1 << SYS_ADMIN)
    elif place == "container without a capability":
        without_capabilities(0)
        under_a_filter(DENIED)
    elif place in ("user without namespaces", "user in Podman"):
        own_mounts()
        open_python()
        os.setgroups([])
        os.setresgid(USER, USER, USER)
        os.setresuid(USER, USER, USER)
        if place == "user in Podman":  # which lets through namespaces, and no name for them
            under_a_filter(NAMES, namespaces=True)
        else:
            under_a_filter(DENIED)
        os.environ["HOME"] = "/nonexistent"
    elif place == "no bubblewrap":
        own_mounts()
        without_programs("bwrap", "apt-get", "sudo")  # the last two could install the first
    elif place == "Python is open":
        own_mounts()
        open_python()
    elif place == "proc is masked":
        own_mounts()
        must(_libc.mount(b"tmpfs", b"/proc", b"tmpfs", ctypes.c_ulong(0), b"mode=0555"))
    else:
        raise ValueError(f"expected a place, got {place}")


def main() -> None:
    assert platform.machine() == "x86_64"
    become(sys.argv[1])
    if sys.argv[2:]:
        os.execvp(sys.argv[2], sys.argv[2:])
    try:
        with (
            Sandbox(Limits(), Course().utils, os.getpid() % 900) as sandbox,
            sandbox.open() as session,
        ):
            reply = session.request({"op": "cell", "cell": "x", "source": CELL}, 10)
            said = "".join(str(one.get("text", "")) for one in reply["outputs"]) + str(
                reply["error"] or ""
            )
            print(json.dumps({"walls": sandbox.walls, "said": said.strip()}))
    except NoSandbox as refused:
        print(json.dumps({"walls": None, "said": str(refused)}))


if __name__ == "__main__":
    main()
