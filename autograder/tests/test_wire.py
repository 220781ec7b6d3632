"""What crosses the pipe is plain data: it comes through whole, and nothing a hostile process sends does more than raise a WireError."""

from __future__ import annotations

import copy
import random
import socket
import struct
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import numpy as np
import pytest

from autograder.core.errors import StudentError
from autograder.sandbox import client
from autograder.sandbox.channel import Channel, ChannelClosed, ChannelTimeout
from autograder.sandbox.wire import (
    DTYPES,
    MAX_DEPTH,
    MAX_ITEMS,
    MAX_NODES,
    Decoder,
    Handle,
    WireError,
    encode,
)

from .fuzz.targets import kept, plain

FRAME = 1 << 20
SEED = 20_261_120


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, Channel]]:
    """A raw socket, and the channel that listens to it."""
    ours, theirs = socket.socketpair()
    for sock in (ours, theirs):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * FRAME)
    channel = Channel(theirs, FRAME)
    channel.set_timeout(2.0)
    with ours, theirs:
        yield ours, channel


def through(value: Any, **options: Any) -> Any:
    """The value after the whole way: encoded, packed, unpacked, decoded."""
    packed = msgpack.packb(encode(value), use_bin_type=True)
    return Decoder(**options).decode(msgpack.unpackb(packed, raw=False))


def alike(a: Any, b: Any) -> bool:
    """Equality that looks at types, dtypes, bytes and order, written without the wire's own ideas."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict):
        return alike(list(a.items()), list(b.items()))
    return bool(a == b) or a != a


PLAIN = [
    None, True, False, 0, -1, 2**63 - 1, -(2**63), 2**63, -(2**200), 10**399, 0.0, -0.0, 1.5, float("inf"), float("nan"), 1 + 2j,
    "", "ü – 漢字 \0 '", b"", b"\x00\xff", (), [], {}, (1, [2.0, ("three", {"four": None})]), {1: "a", "b": (2,), None: 3, (1, "x"): 4},
    np.float32(1.5), np.int8(-3), np.bool_(True), np.float64("nan"), np.complex64(1j),
]  # fmt: skip


@pytest.mark.parametrize(
    "value", PLAIN, ids=lambda value: f"{type(value).__name__}-{str(value)[:20]}"
)
def test_plain_values_come_through_whole(value: Any) -> None:
    assert alike(through(value), value)


@pytest.mark.parametrize("dtype", sorted(DTYPES))
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4), (1,) * 32])
def test_arrays_come_through_whole(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    assert alike(through(array), array)


@pytest.mark.parametrize(
    "make",
    [
        lambda a: a, np.asfortranarray, lambda a: a[:, ::2], lambda a: a[::-1], lambda a: a.T, lambda a: np.broadcast_to(a[0], (4, 6)),
        lambda a: a.view(np.recarray), lambda a: a.view(type("Sly", (np.ndarray,), {"__eq__": lambda *_: True})),
    ],
    ids=["plain", "fortran", "slice", "reversed", "transposed", "broadcast", "recarray", "subclass"],
)  # fmt: skip
def test_an_array_arrives_plain_in_c_order_and_owned(
    make: Callable[[np.ndarray], np.ndarray],
) -> None:
    given = make(np.arange(24.0).reshape(4, 6))
    got = through(given)
    assert type(got) is np.ndarray
    assert got.base is None
    assert got.flags.owndata
    assert got.flags.writeable
    assert got.flags.c_contiguous
    assert got.dtype == np.float64
    assert got.tolist() == np.asarray(given).tolist()


@pytest.mark.parametrize(("layout", "contiguous"), [("C", "C"), ("F", "F"), ("S", "")])
@pytest.mark.parametrize("locked", [False, True])
def test_into_the_sandbox_layouts_are_kept(layout: str, contiguous: str, locked: bool) -> None:
    base = np.arange(24.0).reshape(4, 6)
    array = {
        "C": base.copy(),
        "F": np.asfortranarray(base),
        "S": np.repeat(base, 2, axis=1)[:, ::2],
    }[layout]
    array.setflags(write=not locked)
    got = through(array, layouts=True)
    assert (got.flags.c_contiguous, got.flags.f_contiguous) == (
        contiguous == "C",
        contiguous == "F",
    )
    assert got.flags.writeable is not locked
    assert np.array_equal(got, base)


@pytest.mark.parametrize("name", ["PCG64", "PCG64DXSM", "Philox", "SFC64", "MT19937"])
def test_a_generator_goes_on_where_it_was(name: str) -> None:
    rng = np.random.Generator(getattr(np.random, name)(5))
    rng.integers(7, dtype=np.uint32)  # leaves half a draw behind
    got = through(rng, layouts=True)
    assert got is not rng
    assert np.array_equal(got.random(50), rng.random(50))


def test_equal_generators_have_equal_children() -> None:
    first, same, other = (through(np.random.default_rng(seed), layouts=True) for seed in (5, 5, 6))
    drawn = [
        [child.random() for child in [*one.spawn(2), *one.spawn(1)]] for one in (first, same, other)
    ]
    assert drawn[0] == drawn[1]
    assert len({*drawn[0], *drawn[2]}) == 6


def test_subclasses_cross_as_what_they_hold() -> None:
    class Text(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = str.__hash__

    class Number(float):
        pass

    assert alike(through([Text("a"), Number(2.5)]), ["a", 2.5])


@pytest.mark.parametrize(
    "value",
    [
        object(), len, {1, 2}, np.array([object()]), np.array(["a"]), np.zeros(2, "f8,i4"), np.array(1, "M8[s]"), "\ud83d", {"\udc80": 1},
        10**5000, -(10**400), {10**30: 1}, {(1, 10**30): 1}, {(0.1, 8): 1}, {((1, 2), 3): 1}, {np.float64(1.0): 1}, {b"x": 1},
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_no_data_does_not_cross(value: Any) -> None:
    with pytest.raises(WireError):
        encode(value)


def test_references_cross_by_number() -> None:
    things = {7: "seven"}
    sent = encode((1, len, [print]), lambda value: ["f", 7])
    assert Decoder(lambda tag, ident: (tag, things[ident])).decode(sent) == (
        1,
        ("f", "seven"),
        [("f", "seven")],
    )
    with pytest.raises(WireError):
        Decoder().decode(["k", 1])
    for bad in (["k", "1"], ["k", True], ["k"], ["k", 1, 2], ["f", 1.0]):
        with pytest.raises(WireError):
            Decoder(lambda tag, ident: Handle(ident)).decode(bad)


def test_depth_is_bounded_in_both_directions() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert alike(through(deep), deep)
    with pytest.raises(WireError):
        encode([deep])
    sent: Any = 1
    for _ in range(MAX_DEPTH + 1):
        sent = ["l", [sent]]
    with pytest.raises(WireError):
        Decoder().decode(sent)
    round_and_round: list[Any] = []
    round_and_round.append(round_and_round)
    with pytest.raises(WireError):
        encode(round_and_round)


HUGE = 2**39
MALFORMED: dict[str, Any] = {
    "untagged": [1, 2],
    "empty": [],
    "a map": {"a": 1},
    "bytes": b"x",
    "unknown tag": ["z", 1],
    "long tag": ["items", [1]],
    "dunder": ["_", 1],
    "object dtype": ["a", "|O", [1], bytes(8), "C"],
    "structured dtype": ["a", "<f8,<i4", [1], bytes(12), "C"],
    "string dtype": ["a", "<U4", [1], bytes(16), "C"],
    "void dtype": ["a", "|V8", [1], bytes(8), "C"],
    "date dtype": ["a", "<M8[s]", [1], bytes(8), "C"],
    "dtype no text": ["a", 5, [1], bytes(8), "C"],
    "too few bytes": ["a", "<f8", [3], bytes(16), "C"],
    "too many bytes": ["a", "<f8", [1], bytes(16), "C"],
    "bytes as text": ["a", "|i1", [2], "ab", "C"],
    "huge shape": ["a", "<f8", [2**62], b"", "C"],
    "huge product": ["a", "<f8", [HUGE, HUGE], b"", "C"],
    "huge product of nothing": ["a", "<f8", [0, HUGE, HUGE], b"", "C"],
    "product that wraps around": ["a", "|i1", [2**32, 2**32], b"", "C"],
    "negative shape": ["a", "<f8", [-1], bytes(8), "C"],
    "shape of floats": ["a", "<f8", [1.0], bytes(8), "C"],
    "shape of flags": ["a", "<f8", [True], bytes(8), "C"],
    "too many axes": ["a", "|i1", [1] * 65, b"\0", "C"],
    "no layout": ["a", "<f8", [1], bytes(8)],
    "layout no text": ["a", "<f8", [1], bytes(8), 0],
    "scalar of two": ["n", "<f8", bytes(16)],
    "scalar of objects": ["n", "|O", bytes(8)],
    "integer of words": ["i", "ten"],
    "integer of signs": ["i", "--5"],
    "integer too long": ["i", "9" * 5000],
    "integer no text": ["i", 5],
    "complex of whole numbers": ["c", 1, 2],
    "dict of singles": ["d", [[1]]],
    "dict keyed by a list": ["d", [[["l", []], 1]]],
    "dict keyed by an array": ["d", [[["a", "<f8", [], bytes(8), "C"], 1]]],
    "tuple of nothing": ["t"],
    "tuple of text": ["t", "ab"],
    "generator of another module": ["g", "__class__", ["d", []]],
    "generator no text": ["g", ["PCG64"], None],
    "generator too short": ["g", "PCG64", bytes(31), 0, 0],
    "generator of an old form": ["g", "PCG64", ["d", []]],
    "generator without half": ["g", "PCG64DXSM", bytes(32), 0],
    "generator of two spares": ["g", "PCG64", bytes(32), 2, 0],
    "generator of a true half": ["g", "PCG64", bytes(32), 0, True],
    "generator of too large a half": ["g", "PCG64", bytes(32), 1, 2**32],
    "generator of no bytes": ["g", "PCG64", "0" * 32, 0, 0],
}
_MT = np.random.MT19937(1).state
_PCG = np.random.PCG64(1).state
_PHILOX = np.random.Philox(1).state
BAD_STATES: dict[str, Any] = {
    "short key": _MT | {"state": {"key": np.zeros(3, np.uint32), "pos": 0}},
    "huge position": _MT | {"state": {"key": _MT["state"]["key"], "pos": 2**70}},
    "position past the end": _MT | {"state": {"key": _MT["state"]["key"], "pos": 10**6}},
    "negative position": _MT | {"state": {"key": _MT["state"]["key"], "pos": -5}},
    "negative state": _PCG | {"state": {"state": -1, "inc": 1}},
    "huge flag": _PCG | {"has_uint32": 2**80},
    "negative buffer position": _PHILOX | {"buffer_pos": -(2**20)},
    "short buffer": _PHILOX | {"buffer": np.zeros(2, np.uint64)},
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_value_raises_a_wire_error(data: Any) -> None:
    with pytest.raises(WireError):
        Decoder().decode(data)
    with pytest.raises(StudentError) as caught:
        client.decode_reply(data, lambda tag, ident: None)
    assert caught.value.kind == "forged"


@pytest.mark.parametrize("state", BAD_STATES.values(), ids=BAD_STATES.keys())
def test_a_forged_random_state_never_gets_into_the_trusted_process(state: dict[str, Any]) -> None:
    """NumPy trusts a state's positions, and would read past its own memory at the next draw."""
    try:
        got = Decoder().decode(["g", state["bit_generator"], encode(state)])
    except WireError:
        return
    held = got.bit_generator.state if isinstance(got, np.random.Generator) else {}
    inner = held.get("state", {})
    assert 0 <= inner.get("pos", 0) <= 624
    assert 0 <= held.get("buffer_pos", 0) <= 4
    assert held.get("has_uint32", 0) in (0, 1)


COLLIDING = 2**61 - 1  # whose multiples all have the hash of 0


@pytest.mark.parametrize(
    "pairs",
    [
        [[["i", str(k * COLLIDING)], None] for k in range(10, 60_000)],
        [[["t", [["i", str(k * COLLIDING)]]], None] for k in range(10, 60_000)],
        [
            [
                [
                    "t",
                    [
                        a * COLLIDING
                        for a in (
                            k % 4,
                            k // 4 % 4,
                            k // 16 % 4,
                            k // 64 % 4,
                            k // 256 % 4,
                            k // 1024,
                        )
                    ],
                ],
                None,
            ]
            for k in range(4096)
        ],
    ],
    ids=["numbers", "tuples of one", "tuples"],
)
def test_keys_that_are_made_to_collide_are_refused_early(
    pairs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = Decoder()
    with pytest.raises(WireError, match="key"):
        decoder.decode(["d", pairs])
    assert decoder.nodes < 10_000


def test_flags_hold_only_zero_and_one() -> None:
    """A flag of 7 would count seven times in a sum over another dtype."""
    got = Decoder().decode(["a", "|b1", [3], b"\x07\x00\x01", "C"])
    assert got.view(np.uint8).tolist() == [1, 0, 1]


# -- frames -------------------------------------------------------------------------------------------------------------


def frame(body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + body


def test_messages_cross_a_channel(pair: tuple[socket.socket, Channel]) -> None:
    raw, channel = pair
    other = Channel(raw, FRAME)
    messages = [{"op": "cell", "source": "x" * size} for size in (0, 1, 70_000, 5)]
    for message in messages:
        other.send(message)
    assert [channel.receive() for _ in messages] == messages
    with pytest.raises(WireError):
        other.send({"body": bytes(FRAME)})


BODIES: dict[str, bytes] = {
    "no message": msgpack.packb([1, 2]),
    "a number": b"\x05",
    "nothing": b"",
    "two values": msgpack.packb({"op": "done"}) + b"\x01",
    "cut short": msgpack.packb({"op": "done", "x": "abc"})[:-1],
    "an extension": msgpack.packb({"x": msgpack.ExtType(5, b"x")}),
    "a timestamp": msgpack.packb({"x": msgpack.Timestamp(0)}),
    "keys that are no text": msgpack.packb({1: 2}),
    "keys that are lists": b"\x81\x91\x01\x02",
    "no UTF-8": b"\x81\xa1x\xa2\xff\xfe",
    "a promised array": b"\x81\xa1x\xdd\xff\xff\xff\xff",
    "a promised map": b"\x81\xa1x\xdf\xff\xff\xff\xff",
    "promised bytes": b"\x81\xa1x\xc6\xff\xff\xff\xff",
    "promised text": b"\x81\xa1x\xdb\xff\xff\xff\xff",
    "nested arrays": b"\x81\xa1x" + b"\x91" * 500_000,
    "nested maps": b"\x81\xa1x" * 200_000,
    "nested extensions": b"\x81\xa1x" + b"\xc7\xff\x01" * 100_000,
    "never used": b"\xc1" * 1000,
    "a long array": msgpack.packb({"x": [None] * (MAX_ITEMS + 1)}),
    "a wide map": msgpack.packb({str(n): n for n in range(100)}),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_malformed_frame_raises_a_wire_error(
    body: bytes, pair: tuple[socket.socket, Channel]
) -> None:
    raw, channel = pair
    raw.sendall(frame(body) + frame(msgpack.packb({"op": "next"})))
    with pytest.raises(WireError):
        channel.receive()
    assert channel.receive() == {"op": "next"}  # a bad body does not put the channel out of step


def test_a_frame_too_large_is_refused_unread(pair: tuple[socket.socket, Channel]) -> None:
    raw, channel = pair
    raw.sendall(struct.pack("!I", FRAME + 1))
    start = time.monotonic()
    with pytest.raises(WireError):
        channel.receive()
    assert time.monotonic() - start < 1


def test_silence_and_an_end_are_told_apart(pair: tuple[socket.socket, Channel]) -> None:
    raw, channel = pair
    channel.set_timeout(0.05)
    raw.sendall(b"\0\0")
    with pytest.raises(ChannelTimeout):
        channel.receive()
    raw.sendall(b"\0\5ab")
    raw.close()
    with pytest.raises(ChannelClosed):
        channel.receive()


def test_drips_do_not_outlast_the_deadline(pair: tuple[socket.socket, Channel]) -> None:
    raw, channel = pair
    raw.sendall(struct.pack("!I", 100) + b"x")
    start = time.monotonic()
    with pytest.raises(ChannelTimeout):
        channel.receive(deadline=start)
    assert time.monotonic() - start < 1  # not only when a whole wait has passed in silence


BOMBS: dict[str, Callable[[], bytes]] = {
    "empty lists": lambda: (
        b"\x81\xa1x\xdc\x00\x0f"
        + (b"\xdd" + struct.pack("!I", MAX_ITEMS) + b"\x90" * MAX_ITEMS) * 15
    ),
    "empty maps": lambda: (
        b"\x81\xa1x\xdc\x00\x0f"
        + (b"\xdd" + struct.pack("!I", MAX_ITEMS) + b"\x80" * MAX_ITEMS) * 15
    ),
    "nothings": lambda: (
        b"\x81\xa1x\xdc\x00\x0f"
        + (b"\xdd" + struct.pack("!I", MAX_ITEMS) + b"\xc0" * MAX_ITEMS) * 15
    ),
    "short texts": lambda: (
        b"\x81\xa1x\xdc\x00\x07"
        + (b"\xdd" + struct.pack("!I", MAX_ITEMS) + b"\xa1a" * MAX_ITEMS) * 7
    ),
    "tagged pairs": lambda: (
        b"\x81\xa1x\x92\xa1l\xdd" + struct.pack("!I", MAX_ITEMS) + b"\x92\xa1l\x90" * MAX_ITEMS
    ),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_small_frame_does_not_grow_without_bound(
    bomb: Callable[[], bytes], pair: tuple[socket.socket, Channel]
) -> None:
    """The largest frame may cost some times its size, not sixty: 32 MB would be 2 GB of the grader's memory."""
    raw, channel = pair
    body = bomb()
    assert len(body) <= FRAME
    raw.sendall(frame(body))
    start = time.process_time()
    tracemalloc.start()
    try:
        message = channel.receive()
        Decoder().decode(message["x"])
    except WireError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 36 << 20
    assert time.process_time() - start < 10


def test_many_values_are_refused_whatever_holds_them() -> None:
    wide = ["l", [["l", [0] * 50_000]] * 8]
    assert MAX_NODES < 8 * 50_000
    with pytest.raises(WireError):
        Decoder().decode(wide)
    shared: Any = 1
    for _ in range(
        30
    ):  # 2^30 values in 30 lists; a frame cannot hold this, a decoder must not walk it
        shared = ["l", [shared, shared]]
    with pytest.raises(WireError):
        Decoder().decode(shared)


# -- 20,000 mutations ---------------------------------------------------------------------------------------------------


def answers() -> list[Any]:
    """Values like those that functions return, tagged."""
    rng = np.random.default_rng(1)
    values = [
        (rng.normal(size=(2, 3)), {"w": np.float32(2), "n": 2**70, (1, "a"): [True, None, "text"]}),
        [np.arange(4), rng.integers(5, size=(0, 3)), 1.5, 2j, b"raw", np.array(3.0)],
        {"rng": np.random.Generator(np.random.MT19937(3)), "other": np.random.default_rng(2)},
        ((((((1,),),),),), np.zeros((2, 2), dtype=bool)),
    ]
    return [encode(value) for value in values]


ATOMS: list[Any] = [
    None, True, -1, 0, 1, 2**40, 2**63, -(2**63), 1e308, float("nan"), "", "a", "t", "d", "g", "i", "f", "k", "o", "n", "PCG64", "|O", "<f8", "<U9",
    b"", b"\xff" * 8, [], {}, {"a": 1}, ["k", 1], ["f", 0], ["o", -1], ["i", "-"], ["i", "--1"], ["t", []], ["d", [[None, None]]], "-", "9" * 500,
    ["a", "<f8", [0, 2**39, 2**39], b"", "C"], ["n", "|b1", b"\x05"], ["l", [["l", [["l", []]]]]],
]  # fmt: skip


def places(data: Any, found: list[tuple[list[Any], int]]) -> list[tuple[list[Any], int]]:
    """Every place in tagged data where something may stand."""
    if isinstance(data, list):
        for number, item in enumerate(data):
            found.append((data, number))
            places(item, found)
    return found


def changed(data: Any, dice: random.Random) -> Any:
    """The data with one to three things in it replaced, doubled, moved, left out or nested."""
    data = copy.deepcopy(data)
    for _ in range(dice.randint(1, 3)):
        spots = places(data, [])
        if not spots:
            return dice.choice(ATOMS)
        holder, number = dice.choice(spots)
        kind = dice.randrange(5)
        if kind == 0:
            holder[number] = copy.deepcopy(dice.choice(ATOMS))
        elif kind == 1:
            holder.insert(number, holder[number])
        elif kind == 2:
            del holder[number]
        elif kind == 3:
            other, place = dice.choice(spots)
            holder[number] = copy.deepcopy(other[place]) if place < len(other) else None
        else:
            value = holder[number]
            if type(value) is int:
                holder[number] = dice.choice(
                    [value + 1, -value, value * 2**20 % 2**62, 1 << dice.randrange(62)]
                )
            elif isinstance(value, bytes):
                holder[number] = value[: dice.randrange(len(value) + 1)] + dice.randbytes(
                    dice.randrange(3)
                )
            else:
                holder[number] = ["l", [value]]
    return data


def test_changed_values_raise_nothing_but_wire_errors() -> None:
    dice, made, refused, slowest = random.Random(SEED), 0, 0, 0.0
    bases = answers()
    for _ in range(10_000):
        data = changed(dice.choice(bases), dice)
        start = time.process_time()
        try:
            value = Decoder(kept).decode(data)
        except WireError:
            refused += 1
        else:
            assert plain(value)
            made += 1
        slowest = max(slowest, time.process_time() - start)
    assert refused > 3_000  # the changes do reach the decoder's checks
    assert made > 300
    assert slowest < 1.0


def test_changed_frames_raise_nothing_but_wire_errors(pair: tuple[socket.socket, Channel]) -> None:
    raw, channel = pair
    dice, refused, made = random.Random(SEED + 1), 0, 0
    bases = [msgpack.packb({"op": "done", "results": [{"value": data}]}) for data in answers()]
    for _ in range(10_000):
        body = bytearray(dice.choice(bases))
        for _ in range(dice.randint(1, 6)):
            place = dice.randrange(len(body))
            kind = dice.randrange(4)
            if kind == 0:
                body[place] = dice.randrange(256)
            elif kind == 1:
                body[place] ^= 1 << dice.randrange(8)
            elif kind == 2:
                body[place:place] = dice.randbytes(dice.randint(1, 4))
            elif len(body) > 40:
                del body[place : place + dice.randint(1, 20)]
        raw.sendall(frame(bytes(body)))
        try:
            message = channel.receive()
            results = message.get("results")
            first = results[0] if isinstance(results, list) and results else {}
            value = Decoder(kept).decode(
                first.get("value", results) if isinstance(first, dict) else results
            )
        except WireError:
            refused += 1
        else:
            assert plain(value)
            made += 1
    raw.sendall(frame(msgpack.packb({"op": "last"})))
    assert channel.receive() == {"op": "last"}  # still in step
    assert refused > 3_000
    assert made > 100
