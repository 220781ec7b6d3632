"""Classic BPF, as far as a filter of system calls needs it: instructions, rules made of them, and
their bytes. Runs inside the sandbox.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence

# operation, how far to jump if it is so, and if it is not, value
Instruction = tuple[int, int, int, int]

LOAD, EQUAL, ANY_BIT, AT_LEAST, ANSWER = 0x20, 0x15, 0x45, 0x35, 0x06
NUMBER, ARCHITECTURE = 0, 4  # where they lie in what the kernel shows of a call
ALLOW, KILL, ASK = 0x7FFF0000, 0x80000000, 0x7FC00000


def error(number: int) -> int:
    """Return the answer by which a call fails with this error."""
    return 0x00050000 | number


def argument(place: int) -> int:
    """Return where the lower half of an argument lies, in bytes; the processors are
    little-endian.
    """
    return 16 + 8 * place


def case(number: int, then: Sequence[Instruction]) -> list[Instruction]:
    """Return the rule of one call: instructions for it alone, which end with an answer."""
    return [(EQUAL, 0, len(then), number), *then]


def one_of(number: int, place: int, values: Sequence[int], otherwise: int) -> list[Instruction]:
    """Return the rule of a call that is allowed where the lower half of an argument is one of some
    values, else answered with `otherwise`.
    """
    # over the rest and the refusal
    compared = [(EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)]
    return case(
        number,
        [
            (LOAD, 0, 0, argument(place)),
            *compared,
            (ANSWER, 0, 0, otherwise),
            (ANSWER, 0, 0, ALLOW),
        ],
    )


def assembled(program: Sequence[Instruction]) -> bytes:
    """Return a program's bytes."""
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


class Program:
    """A program where the kernel can take it; it must live until the kernel has.

    Attributes:
        described: the argument of the call that installs it.
    """

    def __init__(self, code: bytes) -> None:
        self._code = ctypes.c_char_p(code)
        address = ctypes.c_void_p.from_buffer(self._code).value
        self.described = struct.pack("HxxxxxxP", len(code) // 8, address)
