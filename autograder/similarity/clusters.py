"""Answers that stand out together: alike to each other, unlike everybody else's, and made of what
few write.

Each alone says nothing. Short questions have equal answers by nature, and many write what the
reference writes. So a group is named only where its members are much more alike to one another than
any of them is to the next answer in the class, and where what they share is rare in the class and
neither in the release nor in the reference nor in the bank. The more students there are, the more
pairs there are to be alike by chance: so in a class of more than 300, rarer things have to be
shared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import combinations
from math import log2

import numpy as np

from .answers import Answers, Form, Group, Pair
from .nearest import Cosines, Joined, farthest_next, join_nearest, weighted
from .tokens import RUN

ALIKE = 0.85  # the least cosine between a member and the nearest other
# by how much the members must be more alike to one another than to the next answer in the class
STANDS_OUT = 0.2
RARE = 12.0  # the least rarity of what they share, in bits
RARE_SIZE = 300  # in a class of this size, and smaller ones
COMMON, COMMON_LEAST = 0.05, 3  # of the class: what more students do is common
MOST_MEMBERS = 60  # of a group whose pairs are counted over all questions


def common(answers: Answers) -> int:
    """How many students may do the same before it is common."""
    return max(COMMON_LEAST, int(COMMON * len(answers.texts)))


def find_groups(answers: Answers) -> list[Group]:
    """Return the groups of students whose answers stand out together, those that share what is
    rarest first.
    """
    texts = next((taken.texts for taken in answers.runs.values()), ())
    released = np.array([text in answers.release for text in texts], dtype=bool)
    distinct = {
        student: numbers[~released[numbers]]
        for student, taken in answers.runs.items()
        for numbers in [np.unique(taken.numbers)]
    }
    students = sorted(student for student, taken in distinct.items() if len(taken))
    if len(students) < 3:  # with no third to compare with, nothing can stand out
        return []
    rows, held = weighted([distinct[student] for student in students], len(texts))
    cosines = Cosines(rows)
    del rows  # it is large
    found: list[Group] = []
    for group in _standing_out(cosines, common(answers)):
        members = tuple(sorted(students[number] for number in group.members))
        numbers = reduce(np.intersect1d, (distinct[student] for student in members))
        shared = {number: texts[number] for number in numbers.tolist()}
        shared = {n: text for n, text in shared.items() if text not in answers.natural}
        # every step stands in so many runs
        rarity = sum(log2(len(students) / held[number]) for number in shared) / RUN
        if rarity >= rare(len(students)):
            passages = frozenset(text for n, text in shared.items() if held[n] <= common(answers))
            letters = len({answers.texts[student].strip() for student in members}) == 1
            after = group.next_apart
            after = farthest_next(cosines, group.members) if after is None else after
            found.append(
                Group(
                    answers.question, members, 1 - group.apart, 1 - after, rarity, passages, letters
                )
            )
    return sorted(found, key=lambda group: (-group.rarity, group.members))


def rare(size: int) -> float:
    """Return the least rarity of what a group shares, bits: there are size² pairs to share it by
    chance.
    """
    return RARE + 2 * max(0.0, log2(size / RARE_SIZE))


def _standing_out(cosines: Cosines, most: int) -> Iterator[Joined]:
    """Give the groups that are alike and far from the next.

    No student is in two of them: of two such groups one would hold the other, and would bridge at
    least STANDS_OUT, which is more than 1 - ALIKE.
    """
    for group in join_nearest(cosines, most, 1 - ALIKE + STANDS_OUT):
        far = group.next_apart is None or group.next_apart - group.apart >= STANDS_OUT
        if group.apart <= 1 - ALIKE and len(group.members) < cosines.size and far:
            yield group


def find_forms(answers: Answers) -> list[Form]:
    """Return the forms that at least two answers have, names and comments aside, the most frequent
    first.
    """
    forms: dict[bytes, list[str]] = {}
    for student, taken in answers.runs.items():
        if taken:
            forms.setdefault(taken.numbers.tobytes(), []).append(student)
    return sorted(
        (_form(answers, students) for students in forms.values() if len(students) > 1),
        key=lambda form: (-len(form.students), form.students),
    )


def _form(answers: Answers, students: Sequence[str]) -> Form:
    letters = Counter(answers.texts[student].strip() for student in students)
    form = [run.text for run in answers.runs[students[0]]]
    own = [text for text in form if text not in answers.release]
    known = sum(text in answers.natural for text in own) / len(own) if own else 1.0
    return Form(tuple(sorted(students)), known, max(letters.values()))


def find_pairs(groups: Iterable[Group]) -> list[Pair]:
    """Return the pairs that stand out together in more than one question, those in the most
    questions first.
    """
    together: dict[tuple[str, str], list[str]] = {}
    for group in groups:
        for pair in combinations(group.members[:MOST_MEMBERS], 2):
            together.setdefault(pair, []).append(group.question)
    found = [
        Pair(pair, tuple(questions)) for pair, questions in together.items() if len(questions) > 1
    ]
    return sorted(found, key=lambda pair: (-len(pair.questions), pair.students))
