"""Runs the course's commands on a clean Debian, in a place like a container of root: `python -m autograder.tests.clean_debian COMMAND ...`.

The root folder is made by debootstrap, from the mirror that this machine's apt uses, and holds what
the README asks for and nothing else: python3 with pip and venv, and make. It has a copy of this
tree, without environment or results. Without a command, the README's two are run, of the second a
part. Where such a root cannot be made here, it says why, and exits with 0; `--root DIR` keeps it,
and takes it again. `--release NAME` takes another release than this machine's: trixie, say.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import os
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from autograder.core.roots import PROJECT

from .containers import CLONE_NEWNS, MS_PRIVATE, MS_REC, become, can_become, must

PACKAGES = "python3,python3-pip,make"  # what README asks for
COURSE = "root/course"
SOME = "test_walls.py test_walls_plain.py test_hostile_elsewhere.py test_system_calls.py".split()
COMMANDS = (
    "make grade",
    "make lint",
    f".venv/bin/python -m pytest -q {' '.join(f'autograder/tests/{name}' for name in SOME if (PROJECT / 'autograder/tests' / name).exists())}",
)
DEVICES = (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9))
OF_THE_NETWORK = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt")
VARIABLES = (
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "PIP_INDEX_URL",
    "PIP_CERT",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
)
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
MADE = "etc/clean-debian"  # a root that was made to its end
_libc = ctypes.CDLL(None, use_errno=True)


class Unavailable(Exception):
    """Why there can be no such root here."""


def mirror() -> tuple[str, str]:
    """Return the address that apt takes Debian's packages from, and the release's name."""
    wanted = "$(ORIGIN) $(CREATED_BY) $(CODENAME) $(REPO_URI)"
    try:
        told = subprocess.run(
            ["apt-get", "indextargets", "--format", wanted],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(
            f"apt, which knows a mirror of Debian, is not to be had ({error})"
        ) from error
    for line in told.splitlines():
        origin, kind, release, *address = line.split()
        if (origin, kind) == ("Debian", "Packages") and "-" not in release and address:
            return address[0], release
    raise Unavailable("apt knows no mirror of Debian: run apt-get update")


def make_root(root: Path, wanted: str | None = None, packages: str = PACKAGES) -> None:
    """Make a clean Debian in a folder, unless one is there.

    Args:
        wanted: the name of the release, or None for this machine's.
        packages: what it has besides the least, with commas between the names.
    """
    if not can_become():
        raise Unavailable(f"expected root with CAP_SYS_ADMIN, got user {os.geteuid()}")
    if (root / MADE).exists():
        return
    if shutil.which("debootstrap") is None:
        raise Unavailable(
            "debootstrap is not on the PATH. Install it with: apt-get install debootstrap"
        )
    address, release = mirror()
    command = [
        "debootstrap",
        "--variant=minbase",
        *([f"--include={packages}"] if packages else []),
        wanted or release,
        str(root),
        address,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(f"debootstrap ended with {done.returncode}: {done.stdout.strip()[-500:]}")
    (root / MADE).touch()


def fill(root: Path) -> None:
    """Copy the tree into the root."""
    course = root / COURSE
    shutil.rmtree(course, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (PROJECT / name).is_file():
            (course / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, course / name)


def furnish(root: Path) -> None:
    """Copy into the root what leads to the network, and make its devices."""
    for path in (*OF_THE_NETWORK, os.environ.get("PIP_CERT", "")):
        if path and Path(path).is_file():
            (root / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, root / path.lstrip("/"))
    (root / "dev/shm").mkdir(exist_ok=True)
    (root / "dev/shm").chmod(0o1777)
    for name, minor in DEVICES:
        node = root / "dev" / name
        with suppress(FileExistsError):
            os.mknod(node, stat.S_IFCHR | 0o666, os.makedev(1, minor))
            node.chmod(0o666)


def run(
    root: Path,
    command: str | Sequence[str],
    *,
    folder: str = f"/{COURSE}",
    user: int = 0,
    network: bool = True,
) -> int:
    """Run a command in the root, with processes of its own and the rights of Docker's default container; return its exit code.

    Args:
        command: of the shell, or its words.
        folder: where it runs.
        user: whose rights it has; other users than root have no capability.
        network: whether it has one; without, there is the loopback interface alone.
    """
    words = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
    kept = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    sys.stdout.flush()
    middle = os.fork()
    if middle == 0:
        with _never_back():
            must(_libc.unshare(CLONE_NEWNS | CLONE_NEWPID | (0 if network else CLONE_NEWNET)))
            must(_libc.mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None))
            if not network:
                _loopback_up()
            if first := os.fork():
                os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xFF)
            must(_libc.mount(b"proc", os.fsencode(root / "proc"), b"proc", ctypes.c_ulong(0), None))
            os.chroot(root)
            os.chdir(folder)
            if user:
                os.setgroups([])
                os.setresgid(user, user, user)
                os.setresuid(user, user, user)
            become("container without a capability" if user else "container of root")
            variables = {
                "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
                "HOME": "/" if user else "/root",
                **(kept if network else {}),
            }
            os.execve(words[0], words, variables)
    return os.waitstatus_to_exitcode(os.waitpid(middle, 0)[1])


@contextmanager
def _never_back() -> Iterator[None]:
    """End a child that failed before it became another program: what follows is its parent's to do."""
    try:
        yield
    finally:
        traceback.print_exc()
        os._exit(126)


def _loopback_up() -> None:
    """Set the loopback interface of a new network going, as Docker does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        fcntl.ioctl(asked, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def take_root(parser: argparse.ArgumentParser) -> None:
    """Let a command take `--root DIR`."""
    parser.add_argument(
        "--root",
        type=Path,
        help="where the root folder is made, and kept; without it, it is removed afterwards",
    )


@contextmanager
def root_folder(kept: Path | None, prefix: str) -> Iterator[Path]:
    """Give an empty folder for a root, removed afterwards, or the one that is kept; where no clean
    Debian can be made here, say why.
    """
    root = kept or Path(tempfile.mkdtemp(prefix=prefix))
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o755)
    try:
        yield root
    except Unavailable as why:
        print(f"SKIPPED: no clean Debian can be made here: {why}")
    finally:
        if kept is None:
            shutil.rmtree(root, ignore_errors=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m autograder.tests.clean_debian",
        description=(__doc__ or "").partition("\n")[0],
    )
    take_root(parser)
    parser.add_argument("--release", help="Debian's release (default: this machine's)")
    parser.add_argument("command", nargs="*", help="commands of the shell, each one argument")
    given = parser.parse_args(arguments)
    with root_folder(given.root, "clean-debian-") as root:
        make_root(root, given.release)
        fill(root)
        furnish(root)
        for command in given.command or COMMANDS:
            print(f"--- {command}", flush=True)
            if code := run(root, command):
                print(f"{command}: expected to end with 0, got {code} (in {root})", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
