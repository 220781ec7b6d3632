"""A sample submission, and what must come of it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..core.assignment import Assignment
from ..core.results import Notebook

Findings = frozenset[tuple[str, str]]  # (kind, where)


@dataclass(frozen=True)
class Sample:
    """One submission of a made-up student.

    Attributes:
        id: the student's name.
        tries: one sentence on what is wrong with it, or what it tries.
        make: builds the file.
        scores: the points of each question that does not keep all of them.
        at_most: whether those are the most it may get: it forges its own answers, and what it loses
            by that is its own affair.
        findings: exactly what must be found, as (kind, where); None where it depends on what the
            attack happens to hit.
        shows: words that the outputs of the submission's own cells must contain, or the
            empty string.
        filename: the notebook's file name, where it is not the assignment's.
    """

    id: str
    tries: str
    make: Callable[[Assignment], bytes]
    scores: Mapping[str, float] = field(default_factory=dict)
    findings: Findings | None = frozenset()
    at_most: bool = False
    shows: str = ""
    filename: str = ""

    def expected(self, assignment: Assignment) -> dict[str, float]:
        """Return the points of every question."""
        return {
            question.id: self.scores.get(question.id, question.points)
            for question in assignment.questions
        }


def as_bytes(notebook: Notebook) -> bytes:
    """Return a notebook as Jupyter writes it."""
    return json.dumps(notebook, indent=1).encode()


def parse(text: str) -> Findings | None:
    """Return the findings of a short form: "limit affine, repaired notebook"; "any" for all."""
    if text == "any":
        return None
    return frozenset(
        (kind, where) for kind, where in (one.split() for one in text.split(",") if one.strip())
    )


def clean(code: str) -> str:
    """Code without the indentation of the module it is written in."""
    return textwrap.dedent(code).strip() + "\n"
