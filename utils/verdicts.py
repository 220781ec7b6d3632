"""Try a cell and check it: both talk to you, and neither ever stops the notebook."""

from __future__ import annotations

import os
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from utils.difference import difference
from utils.gradients import numeric_gradient
from utils.plurals import agreeing
from utils.promises import Promises
from utils.translation import say
from utils.unreached import unreached

LIBRARIES = tuple(
    {sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
UNWRITTEN = "not written yet. Write your code in its cell above, and run this cell again."
FEW = 8  # entries of an array that a line can show


def describe(error: BaseException) -> str:
    """Return "Type: message (line 3 of affine_forward: out = x @ w)", the place being the last one in a cell."""
    message = " ".join(str(error).split())
    text = type(error).__name__ + (f": {message}" if message else "")
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((*LIBRARIES, HERE, "<__array_function__"))
        and not frame.filename.endswith(".pyx")  # compiled code
    ]
    if not frames:
        return text
    last = frames[-1]
    cell = "the cell" if last.name == "<module>" else f"the cell of {last.name}"
    return f"{text} (line {last.lineno} of {cell}" + (f": {last.line})" if last.line else ")")


class attempt:
    """Run what stands inside; if it cannot run yet, say so in a line and go on."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if isinstance(error, NotImplementedError):
            print(f"{self.name}: {say(UNWRITTEN)}")
        elif isinstance(error, Exception):
            print(f"{self.name}: {describe(error)}")
        return error is None or isinstance(error, Exception)


class check(Promises):
    """Collect verdicts and print them at the end: `with check("affine") as c: c.close("out", out, want)`.

    Every method returns whether its verdict is right.

    Attributes:
        verdicts: for each check that was reached, whether it is right, and its line.
        left: how many checks were not reached.
        written: whether anything of the question is written.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.verdicts: list[tuple[bool, str]] = []
        self.left = 0
        self.written = True
        self._prefix = ""
        self._unwritten: set[str] = set()  # lines that say so

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is not None and not isinstance(error, Exception):
            return False
        self._stop(error, trace)
        if all(line in self._unwritten for _, line in self.verdicts) and (
            self._unwritten or isinstance(error, NotImplementedError)
        ):
            self.written = False
            print(f"{self.name}: {say(UNWRITTEN)}")
            return True
        print(
            say(
                f"{self.name}: {self.right} of {len(self.verdicts)} right"
                + (f", {self.left} not reached" if self.left else "")
            )
        )
        for good, line in self.verdicts:
            print("  \N{CHECK MARK}" if good else "  \N{BALLOT X}", line)
        return True

    @property
    def right(self) -> int:
        """How many of the verdicts are right."""
        return sum(good for good, _ in self.verdicts)

    @contextmanager
    def part(self, function: str) -> Iterator[None]:
        """Check one function of several: its name begins each line, and its error stops only this part."""
        before, self._prefix = self._prefix, f"{function}, "
        try:
            yield
        except Exception as error:
            trace = (
                error.__traceback__.tb_next if error.__traceback__ else None
            )  # the first frame is `part` itself
            self.left += unreached(trace)
            self._stop_part(function, error, trace)
        finally:
            self._prefix = before

    def _stop_part(self, function: str, error: Exception, trace: TracebackType | None) -> None:
        line = say(f"{function} stopped by {describe(error)}")
        if self._is_unwritten(error, trace):
            begun = any(line.startswith(self._prefix) for _, line in self.verdicts)
            line = say(
                f"{function}: the rest is not written yet"
                if begun
                else f"{function} is not written yet"
            )
            self._unwritten.add(line)
        if (False, line) in self.verdicts:
            self.left += 1  # one line is enough for two parts of a function
        else:
            self.verdicts.append((False, line))

    def _stop(self, error: Exception | None, trace: TracebackType | None) -> None:
        if error is None:
            return
        self.left += unreached(trace)
        if not self._is_unwritten(error, trace):
            self._add(False, say(f"stopped by {describe(error)}"))
        elif self.verdicts:
            line = say("the rest is not written yet")
            self._add(False, line)
            self._unwritten.add(line)

    def _is_unwritten(self, error: Exception, trace: TracebackType | None) -> bool:
        """Whether this means no more than that something is not written: the check itself may miss a name that an unwritten part makes."""
        own = trace is not None and trace.tb_next is None
        return isinstance(error, NotImplementedError) or (
            bool(self._unwritten) and own and isinstance(error, NameError)
        )

    def _add(self, good: bool, line: str, hint: str = "") -> bool:
        line = f"{self._prefix}{line}"
        self.verdicts.append((good, line if good or not hint else f"{line}\n      {hint}"))
        return good

    def entry(
        self,
        name: str,
        mapping: Any,
        key: str,
        want: ArrayLike,
        rtol: float = 1e-6,
        atol: float = 1e-9,
        hint: str = "",
    ) -> bool:
        """The dictionary `mapping` holds `want` under `key`; a missing key is said as such."""
        if not isinstance(mapping, Mapping):
            line = _about(name, f"is {_noun(mapping)}, expected a dictionary")
            return self._add(False, line, hint)
        if key not in mapping:
            there = ", ".join(repr(one) for one in mapping)
            line = f'{name}["{key}"] is missing: it holds {there}'
            line = line if there else f'{name}["{key}"] is missing: it holds nothing'
            return self._add(False, say(line), hint)
        return self.close(f'{name}["{key}"]', mapping[key], want, rtol, atol, hint)

    def shape(self, name: str, got: Any, want_shape: tuple[int, ...], hint: str = "") -> bool:
        """`got` is an array of this shape."""
        want_shape = tuple(want_shape)
        if got is None or isinstance(got, (list, tuple, dict, str)):
            wrong = difference(got, np.zeros(want_shape))
            return self._add(False, _about(name, wrong) if wrong else name, hint)
        good = np.shape(got) == want_shape
        return self._add(
            good,
            _about(
                name, f"has shape {np.shape(got)}" + ("" if good else f", expected {want_shape}")
            ),
            hint,
        )

    def close(
        self,
        name: str,
        got: Any,
        want: ArrayLike,
        rtol: float = 1e-6,
        atol: float = 1e-9,
        hint: str = "",
    ) -> bool:
        """`got` is close to `want`, entry by entry."""
        wrong = difference(got, want, rtol, atol)
        return self._add(
            wrong is None,
            _about(name, wrong or "is right"),
            _with_values(wrong, got, want, hint),
        )

    def equal(self, name: str, got: Any, want: Any, hint: str = "") -> bool:
        """`got` is exactly `want`: for whole numbers, words, truth values, dtypes, and arrays to the last bit."""
        if isinstance(want, np.ndarray):
            wrong = difference(got, want, 0, 0)
            if wrong is None and got.dtype != want.dtype:
                wrong = f"has dtype {got.dtype}, expected {want.dtype}"
            return self._add(
                wrong is None,
                _about(name, wrong or "is right"),
                _with_values(wrong, got, want, hint),
            )
        if got is None and want is not None:
            return self._add(False, _about(name, "is None: is a `return` missing?"), hint)
        good = not isinstance(got, np.ndarray) and bool(got == want)
        shown = f"an array of shape {got.shape}" if isinstance(got, np.ndarray) else repr(got)
        return self._add(
            good, _about(name, f"is {shown}" + ("" if good else f", expected {want!r}")), hint
        )

    def true(self, sentence: str, condition: Any, hint: str = "") -> bool:
        """What the sentence says holds."""
        line = sentence if condition else say(f"not true: {sentence}")
        return self._add(bool(condition), line, hint)

    def raises(
        self,
        sentence: str,
        error: type[Exception],
        function: Callable[..., Any],
        *args: Any,
        mentions: tuple[object, ...] = (),
        hint: str = "",
        **kwargs: Any,
    ) -> bool:
        """Calling `function(*args, **kwargs)` raises `error`, with a message that names each of `mentions`."""
        try:
            function(*args, **kwargs)
        except NotImplementedError:
            raise
        except error as raised:
            missing = [
                str(one)
                for one in mentions
                if str(one).replace(" ", "") not in str(raised).replace(" ", "")
            ]
            line = (
                say(f"{sentence}, but its message does not name {', '.join(missing)}")
                if missing
                else sentence
            )
            return self._add(not missing, line, hint)
        except Exception as other:
            line = f"{sentence}: expected {error.__name__}, but got {describe(other)}"
            return self._add(False, say(line), hint)
        line = f"{sentence}: expected {error.__name__}, but nothing was raised"
        return self._add(False, say(line), hint)

    def gradient(
        self,
        name: str,
        got: Any,
        f: Callable[[Any], Any],
        x: ArrayLike,
        dout: ArrayLike | None = None,
        rtol: float = 1e-6,
        atol: float = 1e-8,
        hint: str = "",
    ) -> bool:
        """`got` is the gradient of sum(f(x) * dout) with respect to x, as measured by central differences."""
        weights = np.ones(np.shape(f(np.array(x, dtype=np.float64)))) if dout is None else dout
        measured = numeric_gradient(f, x, dout=weights)
        wrong = difference(got, measured, rtol, atol)
        line = _about(name, wrong or "agrees with the numeric gradient")
        return self._add(wrong is None, line, _with_values(wrong, got, measured, hint))

    def unchanged(self, name: str, array: Any, before: Any, hint: str = "") -> bool:
        """`array` is what it was `before`, to the last bit."""
        good = (
            np.shape(array) == np.shape(before)
            and getattr(array, "dtype", None) == getattr(before, "dtype", None)
            and np.asarray(array).tobytes() == np.asarray(before).tobytes()
        )
        return self._add(
            good,
            _about(
                name,
                "is unchanged" if good else "has changed: your function writes into its argument",
            ),
            hint,
        )


def _about(name: str, predicate: str) -> str:
    """Return a line in the language of the course, whose verb agrees with the name."""
    return f"{name} {say(agreeing(name, predicate))}"


def _with_values(wrong: str | None, got: Any, want: ArrayLike, hint: str) -> str:
    """The hint, after a line with both values where they are small enough to read."""
    if wrong is None or not isinstance(got, (np.ndarray, np.generic, int, float)):
        return hint
    a, b = np.asarray(got), np.asarray(want)
    if (
        a.shape != b.shape
        or not 0 < a.size <= FEW
        or a.dtype.kind not in "biuf"
        or b.dtype.kind not in "biuf"
    ):
        return hint
    for digits in (4, 6, 8, 12, 17):  # as few as show that they differ
        shown = [_numbers(array, digits) for array in (b, a)]
        if shown[0] != shown[1]:
            break
    line = say("expected {}, got {}".format(*shown))
    return f"{line}\n      {hint}" if hint else line


def _numbers(array: NDArray[Any], digits: int) -> str:
    shown = np.array2string(
        array, separator=", ", formatter={"float_kind": lambda value: f"{value:.{digits}g}"}
    )
    return " ".join(shown.split())


def _noun(value: Any) -> str:
    return "None" if value is None else f"of type {type(value).__name__}"
