"""A class in which some have copied, and what the report finds of it: `python -m
autograder.bench.lookalikes FOLDER`.

Everybody starts from the reference or from a right variant and writes it in a style of their own;
some with known mistakes, some leave questions out. Those who copy take another's answers with all
names and remarks changed, and some then change more.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import resource
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core.assignment import Assignment, CellKind, load_assignment
from ..core.course import Course
from ..core.mistakes import Bank, load_bank
from ..gradebook.class_results import GradedSubmission
from ..similarity.answers import read_answers, together
from ..similarity.clusters import find_groups
from .restyle import renamed, restyled

STYLE = 0.35  # of the places, how many a student writes in a way of their own
RETOUCH = (0.0, 0.0, 0.1, 0.2)  # and how many one who copies changes besides all names
Answers = dict[str, str]  # by cell


@dataclass(frozen=True)
class Made:
    """A made-up class.

    Attributes:
        answers: by student.
        copied: (question, the two students) wherever one wrote from the other.
    """

    answers: Mapping[str, Answers]
    copied: frozenset[tuple[str, frozenset[str]]]


def make(assignment: Assignment, bank: Bank, size: int, pairs: int, seed: int) -> Made:
    """Return a class of `size`, of whom the last `pairs` have copied: a third of these one answer,
    a third two, a third all.
    """
    rng = random.Random(seed)
    answers = {f"s{number:04}": _own_answers(assignment, bank, rng) for number in range(size)}
    students = list(answers)
    sources = rng.sample(students[: size - pairs], pairs)
    copied = set()
    for number, (copier, source) in enumerate(zip(students[size - pairs :], sources, strict=True)):
        everything = [question.id for question in assignment.questions]
        for question in rng.sample(everything, (1, 2, len(everything))[number % 3]):
            for cell in (
                cell
                for cell in assignment.cells
                if cell.kind == CellKind.SOLUTION and cell.question == question
            ):
                answers[copier][cell.id] = _copy(
                    answers[source][cell.id],
                    rng,
                    RETOUCH[number % len(RETOUCH)],
                    assignment.functions(cell),
                )
            copied.add((question, frozenset((copier, source))))
    return Made(answers, frozenset(copied))


def _own_answers(assignment: Assignment, bank: Bank, rng: random.Random) -> Answers:
    made: Answers = {}
    for question in assignment.questions:
        luck = rng.random()
        entries = (
            bank.mistakes(question.id)
            if luck < 0.15
            else bank.variants(question.id)
            if luck < 0.5
            else []
        )
        entry = rng.choice(entries) if entries else None
        cells = [
            cell
            for cell in assignment.cells
            if cell.kind == CellKind.SOLUTION and cell.question == question.id
        ]
        for cell in cells:
            given = assignment.functions(cell)
            source = cell.source
            if entry and (given & set(entry.replaces)):
                source = (
                    _without(source, entry.replaces if len(cells) == 1 else ())
                    + "\n\n\n"
                    + entry.source
                )
            made[cell.id] = cell.stub if luck > 0.95 else restyled(source, rng, STYLE, given)
    return made


def _without(source: str, names: Iterable[str]) -> str:
    """Return the source without some of its functions: what replaces them comes after it."""
    tree = ast.parse(source)
    tree.body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.FunctionDef) and node.name in set(names))
    ]
    return ast.unparse(tree)


def _copy(source: str, rng: random.Random, much: float, given: frozenset[str]) -> str:
    try:
        return restyled(source, rng, much, given) if much else renamed(source, rng, given)
    except SyntaxError:
        return source


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m autograder.bench.lookalikes", description=__doc__
    )
    parser.add_argument(
        "folder", type=Path, help="an empty one, for submitted/; grade it, and have the report made"
    )
    parser.add_argument("--assignment", default="01-backprop")
    parser.add_argument("--size", type=int, default=300)
    parser.add_argument("--pairs", type=int, default=18)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    assignment = load_assignment(Course(), chosen.assignment)
    bank = load_bank(assignment.mistakes)
    made = make(assignment, bank, chosen.size, chosen.pairs, chosen.seed)
    for student, answers in made.answers.items():
        path = chosen.folder / "submitted" / student / assignment.name / f"{assignment.name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(assignment.notebook(answers)), encoding="utf-8")
    start = time.perf_counter()
    found = pairs_found(assignment, bank, made)
    took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    people = {pair for _, pair in made.copied}
    named = {pair for _, pair in found}
    print(
        f"{len(made.copied)} answers copied, {len(found & made.copied)} of them found as such "
        f"({took:.1f} s, {peak} MB)"
    )
    print(
        f"{len(people)} pairs of students, {len(people & named)} of them found, and "
        f"{len(named - people)} that were not planted:"
    )
    for question, pair in sorted(found, key=lambda one: (one[0], sorted(one[1]))):
        if pair not in people:
            print(f"  {question}: {' and '.join(sorted(pair))}")


def pairs_found(assignment: Assignment, bank: Bank, made: Made) -> set[tuple[str, frozenset[str]]]:
    """Return the pairs that stand together in a group of the report, by question."""
    handed = [
        GradedSubmission(
            student,
            (),
            (),
            {},
            0,
            {
                question.id: _of(question.id, assignment, answers)
                for question in assignment.questions
            },
            None,
        )
        for student, answers in made.answers.items()
    ]
    answers = [
        read_answers(handed, assignment, bank, question.id) for question in assignment.questions
    ]
    groups = [group for one in (*answers, together(answers)) for group in find_groups(one)]
    return {
        (group.question, frozenset((a, b)))
        for group in groups
        for a in group.members
        for b in group.members
        if a < b
    }


def _of(question: str, assignment: Assignment, answers: Answers) -> Answers:
    return {
        cell.id: answers[cell.id]
        for cell in assignment.cells
        if cell.kind == CellKind.SOLUTION and cell.question == question
    }


if __name__ == "__main__":
    main(sys.argv[1:])
