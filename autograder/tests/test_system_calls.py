"""What a submission's system calls may do: each attempt here works without the filter, and is denied with it; devices keep nothing."""

from __future__ import annotations

import hashlib
import platform
import struct
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest

from autograder.core.results import Walls
from autograder.sandbox import system_calls

from .test_walls import NO_FILTER, ran, without

ATTEMPTS = """
import ctypes, fcntl, os, signal, socket
libc = ctypes.CDLL(None, use_errno=True)
done = {}
def tries(what, act):
    try:
        got = act()
        done[what] = got is None or not isinstance(got, int) or isinstance(got, bool) or got >= 0
    except Exception:
        done[what] = False
def opened(path=__import__("utils").__file__): return os.open(path, os.O_RDONLY)
own, leased = "own", "leased"
open(own, "w").close(), open(leased, "w").close()
signal.signal(signal.SIGIO, signal.SIG_IGN)
pair = lambda: socket.socketpair(type=socket.SOCK_DGRAM)
named = "\\0of-a-test"
tries("lease", lambda: fcntl.fcntl(opened(leased), 1024, 0))
tries("watch a directory", lambda: fcntl.fcntl(opened("."), 1026, 1))
tries("signal of a descriptor", lambda: fcntl.fcntl(opened(), 10, 28))
tries("owner of a descriptor", lambda: fcntl.fcntl(opened(), 8, os.getpid()))
tries("record lock", lambda: fcntl.lockf(opened(), fcntl.LOCK_SH))
tries("open file lock", lambda: fcntl.fcntl(os.open(own, os.O_RDWR), 37, bytes([1]) + bytes(31)) and None)
tries("flock", lambda: fcntl.flock(opened(), fcntl.LOCK_EX))
tries("larger pipe", lambda: fcntl.fcntl(os.pipe()[0], 1031, 1 << 17))
tries("inotify", lambda: libc.inotify_init1(0))
tries("socket", lambda: socket.socket(socket.AF_UNIX))
tries("bind", lambda: pair()[0].bind(named))
tries("connect", lambda: (a := pair(), a[0].bind(named), a[1].connect(named)))
tries("buffers", lambda: pair()[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16))
tries("send to a name", lambda: (a := pair(), a[1].bind(named + "2"), a[0].sendto(b"x", named + "2")))
tries("descriptors in flight", lambda: (a := pair(), socket.send_fds(a[0], [b"x"], [1])))
tries("times", lambda: os.utime(own))
tries("rights", lambda: os.chmod(own, 0o700))
tries("owner", lambda: os.chown(own, -1, -1))
tries("label", lambda: os.setxattr(own, "user.x", b"x"))
tries("special file", lambda: os.mkfifo("fifo"))
tries("sync", lambda: libc.syscall(SYNC))
tries("advice", lambda: os.posix_fadvise(opened(), 0, 0, os.POSIX_FADV_DONTNEED))
tries("asynchronous reads", lambda: libc.syscall(SETUP, 1, ctypes.byref(ctypes.c_ulong(0))))
tries("splice", lambda: os.splice(opened(), os.pipe()[1], 1))
tries("asynchronous descriptor", lambda: (a := pair(), fcntl.ioctl(a[0].fileno(), 0x5452, bytes([1, 0, 0, 0]))))
tries("size by name", lambda: os.truncate(own, 1))
tries("emptied by a right to read", lambda: os.open(own, os.O_RDONLY | os.O_TRUNC))
tries("space beyond a size", lambda: os.posix_fallocate(os.open(own, os.O_RDWR), 0, 1))
tries("a file without a name", lambda: os.open(".", os.O_RDWR | os.O_TMPFILE))
tries("processors", lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)))
tries("limits of another", lambda: libc.prlimit(os.getppid() or 99, 7, None, None) if os.getppid() else os.nice(0))
tries("labels", lambda: os.listxattr(own))
tries("not to be cached", lambda: os.preadv(opened(), [bytearray(1)], 0, os.RWF_NOWAIT))
tries("pages of others", lambda: (m := __import__("mmap").mmap(-1, 4096), m.madvise(21)))
tries("mode of execution", lambda: libc.personality(0xFFFFFFFF))
tries("another filter", lambda: libc.prctl(21, 0, 0, 0, 0))
tries("fork", lambda: os.fork() or os._exit(0))
print(sorted(what for what, did in done.items() if did))
print(sorted(what for what, did in done.items() if not did))
"""
ALWAYS_DENIED = {"label"}  # where the file system in memory knows no labels of users
WORK = """
import asyncio, os, socket, tempfile, threading
import numpy as np, matplotlib.pyplot as plt
async def later(): await asyncio.sleep(0); return "awaited"
a, b = socket.socketpair(); a.sendall(b"x"); b.recv(1)
thread = threading.Thread(target=print, args=("thread",)); thread.start(); thread.join()
with tempfile.TemporaryDirectory() as folder:
    np.savez(folder + "/x.npz", x=np.ones(3)); print(np.load(folder + "/x.npz")["x"].sum())
    plt.figure(); plt.savefig(folder + "/x.png"); plt.close()
    open(folder + "/x.txt", "w").write("x"); print(open(folder + "/x.txt").isatty())
open("/dev/null", "w").write("x"); print(len(open("/dev/urandom", "rb").read(3)))
print(await later())
"""
NODES = """
import os
kept = []
def tries(what, act):
    try: act(); kept.append(what)
    except OSError: pass
for top, folders, files in os.walk("/dev"):
    if top == "/dev/shm": continue
    for path in [top, *(os.path.join(top, name) for name in files)]:
        if os.path.exists(path):
            tries("times of " + path, lambda: os.utime(path))
            tries("rights of " + path, lambda: os.chmod(path, 0o4711 if os.path.isdir(path) else 0o644))
            tries("label of " + path, lambda: os.setxattr(path, "user.x", b"x"))
tries("terminal", os.openpty)
print(kept)
"""


def _for_this_machine(code: str) -> str:
    x86 = platform.machine() == "x86_64"
    return code.replace("SETUP", "206" if x86 else "0").replace("SYNC", "162" if x86 else "81")


@pytest.mark.parametrize("walls", Walls)
def test_every_attempt_is_denied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walls: Walls
) -> None:
    with without(tmp_path, monkeypatch, "confine.py", walls=walls) as session:
        done, denied = ran(session, _for_this_machine(ATTEMPTS)).splitlines()
    assert done == "[]"
    assert denied.count("'") // 2 == ATTEMPTS.count("\ntries(")


def test_every_attempt_would_work_without_the_filter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with without(
        tmp_path,
        monkeypatch,
        "zygote.py",
        NO_FILTER,
    ) as session:
        _, denied = ran(session, _for_this_machine(ATTEMPTS)).splitlines()
    assert set(denied.strip("[]").replace("'", "").split(", ")) - {""} <= ALWAYS_DENIED


@pytest.mark.parametrize("walls", Walls)
def test_what_honest_notebooks_do_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walls: Walls
) -> None:
    with without(tmp_path, monkeypatch, "confine.py", walls=walls) as session:
        assert ran(session, WORK).split() == ["thread", "3.0", "False", "3", "awaited"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            ("zygote.py", NO_FILTER),
            id="without the filter",
        ),
        pytest.param(
            ("zygote.py", ("        confine.close_devices()\n", "")),
            id="without read-only devices",
        ),
    ],
)
def test_devices_keep_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, tuple[str, str]]
) -> None:
    """Either wall alone keeps one submission from leaving anything in /dev for the next."""
    with without(tmp_path, monkeypatch, change[0], change[1]) as session:
        assert ran(session, NODES) == "[]"


def test_without_both_walls_devices_would_keep_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = (
        NO_FILTER,
        ("        confine.close_devices()\n", ""),
    )
    with without(tmp_path, monkeypatch, "zygote.py", *changes) as session:
        assert "times of /dev/null" in ran(session, NODES)


ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
OWN, OTHER = 4711, 4712


def answer(number: int, *arguments: int, alone: bool = True, machine: int = 0xC000003E) -> int:
    """What the program answers to a call, by the rules of classic BPF as the kernel's documentation has them."""
    data = struct.pack("=iIQ6Q", number, machine, 0, *(*arguments, *[0] * 6)[:6])
    code = system_calls.filter_program("x86_64", OWN, alone)
    at = accumulator = 0
    while True:
        operation, then, otherwise, value = struct.unpack_from("=HBBI", code, 8 * at)
        at += 1
        if operation == 0x06:
            return value
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        else:
            met = {
                0x15: accumulator == value,
                0x35: accumulator >= value,
                0x45: bool(accumulator & value),
            }[operation]
            at += then if met else otherwise


def test_what_no_table_names_is_denied() -> None:
    """Every number of a call: those with a rule are the table's, and of the others none is calls."""
    ruled = {*system_calls.PLAIN.values(), *system_calls.ALONE.values(), system_calls.SENDTO}
    ruled |= {
        rule[0]
        for table in (
            system_calls.BY_VALUE,
            system_calls.ON_ITSELF,
            system_calls.ALONE_ON_ITSELF,
            system_calls.OPEN,
        )
        for rule in table.values()
    }
    for number in (
        *range(1000),
        *range(0x40000000, 0x40000400),
        0x7FFFFFFF,
        0xFFFFFFFF - (1 << 32),
    ):
        if number not in ruled:
            unknown = number in (435, 437) or 450 <= number < 0x40000000
            assert answer(number) == (ENOSYS if unknown else EPERM), number
    assert {answer(number) for number in system_calls.PLAIN.values()} == {ALLOW}
    assert answer(0, machine=0x40000003) == KILL  # the calls of a 32-bit program have other numbers


def test_what_is_allowed_by_its_arguments_is_denied_with_others() -> None:
    high = 1 << 32
    for number, argument, values in system_calls.BY_VALUE.values():
        for value in (*values, *(values[0] ^ 1 << bit for bit in range(32)), high | values[0]):
            got = answer(number, *[0] * argument, value)
            assert got == (ALLOW if value % high in values else EPERM), (number, value)
    for (number, argument), (value, want) in product(
        [*system_calls.ON_ITSELF.values(), *system_calls.ALONE_ON_ITSELF.values()],
        (
            (0, ALLOW),
            (OWN, ALLOW),
            (OTHER, EPERM),
            (1, EPERM),
            (high - 1, EPERM),
            (high - OWN, EPERM),
        ),
    ):
        assert answer(number, *[0] * argument, value) == want, (number, value)
    for number, argument in system_calls.OPEN.values():
        assert answer(number, *[0] * argument, 0o102101) == ALLOW
        assert answer(number, *[0] * argument, 0o20200002) == EPERM
        assert [answer(number, *[0] * argument, 0o1000 | mode) for mode in (0, 1, 2)] == [
            EPERM,
            ALLOW,
            ALLOW,
        ]
    assert [answer(44, 3, 0, 1, 0, address) for address in (0, 1, high, 1 << 40)] == [
        ALLOW,
        EPERM,
        EPERM,
        EPERM,
    ]
    assert [
        answer(number, alone=alone) for number in (62, 86, 88, 265, 266) for alone in (True, False)
    ] == [ALLOW, EPERM] * 5


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_program_jumps_within_itself(machine: str) -> None:
    """Each comparison leads to a load, a comparison or an answer that is there."""
    code = system_calls.filter_program(machine, OWN, alone=True)
    instructions = [(code[at], code[at + 2], code[at + 3]) for at in range(0, len(code), 8)]
    for place, (operation, then, otherwise) in enumerate(instructions):
        if operation in (0x15, 0x45, 0x35):
            assert place + 1 + max(then, otherwise) < len(instructions)


@pytest.mark.parametrize(
    "tables",
    [
        (
            system_calls.PLAIN,
            system_calls.ALONE,
            system_calls.ALONE_ON_ITSELF,
            system_calls.BY_VALUE,
            system_calls.ON_ITSELF,
            system_calls.OPEN,
        ),
        (system_calls.DENIED, system_calls.BY_VALUE_THERE),
    ],
    ids=["x86_64", "aarch64"],
)
def test_every_number_has_one_rule(tables: tuple[Mapping[str, int | tuple[int, ...]], ...]) -> None:
    numbers = [
        rule if isinstance(rule, int) else rule[0] for table in tables for rule in table.values()
    ]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize(
    ("machine", "alone", "digest"),
    [
        ("x86_64", True, "4f82319d021e3ecf"),
        ("x86_64", False, "7d44189e25cd06a8"),
        ("aarch64", True, "d2e1be6683ac1079"),
        ("aarch64", False, "d2e1be6683ac1079"),
    ],
)
def test_the_program_is_the_one_that_was_examined(machine: str, alone: bool, digest: str) -> None:
    """A change of what is allowed is made on purpose: it changes the number here as well."""
    assert (
        hashlib.sha256(system_calls.filter_program(machine, OWN, alone)).hexdigest()[:16] == digest
    )
