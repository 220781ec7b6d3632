"""Two answers side by side: lines that do the same on one level, whatever their names, and what
hardly anybody else has marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from .answers import Answers, Group
from .tokens import Run, steps

MOST_LINES, MOST_WIDTH = 160, 160  # of an answer that are shown


@dataclass(frozen=True)
class ShownLine:
    """A line of an answer.

    Attributes:
        number: from 1; 0 where the other answer has a line and this one has none.
        text: as the student wrote it.
        rare: whether it belongs to a passage that is rare in the class.
        same: whether it stands beside a line that does the same.
    """

    number: int
    text: str
    rare: bool
    same: bool


NO_LINE = ShownLine(0, "", False, False)


@dataclass(frozen=True)
class Beside:
    """Two answers of a group, side by side.

    Attributes:
        students: whose they are.
        rows: the lines on one level.
        cut: how many lines are not shown.
    """

    students: tuple[str, str]
    rows: tuple[tuple[ShownLine, ShownLine], ...]
    cut: int


def beside(answers: Answers, group: Group, release: frozenset[str]) -> Beside:
    """Return the first two members of a group; lines that were handed out and do nothing, such as
    docstrings, are left out.

    Args:
        answers: those in which the group was found.
        group: a group.
        release: the stripped lines that were handed out.
    """
    one, other = group.members[:2]
    left, right = (_lines(answers, student, group.passages, release) for student in (one, other))
    rows = list(_rows(left[:MOST_LINES], right[:MOST_LINES]))
    return Beside((one, other), tuple(rows), max(len(left), len(right), MOST_LINES) - MOST_LINES)


def _lines(
    answers: Answers, student: str, passages: frozenset[str], release: frozenset[str]
) -> list[tuple[str, ShownLine]]:
    """Return what each line does, and the line."""
    text = answers.texts[student]
    rare = _covered(answers.runs[student], passages)
    does: dict[int, list[str]] = {}
    for step in steps(text, frozenset()):
        does.setdefault(step.line, []).append(step.label)
    made = []
    for number, line in enumerate(text.split("\n"), 1):
        if number in does or (line.strip() and line.strip() not in release):
            shown = line[:MOST_WIDTH] + ("…" if len(line) > MOST_WIDTH else "")
            made.append(
                (" ".join(does.get(number, ["#"])), ShownLine(number, shown, number in rare, False))
            )
    return made


def _covered(taken: Sequence[Run], passages: frozenset[str]) -> frozenset[int]:
    return frozenset(
        line for run in taken if run.text in passages for line in range(run.first, run.last + 1)
    )


def _rows(
    left: Sequence[tuple[str, ShownLine]], right: Sequence[tuple[str, ShownLine]]
) -> Iterator[tuple[ShownLine, ShownLine]]:
    matcher = SequenceMatcher(
        None, [does for does, _ in left], [does for does, _ in right], autojunk=False
    )
    for tag, a, b, c, d in matcher.get_opcodes():
        for (_, one), (_, other) in zip_longest(left[a:b], right[c:d], fillvalue=("", NO_LINE)):
            same = tag == "equal"
            yield (
                ShownLine(one.number, one.text, one.rare, same),
                ShownLine(other.number, other.text, other.rare, same),
            )
