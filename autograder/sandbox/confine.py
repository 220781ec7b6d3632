"""The walls around one submission, put up by its own process before any line of the student's is
read.

In order: mounts and System V IPC of its own (`pid_namespaces.py` has forked it into a PID
namespace), a private /tmp and /dev/shm, resource limits, another user id where the worker is root,
no capabilities, no new privileges, and a system-call filter. Each wall holds without the others;
what each is for stands in the README of this folder. Runs inside the sandbox; imports nothing of
the project.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import stat
import struct
from typing import Any

from .bpf import Program
from .system_calls import filter_program

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID = 0x00020000, 0x08000000, 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
# flags of statvfs, and of mount
_AS_IT_IS = ((2, MS_NOSUID), (8, MS_NOEXEC), (1024, 1024), (2048, 2048), (4096, 1 << 21))
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER = (
    1,
    4,
    22,
    24,
    36,
)
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 38, 47


def _must(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def unshare_pids() -> None:
    """Have this process's next children begin in a PID namespace of their own."""
    _must(_libc.unshare(CLONE_NEWPID), "unshare of process numbers")


def go_back(process: int) -> None:
    """Have this process's next children begin in the PID namespace of the process that a descriptor
    stands for.
    """
    _must(_libc.setns(process, CLONE_NEWPID), "setns")


def unshare_mounts() -> None:
    """Give this process mounts of its own."""
    _must(_libc.unshare(CLONE_NEWNS), "unshare of mounts")


def enter_namespaces() -> None:
    """Give this process mounts and IPC of its own."""
    _must(_libc.unshare(CLONE_NEWNS | CLONE_NEWIPC), "unshare")


def adopt_orphans() -> None:
    """Make this process the parent of its grandchildren, so that it can kill and reap them."""
    _must(_libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")


def mount_private(limits: dict[str, Any], uid: int | None) -> None:
    """Cover /tmp and /dev/shm with small file systems that vanish with the submission."""
    owner = f",uid={uid},gid={uid}" if uid is not None else ""
    for target, size in (("/tmp", limits["disk"]), ("/dev/shm", 1 << 20)):
        options = f"size={size},nr_inodes={limits['files']},mode=0700{owner}".encode()
        flags = ctypes.c_ulong(MS_NOSUID | MS_NODEV | MS_NOEXEC)
        _must(_libc.mount(b"tmpfs", target.encode(), b"tmpfs", flags, options), f"mount {target}")


def close_devices() -> None:
    """Make each device's own mount read-only: it can be read and written, but its times and rights,
    which the machine shares, stay.
    """
    for node in sorted(os.listdir("/dev")):
        path = f"/dev/{node}"
        if stat.S_ISCHR(os.lstat(path).st_mode):
            flags = os.statvfs(path).f_flag
            kept = sum(mounted for known, mounted in _AS_IT_IS if flags & known)
            how = ctypes.c_ulong(MS_REMOUNT | MS_BIND | MS_RDONLY | kept)
            _must(_libc.mount(None, path.encode(), None, how, None), f"remount {path}")


def set_limits(limits: dict[str, Any]) -> None:
    """Set the kernel's own limits: address space, CPU time, file size, descriptors, tasks, no core
    dumps.
    """
    for what, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["total_cpu"]),
        (resource.RLIMIT_FSIZE, limits["file_size"]),
        (resource.RLIMIT_NOFILE, limits["descriptors"]),
        (resource.RLIMIT_NPROC, limits["tasks"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        _, hard = resource.getrlimit(what)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (value, value))


def drop_privileges(uid: int | None) -> None:
    """Give up every capability, for good, and the user id where one is given."""
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break  # past the last capability that this kernel knows
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    _libc.prctl(PR_CAP_AMBIENT, 4, 0, 0, 0)  # clear all
    header = struct.pack("=Ii", 0x20080522, 0)
    _must(_libc.capset(header, bytes(24)), "capset")
    _must(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _must(_libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")


def end_with(parent: int) -> None:
    """Has the kernel kill this process when its parent ends; nothing that the filter allows takes
    that back.
    """
    _must(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "end with the parent")
    if os.getppid() != parent:  # it ended before
        os._exit(0)


def prepare_filter(alone: bool) -> None:
    """Make what all processes' filters have in common, before a submission's begins."""
    filter_program(platform.machine(), os.getpid(), alone)


def filter_system_calls(alone: bool = True) -> None:
    """Installs the filter on this process, for good; `alone` says that it has processes and files
    of its own.
    """
    program = Program(filter_program(platform.machine(), os.getpid(), alone))
    _must(_libc.prctl(PR_SET_SECCOMP, 2, program.described, 0, 0), "seccomp")
