"""The filter of system calls: which a submission may make, and the program of classic BPF made of
that. Runs inside the sandbox.

On x86-64 everything that is not in the tables is denied, so a call that a later kernel brings is
denied from its first day. On aarch64
the table names what is denied: what reaches another process or the network, changes what a file is,
waits for others' use of a file, or keeps what a later submission could read.
"""

from __future__ import annotations

import struct
from functools import cache
from itertools import chain

from .bpf import (
    ALLOW,
    ANSWER,
    ANY_BIT,
    ARCHITECTURE,
    AT_LEAST,
    EQUAL,
    KILL,
    LOAD,
    NUMBER,
    Instruction,
    argument,
    assembled,
    case,
    error,
    one_of,
)

EPERM, ENOSYS = 1, 38
MACHINE = "x86_64"  # the one whose table says what is allowed
ARCHITECTURES = {MACHINE: 0xC000003E, "aarch64": 0xC00000B7}  # as the kernel's audit numbers them
NEWER = 450  # from here on C libraries fall back to an older call when they hear ENOSYS
# they keep their flags in memory, where a filter cannot look: C libraries fall back
CLONE3, OPENAT2 = 435, 437
OTHER_NUMBERS = 0x40000000  # x32's, a second way to the same calls
# the flags with which glibc and musl make a thread: it shares everything
THREAD = (0x3D0F00, 0x7D0F00)
ANY_THREAD = 0x10000
UNNAMED_FILE = 0x400000  # the bit of O_TMPFILE that is its own
# O_TRUNC without a right to write empties a file by a right to read it, before version 3 of
# Landlock
EMPTIED, WRITTEN = 0o1000, 0o3

# -- x86-64: what is allowed

PLAIN: dict[str, int] = {
    # descriptors: read, written, copied, waited for
    "read": 0,
    "write": 1,
    "close": 3,
    "poll": 7,
    "lseek": 8,
    "pread64": 17,
    "pwrite64": 18,
    "readv": 19,
    "writev": 20,
    "pipe": 22,
    "select": 23,
    "dup": 32,
    "dup2": 33,
    "sendfile": 40,
    "fsync": 74,
    "fdatasync": 75,
    "ftruncate": 77,
    "epoll_create": 213,
    "epoll_wait": 232,
    "epoll_ctl": 233,
    "pselect6": 270,
    "ppoll": 271,
    "epoll_pwait": 281,
    "epoll_create1": 291,
    "dup3": 292,
    "pipe2": 293,
    "preadv": 295,
    "pwritev": 296,
    "close_range": 436,
    # one pair of sockets' two ends
    "recvfrom": 45,
    "recvmsg": 47,
    "shutdown": 48,
    "getsockname": 51,
    "getpeername": 52,
    "getsockopt": 55,
    # files, by name
    "stat": 4,
    "fstat": 5,
    "lstat": 6,
    "access": 21,
    "getcwd": 79,
    "chdir": 80,
    "fchdir": 81,
    "rename": 82,
    "mkdir": 83,
    "rmdir": 84,
    "unlink": 87,
    "readlink": 89,
    "umask": 95,
    "statfs": 137,
    "fstatfs": 138,
    "getdents64": 217,
    "mkdirat": 258,
    "newfstatat": 262,
    "unlinkat": 263,
    "renameat": 264,
    "readlinkat": 267,
    "faccessat": 269,
    "statx": 332,
    "faccessat2": 439,
    # memory
    "mmap": 9,
    "mprotect": 10,
    "munmap": 11,
    "brk": 12,
    "mremap": 25,
    "msync": 26,
    # its own threads and signals, time
    "rt_sigaction": 13,
    "rt_sigprocmask": 14,
    "rt_sigreturn": 15,
    "sched_yield": 24,
    "pause": 34,
    "nanosleep": 35,
    "getitimer": 36,
    "alarm": 37,
    "setitimer": 38,
    "exit": 60,
    "wait4": 61,
    "gettimeofday": 96,
    "times": 100,
    "rt_sigpending": 127,
    "rt_sigtimedwait": 128,
    "rt_sigsuspend": 130,
    "sigaltstack": 131,
    "gettid": 186,
    "time": 201,
    "futex": 202,
    "restart_syscall": 219,
    "clock_gettime": 228,
    "clock_getres": 229,
    "clock_nanosleep": 230,
    "exit_group": 231,
    "waitid": 247,
    "set_robust_list": 273,
    "getcpu": 309,
    "rseq": 334,
    # what it is, and the machine
    "getpid": 39,
    "uname": 63,
    "getrlimit": 97,
    "getrusage": 98,
    "sysinfo": 99,
    "getuid": 102,
    "getgid": 104,
    "geteuid": 107,
    "getegid": 108,
    "getppid": 110,
    "getpgrp": 111,
    "getgroups": 115,
    "getresuid": 118,
    "getresgid": 120,
    "getrandom": 318,
}
# Where it has processes and files of its own, and nobody else's to reach or to fill.
ALONE_ON_ITSELF: dict[str, tuple[int, int]] = {"kill": (62, 0)}
ALONE: dict[str, int] = {"link": 86, "symlink": 88, "linkat": 265, "symlinkat": 266}

# Allowed for these values of one argument, whose lower half is compared: (number, which argument,
# its values).
BY_VALUE: dict[str, tuple[int, int, tuple[int, ...]]] = {
    "clone": (56, 0, THREAD),
    # descriptors and their flags; no locks, leases, watching, owners, larger pipes
    "fcntl": (72, 1, (0, 1, 2, 3, 4, 1030, 1032)),
    # is it a terminal, how much waits, and flags
    "ioctl": (16, 1, (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
    # how memory will be used; never what others' pages are to become
    "madvise": (28, 2, (0, 1, 2, 3, 4, 8, 14, 15)),
    "prctl": (157, 0, (15, 16)),  # a thread's name
    "socketpair": (53, 0, (1,)),  # AF_UNIX, as asyncio makes one
}
# Allowed for the process itself, by its number or by 0: (number, which argument).
ON_ITSELF: dict[str, tuple[int, int]] = {
    "getpgid": (121, 0),
    "getsid": (124, 0),
    "sched_getaffinity": (204, 0),
    "tgkill": (234, 0),
    "prlimit64": (302, 0),
}
OPEN = {"open": (2, 1), "openat": (257, 2)}  # number, and which argument holds the flags
SENDTO = 44  # to the other end only: without an address

# -- aarch64: what is denied

DENIED: dict[str, int] = {
    # other processes, programs and processes' memory
    "execve": 221, "execveat": 281, "ptrace": 117, "kcmp": 272, "process_vm_readv": 270,
    "process_vm_writev": 271, "process_madvise": 440, "process_mrelease": 448, "pidfd_open": 434,
    "pidfd_getfd": 438, "pidfd_send_signal": 424,
    # namespaces and mounts
    "unshare": 97, "setns": 268, "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432,
    "fspick": 433, "mount_setattr": 442, "name_to_handle_at": 264, "open_by_handle_at": 265,
    # sockets: a pair is all that there may be, without names, descriptors or larger buffers
    "socket": 198, "bind": 200, "connect": 203, "listen": 201, "accept": 202, "accept4": 242,
    "setsockopt": 208, "sendmsg": 211, "sendmmsg": 269,
    # what a file is: its times, rights, owner and labels, and special files
    "utimensat": 88, "fchmod": 52, "fchmodat": 53, "fchown": 55, "fchownat": 54, "setxattr": 5,
    "lsetxattr": 6, "fsetxattr": 7, "removexattr": 14, "lremovexattr": 15, "fremovexattr": 16,
    "mknodat": 33,
    # others' use of a file: locks, watching, and what the machine's memory holds of it
    "flock": 32, "inotify_init1": 26, "inotify_add_watch": 27, "fanotify_init": 262,
    "fanotify_mark": 263, "mincore": 232, "fadvise64": 223, "readahead": 213, "sync": 81,
    "syncfs": 267, "sync_file_range": 84,
    # memory that no limit counts, and what outlives a process
    "memfd_create": 279, "memfd_secret": 447, "shmget": 194, "shmat": 196, "shmctl": 195,
    "msgget": 186, "semget": 190, "mq_open": 180, "mq_unlink": 181, "vmsplice": 75, "splice": 76,
    "tee": 77, "io_setup": 0, "add_key": 217, "request_key": 218, "keyctl": 219,
    # the kernel's rarely used doors
    "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425,
    "io_uring_enter": 426, "io_uring_register": 427, "syslog": 116, "quotactl": 60,
    "quotactl_fd": 443,
}  # fmt: skip
BY_VALUE_THERE: dict[str, tuple[int, int, tuple[int, ...]]] = {
    name: (number, *BY_VALUE[name][1:])
    for name, number in {"fcntl": 25, "ioctl": 29, "socketpair": 199}.items()
}
CLONE_THERE, SENDTO_THERE = 220, 206

_DENY, _UNKNOWN = (ANSWER, 0, 0, error(EPERM)), (ANSWER, 0, 0, error(ENOSYS))
_ALLOW = (ANSWER, 0, 0, ALLOW)


def filter_program(machine: str, pid: int, alone: bool) -> bytes:
    """Return the filter of system calls as classic BPF.

    Args:
        machine: the processor, as `platform.machine()` names it.
        pid: the number of the process that it is for.
        alone: whether it has processes and files of its own: it may then make links, and send
            signals to all of its own by `kill`.

    Raises:
        OSError: there is no table of system calls for this machine.
    """
    if machine not in ARCHITECTURES:
        raise OSError(ENOSYS, f"no system-call filter for {machine}")
    code, places = _template(machine, alone)
    own = struct.pack("=I", pid)
    for place in places:
        code = code[:place] + own + code[place + len(own) :]
    return code


@cache
def _template(machine: str, alone: bool) -> tuple[bytes, list[int]]:
    """Return the program for process number 0, and where that number is in it.

    The program is made once, before a submission's process begins: Python code that runs there for
    the first time costs copies of pages.
    """
    code, other = (_program(machine, pid, alone) for pid in (0, 0xFFFFFFFF))
    size = struct.calcsize("=I")
    places = range(0, len(code), size)
    return code, [at for at in places if code[at : at + size] != other[at : at + size]]


def _program(machine: str, pid: int, alone: bool) -> bytes:
    start: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, ARCHITECTURES[machine]),
        (ANSWER, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, OTHER_NUMBERS),
        _DENY,
        (AT_LEAST, 0, 1, NEWER),
        _UNKNOWN,
        *case(CLONE3, [_UNKNOWN]),
    ]
    return assembled(
        [
            *start,
            *(
                _all_but_allowed_denied(pid, alone)
                if machine == MACHINE
                else _all_but_denied_allowed()
            ),
        ]
    )


def _all_but_allowed_denied(pid: int, alone: bool) -> list[Instruction]:
    program = case(OPENAT2, [_UNKNOWN])
    for number, place, values in BY_VALUE.values():
        program += one_of(number, place, values, error(EPERM))
    for number, place in {**ON_ITSELF, **(ALONE_ON_ITSELF if alone else {})}.values():
        program += one_of(number, place, (0, pid), error(EPERM))
    for number, place in OPEN.values():
        emptied = [(ANY_BIT, 0, 2, EMPTIED), (ANY_BIT, 1, 0, WRITTEN), _DENY]
        program += case(
            number,
            [(LOAD, 0, 0, argument(place)), (ANY_BIT, 0, 1, UNNAMED_FILE), _DENY, *emptied, _ALLOW],
        )
    address = argument(4)
    program += case(
        SENDTO,
        [
            (LOAD, 0, 0, address),
            (EQUAL, 0, 2, 0),
            (LOAD, 0, 0, address + 4),
            (EQUAL, 1, 0, 0),
            _DENY,
            _ALLOW,
        ],
    )
    plain = sorted([*PLAIN.values(), *(ALONE.values() if alone else ())])
    # over the rest and the refusal
    program += [(EQUAL, len(plain) - at, 0, number) for at, number in enumerate(plain)]
    return [*program, _DENY, _ALLOW]


def _all_but_denied_allowed() -> list[Instruction]:
    program = case(
        CLONE_THERE, [(LOAD, 0, 0, argument(0)), (ANY_BIT, 0, 1, ANY_THREAD), _ALLOW, _DENY]
    )
    address = argument(4)
    program += case(
        SENDTO_THERE,
        [
            (LOAD, 0, 0, address),
            (EQUAL, 0, 3, 0),
            (LOAD, 0, 0, address + 4),
            (EQUAL, 0, 1, 0),
            _ALLOW,
            _DENY,
        ],
    )
    for number, place, values in BY_VALUE_THERE.values():
        program += one_of(number, place, values, error(EPERM))
    return [
        *program,
        *chain.from_iterable(case(number, [_DENY]) for number in DENIED.values()),
        _ALLOW,
    ]
