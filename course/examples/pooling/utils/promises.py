"""Check what every function of the course promises of its arrays: their dtype, and that any layout in memory will do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from utils.difference import difference
from utils.plurals import agreeing
from utils.translation import say

Result = Callable[..., Any]


class Promises:
    """The checks of dtype and layout, for a class that collects verdicts."""

    def _add(self, good: bool, line: str, hint: str = "") -> bool:
        raise NotImplementedError

    def dtypes(self, name: str, function: Result, *arrays: NDArray[Any], hint: str = "") -> bool:
        """`function(*arrays)` is float32 for float32 and float64 for float64 and whole numbers; it may refuse whole numbers.

        Args:
            name: what the function returns, for the line.
            arrays: float64, of whole numbers.
        """
        wrong = next(_dtype_faults(function, arrays), None)
        line = f"{name}: float32 stays float32, whole numbers become float64"
        return self._add(
            wrong is None,
            say(line) if wrong is None else f"{name} {say(agreeing(name, wrong))}",
            hint,
        )

    def layouts(self, name: str, function: Result, *arrays: NDArray[Any], hint: str = "") -> bool:
        """`function(*arrays)` is the same for arrays that are read-only, parts of larger ones, or in column order."""
        wrong = next(_layout_faults(function, arrays), None)
        good = "is the same for read-only arrays, slices of larger ones and transposed ones"
        said = [say(agreeing(name, part)) for part in wrong or (good,)]
        return self._add(wrong is None, " ".join((name, *said)), hint)


def _dtype_faults(function: Result, arrays: tuple[NDArray[Any], ...]) -> Iterator[str]:
    plain = np.asarray(function(*[array.astype(np.float64) for array in arrays]))
    for given, want in ((np.float64, np.float64), (np.float32, np.float32), (np.int64, np.float64)):
        words = "whole numbers" if given is np.int64 else np.dtype(given).name
        try:
            got = function(*[array.astype(given) for array in arrays])
        except (TypeError, ValueError):
            if given is np.int64:
                continue
            raise
        dtype = getattr(got, "dtype", type(got).__name__)
        if dtype != want and type(got) is not float:  # a plain number has no other precision
            yield f"is {dtype} for {words}, expected {np.dtype(want)}"
        elif given is np.int64 and difference(got, plain) is not None:
            yield "differs between whole numbers and the same numbers as floats"


def _layout_faults(function: Result, arrays: tuple[NDArray[Any], ...]) -> Iterator[tuple[str, str]]:
    """Yield for which arrays a result is wrong, and what is wrong with it."""
    plain = function(*[array.copy() for array in arrays])
    for words, change in (
        ("read-only arrays", _read_only),
        ("slices of larger arrays", _slice),
        ("transposed arrays", np.asfortranarray),
    ):
        try:
            got = function(*[change(array) for array in arrays])
        except (TypeError, ValueError) as error:
            yield f"for {words}:", f"{type(error).__name__}: {error}"
            continue
        wrong = difference(got, plain)
        if wrong is not None:
            yield f"for {words}", wrong


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array = array.copy()
    array.setflags(write=False)
    return array


def _slice(array: NDArray[Any]) -> NDArray[Any]:
    larger = np.zeros((*array.shape, 2), array.dtype)
    larger[..., 0] = array
    return np.asarray(larger[..., 0])
