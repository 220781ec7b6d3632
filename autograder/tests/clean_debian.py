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
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from autograder.core.roots import PROJECT

from .containers import CLONE_NEWNS, MS_PRIVATE, MS_REC, become, must

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
CLONE_NEWPID = 0x20000000
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


def make_root(root: Path, wanted: str | None = None) -> None:
    """Make a clean Debian in a folder, unless one is there.

    Args:
        wanted: the name of the release, or None for this machine's.
    """
    if os.geteuid() != 0:
        raise Unavailable(f"expected to run as root, got user {os.geteuid()}")
    if (root / "etc/debian_version").exists() and (root / "usr/bin/make").exists():
        return
    if shutil.which("debootstrap") is None:
        raise Unavailable(
            "debootstrap is not on the PATH. Install it with: apt-get install debootstrap"
        )
    address, release = mirror()
    command = [
        "debootstrap",
        "--variant=minbase",
        f"--include={PACKAGES}",
        wanted or release,
        str(root),
        address,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(f"debootstrap ended with {done.returncode}: {done.stdout.strip()[-500:]}")


def fill(root: Path) -> None:
    """Copy the tree into the root, and what leads to the network, and make its devices."""
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


def run(root: Path, command: str) -> int:
    """Run a command of the shell in the root, with processes of its own and without CAP_SYS_ADMIN; return its exit code."""
    kept = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    middle = os.fork()
    if middle == 0:
        must(_libc.unshare(CLONE_NEWNS | CLONE_NEWPID))
        must(_libc.mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None))
        first = os.fork()
        if first == 0:
            must(_libc.mount(b"proc", os.fsencode(root / "proc"), b"proc", ctypes.c_ulong(0), None))
            os.chroot(root)
            os.chdir(f"/{COURSE}")
            become("container of root")
            variables = {
                "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
                "HOME": "/root",
                **kept,
            }
            os.execve("/bin/sh", ["sh", "-c", command], variables)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xFF)
    return os.waitstatus_to_exitcode(os.waitpid(middle, 0)[1])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m autograder.tests.clean_debian",
        description=(__doc__ or "").partition("\n")[0],
    )
    parser.add_argument(
        "--root",
        type=Path,
        help="where the root folder is made, and kept; without it, it is removed afterwards",
    )
    parser.add_argument("--release", help="Debian's release (default: this machine's)")
    parser.add_argument("command", nargs="*", help="commands of the shell, each one argument")
    given = parser.parse_args(arguments)
    root = given.root or Path(tempfile.mkdtemp(prefix="clean-debian-"))
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o755)
    try:
        make_root(root, given.release)
        fill(root)
        for command in given.command or COMMANDS:
            print(f"--- {command}", flush=True)
            if code := run(root, command):
                print(f"{command}: expected to end with 0, got {code} (in {root})", file=sys.stderr)
                return 1
    except Unavailable as why:
        print(f"SKIPPED: no clean Debian can be made here: {why}")
    finally:
        if given.root is None:
            shutil.rmtree(root, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
