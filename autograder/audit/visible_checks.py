"""The visible checks beside the hidden ones: neither may contradict the other, and few mistakes may
pass all visible ones.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..checking.rule_kinds import HouseRule
from ..core.assignment import Assignment, CellKind
from ..core.mistakes import Entry
from ..core.results import Graded, QuestionResult
from ..core.verdicts import Verdicts, read_verdicts

# of the known mistakes, those that pass all visible checks and still lose points
MOST_UNSEEN = 0.05
# what a visible check shows if a hidden one asks for it
SHOWN = frozenset(HouseRule) - {HouseRule.WARNINGS, HouseRule.CACHE}


@dataclass(frozen=True)
class Unseen:
    """A known mistake that passes all visible checks of its question and loses points.

    Attributes:
        rules: the house rules by which it lost them.
    """

    rules: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        return "it passes all visible checks of its question" + (
            f", and breaks house rules: {', '.join(self.rules)}" if self.rules else ""
        )


def verdicts(graded: Graded, assignment: Assignment) -> dict[str, Verdicts]:
    """Return what the visible checks of each question said of a submission that was graded."""
    cells = {cell["id"]: cell for cell in graded.notebook["cells"]}
    checks = (cell for cell in assignment.cells if cell.kind == CellKind.CHECK)
    return {cell.question: read_verdicts(cells[cell.id]) for cell in checks}


def contradictions(
    graded: Graded, said: dict[str, Verdicts], questions: frozenset[str]
) -> Iterator[str]:
    """Say where a visible check refuses what the hidden checks give full marks.

    Args:
        graded: the marks.
        said: the verdicts of `verdicts`.
        questions: which to look at.
    """
    for result in graded.questions:
        if (
            result.id in questions
            and result.score == result.max_score
            and not said[result.id].passed
        ):
            yield (
                f"a visible check of {result.id} refuses what has full marks: "
                f"{said[result.id].words}"
            )


def unseen(
    entry: Entry, result: QuestionResult, said: Verdicts, assignment: Assignment
) -> Unseen | None:
    """Return what a known mistake lost without any visible check's word, or None."""
    if not said.passed or result.score == result.max_score:
        return None
    rules = {check.kind for check in result.checks if check.kind in SHOWN}
    if _defaults(entry.source, entry) - _defaults(
        "\n".join(assignment.reference_source(entry.question).values()), entry
    ):
        rules.add("defaults")
    return Unseen(tuple(sorted(rules)))


def _defaults(source: str, entry: Entry) -> set[tuple[str, str, str]]:
    """Return (function, argument, default) of the functions that an entry replaces."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name in entry.replaces:
            named = [*node.args.posonlyargs, *node.args.args]
            pairs = list(
                zip(named[len(named) - len(node.args.defaults) :], node.args.defaults, strict=True)
            )
            pairs += [
                (arg, value)
                for arg, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
                if value is not None
            ]
            found |= {(node.name, arg.arg, ast.unparse(value)) for arg, value in pairs}
    return found
