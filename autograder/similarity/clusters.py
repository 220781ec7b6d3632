"""Answers that stand out together: alike to each other, unlike everybody else's, and made of what
few write.

Each alone says nothing. Short questions have equal answers by nature, and many write what the
reference writes. So a group is named only where its members are much more alike to one another than
any of them is to the next answer in the class, and where what they share is rare in the class and
neither in the release nor in the reference nor in the bank. It takes memory for the
square of the class: 8 MB at 1,000 answers, 800 MB at 10,000.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from math import log2

import numpy as np
from sklearn.cluster import AgglomerativeClustering
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import cosine_distances

from .answers import Answers, Form, Group, Pair
from .tokens import RUN

ALIKE = 0.85  # the least cosine between a member and the nearest other
# by how much the members must be more alike to one another than to the next answer in the class
STANDS_OUT = 0.2
RARE = 12.0  # the least rarity of what they share, in bits
COMMON, COMMON_LEAST = 0.05, 3  # of the class: what more students do is common
MOST_MEMBERS = 60  # of a group whose pairs are counted over all questions


def common(answers: Answers) -> int:
    """How many students may do the same before it is common."""
    return max(COMMON_LEAST, int(COMMON * len(answers.texts)))


def find_groups(answers: Answers) -> list[Group]:
    """Return the groups of students whose answers stand out together, those that share what is
    rarest first.
    """
    distinct = {
        student: frozenset(run.text for run in taken) - answers.release
        for student, taken in answers.runs.items()
    }
    students = sorted(student for student, taken in distinct.items() if taken)
    if len(students) < 3:  # with no third to compare with, nothing can stand out
        return []
    held = Counter(text for taken in distinct.values() for text in taken)
    vectors = TfidfVectorizer(analyzer=lambda student: sorted(distinct[student])).fit_transform(
        students
    )
    distances = np.clip(cosine_distances(vectors), 0.0, 1.0)
    found: list[Group] = []
    for where, apart, next_apart in sorted(
        _nested(distances, common(answers)), key=lambda one: one[1] - one[2]
    ):
        members = tuple(sorted(students[number] for number in where))
        if (
            apart > 1 - ALIKE
            or next_apart - apart < STANDS_OUT
            or any(set(members) & set(group.members) for group in found)
        ):
            continue
        shared = (
            frozenset.intersection(*(distinct[student] for student in members)) - answers.natural
        )
        # every step stands in so many runs
        rarity = sum(log2(len(students) / held[text]) for text in shared) / RUN
        if rarity >= RARE:
            passages = frozenset(text for text in shared if held[text] <= common(answers))
            letters = len({answers.texts[student].strip() for student in members}) == 1
            found.append(
                Group(
                    answers.question, members, 1 - apart, 1 - next_apart, rarity, passages, letters
                )
            )
    return sorted(found, key=lambda group: (-group.rarity, group.members))


def _nested(distances: np.ndarray, most: int) -> Iterator[tuple[list[int], float, float]]:
    """All groups of at most `most` that joining the nearest step by step makes: who, how far apart,
    and how far the next one is.
    """
    tree = AgglomerativeClustering(
        n_clusters=None, distance_threshold=0.0, metric="precomputed", linkage="single"
    ).fit(distances)
    count = len(distances)
    members: dict[int, list[int]] = {leaf: [leaf] for leaf in range(count)}
    joined = {int(child): number for number, pair in enumerate(tree.children_) for child in pair}
    for number, (a, b) in enumerate(tree.children_):
        node = count + number
        members[node] = members.pop(a) + members.pop(b)
        if len(members[node]) <= most and node in joined:
            yield (
                list(members[node]),
                float(tree.distances_[number]),
                float(tree.distances_[joined[node]]),
            )


def find_forms(answers: Answers) -> list[Form]:
    """Return the forms that at least two answers have, names and comments aside, the most frequent
    first.
    """
    forms: dict[tuple[str, ...], list[str]] = {}
    for student, taken in answers.runs.items():
        if taken:
            forms.setdefault(tuple(run.text for run in taken), []).append(student)
    return sorted(
        (_form(answers, form, students) for form, students in forms.items() if len(students) > 1),
        key=lambda form: (-len(form.students), form.students),
    )


def _form(answers: Answers, form: Sequence[str], students: Iterable[str]) -> Form:
    letters = Counter(answers.texts[student].strip() for student in students)
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
