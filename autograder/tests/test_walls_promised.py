"""What `autograder/sandbox/README.md` says of the walls that need no privilege, where no attempt of
another file holds it: Landlock by its version, two workers at once, closed folders, the start's own
attempts.
"""

from __future__ import annotations

import json
import os
import platform
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from autograder.core.course import Course
from autograder.core.errors import NoSandbox
from autograder.core.results import Walls
from autograder.core.roots import PROJECT
from autograder.sandbox import bare, bwrap, client, landlock, starting, system_calls, wall_probe
from autograder.sandbox.client import Sandbox
from autograder.sandbox.walls import refusal

from . import containers
from .sooner import sooner
from .test_system_calls import NODES
from .test_walls import SHORT, SLOT, change_inside, ran, without
from .test_walls_attacked import HEAD, LOOP, PLAIN, TRIES
from .test_walls_plain import NO_FILTER, NO_RULES

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="there is a table of system calls for this machine only"
)
README = PROJECT / "autograder/sandbox/README.md"
VERSION = "return _call(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION))"
# since which version Landlock denies what a submission without a filter tries
SINCE = {"size by name": 3, "TCP": 4, "device": 5, "abstract name": 6, "signal": 6}
REACHES = """
import errno, fcntl, os, socket
PORT, PID, NAME, PATH = {port}, {pid}, {name!r}, {path!r}
def connects(kind, address):
    with socket.socket(kind) as made:
        made.settimeout(1)
        made.connect(address)
def asks(path):
    try:
        fcntl.ioctl(os.open(path, os.O_RDWR), 0x5401, bytes(64))
    except OSError as error:
        if error.errno != errno.ENOTTY: raise  # it was asked, and is no terminal
done = []
for what, act in {{
    "size by name": lambda: os.truncate(PATH, 1),
    "TCP": lambda: connects(socket.AF_INET, ("127.0.0.1", PORT)),
    "device": lambda: asks("/dev/null"),
    "abstract name": lambda: connects(socket.AF_UNIX, "\\0" + NAME),
    "signal": lambda: os.kill(PID, 0),
}}.items():
    try: act(); done.append(what)
    except OSError: pass
print(",".join(done))
"""


def _versions() -> list[int]:
    """Return the versions of Landlock that can be tried here, up to the last that adds a wall."""
    try:
        return list(range(1, min(landlock.version(), 6) + 1))
    except OSError:
        return []


@pytest.fixture
def outside() -> Iterator[str]:
    """What a submission could reach by sockets, signals and names: the code that tries to."""
    name = f"of-a-test-{os.getpid()}"
    with (
        tempfile.NamedTemporaryFile(dir="/var/tmp") as file,
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        file.write(b"two")
        file.flush()
        abstract.bind(f"\0{name}")
        abstract.listen()
        yield REACHES.format(port=tcp.getsockname()[1], pid=os.getpid(), name=name, path=file.name)


@pytest.fixture
def own_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have submissions run as the grader's own user, so that no user id keeps them in."""
    genuine = bare.launch
    monkeypatch.setattr(
        bare, "launch", lambda folder, fd, uid, *more: genuine(folder, fd, None, *more)
    )


@pytest.mark.parametrize("version", _versions())
def test_landlock_adds_what_is_said_of_each_version(
    version: int, outside: str, own_user: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the filter, so that nothing else denies it."""
    change_inside(tmp_path, monkeypatch, "landlock.py", (VERSION, f"return {version}"))
    with without(tmp_path, monkeypatch, "zygote.py", NO_FILTER, walls=Walls.BARE) as session:
        got = ran(session, outside)
    assert got == ",".join(what for what, since in SINCE.items() if version < since)


def test_without_landlock_and_filter_all_of_that_is_reached(
    outside: str, own_user: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_inside(tmp_path, monkeypatch, "without_namespaces.py", NO_RULES)
    with without(tmp_path, monkeypatch, "zygote.py", NO_FILTER, walls=Walls.BARE) as session:
        assert ran(session, outside) == ",".join(SINCE)


@pytest.mark.parametrize("version", sooner(_versions()[:-1], [1]))
def test_the_filter_denies_what_an_older_landlock_cannot(
    version: int, outside: str, own_user: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = (VERSION, f"return {version}")
    categories = ("contents", "writing", "signals", "network", "privileges")
    tries = {f"{one}: {name}": act for one in categories for name, act in TRIES[one].items()}
    source = f"{HEAD}ATTEMPTS = {json.dumps(tries)!r}\n{LOOP}"
    with without(tmp_path, monkeypatch, "landlock.py", change, walls=Walls.BARE) as session:
        assert ran(session, outside) == ("device" if version < 5 else "")  # one of seven requests
        reply = session.request({"op": "cell", "cell": "x", "source": source}, 20.0)
    assert reply["error"] is None
    assert json.loads(reply["outputs"][-1]["text"].splitlines()[-1]) == []


@pytest.mark.parametrize("walls", sooner([Walls.NAMESPACES, Walls.ROOM], [Walls.NAMESPACES]))
def test_of_the_machine_only_python_and_the_system_have_a_name(walls: Walls) -> None:
    if why := refusal(walls):
        pytest.skip(why)
    python = Path(os.path.realpath(sys.base_prefix)).parts[1]
    ours = {"grader", "course", "venv", "mpl", "submission", python}
    system = {"bin", "dev", "etc", "lib", "lib32", "lib64", "sbin", "tmp", "usr"}
    with Sandbox(SHORT, Course().utils, SLOT, asked=walls) as sandbox, sandbox.open() as session:
        named = ran(session, "import os, json; print(json.dumps(os.listdir('/')))")
        assert set(json.loads(named)) <= ours | system
        assert {"usr", "dev", python} <= set(json.loads(named))
        if walls == Walls.ROOM:
            etc = json.loads(ran(session, "print(json.dumps(os.listdir('/etc')))"))
            assert set(etc) <= {"fonts", "ld.so.cache", "localtime"}


@pytest.mark.parametrize("walls", sooner(PLAIN, [Walls.BARE]))
def test_two_workers_submissions_do_not_reach_one_another(walls: Walls) -> None:
    """One writes a file, and says where; the other knows that, and its process's number."""
    if why := refusal(walls):
        pytest.skip(why)
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(
                stack.enter_context(
                    Sandbox(SHORT, Course().utils, SLOT + 100 + number, asked=walls)
                ).open()
            )
            for number in range(2)
        )
        ran(first, "open('kept', 'w').write('mine')")
        stage = first._sandbox._stage
        assert stage is not None
        (path,) = map(str, stage.folder.rglob("kept"))
        tries = {
            "reads": f"open({path!r}).read()",
            "writes": f"open({path!r}, 'a')",
            "lists": f"os.listdir({os.path.dirname(path)!r})",
            "removes": f"os.unlink({path!r}) is None",
            "moves": f"os.rename({path!r}, 'kept') is None",
            "signals": f"os.kill({first._pid}, 0) is None",
            "memory": f"open('/proc/{first._pid}/mem', 'rb')",
        }
        code = f"import os, json\nATTEMPTS = {json.dumps(tries)!r}\n{LOOP}"
        assert ran(second, code) == "[]"
        assert ran(first, "print(open('kept').read())") == "mine"


CLOSED = """
import os, sys, tempfile
from autograder.core.course import Course
from autograder.core.limits import Limits
from autograder.core.results import Walls
from autograder.sandbox.client import Sandbox
with tempfile.TemporaryDirectory(dir="/var/tmp") as closed:
    open(closed + "/ada", "w").close()
    with Sandbox(Limits(), Course().utils, os.getpid() % 900, asked=Walls.BARE) as sandbox, sandbox.open() as session:
        source = f"import os\\nprint(os.getuid(), os.path.exists({closed + '/ada'!r}), os.path.exists({closed!r}))"
        reply = session.request({"op": "cell", "cell": "x", "source": source}, 10)
        print(*(one["text"] for one in reply["outputs"]))
"""


@pytest.mark.skipif(
    not containers.can_become(), reason="only root with CAP_SYS_ADMIN can open Python to others"
)
def test_a_closed_folder_hides_names_from_another_user() -> None:
    """Bare walls alone hide none; so where submissions run as the grader's own user, nothing does."""
    place = [sys.executable, "-m", "autograder.tests.containers", "Python is open"]
    command = [*place, sys.executable, "-c", CLOSED]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    uid, inside, itself = done.stdout.split()
    assert int(uid) >= bwrap.FIRST_UID, done.stderr
    assert (inside, itself) == ("False", "True")


def test_names_in_a_closed_folder_are_not_hidden_from_its_owner(
    own_user: None, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "ada").touch()
    with (
        Sandbox(SHORT, Course().utils, SLOT, asked=Walls.BARE) as sandbox,
        sandbox.open() as session,
    ):
        found = f"import os; print(os.getuid(), os.path.exists({str(tmp_path / 'ada')!r}))"
        assert ran(session, found) == f"{os.geteuid()} True"


@pytest.mark.parametrize("is_open", [True, False])
def test_root_gives_bare_submissions_a_user_that_can_read_python(
    is_open: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bare, "open_to_others", lambda place: is_open)
    given = bare.launch(tmp_path, 3, 60_001, 1, starting.INSIDE, Course().utils, {}).settings["uid"]
    assert given == (60_001 if is_open else None)


@pytest.mark.parametrize("walls", PLAIN)
def test_devices_keep_nothing(
    walls: Walls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with without(tmp_path, monkeypatch, "confine.py", walls=walls) as session:
        assert ran(session, NODES) == "[]"


@pytest.mark.parametrize("walls", Walls)
def test_nothing_is_graded_where_the_kernel_takes_no_filter(
    walls: Walls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = "_libc.prctl(PR_SET_SECCOMP, 2, program.described, 0, 0)"
    change_inside(tmp_path, monkeypatch, "confine.py", (call, "-1"))
    if why := refusal(walls):
        pytest.skip(why)
    with (
        Sandbox(SHORT, Course().utils, SLOT, asked=walls) as sandbox,
        pytest.raises(NoSandbox),
    ):
        sandbox.open()


@pytest.mark.skipif(
    not containers.can_become(), reason="only root with CAP_SYS_ADMIN can make a /usr to write to"
)
def test_each_attempt_of_a_start_gets_through_where_there_are_no_walls(tmp_path: Path) -> None:
    """In a process with mounts of its own, which ends with them: an attempt that is always denied
    shows nothing.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            containers.own_mounts()
            containers.must(
                containers._libc.mount(
                    b"tmpfs", b"/usr", b"tmpfs", containers.ctypes.c_ulong(0), b""
                )
            )
            sys.prefix = str(tmp_path)
            os.chdir(tmp_path)
            attempts = wall_probe._attempts(client.OUTSIDE, SHORT.as_dict() | {"files": 3})
            # last, since nobody is root in a new user namespace
            attempts["no namespaces"] = attempts.pop("no namespaces")
            denied = [name for name, act in attempts.items() if wall_probe._denied(act)]
            os.write(writer, json.dumps([len(attempts), denied]).encode())
        finally:
            os._exit(0)
    os.close(writer)
    ended, _, _ = select.select([reader], [], [], 30)
    told = os.read(reader, 10_000)
    os.close(reader)
    os.waitpid(child, 0)
    assert ended
    count, denied = json.loads(told)
    assert count > 10
    assert denied == []


def test_the_readme_tells_how_many_calls_are_allowed() -> None:
    tables = (
        system_calls.PLAIN,
        system_calls.ALONE,
        system_calls.ALONE_ON_ITSELF,
        system_calls.BY_VALUE,
        system_calls.ON_ITSELF,
        system_calls.OPEN,
    )
    count = sum(map(len, tables)) + 1  # sendto
    assert f"(`system_calls.py`): {count} calls" in README.read_text()
