"""Keeps the runs of a whole class as numbers: 8 bytes for each run, and each text once.

A class of 10,000 has 13 million runs of some hundred thousand texts. An object for each would
take several GB.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from .tokens import Run

LAST_LINE = np.iinfo(np.uint16).max  # lines further down are kept as this one; no page shows them


@dataclass(frozen=True)
class Vocabulary:
    """The texts of runs, each with its number."""

    texts: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        """Return the number of a text, which gets one if it has none."""
        found = self._numbers.setdefault(text, len(self.texts))
        if found == len(self.texts):
            self.texts.append(text)
        return found


@dataclass(frozen=True, eq=False)
class Runs(Sequence[Run]):
    """The runs of one answer.

    Attributes:
        texts: of the class, by number.
        numbers: of the runs' texts, in order, int32 of shape (runs,).
        lines: the first and last line of each run, uint16 of shape (2, runs).
    """

    texts: Sequence[str]
    numbers: np.ndarray
    lines: np.ndarray

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, at: int) -> Run: ...

    @overload
    def __getitem__(self, at: slice) -> Runs: ...

    def __getitem__(self, at: int | slice) -> Run | Runs:
        if isinstance(at, slice):
            return Runs(self.texts, self.numbers[at], self.lines[:, at])
        return Run(self.texts[self.numbers[at]], int(self.lines[0, at]), int(self.lines[1, at]))

    def __iter__(self) -> Iterator[Run]:
        for number, first, last in zip(self.numbers.tolist(), *self.lines.tolist(), strict=True):
            yield Run(self.texts[number], first, last)


def store(runs: Iterable[Run], vocabulary: Vocabulary) -> Runs:
    """Keep the runs of one answer as numbers of a vocabulary."""
    taken = [(vocabulary.number(run.text), run.first, run.last) for run in runs]
    table = np.array(taken, dtype=np.int64).reshape(-1, 3).T
    lines = np.minimum(table[1:], LAST_LINE).astype(np.uint16)
    return Runs(vocabulary.texts, table[0].astype(np.int32), lines)


def store_class(runs: Mapping[str, Iterable[Run]]) -> dict[str, Runs]:
    """Keep the runs of a class, by student, as numbers of one vocabulary."""
    vocabulary = Vocabulary()
    return {student: store(taken, vocabulary) for student, taken in runs.items()}


def join(texts: Sequence[str], parts: Sequence[tuple[Runs, int, int]]) -> Runs:
    """Join the runs of several answers.

    Args:
        texts: of all of them, by number.
        parts: runs, where their numbers begin among `texts`, and how many lines stand above them.
    """
    numbers = [runs.numbers + np.int32(begin) for runs, begin, _ in parts]
    lines = [np.minimum(runs.lines + np.int64(above), LAST_LINE) for runs, _, above in parts]
    return Runs(texts, np.concatenate(numbers), np.concatenate(lines, axis=1).astype(np.uint16))
