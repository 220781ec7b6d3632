"""The walls around one submission, put up by its own process before any line of the student's is read.

In order: namespaces (processes, mounts, System V IPC), a private /tmp and /dev/shm, resource limits, another user id where
the worker is root, no capabilities, no new privileges, and a system-call filter. Each wall holds without the others; what
each is for stands in the README of this folder. Runs inside the sandbox; imports nothing of the project.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_THREAD = 0x00020000, 0x08000000, 0x20000000, 0x00010000
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 4, 22, 24, 36, 38, 47
EPERM, ENOSYS = 1, 38

# Denied in every submission: other processes and programs, sockets, namespaces and mounts, other processes' memory, kernel
# keys, memory that no limit counts, and being told when others open a file. Numbers from the kernel's own tables: (x86_64, aarch64), None where there is no such call.
_DENIED: dict[str, tuple[int | None, int | None]] = {
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "socket": (41, 198), "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "unshare": (272, 97), "setns": (308, 268),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "inotify_init": (253, None), "inotify_init1": (294, 26), "fanotify_init": (300, 262),
    "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
}  # fmt: skip
_MACHINES = {"x86_64": (0xC000003E, 56), "aarch64": (0xC00000B7, 220)}  # audit architecture, number of clone
_CLONE3 = 435


def _must(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def enter_namespaces() -> None:
    """Gives this process's next child process numbers, mounts and IPC of its own."""
    _must(_libc.unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC), "unshare")


def adopt_orphans() -> None:
    """Makes this process the parent of its grandchildren, so that it can kill and reap them."""
    _must(_libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")


def mount_private(limits: dict[str, Any], uid: int | None) -> None:
    """Covers /tmp and /dev/shm with small file systems that vanish with the submission."""
    owner = f",uid={uid},gid={uid}" if uid is not None else ""
    for target, size in (("/tmp", limits["disk"]), ("/dev/shm", 1 << 20)):
        options = f"size={size},nr_inodes={limits['files']},mode=0700{owner}".encode()
        flags = ctypes.c_ulong(MS_NOSUID | MS_NODEV | MS_NOEXEC)
        _must(_libc.mount(b"tmpfs", target.encode(), b"tmpfs", flags, options), f"mount {target}")


def set_limits(limits: dict[str, Any]) -> None:
    """Sets the kernel's own limits: address space, CPU time, file size, descriptors, tasks, no core dumps."""
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
    """Gives up every capability, for good, and the user id where one is given."""
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


def filter_program(machine: str) -> bytes:
    """The system-call filter as classic BPF.

    Raises:
        OSError: there is no table of system calls for this machine.
    """
    if machine not in _MACHINES:
        raise OSError(ENOSYS, f"no system-call filter for {machine}")
    arch, clone = _MACHINES[machine]
    column = list(_MACHINES).index(machine)
    denied = [number for numbers in _DENIED.values() if (number := numbers[column]) is not None]
    load, jump_equal, jump_any_bit, jump_ge, answer = 0x20, 0x15, 0x45, 0x35, 0x06
    allow, kill = 0x7FFF0000, 0x80000000

    def deny(error: int) -> int:
        return 0x00050000 | error

    program = [
        (load, 0, 0, 4),
        (jump_equal, 1, 0, arch),
        (answer, 0, 0, kill),
        (load, 0, 0, 0),
        (jump_ge, 0, 1, 0x40000000),  # the x32 numbers would walk around the list
        (answer, 0, 0, deny(EPERM)),
        (jump_equal, 0, 1, _CLONE3),  # its flags lie in memory, where a filter cannot look: libc falls back to clone
        (answer, 0, 0, deny(ENOSYS)),
        (jump_equal, 0, 4, clone),
        (load, 0, 0, 16),
        (jump_any_bit, 0, 1, CLONE_THREAD),
        (answer, 0, 0, allow),
        (answer, 0, 0, deny(EPERM)),
    ]
    for number in denied:
        program += [(jump_equal, 0, 1, number), (answer, 0, 0, deny(EPERM))]
    program.append((answer, 0, 0, allow))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def filter_system_calls() -> None:
    """Installs the filter on this process, for good."""
    code = filter_program(platform.machine())
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    _must(_libc.prctl(PR_SET_SECCOMP, 2, program, 0, 0), "seccomp")
