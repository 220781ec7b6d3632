"""Makes inputs: valid ones, changed in a few places by seeded dice. The same seed and number make the same input."""

from __future__ import annotations

import copy
import random
from functools import cache
from typing import Any

import msgpack
import numpy as np

from autograder.sandbox.wire import encode

ATOMS: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2**31, 2**40, 2**63 - 1, -(2**63), 1e308, float("nan"), float("inf"), "", "a", "t", "d", "g", "i", "f", "k", "o", "n", "u",
    "PCG64", "MT19937", "|O", "<f8", "<U9", "C", "Sr", "done", "callback", "code", "markdown", "solution", "\x00\x1b[31m", "\ud800", "é" * 40, "-", "9" * 500,
    "sin", "add", "time", "raised", "affine", "affine-check", "cells", "x" * 3000,
)  # fmt: skip
RAW: tuple[Any, ...] = (b"", b"\xff" * 8, b"\x00" * 800, b"\x05")
TAGGED: tuple[Any, ...] = (
    ["k", 1], ["f", 0], ["o", -1], ["o", 0], ["i", "-"], ["i", "--1"], ["t", []], ["d", [[None, None]]], ["u", "sin"], ["a", "<f8", [0, 2**39], b"", "C"],
    ["a", "<f8", [0, 2**39, 2**39], b"", "C"], ["n", "|b1", b"\x05"], ["l", [["l", [["l", []]]]]], ["c", 1.0, 2.0], ["b", b"x"], [], {}, {"a": 1},
)  # fmt: skip
DEEP = (40, 200, 30_000)


def dice_for(seed: int, target: str, number: int) -> random.Random:
    """The dice of one input."""
    return random.Random(f"{seed} {target} {number}")


def places(data: Any) -> list[tuple[Any, Any]]:
    """Every place in nested lists and dicts where something may stand, as (holder, key)."""
    found: list[tuple[Any, Any]] = []
    left = [data]
    while left:
        holder = left.pop()
        keys = (
            range(len(holder))
            if isinstance(holder, list)
            else list(holder)
            if isinstance(holder, dict)
            else ()
        )
        for key in keys:
            found.append((holder, key))
            left.append(holder[key])
    return found


def changed(data: Any, dice: random.Random, atoms: tuple[Any, ...]) -> Any:
    """A copy of nested data with one to four things in it replaced, doubled, moved, left out or nested."""
    data = copy.deepcopy(data)
    for _ in range(dice.randint(1, 4)):
        spots = places(data)
        if not spots:
            return dice.choice(atoms)
        holder, key = dice.choice(spots)
        kind = dice.randrange(6)
        if kind == 0:
            holder[key] = copy.deepcopy(dice.choice(atoms))
        elif kind == 1 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        elif kind == 2:
            del holder[key]
        elif kind == 3:
            other, place = dice.choice(spots)
            if (isinstance(other, dict) and place in other) or (
                isinstance(other, list) and place < len(other)
            ):
                holder[key] = copy.deepcopy(other[place])
        elif kind == 4 and isinstance(holder, dict):
            holder[str(dice.choice(atoms))[:40]] = holder.pop(key)
        else:
            holder[key] = _altered(holder[key], dice)
    return data


def _altered(value: Any, dice: random.Random) -> Any:
    if type(value) is int:
        return dice.choice([value + 1, -value, value * 2**20 % 2**62, 1 << dice.randrange(62)])
    if isinstance(value, bytes):
        return value[: dice.randrange(len(value) + 1)] + dice.randbytes(dice.randrange(9))
    if isinstance(value, str):
        at = dice.randrange(len(value) + 1)
        return (
            value[:at]
            + dice.choice(
                [
                    "\ud800",
                    "\x00",
                    "\x1b",
                    "'",
                    '"',
                    "\\",
                    "(" * 300,
                    "-" * 9000,
                    "\n",
                    "\u202e",
                    "é",
                    "{",
                    "%",
                ]
            )
            + value[at:]
        )
    nested: Any = [value]
    for _ in range(dice.choice(DEEP[:2]) if dice.randrange(8) == 0 else 1):
        nested = [nested]
    return nested


def torn(body: bytes, dice: random.Random) -> bytes:
    """Bytes with one to six places changed."""
    made = bytearray(body)
    for _ in range(dice.choice((1, 1, 2, 4))):
        at = dice.randrange(len(made) + 1)
        kind = dice.randrange(6)
        if kind == 0 and at < len(made):
            made[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            made[at:at] = dice.randbytes(dice.randint(1, 5))
        elif kind == 2:
            del made[at : at + dice.randint(1, 40)]
        elif kind == 3:
            made[at:at] = made[at : at + dice.randint(1, 60)] * dice.randint(1, 3)
        elif kind == 4:
            made[at:at] = dice.choice(
                [
                    b"\xc7\xff\x01",
                    b"\xdd\xff\xff\xff\xff",
                    b"\xd4\x05",
                    b"\xef\xbb\xbf",
                    b"\x00",
                    b"\xed\xa0\x80",
                    b"[",
                    b"{",
                    b'"',
                    b"1" * 5000,
                ]
            )
        elif dice.randrange(20) == 0:
            made[at:at] = dice.choice([b"\x91", b"[", b'{"a":', b"\x81\xa1x"]) * dice.choice(DEEP)
    return bytes(made)


@cache
def replies() -> tuple[Any, ...]:
    """Messages like those that a submission's process sends."""
    rng = np.random.default_rng(1)
    values = [
        (rng.normal(size=(2, 3)), {"w": np.float32(2), "n": 2**70, (1, "a"): [True, None, "text"]}),
        [np.arange(4), rng.integers(5, size=(0, 3)), 1.5, 2j, b"raw", np.array(3.0)],
        {"rng": np.random.Generator(np.random.MT19937(3)), "other": np.random.default_rng(2)},
        ((((((1,),),),),), np.zeros((2, 2), dtype=bool)),
    ]
    tagged = [encode(value) for value in values]
    left = encode([[1.0], {}])
    full = {
        "value": tagged[0],
        "args": left,
        "warnings": ["RuntimeWarning: x"],
        "touched_random": False,
        "lines": 5,
    }
    error = {
        "kind": "raised",
        "type": "ValueError",
        "message": "got 'x' and 3.5",
        "cell": "affine",
        "line": 3,
    }
    outputs = [
        {"kind": "stream", "name": "stdout", "text": "shown\n"},
        {"kind": "execute_result", "data": {"text/plain": "5", "image/png": "iVBORw0KGgo="}},
    ]
    raised = {"name": "ValueError", "value": "x", "traceback": ["line 1", "line 2"]}
    return (
        *({"op": "done", "results": [{"value": value}]} for value in tagged),
        {"op": "done", "results": [full]},
        {"op": "done", "results": [{"error": error}]},
        {"op": "callback", "function": 0, "arguments": encode([(1.5, np.ones(2)), {"y": 2}])},
        {"op": "done", "outputs": outputs, "error": raised, "failed": True, "limit": "time"},
    )


def frame(dice: random.Random) -> bytes:
    """The body of a frame, torn."""
    return torn(msgpack.packb(dice.choice(replies())), dice)


def reply(dice: random.Random) -> Any:
    """A message whose parts have been changed."""
    return changed(dice.choice(replies()), dice, (*ATOMS, *RAW, *TAGGED))
