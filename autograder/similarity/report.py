"""What the page shows of answers that are alike: for each question the usual forms and the groups,
and a few side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.assignment import Assignment
from ..core.mistakes import Bank
from ..gradebook.class_results import GradedSubmission
from .answers import EVERYTHING, Answers, Form, Group, Pair, read_answers, together
from .clusters import common, find_forms, find_groups, find_pairs
from .side_by_side import Beside, beside

USUAL, MOST_FORMS = 3, 3  # students of a form, and forms of a question
MOST_GROUPS = 40  # of a question
MOST_VIEWS = 12  # of the whole page


@dataclass(frozen=True)
class Similar:
    """What is alike among the answers to a question.

    Attributes:
        question: the question's id, or "all questions".
        answered: how many changed what was handed out.
        common: how many may do the same before it is common.
        forms: the usual ones.
        groups: those that stand out, each with its answers side by side where there is room for
            them.
        left_out: how many more groups there are.
    """

    question: str
    answered: int
    common: int
    forms: tuple[Form, ...]
    groups: tuple[tuple[Group, Beside | None], ...]
    left_out: int


def find_similar(
    handed: Sequence[GradedSubmission], assignment: Assignment, bank: Bank
) -> tuple[list[Similar], list[Pair]]:
    """Return what is alike in each question and over all of them, and the pairs that stand out in
    several questions.
    """
    each = [
        read_answers(handed, assignment, bank, question.id) for question in assignment.questions
    ]
    known = [together(each), *each]
    groups = {answers.question: find_groups(answers) for answers in known}
    of_questions = [group for one in each for group in groups[one.question]]
    seen = {group.members[:2] for group in of_questions}
    candidates = of_questions + [
        group for group in groups[EVERYTHING] if group.members[:2] not in seen
    ]
    viewed = set(sorted(candidates, key=lambda group: (-group.rarity, group.members))[:MOST_VIEWS])
    release = frozenset(line.strip() for cell in assignment.cells for line in cell.stub.split("\n"))
    found = [_similar(answers, groups[answers.question], viewed, release) for answers in known]
    return found, find_pairs(of_questions)


def _similar(
    answers: Answers, groups: Sequence[Group], viewed: set[Group], release: frozenset[str]
) -> Similar:
    shown = tuple(
        (group, beside(answers, group, release) if group in viewed else None)
        for group in groups[:MOST_GROUPS]
    )
    usual = (
        ()
        if answers.question == EVERYTHING
        else tuple(form for form in find_forms(answers) if len(form.students) >= USUAL)[:MOST_FORMS]
    )
    return Similar(
        answers.question,
        len(answers.texts),
        common(answers),
        usual,
        shown,
        len(groups) - len(shown),
    )
