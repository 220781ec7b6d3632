"""The answers to a question as they can be compared, and what comparing them gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.assignment import Assignment, CellKind
from ..core.mistakes import Bank
from ..gradebook.class_results import GradedSubmission
from .run_store import Runs, Vocabulary, join, store_steps
from .tokens import read, runs

EVERYTHING = "all questions"


@dataclass(frozen=True)
class Answers:
    """The answers to one question, those that are as they were handed out left aside.

    Attributes:
        question: the question's id, or EVERYTHING.
        texts: by student.
        runs: by student, with lines counted in the text; all of one vocabulary.
        release: runs that were handed out.
        natural: runs that the release, the reference or the bank holds.
    """

    question: str
    texts: Mapping[str, str]
    runs: Mapping[str, Runs]
    release: frozenset[str]
    natural: frozenset[str]


@dataclass(frozen=True)
class Group:
    """Students whose answers stand out together.

    Attributes:
        question: the question's id, or EVERYTHING.
        members: the students.
        alike: the least cosine between a member and the nearest other.
        next_alike: the greatest cosine between a member and somebody else in the class.
        rarity: of what all members share, in bits: how unlikely it is, if runs came as often as the
            class has them, one by one.
        passages: the runs that all members share and that are common neither in the class nor in
            the bank.
        to_the_letter: whether the answers of all members are equal, names and comments included.
    """

    question: str
    members: tuple[str, ...]
    alike: float
    next_alike: float
    rarity: float
    passages: frozenset[str]
    to_the_letter: bool


@dataclass(frozen=True)
class Form:
    """A form that several students gave the same answer, names and comments aside; natural where
    many did.

    Attributes:
        students: who.
        known: the share of its own runs that the reference and the bank hold.
        to_the_letter: how many of them at most have one and the same text.
    """

    students: tuple[str, ...]
    known: float
    to_the_letter: int


@dataclass(frozen=True)
class Pair:
    """Two students whose answers stand out together in several questions."""

    students: tuple[str, str]
    questions: tuple[str, ...]


def read_answers(
    handed: Iterable[GradedSubmission], assignment: Assignment, bank: Bank, question: str
) -> Answers:
    """One question's answers, as they can be compared."""
    cells = [
        cell
        for cell in assignment.cells
        if cell.kind == CellKind.SOLUTION and cell.question == question
    ]
    kept = frozenset(
        name
        for cell in assignment.cells
        if cell.kind == CellKind.SOLUTION
        for name in assignment.functions(cell)
    )
    stubs = {cell.id: cell.stub.strip() for cell in cells}
    release = frozenset(run.text for cell in cells for run in runs(cell.stub, kept))
    known = [cell.source for cell in cells] + [
        entry.source for entry in bank.entries if entry.question == question
    ]
    natural = release | frozenset(run.text for text in known for run in runs(text, kept))
    texts, found = {}, {}
    vocabulary = Vocabulary()
    for one in handed:
        given = one.answers[question]
        if any(text.strip() != stubs[ident] for ident, text in given.items()):
            texts[one.student], found[one.student] = (
                "\n\n".join(given.values()),
                store_steps(_steps(given.values(), kept), vocabulary),
            )
    return Answers(question, texts, found, release, natural)


def together(answers: Sequence[Answers]) -> Answers:
    """All questions' answers as one; equal runs in different questions stay different."""
    texts: dict[str, list[str]] = {}
    lines: dict[str, int] = {}
    parts: dict[str, list[tuple[Runs, int, int]]] = {}
    known: list[str] = []
    for one in answers:
        begin = len(known)
        known += [f"{one.question}: {text}" for text in _vocabulary(one)]
        for student, text in one.texts.items():
            above = lines.get(student, 0)
            parts.setdefault(student, []).append((one.runs[student], begin, above))
            lines[student] = above + text.count("\n") + 2
            texts.setdefault(student, []).append(text)
    release = frozenset(f"{one.question}: {text}" for one in answers for text in one.release)
    natural = frozenset(f"{one.question}: {text}" for one in answers for text in one.natural)
    return Answers(
        EVERYTHING,
        {student: "\n\n".join(each) for student, each in texts.items()},
        {student: join(known, each) for student, each in parts.items()},
        release,
        natural,
    )


def _steps(texts: Iterable[str], kept: frozenset[str]) -> Iterator[tuple[list[str], np.ndarray]]:
    """Yield the steps of each cell by itself, so that one that does not parse hides no other; lines
    as in the joined text.
    """
    offset = 0
    for text in texts:
        labels, lines = read(text, kept)
        yield labels, np.array(lines, dtype=np.int64) + offset
        offset += text.count("\n") + 2


def _vocabulary(answers: Answers) -> Sequence[str]:
    return next((runs.texts for runs in answers.runs.values()), ())
