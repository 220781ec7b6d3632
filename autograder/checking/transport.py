"""A call of a function, what came of it, and what takes calls: over the pipe into the sandbox
(`remote`), or in this process for trusted code (`local`).

Both take the same calls and give the same outcomes, so that a known mistake can be run on what a
student's code was asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from ..core.errors import StudentError


class Detail(Enum):
    """What is reported of a call beside its value."""

    VALUE = "value"  # nothing
    EFFECTS = "effects"  # arguments, warnings, random state, memory that is handed back
    LINES = "lines"  # how many lines ran; counting them takes time


@dataclass(frozen=True)
class Call:
    """One call of one function."""

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What a call did.

    Attributes:
        value: what it returned; what stays behind is a `Handle`.
        args, kwargs: the arguments as they were left.
        warnings: the names of the numerical warnings raised (see `numerical_warnings`).
        touched_random: whether the global random state changed.
        lines: how many lines of the notebook's cells ran; None where they were not counted.
        handed_back: the positions of results that lie in the memory of an argument.
    """

    value: Any
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    touched_random: bool = False
    lines: int | None = None
    handed_back: tuple[int, ...] = ()


Answer = Report | StudentError


class Transport(Protocol):
    """Takes calls, gives an answer for each."""

    def calls(
        self,
        calls: Sequence[Call],
        *,
        keep_last: bool,
        last_only: bool,
        detail: Detail,
        forbidden: Sequence[str],
    ) -> list[Answer]: ...

    def drop(self) -> None: ...
