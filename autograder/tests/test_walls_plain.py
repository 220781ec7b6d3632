"""The walls that need no privilege: each of a room's and of the bare walls is taken away in turn, and what is said of it holds."""

from __future__ import annotations

import errno
import os
import platform
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.core.course import Course
from autograder.core.errors import GraderFault, NoSandbox
from autograder.core.results import Walls
from autograder.sandbox import bwrap, client, folder_permissions, landlock, room, stage, starting
from autograder.sandbox.client import Sandbox
from autograder.sandbox.stage import PREFIX, Granted, Stage
from autograder.sandbox.walls import refusal
from autograder.sandbox.without_namespaces import _tasks_of

from . import test_walls
from .test_walls import NO_FILTER, SHORT, SLOT, TRIES, ran, without

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="there is a table of system calls for this machine only"
)
NO_NAMESPACES = (Walls.ROOM, Walls.BARE)
NO_RULES = ("            landlock.restrict(self._rules)\n", "")
NO_COUNT = ("        listener = file_limit.ask_for_new_files()\n", "        listener = None\n")
NO_END = ("        confine.end_with(zygote)\n", "")
REACHED = f"""
import os
def tries(path):
    try: return open(path, "rb").read(1) and path
    except OSError: return None
print([path for path in ({client.OUTSIDE!r}, "/etc/passwd") if tries(path)])
"""
MANY = """
made = 0
try:
    for number in range(200):
        open(f"file-{number % 100}", "w").close()
        made += 1
        if number == 20: os.unlink("file-3"); os.rename("file-4", "file-5")
except OSError as error:
    print(error.errno, end=" ")
print(made)
"""


@pytest.mark.parametrize("walls", NO_NAMESPACES)
def test_without_the_filter_of_system_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walls: Walls
) -> None:
    """It can make processes and sockets, and reaches no file by them."""
    with without(tmp_path, monkeypatch, "zygote.py", NO_FILTER, walls=walls) as session:
        done = set(ran(session, TRIES).strip("[]").replace("'", "").split(", "))
        assert {"fork", "socket"} <= done
        assert not done & {"mount", "remount", "root", "write", "limits"} | (
            {"signal"} & done if landlock.version() >= 6 else set()
        )
        assert ran(session, REACHED) == "[]"


@pytest.mark.parametrize("walls", NO_NAMESPACES)
def test_without_landlock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walls: Walls) -> None:
    """A room has it as a second wall; the bare walls keep others' files unread by nothing else."""
    with without(tmp_path, monkeypatch, "without_namespaces.py", NO_RULES, walls=walls) as session:
        assert not {"fork", "socket", "mount", "unshare", "root"} & set(
            ran(session, TRIES).strip("[]").replace("'", "").split(", ")
        )
        assert (ran(session, REACHED) == "[]") == (walls == Walls.ROOM)


@pytest.mark.parametrize("walls", NO_NAMESPACES)
def test_without_another_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walls: Walls
) -> None:
    """The grader's own user without a capability, behind the other walls."""
    for module in (starting.room, starting.bare):
        genuine = module.launch
        monkeypatch.setattr(
            module,
            "launch",
            lambda folder, fd, uid, *more, genuine=genuine: genuine(folder, fd, None, *more),
        )
    with without(tmp_path, monkeypatch, "confine.py", walls=walls) as session:
        assert ran(session, "import os; print(os.getuid())") == str(os.geteuid())
        assert ran(session, TRIES) == "[]"
        assert ran(session, REACHED) == "[]"


@pytest.mark.parametrize("walls", NO_NAMESPACES)
def test_what_an_answer_may_import_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walls: Walls
) -> None:
    """Among it modules that read other files when they are loaded, and what they write, without a word of warning."""
    source = """
import importlib
for name in ("numpy.testing", "scipy.stats", "sklearn.linear_model", "skimage.io", "skimage.data", "PIL.Image", "ipywidgets", "sqlite3", "lzma", "zoneinfo"):
    importlib.import_module(name)
import matplotlib.pyplot as plt
plt.style.use("ggplot"); plt.plot([1, 2], label="$x$"); plt.legend(); plt.savefig("x.pdf"); plt.close()
from sklearn.datasets import load_digits
print(load_digits().data.shape)
"""
    limits = replace(SHORT, cell_wall=30.0, cell_cpu=20.0, total_wall=60.0, total_cpu=40)
    monkeypatch.setattr(test_walls, "SHORT", limits)
    with without(tmp_path, monkeypatch, "confine.py", walls=walls) as session:
        reply = session.request({"op": "cell", "cell": "x", "source": source}, 30.0)
        assert (reply["error"], [one["text"].strip() for one in reply["outputs"]]) == (
            None,
            ["(1797, 64)"],
        )


@pytest.mark.parametrize("walls", NO_NAMESPACES)
def test_files_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walls: Walls) -> None:
    """Whatever is removed or renamed in between, there are 32; the next submission finds none of them, and has as many."""
    with without(tmp_path, monkeypatch, "confine.py", walls=walls) as first:
        sandbox = first._sandbox
        with pytest.raises(GraderFault, match="one submission at a time"):
            sandbox.open()
        for count in range(2):
            with first if count == 0 else sandbox.open() as session:
                assert ran(session, f"import os\nprint(os.listdir('.'))\n{MANY}").split() == [
                    "[]",
                    "122",
                    "32",
                ]
                size = "try: print(os.write(os.open('file-7', os.O_WRONLY), bytes(3 << 20)))\nexcept OSError as error: print(error.errno)"
                assert ran(session, size) == str(1 << 20)


@pytest.mark.parametrize("walls", NO_NAMESPACES)
def test_without_the_count_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walls: Walls
) -> None:
    """The number of files is bounded by nothing else."""
    with without(tmp_path, monkeypatch, "without_namespaces.py", NO_COUNT, walls=walls) as session:
        assert ran(session, f"import os\n{MANY}") == "200"


@pytest.mark.parametrize("walls", NO_NAMESPACES)
def test_without_limits_of_the_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walls: Walls
) -> None:
    """Time, processes and the number of files are still bounded; memory and the size of a file are not."""
    with without(
        tmp_path,
        monkeypatch,
        "zygote.py",
        ("        confine.set_limits(limits)\n", ""),
        walls=walls,
    ) as session:
        assert ran(session, TRIES) in ("[]", "['limits']")
        assert (
            ran(session, f"import os\n{MANY}") == "122 31"
        )  # one of the tries above asked for a file, too
        mapped = f"__import__('mmap').mmap(-1, {2 * SHORT.memory})"  # it is not touched
        grown = f"print(len({mapped}) // {SHORT.memory}, end=' ')"
        written = "print(os.write(os.open('file-7', os.O_WRONLY), bytes(3 << 20)) >> 20)"
        assert ran(session, f"{grown}\n{written}") == "2 3"
        looped = session.request(
            {"op": "cell", "cell": "x", "source": "while True: pass"}, SHORT.cell_wall
        )
        assert looped["limit"] in ("time", "cpu")


@pytest.mark.skipif(os.geteuid() != 0, reason="another user id can be taken as root only")
def test_a_users_tasks_are_counted() -> None:
    """Threads as well as processes: the kernel counts them against one limit."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setuid(bwrap.FIRST_UID + SLOT)
            for _ in range(2):
                threading.Thread(target=threading.Event().wait, daemon=True).start()
            os.write(write, b"+")
            signal.pause()
        finally:
            os._exit(1)
    os.close(write)
    assert os.read(read, 1) == b"+"
    counted = _tasks_of(bwrap.FIRST_UID + SLOT)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(read)
    assert counted == 3


@pytest.mark.parametrize("walls", NO_NAMESPACES)
@pytest.mark.parametrize("bound", [True, False])
def test_a_submission_ends_with_its_zygote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walls: Walls, bound: bool
) -> None:
    """However the zygote ended; without this wall it would wait on."""
    with without(
        tmp_path, monkeypatch, "without_namespaces.py", *(() if bound else (NO_END,)), walls=walls
    ) as session:
        process, zygote = session._pid, session._sandbox._process
        assert zygote is not None
        watched = os.pidfd_open(process)
        try:
            zygote.kill()
            zygote.wait(10)
            ended, _, _ = select.select([watched], [], [], 5 if bound else 0.3)
            if not ended:
                signal.pidfd_send_signal(watched, signal.SIGKILL)
        finally:
            os.close(watched)
        assert bool(ended) == bound


@pytest.mark.parametrize(
    ("walls", "module", "change", "fallen"),
    [
        *((walls, "zygote.py", NO_FILTER, "no other processes") for walls in Walls),
        *((walls, "without_namespaces.py", NO_COUNT, "disk bounded") for walls in NO_NAMESPACES),
        (Walls.BARE, "without_namespaces.py", NO_RULES, "no files of the course"),
        (Walls.BARE, "zygote.py", ("        confine.set_limits(limits)\n", ""), "limits"),
    ],
)
def test_a_start_notices_a_wall_that_does_not_hold(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    walls: Walls,
    module: str,
    change: tuple[str, str],
    fallen: str,
) -> None:
    genuine = Sandbox._try_walls
    with without(tmp_path, monkeypatch, module, change, walls=walls) as session:
        session.close()
        control = session._sandbox._control
        assert control is not None
        with pytest.raises(NoSandbox, match=f"{walls}.*{fallen}"):
            genuine(session._sandbox, control)


def test_what_a_killed_grader_left_is_removed_by_the_next_start() -> None:
    code = "from autograder.sandbox.stage import Stage; import os; print(Stage().folder, flush=True); os.kill(os.getpid(), 9)"
    left = Path(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        ).stdout.strip()
    )
    assert left.is_dir()
    assert left.name.startswith(PREFIX)
    held, other = Stage(), Stage()
    assert not left.exists()
    assert held.folder.is_dir(), "a grader that lives keeps its own"
    held.remove()
    other.remove()


def test_a_hidden_path_is_granted_by_none_of_its_parents(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("a/one", "a/b/two", "a/b/hidden", "three"):
        (tmp_path / name).touch()
    granted = Granted((tmp_path,)).without(tmp_path / "a" / "b" / "hidden")
    assert {path.relative_to(tmp_path).as_posix() for path in granted.readable} == {
        "three",
        "a/one",
        "a/b/two",
    }
    assert {path.relative_to(tmp_path).as_posix() for path in granted.listed} == {".", "a", "a/b"}
    assert Granted((tmp_path / "a",)).without(tmp_path / "three").readable == (tmp_path / "a",)


def test_bare_walls_ask_for_landlock_by_its_version() -> None:
    assert not refusal(Walls.BARE)
    for known in range(1, landlock.version() + 1):
        os.close(landlock.rules(["/usr"], ["/"], ["/dev/null"], "/tmp", known))
    with pytest.raises(OSError, match="Landlock"):
        landlock.restrict(99999)


@pytest.mark.parametrize("times", [1, 2])
def test_a_sandbox_that_is_killed_while_its_walls_are_tried_is_started_once_more(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, genuine = [None] * times, Sandbox._try_walls

    def killed(sandbox: Sandbox, control: client.Channel) -> None:
        if left:
            left.pop()
            assert sandbox._process is not None
            sandbox._process.kill()
            sandbox._process.wait(10)
        genuine(sandbox, control)

    monkeypatch.setattr(Sandbox, "_try_walls", killed)
    with Sandbox(SHORT, Course().utils, SLOT, asked=Walls.BARE) as sandbox:
        if times == 1:
            sandbox.open().close()
        else:
            with pytest.raises(NoSandbox, match="could not start the sandbox"):
                sandbox.open()


@pytest.mark.parametrize(
    ("mode", "holds"),
    [(0o755, "submitted"), (0o711, "gradebook.db"), (0o700, ""), (0o770, ""), (0o755, "nothing")],
)
def test_root_behind_the_bare_walls_keeps_a_class_in_a_closed_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, holds: str
) -> None:
    """Without it a submission could see by their folders who has submitted; where no class lies, nothing is asked."""
    monkeypatch.setattr(
        folder_permissions, "open_to_others", lambda place: bool(place.stat().st_mode & 0o001)
    )  # pytest's own folders are closed
    people = tmp_path / "a class"
    (people / (holds or "submitted")).mkdir(parents=True)
    people.chmod(mode)
    with Sandbox(SHORT, Course().utils, SLOT, asked=Walls.BARE, people=people) as sandbox:
        if os.geteuid() == 0 and holds in folder_permissions.OF_A_CLASS:
            said = f"expected a class folder that is closed to others, got {people} with mode {mode:o}. To go on, run: chmod o-rwx '{people}'"
            with pytest.raises(NoSandbox, match=re.escape(said)):
                sandbox.open()
            people.chmod(mode & ~0o007)
        sandbox.open().close()


def test_a_class_that_lies_around_python_is_to_have_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_permissions, "open_to_others", lambda place: True)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    (tmp_path / "submitted").mkdir()
    with pytest.raises(NoSandbox, match="mkdir -m 700 CLASS, then autograder --course CLASS"):
        folder_permissions.expect_closed(tmp_path)


def test_whom_a_folder_is_open_to() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name) / "inner"
        folder.mkdir(mode=0o755)
        assert not folder_permissions.open_to_others(folder), "it lies in one of mode 0700"
        Path(name).chmod(0o711)
        assert folder_permissions.open_to_others(folder)
        folder.chmod(0o774)
        assert not folder_permissions.open_to_others(folder)


def test_a_room_shows_of_the_systems_python_what_is_pythons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's lies among all libraries, which are shown before it."""
    usr, root = tmp_path / "usr", tmp_path / "root"
    names = (
        f"lib/{room.FOLDER}/os.py",
        "lib/python3/dist-packages/x.py",
        "lib/libx.so.1",
        "lib/other/program",
        "bin/python3",
    )
    for name in names:
        (usr / name).parent.mkdir(parents=True, exist_ok=True)
        (usr / name).write_text(name)
        (usr / name).chmod(0o644)
    monkeypatch.setattr(room, "LIBRARIES", (str(usr / "lib"),))
    monkeypatch.setattr(room, "SYSTEM", ())
    for name, value in {
        "prefix": usr,
        "base_prefix": usr,
        "executable": usr / "bin" / "python3",
    }.items():
        monkeypatch.setattr(sys, name, str(value))
    launch = room.launch(root, 3, 60_000, 1, tmp_path / "inside", tmp_path / "utils", {})
    shown = root / "shown" / usr.relative_to("/")
    assert [name for name in names if (shown / name).exists()] == [
        name for name in names if "other" not in name
    ]
    emptied = Path(launch.settings["box"])
    assert not usr.is_relative_to(emptied), "a room's box holds nothing but a submission's files"


@pytest.mark.parametrize("walls", NO_NAMESPACES)
def test_a_sandbox_that_cannot_be_made_is_refused_by_name(
    walls: Walls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not each submission by itself, as something that failed for it."""
    if why := refusal(walls):
        pytest.skip(why)

    def full(*arguments: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(stage, "show", full)
    with (
        Sandbox(SHORT, Course().utils, SLOT, asked=walls) as sandbox,
        pytest.raises(NoSandbox, match=r"could not start.*No space left"),
    ):
        sandbox.open()
