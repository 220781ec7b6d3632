"""What crosses between the trusted process and a student's: plain data, in msgpack frames, without
pickle.

Every value that is not None, a bool, a number or a string is a list that begins with a tag::

    ["t", items]  tuple            ["a", dtype, shape, bytes, layout]  array  ["f", id]  a function of the trusted side
    ["l", items]  list             ["n", dtype, bytes]          NumPy scalar  ["k", id]  something kept in the sandbox
    ["d", pairs]  dict             ["i", digits]                large int     ["o", id]  something kept on the trusted side
    ["c", re, im] complex          ["b", bytes]                 bytes         ["g", name, state]  random generator
                                                                              ["g", name, bytes, spare, half]  that of PCG64
                                                                              ["u", name]  a function of NumPy's own

There are no extension types, so decoding never recurses inside the C parser; depth, number of
nodes, dtype and shape are checked before an array is made, and what is made is always a plain
object of its own, never a subclass or a view. This module is loaded on both sides of the pipe; it
imports nothing of the project.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISpawnableSeedSequence

MAX_DEPTH = 32
MAX_NODES = 300_000
MAX_ITEMS = 65_536
DTYPES = frozenset(
    np.dtype(code).str
    for code in ["?", "b", "B", "h", "H", "i", "I", "q", "Q", "e", "f", "d", "F", "D"]
)
# a dtype makes its name anew each time that it is asked
_NAMES = {np.dtype(name): name for name in DTYPES}
MAX_DIGITS = 400
MAX_TUPLE_KEYS = 1_000
_OF_128_BITS = frozenset({"PCG64", "PCG64DXSM"})
GENERATORS = _OF_128_BITS | {"Philox", "SFC64", "MT19937"}
_EXACT_INTS = range(-(2**63), 2**63)
_LARGEST = 10**MAX_DIGITS


class WireError(Exception):
    """A frame or a value that is not of the agreed form."""


class Handle:
    """Stands for an object that stays on the other side, such as a layer's cache."""

    __slots__ = ("ident",)

    def __init__(self, ident: int) -> None:
        self.ident = ident


class _Unseeded(ISpawnableSeedSequence):
    """In place of a seed where a generator's state is set at once: drawing and spreading one takes
    longer than most calls.
    """

    def __init__(self, state: Any) -> None:
        self.state = state
        self.seeds: np.random.SeedSequence | None = None

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> np.ndarray:
        return np.zeros(n_words, dtype)

    def spawn(self, n_children: int) -> list[Any]:
        """Children that follow from the state that crossed: equal generators must have equal
        ones.
        """
        if self.seeds is None:
            self.seeds = np.random.SeedSequence(list(repr(self.state).encode()))
        return self.seeds.spawn(n_children)


def unseeded(kind: Callable[[Any], Any], state: Any) -> Any:
    """Return a bit generator of that kind, whose state is still to be set."""
    return kind(_Unseeded(state))


Refer = Callable[[Any], list[Any] | None]
Resolve = Callable[[str, int], Any]


def _refer_nothing(value: Any) -> list[Any] | None:
    return None


def encode(value: Any, refer: Refer = _refer_nothing, depth: int = 0) -> Any:
    """Turn a value into tagged plain data; `refer` may stand in for what is no data.

    Raises:
        WireError: the value, or something within it, is no data, or lies too deep.
    """
    if depth > MAX_DEPTH:
        raise WireError(f"nested more than {MAX_DEPTH} deep")
    if value is None or type(value) in (bool, float):
        return value
    if type(value) is str:
        if not value.isascii() and value != value.encode("utf-8", "replace").decode():
            raise WireError("a text that holds half a character")
        return value
    if type(value) is int:
        if abs(value) >= _LARGEST:
            raise WireError(f"a whole number of more than {MAX_DIGITS} digits")
        return value if value in _EXACT_INTS else ["i", str(value)]
    if isinstance(value, np.ndarray):
        name = _NAMES.get(value.dtype)
        if name is None:
            raise WireError(f"an array of dtype {value.dtype}")
        return ["a", name, list(value.shape), value.tobytes(), layout_of(value)]
    if isinstance(value, np.generic):
        name = _NAMES.get(value.dtype)
        if name is None:
            raise WireError(f"a NumPy scalar of dtype {value.dtype}")
        return ["n", name, value.tobytes()]
    if isinstance(value, tuple):
        return ["t", [encode(item, refer, depth + 1) for item in value]]
    if isinstance(value, list):
        return ["l", [encode(item, refer, depth + 1) for item in value]]
    if isinstance(value, dict):
        for key in value:
            if not (_is_key(key) or isinstance(key, str)):
                raise WireError(f"a dict with a key of type {type(key).__name__}")
        return [
            "d",
            [[encode(k, refer, depth + 1), encode(v, refer, depth + 1)] for k, v in value.items()],
        ]
    if isinstance(value, bytes):
        return ["b", value]
    if isinstance(value, complex):
        return ["c", value.real, value.imag]
    if isinstance(value, np.random.Generator):
        return _generator(value)
    if isinstance(value, (bool, int, float, str)):  # a subclass: only its value crosses
        return encode(
            next(kind for kind in (bool, int, float, str) if isinstance(value, kind))(value),
            refer,
            depth,
        )
    referred = refer(value)
    if referred is None:
        raise WireError(f"an object of type {type(value).__name__}")
    return referred


def layout_of(array: np.ndarray) -> str:
    """How the array lies in memory: C or F order, S for neither, and r where it may only be
    read.
    """
    flags = array.flags
    order = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "S"
    return order if flags.writeable else order + "r"


def _truth(array: np.ndarray) -> np.ndarray:
    """Booleans as 0 and 1 alone: a byte of 7 would count as True and as 7."""
    return np.asarray(array.view(np.uint8) != 0) if array.dtype.kind == "b" else array


def laid_out(array: np.ndarray, layout: str) -> np.ndarray:
    """Return the same numbers in that layout, given a contiguous array of one's own."""
    if layout[:1] == "F":
        array = np.asfortranarray(array)
    elif layout[:1] == "S":
        wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), dtype=array.dtype)
        wide[..., ::2] = array
        array = wide[..., ::2]
    array.setflags(write=not layout.endswith("r"))
    return array


def _generator(generator: np.random.Generator) -> list[Any]:
    """Encode a generator by its state; that of NumPy's default is two numbers of 128 bits and a
    spare half of the last draw.
    """
    name, state = type(generator.bit_generator).__name__, generator.bit_generator.state
    if name not in _OF_128_BITS:
        return ["g", name, _state(state)]
    numbers = state["state"]
    both = numbers["state"].to_bytes(16, "little") + numbers["inc"].to_bytes(16, "little")
    return ["g", name, both, state["has_uint32"], state["uinteger"]]


def _state_of_128_bits(name: str, data: list[Any]) -> dict[str, Any]:
    both, spare, half = data
    if not (
        type(both) is bytes
        and len(both) == 32
        and type(spare) is int
        and type(half) is int
        and spare in (0, 1)
        and 0 <= half < 2**32
    ):
        raise WireError("a malformed random generator")
    state, inc = (int.from_bytes(part, "little") for part in (both[:16], both[16:]))
    return {
        "bit_generator": name,
        "state": {"state": state, "inc": inc},
        "has_uint32": spare,
        "uinteger": half,
    }


def _state(state: Mapping[str, Any]) -> list[Any]:
    """Encode a generator's state: names, and below them numbers and the like. Checks pass many."""
    return [
        "d",
        [
            [key, _state(item) if isinstance(item, dict) else encode(item)]
            for key, item in state.items()
        ],
    ]


def _resolve_nothing(tag: str, ident: int) -> Any:
    raise WireError(f"an unexpected reference {tag!r}")


class Decoder:
    """Builds fresh plain objects from tagged data, within bounds.

    The trusted side always gets arrays in plain C order that are its own to write; `layouts` makes
    them as they were sent.
    """

    def __init__(self, resolve: Resolve = _resolve_nothing, layouts: bool = False) -> None:
        self.resolve, self.layouts = resolve, layouts
        self.nodes = self.tuple_keys = 0

    def decode(self, data: Any, depth: int = 0) -> Any:
        """Raise WireError for anything that `encode` could not have written."""
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise WireError("nested too deep" if depth > MAX_DEPTH else "too many values")
        if data is None or type(data) in (bool, int, float, str):
            return data
        if type(data) is not list or not data or type(data[0]) is not str:
            raise WireError(f"an untagged {type(data).__name__}")
        read = getattr(self, f"_read_{data[0]}", None) if len(data[0]) == 1 else None
        if read is None:
            raise WireError("an unknown tag")
        return read(data[1:], depth)

    def _items(self, data: list[Any]) -> list[Any]:
        if len(data) != 1 or type(data[0]) is not list:
            raise WireError("a malformed container")
        items: list[Any] = data[0]
        return items

    def _read_t(self, data: list[Any], depth: int) -> tuple[Any, ...]:
        return tuple(self._read_l(data, depth))

    def _read_l(self, data: list[Any], depth: int) -> list[Any]:
        return [self.decode(item, depth + 1) for item in self._items(data)]

    def _read_d(self, data: list[Any], depth: int) -> dict[Any, Any]:
        made = {}
        for pair in self._items(data):
            if type(pair) is not list or len(pair) != 2:
                raise WireError("a malformed dict")
            key = self.decode(pair[0], depth + 1)
            self.tuple_keys += type(key) is tuple
            if not _is_key(key) or self.tuple_keys > MAX_TUPLE_KEYS:
                raise WireError(f"a dict key of type {type(key).__name__}")
            made[key] = self.decode(pair[1], depth + 1)
        return made

    def _read_a(self, data: list[Any], depth: int) -> np.ndarray:
        if (
            len(data) != 4
            or type(data[1]) is not list
            or len(data[1]) > MAX_DEPTH
            or type(data[3]) is not str
        ):
            raise WireError("a malformed array")
        most = 1
        for n in data[1]:
            if type(n) is not int or not 0 <= n < 2**40:
                raise WireError("an array of impossible shape")
            most *= n or 1
        if most >= 2**56:  # however many of them a zero takes away
            raise WireError("an array of impossible shape")
        dtype, raw = self._dtype_and_bytes(data[0], data[2], 0 if 0 in data[1] else most)
        array = _truth(np.frombuffer(raw, dtype)).reshape(data[1]).copy()
        return laid_out(array, data[3]) if self.layouts else array

    def _read_n(self, data: list[Any], depth: int) -> Any:
        if len(data) != 2:
            raise WireError("a malformed scalar")
        dtype, raw = self._dtype_and_bytes(data[0], data[1], 1)
        return _truth(np.frombuffer(raw, dtype))[0]

    @staticmethod
    def _dtype_and_bytes(name: Any, raw: Any, count: int) -> tuple[np.dtype, bytes]:
        if type(name) is not str or name not in DTYPES or type(raw) is not bytes:
            raise WireError("an array of a dtype that does not cross")
        dtype = np.dtype(name)
        if len(raw) != count * dtype.itemsize:
            raise WireError("an array whose bytes do not fill its shape")
        return dtype, raw

    def _read_i(self, data: list[Any], depth: int) -> int:
        if (
            len(data) != 1
            or type(data[0]) is not str
            or not re.fullmatch(rf"-?[0-9]{{1,{MAX_DIGITS}}}", data[0])
        ):
            raise WireError("a malformed integer")
        return int(data[0])

    def _read_c(self, data: list[Any], depth: int) -> complex:
        if len(data) != 2 or any(type(part) is not float for part in data):
            raise WireError("a malformed complex number")
        return complex(*data)

    def _read_b(self, data: list[Any], depth: int) -> bytes:
        if len(data) != 1 or type(data[0]) is not bytes:
            raise WireError("malformed bytes")
        return bytes(data[0])

    def _read_g(self, data: list[Any], depth: int) -> np.random.Generator:
        if not data or type(data[0]) is not str or data[0] not in GENERATORS:
            raise WireError("a malformed random generator")
        if len(data) != (4 if data[0] in _OF_128_BITS else 2):
            raise WireError("a malformed random generator")
        state = (
            _state_of_128_bits(data[0], data[1:])
            if data[0] in _OF_128_BITS
            else self.decode(data[1], depth + 1)
        )
        bits = unseeded(getattr(np.random, data[0]), state)
        # NumPy believes what a state says of its own memory, so the trusted side never sets one
        # that came back
        if self.layouts:
            bits.state = state
        return np.random.Generator(bits)

    def _reference(self, tag: str, data: list[Any]) -> Any:
        if len(data) != 1 or type(data[0]) is not int:
            raise WireError("a malformed reference")
        return self.resolve(tag, data[0])

    def _read_f(self, data: list[Any], depth: int) -> Any:
        return self._reference("f", data)

    def _read_k(self, data: list[Any], depth: int) -> Any:
        return self._reference("k", data)

    def _read_u(self, data: list[Any], depth: int) -> Any:
        function = getattr(np, data[0], None) if len(data) == 1 and type(data[0]) is str else None
        # the trusted side takes no functions
        if not self.layouts or not isinstance(function, np.ufunc):
            raise WireError("a function of NumPy where a value was expected")
        return function

    def _read_o(self, data: list[Any], depth: int) -> Any:
        return self._reference("o", data)


def _is_key(key: Any) -> bool:
    """Whether a dict may be kept by it; of keys that are made to have one hash, a few thousand
    would take minutes to put in.
    """
    if type(key) is tuple:
        return all(type(part) in (str, int, bool) and _is_key(part) for part in key)
    return type(key) in (str, bool, float, type(None)) or (type(key) is int and key in _EXACT_INTS)


def iterate(value: Iterator[Any]) -> list[Any]:
    """Return the first items of an iterator, as a list, so that a generator's answer can cross."""
    return [item for item, _ in zip(value, range(MAX_ITEMS), strict=False)]
