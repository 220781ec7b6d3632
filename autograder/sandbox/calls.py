"""The system-call filter of a submission, as a table and as the classic BPF program that is made of it. Runs inside the sandbox.

A submission computes with numbers in one process. It needs no call that reaches another process or the network, changes what a file is
(its times, rights or labels), waits for others' use of a file, or keeps what a later submission could read.
"""

from __future__ import annotations

import struct

EPERM, ENOSYS = 1, 38
CLONE_THREAD = 0x00010000
_MACHINES = {"x86_64": (0xC000003E, 56), "aarch64": (0xC00000B7, 220)}  # audit architecture, number of clone
_CLONE3 = 435
_NEWER = 450  # the first number that is not looked at: of the calls from here on, C libraries have an older way

# Numbers from the kernel's own tables: (x86_64, aarch64), None where there is no such call.
_DENIED: dict[str, tuple[int | None, int | None]] = {
    # other processes, programs and processes' memory
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281), "ptrace": (101, 117), "kcmp": (312, 272),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    # namespaces and mounts
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    # sockets: a pair of them is all that there may be, without names, other descriptors or larger buffers
    "socket": (41, 198), "bind": (49, 200), "connect": (42, 203), "listen": (50, 201), "accept": (43, 202), "accept4": (288, 242),
    "setsockopt": (54, 208), "sendmsg": (46, 211), "sendmmsg": (307, 269),
    # what a file is: its times, rights, owner and labels, and special files
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "chown": (92, None), "fchown": (93, 55), "lchown": (94, None),
    "fchownat": (260, 54), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14),
    "lremovexattr": (198, 15), "fremovexattr": (199, 16), "mknod": (133, None), "mknodat": (259, 33),
    # others' use of a file: locks, watching, and what the machine's memory holds of it
    "flock": (73, 32), "inotify_init": (253, None), "inotify_init1": (294, 26), "inotify_add_watch": (254, 27),
    "fanotify_init": (300, 262), "fanotify_mark": (301, 263), "mincore": (27, 232), "fadvise64": (221, 223), "readahead": (187, 213),
    "sync": (162, 81), "syncfs": (306, 267), "sync_file_range": (277, 84),
    # memory that no limit counts, and what outlives a process
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180), "mq_unlink": (241, 181), "vmsplice": (278, 75), "splice": (275, 76),
    "tee": (276, 77), "io_setup": (206, 0), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    # the kernel's rarely used doors
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "syslog": (103, 116), "quotactl": (179, 60), "quotactl_fd": (443, 443),
}  # fmt: skip

# Allowed for these values of one argument only, whose lower half is compared: (numbers, which argument, its values).
_ONLY: dict[str, tuple[tuple[int, int], int, tuple[int, ...]]] = {
    "fcntl": ((72, 25), 1, (0, 1, 2, 3, 4, 1030, 1032)),  # descriptors and their flags; no locks, leases, watching, owners, larger pipes
    "ioctl": ((16, 29), 1, (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),  # is it a terminal, how much waits, and flags
    "socketpair": ((53, 199), 0, (1,)),  # AF_UNIX, as asyncio makes one
}
_NO_ADDRESS = (44, 206)  # sendto, to the other end only

_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _ANSWER = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
Instruction = tuple[int, int, int, int]


def filter_program(machine: str) -> bytes:
    """Return the system-call filter as classic BPF.

    Raises:
        OSError: there is no table of system calls for this machine.
    """
    if machine not in _MACHINES:
        raise OSError(ENOSYS, f"no system-call filter for {machine}")
    arch, clone = _MACHINES[machine]
    column = list(_MACHINES).index(machine)
    program: list[Instruction] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, arch),
        (_ANSWER, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, 0x40000000),  # the x32 numbers would walk around the list
        (_ANSWER, 0, 0, _deny(EPERM)),
        (_AT_LEAST, 0, 1, _NEWER),
        (_ANSWER, 0, 0, _deny(ENOSYS)),
        (_EQUAL, 0, 1, _CLONE3),  # its flags lie in memory, where a filter cannot look: libc falls back to clone
        (_ANSWER, 0, 0, _deny(ENOSYS)),
        (_EQUAL, 0, 4, clone),
        (_LOAD, 0, 0, _argument(0)),
        (_ANY_BIT, 0, 1, CLONE_THREAD),
        (_ANSWER, 0, 0, _ALLOW),
        (_ANSWER, 0, 0, _deny(EPERM)),
        (_EQUAL, 0, 6, _NO_ADDRESS[column]),
        (_LOAD, 0, 0, _argument(4)),
        (_EQUAL, 0, 3, 0),
        (_LOAD, 0, 0, _argument(4) + 4),
        (_EQUAL, 0, 1, 0),
        (_ANSWER, 0, 0, _ALLOW),
        (_ANSWER, 0, 0, _deny(EPERM)),
    ]
    for numbers, argument, values in _ONLY.values():
        program += _only(numbers[column], argument, values)
    for both in _DENIED.values():
        if (number := both[column]) is not None:
            program += [(_EQUAL, 0, 1, number), (_ANSWER, 0, 0, _deny(EPERM))]
    program.append((_ANSWER, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _deny(error: int) -> int:
    return 0x00050000 | error


def _argument(number: int) -> int:
    """Return where the lower half of an argument lies; both processors are little-endian."""
    return 16 + 8 * number


def _only(number: int, argument: int, values: tuple[int, ...]) -> list[Instruction]:
    allowed = [(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]  # over the rest and the refusal
    return [
        (_EQUAL, 0, len(values) + 3, number),
        (_LOAD, 0, 0, _argument(argument)),
        *allowed,
        (_ANSWER, 0, 0, _deny(EPERM)),
        (_ANSWER, 0, 0, _ALLOW),
    ]
