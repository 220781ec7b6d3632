"""Describes a function that a check passes, so that it is known again with the next student.

A check defines its functions anew for each student. Two of them answer alike where their code is
the same and what they hold is the same: defaults, the variables around them, and the names of
their file that they use. What may remember earlier calls is not described.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ...sandbox.wire import encode
from .recorders import methods, write_only

_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_SHARED = "random"  # the name by which code reaches the generator that everybody draws from


def described(function: Any) -> list[Any]:
    """Return plain data that two functions have in common only if they answer alike.

    Raises:
        TypeError: the function, or something that it holds, may remember earlier calls, or
            cannot be described.
    """
    description = _Description()
    found = description.of(function)
    if description.left_out & description.read:
        raise TypeError("another function reads what an object notes of its calls")
    return found


@dataclass
class _Description:
    """What is met on the way through all that a function holds.

    Attributes:
        left_out: attributes that are no part of it, since no method of their own object reads them.
        read: names that functions use.
    """

    left_out: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    _seen: list[Any] = field(default_factory=list)

    def of(self, value: Any) -> list[Any]:
        """Describe a value; what is met again within itself is told by its number."""
        if type(value) in _PLAIN or isinstance(value, (np.ndarray, np.generic)):
            return ["data", encode(value)]
        if type(value) is tuple:
            return ["tuple", *map(self.of, value)]
        if isinstance(value, ModuleType):
            return ["module", value.__name__]
        name = str(getattr(value, "__name__", ""))
        if getattr(np, name, None) is value:
            return ["numpy", name]
        if isinstance(value, BuiltinFunctionType) and isinstance(value.__self__, ModuleType):
            return ["builtin", value.__self__.__name__, value.__name__]
        for number, one in enumerate(self._seen):
            if one is value:
                return ["seen", number]
        if isinstance(value, MethodType):
            return ["method", value.__name__, self.of(value.__self__)]
        self._seen.append(value)
        if type(value) is FunctionType:
            return self._function(value, set())
        return self._class(value) if isinstance(value, type) else self._object(value)

    def _class(self, kind: Any) -> list[Any]:
        """Describe a class whose objects are made anew: it keeps nothing itself."""
        notes = set(write_only(kind))
        self.left_out |= notes
        return ["class", [[name, self._function(one, notes)] for name, one in methods(kind)]]

    def _object(self, value: Any) -> list[Any]:
        kind: Any = type(value)
        notes = {name for name in write_only(kind) if type(vars(value).get(name)) is list}
        self.left_out |= notes
        held = [
            [name, self.of(one)] for name, one in sorted(vars(value).items()) if name not in notes
        ]
        return [
            "object",
            [[name, self._function(one, notes)] for name, one in methods(type(value))],
            held,
        ]

    def _function(self, function: FunctionType, notes: set[str]) -> list[Any]:
        """Describe a function that may use the names of `notes`: it is known to read none."""
        names = _names(function.__code__)
        if _SHARED in names or vars(function):
            raise TypeError(
                "it may answer by what others have drawn, or by what it has noted on itself"
            )
        self.read |= set(names) - notes
        used = [
            [name, self.of(function.__globals__[name])]
            for name in names
            if name in function.__globals__
        ]
        held = [self.of(cell.cell_contents) for cell in function.__closure__ or ()]
        defaults = (function.__defaults__, tuple(sorted((function.__kwdefaults__ or {}).items())))
        return ["function", _code(function.__code__), used, held, self.of(defaults)]


@functools.lru_cache(maxsize=4096)
def _names(code: CodeType) -> tuple[str, ...]:
    """Return the names that code may look up outside of itself, and those of the code within it."""
    return tuple(sorted({name for one in _nested(code) for name in one.co_names}))


@functools.lru_cache(maxsize=4096)
def _code(code: CodeType) -> bytes:
    """Return what tells a function's code from all other code, wherever it stands."""
    parts = [
        (
            *(
                one.co_code,
                one.co_names,
                one.co_varnames,
                one.co_freevars,
                one.co_cellvars,
                one.co_exceptiontable,
            ),
            *(one.co_argcount, one.co_posonlyargcount, one.co_kwonlyargcount, one.co_flags),
            [constant for constant in one.co_consts if not isinstance(constant, CodeType)],
        )
        for one in _nested(code)
    ]
    return hashlib.blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=16).digest()


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)
