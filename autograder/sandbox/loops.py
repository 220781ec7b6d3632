"""What repeats without a line of Python for each time, or in a line that poses as a library's;
noticed for the count of lines. Runs inside the sandbox.

A tracer sees lines of Python only. `map(np.dot, x, w)` runs its loop in C, and code that is
compiled under a library's name runs in lines that are not counted. So the iterators that call a
function for each item are replaced by ones that count, the functions that start a thread likewise,
and an audit hook, which nothing can take away, notices code that is made under a library's name.
"""

from __future__ import annotations

import _thread
import ast
import builtins
import functools
import importlib._bootstrap_external as loading
import itertools
import sys
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

LIBRARIES = ("<frozen", "<__array_function__", "/grader/", "/course/", sys.prefix, sys.base_prefix)
ITERATORS = ("starmap", "accumulate", "takewhile", "dropwhile", "filterfalse")
# of any Python
STARTS = (
    "start_new_thread",
    "start_new",
    "start_joinable_thread",
    "_start_new_thread",
    "_start_joinable_thread",
)


class Loops:
    """What is noticed from the moment of `watch` on, and counted from that of `begin`.

    Attributes:
        items: how often an iterator of the notebook's own called its function.
        threads: how many threads were started.
        posing: how often code was made under the name of a library's file, other than by an import.
    """

    def __init__(self) -> None:
        self.begin()
        # of which one makes no code
        self._imports = frozenset(
            {loading.SourceLoader.source_to_code.__code__, ast.parse.__code__}
        )
        self._bytes = frozenset({loading._compile_bytecode.__code__})  # type: ignore[attr-defined]  # its stub lacks it
        self._copies = frozenset({types.coroutine.__code__})

    def begin(self) -> None:
        """Count from zero: what this process did before was none of a submission's."""
        self.items, self.threads, self.posing = 0, 0, 0

    def watch(self) -> None:
        """Notice from here on, for good: names that were taken earlier stay what they were."""
        for module, name in (
            (builtins, "map"),
            (builtins, "filter"),
            *((itertools, name) for name in ITERATORS),
        ):
            setattr(module, name, self._counting(getattr(module, name)))
        functools.reduce = self._reducing(functools.reduce)
        np.frompyfunc = self._calling(np.frompyfunc)
        for module, name in itertools.product((_thread, threading), STARTS):
            if hasattr(module, name):
                setattr(module, name, self._starting(getattr(module, name)))
        sys.addaudithook(self._heard)

    def _counting(self, plain: type[Any]) -> type[Any]:
        loops = self

        class Counting(plain):  # type: ignore[misc]  # a class that is known by its name only
            __slots__ = ()

            def __new__(cls, *args: Any, **kwargs: Any) -> Any:
                return (
                    plain(*args, **kwargs)
                    if _of_a_library(sys._getframe(1))
                    else super().__new__(cls, *args, **kwargs)
                )

            def __next__(self) -> Any:
                loops.items += 1
                return super().__next__()

        Counting.__name__, Counting.__qualname__, Counting.__module__ = (
            plain.__name__,
            plain.__qualname__,
            plain.__module__,
        )
        return Counting

    def _reducing(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(plain)
        def reduce(function: Any, iterable: Any, *initial: Any) -> Any:
            return plain(
                function,
                iterable if _of_a_library(sys._getframe(1)) else self._each(iterable),
                *initial,
            )

        return reduce

    def _calling(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(plain)
        def frompyfunc(function: Any, /, *args: Any, **kwargs: Any) -> Any:
            def counted(*values: Any) -> Any:
                self.items += 1
                return function(*values)

            return plain(function if _of_a_library(sys._getframe(1)) else counted, *args, **kwargs)

        return frompyfunc

    def _starting(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(plain)
        def start(*args: Any, **kwargs: Any) -> Any:
            self.threads += 1
            return plain(*args, **kwargs)

        return start

    def _each(self, iterable: Any) -> Iterator[Any]:
        for item in iterable:
            self.items += 1
            yield item

    def _heard(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "compile":
            self._made(args[1], self._imports)
        elif event == "code.__new__":
            self._made(args[1], self._copies)
        elif event == "marshal.loads":
            self._made("/grader/", self._bytes)
        elif event == "import" and args[0] == "_thread":
            # once more, for functions that are not replaced
            self.posing += 1

    def _made(self, file: Any, makers: frozenset[types.CodeType]) -> None:
        """Count code under a library's name, unless it is made where an import or a traceback makes
        it.
        """
        name = file.decode("utf-8", "replace") if isinstance(file, bytes) else str(file)
        if name.startswith(LIBRARIES):
            here = sys._getframe(2)
            self.posing += makers.isdisjoint(
                frame.f_code for frame in (here, here.f_back) if frame is not None
            )


def _of_a_library(frame: types.FrameType) -> bool:
    return frame.f_code.co_filename.startswith(LIBRARIES)
