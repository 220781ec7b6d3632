"""The system calls that a submission may make, as a table and as the classic BPF program made of it. Runs inside the sandbox.

Everything that is not in the table is denied, so a call that a later kernel brings is denied from its first day. The table is
for x86-64; for another processor the list of `calls.py` holds, which names what is denied.
"""

from __future__ import annotations

import struct

from . import calls

EPERM, ENOSYS = 1, 38
MACHINE, ARCHITECTURE = "x86_64", 0xC000003E
NEWER = 450  # from here on C libraries fall back to an older call when they hear ENOSYS
FALLS_BACK = (435, 437)  # clone3 and openat2 keep their flags in memory, where a filter cannot look
OTHER_NUMBERS = 0x40000000  # x32's, a second way to the same calls
THREAD = (0x3D0F00, 0x7D0F00)  # the flags with which glibc and musl make a thread: it shares everything
UNNAMED_FILE = 0x400000  # the bit of O_TMPFILE that is its own
EMPTIED, WRITTEN = 0o1000, 0o3  # O_TRUNC without a right to write empties a file by a right to read it, before version 3 of Landlock

PLAIN: dict[str, int] = {
    # descriptors: read, written, copied, waited for
    "read": 0, "write": 1, "close": 3, "poll": 7, "lseek": 8, "pread64": 17, "pwrite64": 18, "readv": 19, "writev": 20, "pipe": 22,
    "select": 23, "dup": 32, "dup2": 33, "sendfile": 40, "fsync": 74, "fdatasync": 75, "ftruncate": 77, "epoll_create": 213,
    "epoll_wait": 232, "epoll_ctl": 233, "pselect6": 270, "ppoll": 271, "epoll_pwait": 281, "epoll_create1": 291, "dup3": 292,
    "pipe2": 293, "preadv": 295, "pwritev": 296, "close_range": 436,
    # one pair of sockets' two ends
    "recvfrom": 45, "recvmsg": 47, "shutdown": 48, "getsockname": 51, "getpeername": 52, "getsockopt": 55,
    # files, by name
    "stat": 4, "fstat": 5, "lstat": 6, "access": 21, "getcwd": 79, "chdir": 80, "fchdir": 81, "rename": 82, "mkdir": 83, "rmdir": 84,
    "unlink": 87, "readlink": 89, "umask": 95, "statfs": 137, "fstatfs": 138, "getdents64": 217, "mkdirat": 258, "newfstatat": 262,
    "unlinkat": 263, "renameat": 264, "readlinkat": 267, "faccessat": 269, "statx": 332, "faccessat2": 439,
    # memory
    "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "mremap": 25, "msync": 26,
    # its own threads and signals, time
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "sched_yield": 24, "pause": 34, "nanosleep": 35, "getitimer": 36,
    "alarm": 37, "setitimer": 38, "exit": 60, "wait4": 61, "gettimeofday": 96, "times": 100, "rt_sigpending": 127,
    "rt_sigtimedwait": 128, "rt_sigsuspend": 130, "sigaltstack": 131, "gettid": 186, "time": 201, "futex": 202,
    "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "exit_group": 231, "waitid": 247,
    "set_robust_list": 273, "getcpu": 309, "rseq": 334,
    # what it is, and the machine
    "getpid": 39, "uname": 63, "getrlimit": 97, "getrusage": 98, "sysinfo": 99, "getuid": 102, "getgid": 104, "geteuid": 107,
    "getegid": 108, "getppid": 110, "getpgrp": 111, "getgroups": 115, "getresuid": 118, "getresgid": 120, "getrandom": 318,
}  # fmt: skip
# Where it has processes and files of its own, and nobody else's to reach or to fill.
ALONE_ON_ITSELF: dict[str, tuple[int, int]] = {"kill": (62, 0)}
ALONE: dict[str, int] = {"link": 86, "symlink": 88, "linkat": 265, "symlinkat": 266}

# Allowed for these values of one argument, whose lower half is compared: (number, which argument, its values).
BY_VALUE: dict[str, tuple[int, int, tuple[int, ...]]] = {
    "clone": (56, 0, THREAD),
    "fcntl": (72, 1, (0, 1, 2, 3, 4, 1030, 1032)),  # descriptors and their flags; no locks, leases, watching, owners, larger pipes
    "ioctl": (16, 1, (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),  # is it a terminal, how much waits, and flags
    "madvise": (28, 2, (0, 1, 2, 3, 4, 8, 14, 15)),  # how memory will be used; never what others' pages are to become
    "prctl": (157, 0, (15, 16)),  # a thread's name
    "socketpair": (53, 0, (1,)),  # AF_UNIX, as asyncio makes one
}
# Allowed for the process itself, by its number or by 0: (number, which argument).
ON_ITSELF: dict[str, tuple[int, int]] = {
    "getpgid": (121, 0), "getsid": (124, 0), "sched_getaffinity": (204, 0), "tgkill": (234, 0), "prlimit64": (302, 0),
}  # fmt: skip
OPEN = {"open": (2, 1), "openat": (257, 2)}  # number, and which argument holds the flags
SENDTO = 44  # to the other end only: without an address

_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _ANSWER = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL, _DENY, _UNKNOWN = 0x7FFF0000, 0x80000000, 0x00050000 | EPERM, 0x00050000 | ENOSYS
Instruction = tuple[int, int, int, int]


def filter_program(machine: str, pid: int, alone: bool) -> bytes:
    """Return the system-call filter as classic BPF.

    Args:
        machine: the processor, as `platform.machine()` names it.
        pid: the number of the process that it is for.
        alone: whether it has processes and files of its own: it may then make links, and send signals to all of its own by `kill`.

    Raises:
        OSError: there is no table of system calls for this machine.
    """
    if machine != MACHINE:
        return calls.filter_program(machine)
    program: list[Instruction] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, ARCHITECTURE),
        (_ANSWER, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, OTHER_NUMBERS),
        (_ANSWER, 0, 0, _DENY),
        (_AT_LEAST, 0, 1, NEWER),
        (_ANSWER, 0, 0, _UNKNOWN),
    ]
    for number in FALLS_BACK:
        program += [(_EQUAL, 0, 1, number), (_ANSWER, 0, 0, _UNKNOWN)]
    for number, argument, values in BY_VALUE.values():
        program += _only(number, argument, values)
    for number, argument in {**ON_ITSELF, **(ALONE_ON_ITSELF if alone else {})}.values():
        program += _only(number, argument, (0, pid))
    for number, argument in OPEN.values():
        emptied = [(_ANY_BIT, 0, 2, EMPTIED), (_ANY_BIT, 1, 0, WRITTEN), *_DENIED]
        program += _if(number, [(_LOAD, 0, 0, _lower(argument)), (_ANY_BIT, 0, 1, UNNAMED_FILE), *_DENIED, *emptied, *_ALLOWED])
    address = _lower(4)
    program += _if(SENDTO, [(_LOAD, 0, 0, address), (_EQUAL, 0, 2, 0), (_LOAD, 0, 0, address + 4), (_EQUAL, 1, 0, 0), *_DENIED, *_ALLOWED])
    plain = sorted([*PLAIN.values(), *(ALONE.values() if alone else ())])
    program += [(_EQUAL, len(plain) - place, 0, number) for place, number in enumerate(plain)]  # over the rest and the refusal
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in (*program, *_DENIED, *_ALLOWED))


_DENIED, _ALLOWED = ((_ANSWER, 0, 0, _DENY),), ((_ANSWER, 0, 0, _ALLOW),)


def _lower(argument: int) -> int:
    """Return where the lower half of an argument lies; the processor is little-endian."""
    return 16 + 8 * argument


def _if(number: int, then: list[Instruction]) -> list[Instruction]:
    return [(_EQUAL, 0, len(then), number), *then]


def _only(number: int, argument: int, values: tuple[int, ...]) -> list[Instruction]:
    compared = [(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    return _if(number, [(_LOAD, 0, 0, _lower(argument)), *compared, *_DENIED, *_ALLOWED])
