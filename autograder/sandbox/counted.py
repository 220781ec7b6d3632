"""How many files a submission may make, where no file system of its own bounds them. Runs inside the sandbox.

The kernel stops each call that could make a file or a folder and asks the zygote, which counts and lets so many go on. It looks at the call's
number and flags alone, never at the submission's memory, which another thread could change; the place is Landlock's business. With a limit
on the size of each file this bounds the disk, whatever is removed, renamed or kept open in between.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import struct

from . import allowed
from .allowed import Instruction

SECCOMP, SET_FILTER, NEW_LISTENER = {"x86_64": 317}, 1, 8
RECEIVE, SEND = 0xC0502100, 0xC0182101  # ioctl, of a listener
QUESTION, ANSWER = 80, struct.Struct("=QqiI")
GO_ON = 1
MAKES = (83, 85, 258)  # mkdir, creat, mkdirat
O_CREAT = 0o100
_ASK, _REFUSE, _PASS = 0x7FC00000, 0x00050000 | errno.EDQUOT, 0x7FFF0000

_libc = ctypes.CDLL(None, use_errno=True)


def ask_for_new_files() -> int | None:
    """Have this process ask before each new file; return the listener, or None where the kernel gives none, and no file can be made."""
    for answer, flags in ((_ASK, NEW_LISTENER), (_REFUSE, 0)):
        code = program(answer)
        buffer = ctypes.create_string_buffer(code, len(code))
        packed = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
        result = _libc.syscall(ctypes.c_long(SECCOMP[platform.machine()]), ctypes.c_uint(SET_FILTER), ctypes.c_uint(flags), packed)
        if result >= 0:
            return int(result) if flags else None
    error = ctypes.get_errno()
    raise OSError(error, f"counting of files: {os.strerror(error)}")


def program(answer: int) -> bytes:
    """Return the filter that gives `answer` to each call that may make a file."""
    made: list[Instruction] = [(0x20, 0, 0, 0)]
    for number, argument in allowed.OPEN.values():
        made += [(0x15, 0, 4, number), (0x20, 0, 0, 16 + 8 * argument), (0x45, 0, 1, O_CREAT), (0x06, 0, 0, answer), (0x06, 0, 0, _PASS)]
    for number in MAKES:
        made += [(0x15, 0, 1, number), (0x06, 0, 0, answer)]
    made.append((0x06, 0, 0, _PASS))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in made)


def answer_one(listener: int, left: int) -> int:
    """Answer the question that waits on a listener; return how many files may still be made."""
    question = bytearray(QUESTION)
    try:
        fcntl.ioctl(listener, RECEIVE, question)
        (number,) = struct.unpack_from("=Q", question)
        answer = ANSWER.pack(number, 0, 0, GO_ON) if left > 0 else ANSWER.pack(number, 0, -errno.EDQUOT, 0)
        fcntl.ioctl(listener, SEND, answer)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.EINTR, errno.EINPROGRESS):  # who asked has ended, or is to ask again
            raise
        return left
    return max(0, left - 1)
