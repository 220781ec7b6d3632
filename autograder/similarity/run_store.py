"""Keeps the runs of a whole class as numbers: 8 bytes for each run, and each text once.

A class of 10,000 has 13 million runs of some hundred thousand texts. An object for each would
take several GB.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast, overload

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .tokens import RUN, Run, windows

LAST_LINE = np.iinfo(np.uint16).max  # lines further down are kept as this one; no page shows them


@dataclass(frozen=True)
class Vocabulary:
    """The texts of runs, each with its number."""

    texts: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _seen: dict[tuple[str, ...], int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        """Return the number of a text, which gets one if it has none."""
        found = self._numbers.setdefault(text, len(self.texts))
        if found == len(self.texts):
            self.texts.append(text)
        return found

    def numbers(self, labels: Sequence[str]) -> list[int]:
        """Return the numbers of all runs of an answer, given the labels of its steps."""
        found = list(map(self._seen.get, windows(labels)))
        if None in found:  # a text is made for none that was seen before
            for at, run in enumerate(windows(labels)):
                if found[at] is None:
                    found[at] = self._seen[run] = self.number(" ".join(run))
        return cast(list[int], found)


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
    numbers, first, last = np.array(taken, dtype=np.int64).reshape(-1, 3).T
    return _kept(vocabulary, numbers, np.stack([first, last]))


def store_steps(parts: Iterable[tuple[list[str], np.ndarray]], vocabulary: Vocabulary) -> Runs:
    """Keep the runs of an answer in several cells, of which none goes from one into the next.

    Args:
        parts: for each cell the labels of its steps, and their lines, of shape (steps,).
        vocabulary: of the class.
    """
    numbers, lines = list[int](), [np.zeros((2, 0), np.int64)]
    for labels, stood in parts:
        numbers += vocabulary.numbers(labels)
        if len(stood) >= RUN:
            each = sliding_window_view(stood, RUN)
            lines.append(np.stack([each.min(axis=1), each.max(axis=1)]))
    return _kept(vocabulary, np.array(numbers, dtype=np.int64), np.concatenate(lines, axis=1))


def _kept(vocabulary: Vocabulary, numbers: np.ndarray, lines: np.ndarray) -> Runs:
    lines = np.minimum(lines, LAST_LINE).astype(np.uint16)
    return Runs(vocabulary.texts, numbers.astype(np.int32), lines)


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
