"""How many files a submission may make, where no file system of its own bounds them. Runs inside
the sandbox.

The kernel stops each call that could make a file or a folder and asks the zygote, which counts and
lets so many go on. It looks at the call's number and flags alone, never at the submission's memory,
which another thread could change; the place is Landlock's business. With a limit on the size of
each file this bounds the disk, whatever is removed, renamed or kept open in between.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import struct
from functools import cache

from .bpf import (
    ALLOW,
    ANSWER,
    ANY_BIT,
    ASK,
    LOAD,
    NUMBER,
    Instruction,
    Program,
    argument,
    assembled,
    case,
    error,
)
from .system_calls import OPEN

SECCOMP, SET_FILTER, NEW_LISTENER = {"x86_64": 317}, 1, 8
RECEIVE, SEND = 0xC0502100, 0xC0182101  # ioctl, of a listener
QUESTION, REPLY = 80, struct.Struct("=QqiI")
GO_ON = 1
MAKES = (83, 85, 258)  # mkdir, creat, mkdirat
O_CREAT = 0o100
# to a call that may make a file: the zygote's or, without a listener, a full disk
ANSWERS = ((ASK, NEW_LISTENER), (error(errno.EDQUOT), 0))

_libc = ctypes.CDLL(None, use_errno=True)


def ask_for_new_files() -> int | None:
    """Have this process ask before each new file; return the listener, or None where the kernel
    gives none, and no file can be made.
    """
    for answer, flags in ANSWERS:
        made = Program(program(answer))
        call = ctypes.c_long(SECCOMP[platform.machine()])
        result = _libc.syscall(
            call, ctypes.c_uint(SET_FILTER), ctypes.c_uint(flags), made.described
        )
        if result >= 0:
            return int(result) if flags else None
    number = ctypes.get_errno()
    raise OSError(number, f"counting of files: {os.strerror(number)}")


@cache
def program(answer: int) -> bytes:
    """Return the filter that gives `answer` to each call that may make a file."""
    made: list[Instruction] = [(LOAD, 0, 0, NUMBER)]
    passes = (ANSWER, 0, 0, ALLOW)
    for number, place in OPEN.values():
        made += case(
            number,
            [
                (LOAD, 0, 0, argument(place)),
                (ANY_BIT, 0, 1, O_CREAT),
                (ANSWER, 0, 0, answer),
                passes,
            ],
        )
    for number in MAKES:
        made += case(number, [(ANSWER, 0, 0, answer)])
    return assembled([*made, passes])


def prepare() -> None:
    """Make the filters before a submission's process begins."""
    for answer, _ in ANSWERS:
        program(answer)


def answer_one(listener: int, left: int) -> int:
    """Answer the question that waits on a listener; return how many files may still be made."""
    question = bytearray(QUESTION)
    try:
        fcntl.ioctl(listener, RECEIVE, question)
        (number,) = struct.unpack_from("=Q", question)
        answer = (
            REPLY.pack(number, 0, 0, GO_ON) if left > 0 else REPLY.pack(number, 0, -errno.EDQUOT, 0)
        )
        fcntl.ioctl(listener, SEND, answer)
    except OSError as fault:
        # who asked has ended, or is to ask again
        if fault.errno not in (errno.ENOENT, errno.EINTR, errno.EINPROGRESS):
            raise
        return left
    return max(0, left - 1)
