"""Each wall of the sandbox is taken away in turn, and what stands behind it still holds."""

from __future__ import annotations

import os
import platform
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autograder.core.course import Course
from autograder.core.errors import GraderFault, NoSandbox, StudentError
from autograder.core.limits import Limits
from autograder.core.results import Walls
from autograder.sandbox import bwrap, client, confine, starting
from autograder.sandbox.client import Sandbox, Session

from . import processes

# for pid_namespaces.py: as on an older kernel, and as where an ordinary user starts bubblewrap
TWO_FORKS = ("self._zygote = _way_back()", "self._zygote = None")
MOVED = ("needed = _denied(process)", "needed = True")
WAYS = {"one fork": (), "two forks": (TWO_FORKS,), "a zygote that moved": (MOVED,)}
NO_FILTER = ("        confine.filter_system_calls(alone=apart is None)\n", "")  # for zygote.py
SLOT = 9000 + os.getpid() % 900
SHORT = Limits(cell_wall=1.0, cell_cpu=1.0, total_wall=20.0, total_cpu=10, memory=1 << 30)
TRIES = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
done = []
def tries(what, act):
    try:
        if act() != "denied": done.append(what)
    except BaseException: pass
def child():
    pid = os.fork()
    if pid == 0: os._exit(0)
    os.waitpid(pid, 0)
tries("fork", child)
tries("socket", lambda: __import__("socket").socket())
tries("connect", lambda: __import__("socket").create_connection(("1.1.1.1", 53), 0.2))
tries("mount", lambda: "denied" if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) else None)
tries("remount", lambda: "denied" if libc.mount(None, b"/usr", None, 32 | 4096, None) else None)
tries("unshare", lambda: "denied" if libc.unshare(0x10000000) else None)
tries("root", lambda: os.setuid(0) if os.getuid() else "denied")  # who is root without a capability gains nothing
tries("write", lambda: open("/usr/planted-by-a-wall-test", "w"))
tries("signal", lambda: os.kill(1, 0) if os.getpid() != 1 else "denied")
tries("limits", lambda: __import__("resource").setrlimit(9, (-1, -1)))
print(sorted(done))
"""


def change_inside(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    *changes: tuple[str, str],
) -> None:
    """Have the next sandboxes take modules of their own, in one of which texts are replaced."""
    inside = tmp_path / "sandbox"
    if not inside.exists():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(starting.INSIDE, inside, ignore=ignored)
        inside.chmod(0o755)
    text = (inside / module).read_text()
    for before, after in changes:
        assert text.count(before) == 1
        text = text.replace(before, after)
    (inside / module).write_text(text)
    monkeypatch.setattr(starting, "INSIDE", inside)


@contextmanager
def without(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    *changes: tuple[str, str],
    walls: Walls = Walls.NAMESPACES,
) -> Iterator[Session]:
    """A submission's process in a sandbox whose modules have been changed: a wall is missing, and its start does not try them."""
    change_inside(tmp_path, monkeypatch, module, *changes)
    monkeypatch.setattr(client, "GRACE", 0.5)
    monkeypatch.setattr(Sandbox, "_try_walls", lambda self, control: None)
    try:
        with (
            Sandbox(SHORT, Course().utils, SLOT, asked=walls) as sandbox,
            sandbox.open() as session,
        ):
            yield session
    except NoSandbox as problem:
        pytest.skip(str(problem))


def ran(session: Session, source: str) -> str:
    reply: dict[str, Any] = session.request(
        {"op": "cell", "cell": "x", "source": source}, SHORT.cell_wall
    )
    return "".join(str(one.get("text", "")) for one in reply["outputs"]).strip()


@pytest.mark.parametrize("walls", Walls)
def test_with_all_walls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walls: Walls) -> None:
    with without(tmp_path, monkeypatch, "confine.py", walls=walls) as session:
        assert ran(session, TRIES) == "[]"


@pytest.mark.parametrize("changes", WAYS.values(), ids=WAYS)
def test_each_submission_has_a_namespace_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: tuple[tuple[str, str], ...]
) -> None:
    """Also where the zygote cannot go back to its own, and a process between makes each."""
    with without(tmp_path, monkeypatch, "pid_namespaces.py", *changes) as first:
        assert ran(first, "import os; print(os.getpid(), os.getppid())") == "1 0"
        assert ran(first, TRIES) == "[]"
        with first._sandbox.open() as second:
            assert ran(second, "import os; print(os.getpid(), os.getppid())") == "1 0"
            first.close()
            with first._sandbox.open() as third:
                assert ran(third, "print(3)") == "3"
            assert ran(second, "print(2)") == "2"
        assert not _processes_of_the_slot()


def test_a_zygote_that_has_not_gone_back_forks_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its next submission would begin in the last one's namespace: the kernel denies it."""
    nothing = ('_must(_libc.setns(process, CLONE_NEWPID), "setns")', "pass")
    with (
        pytest.raises(GraderFault, match="unshare of process numbers: Invalid argument"),
        without(tmp_path, monkeypatch, "confine.py", nothing),
    ):
        pass


def test_a_zygote_that_cannot_go_back_ends_with_all_its_submissions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = ("                _go_back(self._zygote)\n", "                _go_back(99999)\n")
    with (
        pytest.raises(GraderFault, match="does not answer"),
        without(tmp_path, monkeypatch, "pid_namespaces.py", failing),
    ):
        pass
    assert not _processes_of_the_slot()


@pytest.mark.parametrize("changes", WAYS.values(), ids=WAYS)
def test_what_keeps_a_process_from_its_walls_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: tuple[tuple[str, str], ...]
) -> None:
    change_inside(tmp_path, monkeypatch, "pid_namespaces.py", *changes)
    unknown = ('target.encode(), b"tmpfs"', 'target.encode(), b"no such"')
    with (
        pytest.raises(GraderFault, match="mount /tmp: No such device"),
        without(tmp_path, monkeypatch, "confine.py", unknown),
    ):
        pass


@pytest.mark.parametrize("walls", Walls)
def test_a_submission_has_no_descriptor_but_its_channel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walls: Walls
) -> None:
    """None of the zygote's, by which a process could be named that is not its own."""
    source = """
import os, stat
kinds = []
for number in range(4096):
    try: mode = os.fstat(number).st_mode
    except OSError: continue
    kinds.append("device" if stat.S_ISCHR(mode) else "socket" if stat.S_ISSOCK(mode) else oct(mode))
print(kinds)
"""
    with without(tmp_path, monkeypatch, "confine.py", walls=walls) as session:
        assert ran(session, source) == str(["device"] * 3 + ["socket"])


@pytest.mark.parametrize("walls", Walls)
def test_filters_are_made_before_a_submission_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walls: Walls
) -> None:
    """Each process takes what the zygote has made."""
    made = "system_calls._template" + ("" if walls is Walls.NAMESPACES else ", file_limit.program")
    source = f"from sandbox import file_limit, system_calls\nfor one in ({made},): print(one.cache_info().hits > 0)"
    with without(tmp_path, monkeypatch, "confine.py", walls=walls) as session:
        assert set(ran(session, source).split()) == {"True"}


def test_without_the_filter_of_system_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can fork, make a socket and a user namespace now, and reaches nothing by them; its children end with it."""
    with without(
        tmp_path,
        monkeypatch,
        "zygote.py",
        NO_FILTER,
    ) as session:
        assert ran(session, TRIES) == "['fork', 'socket', 'unshare']"
        ran(session, "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)")
        daemons = _processes_of_the_slot()
        assert len(daemons) == (2 if os.geteuid() == 0 else 0)
    assert not _processes_of_the_slot()


def _processes_of_the_slot() -> list[Path]:
    return [path for path in processes.listed() if _owner(path) == bwrap.FIRST_UID + SLOT]


def _owner(process: Path) -> int:
    try:
        return int((process / "status").read_text().partition("Uid:")[2].split()[0])
    except OSError:
        return -1  # it ended meanwhile


def test_without_giving_up_privileges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps the capabilities that a sandbox is made with; the filter denies the calls that they are for."""
    changes = (
        (
            '        confine.drop_privileges(settings["uid"])\n',
            "        confine._libc.prctl(38, 1, 0, 0, 0)\n",
        ),
        ('confine.mount_private(limits, settings["uid"])', "confine.mount_private(limits, None)"),
    )
    with without(tmp_path, monkeypatch, "zygote.py", *changes) as session:
        got = ran(session, TRIES)
    assert not {"fork", "socket", "connect", "mount", "remount", "unshare", "write"} & set(
        got.strip("[]").replace("'", "").split(", ")
    ), got


def test_a_signal_to_its_own_group_stays_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the zygote has the same user id, as wherever the worker is not root."""
    changes = (
        (
            '        confine.drop_privileges(settings["uid"])\n',
            "        confine._libc.prctl(38, 1, 0, 0, 0)\n",
        ),
        ('confine.mount_private(limits, settings["uid"])', "confine.mount_private(limits, None)"),
    )
    with without(tmp_path, monkeypatch, "zygote.py", *changes) as session:
        assert (
            ran(
                session,
                "import os\nfor number in (15, 1, 9): os.kill(0, number)\nprint(os.getpgrp(), os.getsid(0))",
            )
            == "1 1"
        )
        session._sandbox.open().close()


def test_without_alarms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no alarm interrupts is ended from outside."""
    change = (
        "        signal.setitimer(signal.ITIMER_REAL, wall)\n        signal.setitimer(signal.ITIMER_PROF, cpu)\n",
        "",
    )
    with without(tmp_path, monkeypatch, "alarm.py", change) as session:
        with pytest.raises(StudentError) as caught:
            ran(session, "while True: pass")
        assert caught.value.kind == "limit"


def test_without_limits_of_the_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time and processes are still bounded, and the private file systems still small; memory has this one wall only."""
    with without(
        tmp_path, monkeypatch, "zygote.py", ("        confine.set_limits(limits)\n", "")
    ) as session:
        assert ran(session, TRIES) in ("[]", "['limits']")
        assert "no room" in ran(
            session,
            "try: open('/tmp/work/x', 'wb').write(bytes(60 << 20))\nexcept OSError: print('no room')",
        )
        looped = session.request(
            {"op": "cell", "cell": "x", "source": "while True: pass"}, SHORT.cell_wall
        )
        assert looped["limit"] in ("time", "cpu")


def test_without_namespaces_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A submission that shares bubblewrap's namespaces reaches no further than bubblewrap lets it."""
    with without(
        tmp_path,
        monkeypatch,
        "confine.py",
        ("_libc.unshare(CLONE_NEWPID)", "0"),
        ("CLONE_NEWNS | CLONE_NEWIPC", "CLONE_NEWNS"),
    ) as session:
        got = set(ran(session, TRIES).strip("[]").replace("'", "").split(", ")) - {"signal"}
        assert got <= {""}


def _in_a_child(act: Any) -> int:
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            os._exit(act())
        except BaseException:
            os._exit(99)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


@pytest.mark.skipif(os.geteuid() != 0, reason="another user id can be taken as root only")
@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64"), reason="there is no filter for this machine"
)
def test_without_bubblewrap(tmp_path: Path) -> None:
    """The inner walls alone: another user, no way to become root, no processes, no sockets, no writing where root may."""
    (tmp_path / "root-only").write_text("x")
    (tmp_path / "root-only").chmod(0o600)

    def act() -> int:
        confine.set_limits(SHORT.as_dict())
        confine.drop_privileges(bwrap.FIRST_UID + SLOT)
        confine.filter_system_calls()
        failed = 0
        for number, attempt in enumerate(
            (
                os.fork,
                lambda: __import__("socket").socket(),
                lambda: os.setuid(0),
                lambda: open("/usr/planted-by-a-wall-test", "w"),  # noqa: SIM115
                lambda: open(tmp_path / "root-only"),  # noqa: SIM115
                lambda: os.execv("/bin/true", ["true"]),
                lambda: os.kill(os.getppid(), 0),
            )
        ):
            try:
                attempt()
            except OSError:
                continue
            failed |= 1 << number
        return failed

    assert _in_a_child(act) == 0
