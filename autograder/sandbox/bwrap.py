"""The command that starts a worker's sandbox."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from ..core.course import PACKAGE
from ..core.errors import NoSandbox
from ..core.threads import ONE_THREAD

INSTALL = "sudo apt-get install bubblewrap"
FIRST_UID = 60_000
SLOTS = 4_000
_SYSTEM = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/sbin")
_VENV = Path("/venv")
_KERNELS = ("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES")  # which code NumPy computes with
_ETC = ("/etc/ld.so.cache", "/etc/fonts", "/etc/localtime")


# also what is tried before bubblewrap's walls are chosen: some containers allow all but the name
NAMESPACES = (
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-net",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--hostname",
    "sandbox",
)


def find_bwrap() -> str:
    """Where bubblewrap is.

    Raises:
        NoSandbox: it is not installed.
    """
    found = shutil.which("bwrap")
    if found is None:
        raise NoSandbox(
            "bubblewrap (bwrap) is not on the PATH; it keeps student code away from this "
            f"machine. Install it with: {INSTALL}"
        )
    return found


def own_slot() -> int:
    """Return this process's slot: sandboxes take user ids by slot, and process numbers spread
    them.
    """
    return os.getpid() % SLOTS


def sandbox_uid(slot: int) -> int | None:
    """Return the user id a submission runs under: an unprivileged one of the worker's own if we are
    root, else ours (None).
    """
    return FIRST_UID + slot if os.geteuid() == 0 else None


def command(
    control_fd: int,
    inside: Path,
    utils: Path,
    font_cache_fd: int | None,
    file_overrides: Mapping[Path, int] | None = None,
) -> list[str]:
    """Return the bubblewrap command line: system and Python read-only, no network, no /proc,
    nothing of the course but `utils`.

    Args:
        control_fd: the descriptor of the control socket, inherited by the sandbox.
        inside: the folder of the modules that run inside.
        utils: the course's package for notebooks, which need not be there.
        font_cache_fd: an open descriptor of Matplotlib's font cache, copied in, or None.
        file_overrides: files of the Python environment that have other content inside, and open
            descriptors of that content.
    """
    root = os.geteuid() == 0
    prefixes = {
        Path(sys.base_prefix).resolve(),
        Path(os.path.realpath(sys.executable)).parent.parent,
    }
    prefixes = {
        prefix
        for prefix in prefixes
        if not any(prefix.is_relative_to(system) for system in _SYSTEM)
    }
    python = Path(sys.executable)
    if sys.prefix != sys.base_prefix:
        prefixes.discard(Path(sys.prefix))
    binds: list[str] = []
    for system in _SYSTEM:
        path = Path(system)
        if path.is_symlink():
            binds += ["--symlink", os.readlink(path), system]
        elif path.is_dir():
            binds += ["--ro-bind", system, system]
    for etc in _ETC:
        binds += ["--ro-bind-try", etc, etc]
    for folder in sorted(
        {parent for prefix in prefixes for parent in prefix.parents if parent != Path("/")}
        | {Path("/grader"), Path("/course")}
    ):
        # bubblewrap would make them closed to all but root
        binds += ["--perms", "0755", "--dir", str(folder)]
    for prefix in sorted(prefixes):
        binds += ["--ro-bind", str(prefix), str(prefix)]
    # at a place of its own: where it lies may be hidden in the sandbox, as /tmp is
    if sys.prefix != sys.base_prefix:
        binds += ["--ro-bind", sys.prefix, str(_VENV)]
        # the folder, not the file, is resolved: the command may be relative (../.venv/bin/python),
        # and the file is a link
        python = (
            _VENV / python.parent.resolve().relative_to(Path(sys.prefix).resolve()) / python.name
        )
    binds += [
        "--ro-bind",
        str(inside),
        "/grader/sandbox",
        "--symlink",
        "sandbox/bootstrap.py",
        "/grader/bootstrap.py",
    ]
    if utils.is_dir():
        binds += ["--ro-bind", str(utils), "/course/utils"]
    # installed, not in a checkout: a submission sees nothing of the grader
    if PACKAGE.is_relative_to(sys.prefix):
        hidden = str(
            (_VENV if sys.prefix != sys.base_prefix else Path(sys.prefix))
            / PACKAGE.relative_to(sys.prefix)
        )
        binds += ["--perms", "0555", "--tmpfs", hidden, "--remount-ro", hidden]
    for path, descriptor in (file_overrides or {}).items():
        moved = sys.prefix != sys.base_prefix and path.is_relative_to(sys.prefix)
        binds += [
            "--perms",
            "0444",
            "--ro-bind-data",
            str(descriptor),
            str(_VENV / path.relative_to(sys.prefix) if moved else path),
        ]
    if font_cache_fd is not None:
        binds += ["--perms", "0644", "--file", str(font_cache_fd), f"/mpl/{font_cache_name()}"]
    privileges = ["--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETPCAP"]
    privileges += (
        ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_KILL"]
        if root
        else ["--unshare-user"]
    )
    variables = [
        part for name, value in environment().items() for part in ("--setenv", name, value)
    ]
    return [
        find_bwrap(),
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        *NAMESPACES,
        *privileges,
        *binds,
        "--tmpfs",
        "/tmp",
        "--dev",
        "/dev",
        "--tmpfs",
        "/dev/pts",
        "--remount-ro",
        "/dev/pts",
        "--remount-ro",
        "/dev",
        "--remount-ro",
        "/",
        *variables,
        "--chdir",
        "/",
        str(python),
        "-I",
        "-B",
        "/grader/bootstrap.py",
        str(control_fd),
    ]


def environment(
    home: str = "/tmp/work", matplotlib: str = "/mpl", ipython: str = "/tmp/ipython"
) -> dict[str, str]:
    """Return the variables of a sandbox, with its folders for those who look for one; nothing of
    the caller's, but which code NumPy computes with.
    """
    values = {
        "PATH": "/usr/bin:/bin", "HOME": home, "LANG": "C.UTF-8", "TERM": "dumb",
        "MPLCONFIGDIR": matplotlib, "MPLBACKEND": "agg", "IPYTHONDIR": ipython,
        **ONE_THREAD,
    }  # fmt: skip
    return values | {name: os.environ[name] for name in _KERNELS if name in os.environ}


def font_cache_name() -> str:
    """Return the file name under which this version of Matplotlib looks for its font cache."""
    from matplotlib.font_manager import FontManager

    return f"fontlist-v{FontManager.__version__}.json"


def font_cache() -> Path | None:
    """Matplotlib's font cache on this machine, made by the import if it was not there."""
    import matplotlib

    path = Path(matplotlib.get_cachedir()) / font_cache_name()
    return path if path.is_file() else None
