"""What the stages hand to one another: frozen, plain, and all that they know of each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from .regrade_notes import Regrade

Notebook = dict[str, Any]  # a notebook's JSON, nbformat 4


class Outcome(StrEnum):
    """How a check, a question or a submission came out."""

    RIGHT = "right"
    PARTIAL = "partial"
    WRONG = "wrong"
    UNJUDGED = "unjudged"


DEMANDED = "AUTOGRADER_WALLS"  # the variable by which a command demands walls


class Walls(StrEnum):
    """What keeps student code apart, the strongest first."""

    NAMESPACES = "namespaces"
    ROOM = "room"
    BARE = "bare"

    @property
    def words(self) -> str:
        """What they are, and what they do not hide."""
        return {
            Walls.NAMESPACES: "bubblewrap's namespaces, a filter of system calls, and limits",
            Walls.ROOM: "a root folder and a user of their own, a filter of system calls, and "
            "limits; "
            "they do not hide this machine's name",
            Walls.BARE: "Landlock, a filter of system calls, and limits; student code can change "
            "no file here and read only Python, libraries and fonts, but it can ask whether a file "
            "exists, and for its size, owner and time",
        }[self]


@dataclass(frozen=True)
class Submission:
    """One student's file, as it lay in the folder.

    Attributes:
        known: results of questions that hold still, so that their checks need not be run again.
        hurried: whether this is a first try, for a short time only.
        unrun: ids of cells that are not run.
    """

    student: str
    content: bytes
    known: tuple[QuestionResult, ...] = ()
    hurried: bool = False
    unrun: frozenset[str] = frozenset()


class FindingKind(StrEnum):
    """What a finding is about; the words stand in results and in the gradebook."""

    REPAIRED = "repaired"  # the notebook was rebuilt
    UNREADABLE = "unreadable"  # the file is no notebook
    OTHER = "other"  # it is another assignment's notebook
    DATA = "data"  # a cell that is longer than an answer needs
    PICTURE = "picture"  # one that is not shown
    REACHES = "reaches"  # code uses what no answer needs
    RAISED = "raised"  # a locked cell raised an error
    MISSING = "missing"  # a cell imports what is missing where notebooks are graded
    OUTPUT = "output"  # the cells show too much
    LIMIT = "limit"
    DIED = "died"
    HELPER = "helper"  # it answers by a function that may not answer
    FORGED = "forged"
    HINTS = "hints"  # known mistakes could not be used
    FAULT = "fault"  # the grader itself failed


# what one question's checks set off may have had effects on the others'
CONTAGIOUS = frozenset({FindingKind.FAULT, FindingKind.LIMIT, FindingKind.DIED, FindingKind.FORGED})


@dataclass(frozen=True)
class Finding:
    """Something a person should know: a repaired notebook, a limit reached, a helper that may not
    answer.

    Attributes:
        kind: what it is about.
        where: the cell or question.
        message: one sentence.
        staff: whether it is for staff as well as for the student.
    """

    kind: FindingKind
    where: str
    message: str
    staff: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "where": self.where, "message": self.message}


@dataclass(frozen=True)
class RepairedNotebook:
    """A notebook rebuilt around the student's answers, with what had to be repaired.

    Attributes:
        notebook: with the master's cells.
        findings: what was wrong with the submission.
        readable: whether any cell could be read.
        share: of the assignment's graded cells and answers, those that the submission holds.
    """

    notebook: Notebook
    findings: tuple[Finding, ...]
    readable: bool = True
    share: float = 1.0


@dataclass(frozen=True)
class CheckSpec:
    """A hidden check, as collected: its question, its points, the sentence the student reads, what
    it depends on.
    """

    id: str
    question: str
    points: float
    sentence: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckResult:
    """What one check found."""

    spec: CheckSpec
    outcome: Outcome
    reason: str = ""
    hint: str = ""
    kind: str = ""  # of the StudentError or CheckFailed that it was, where it was one
    fault: str = ""  # how the check itself failed, where it did

    @property
    def score(self) -> float:
        return self.spec.points if self.outcome is Outcome.RIGHT else 0.0

    def as_dict(self) -> dict[str, Any]:
        message = " ".join(part for part in (self.reason, self.hint) if part)
        return {
            "id": self.spec.id,
            "outcome": str(self.outcome),
            "score": self.score,
            "max_score": self.spec.points,
            "message": message,
        }


class Certainty(StrEnum):
    """How far a hint goes."""

    FACT = "fact"  # the known mistake explains all that it could explain
    # it explains some of what fails; something else differs as well, or the evidence is weak
    PART = "part"
    EITHER = "either"  # another known mistake explains the same equally well
    PLACE = "place"  # only where the mistake is


@dataclass(frozen=True)
class Hint:
    """What a student reads about the cause of some failed checks.

    Attributes:
        id: the known mistake, or the place.
        text: Markdown, the hedge included where the certainty asks for one.
        checks: the ids of the failed checks that it explains.
        certainty: how far it goes.
    """

    id: str
    text: str
    checks: tuple[str, ...]
    certainty: Certainty

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "text": self.text,
            "checks": list(self.checks),
            "certainty": str(self.certainty),
        }


@dataclass(frozen=True)
class QuestionResult:
    """What the checks of one question found, and what it says about the cause.

    Attributes:
        mistake: the known mistake that explains most, if any that no other equals.
        hint: the texts of all hints, apart by an empty line; None if there are none.
        hints: each of them, with the checks that it explains.
    """

    id: str
    max_score: float
    checks: tuple[CheckResult, ...]
    mistake: str | None = None
    hint: str | None = None
    hints: tuple[Hint, ...] = ()

    @property
    def score(self) -> float:
        return round(sum(check.score for check in self.checks), 6)

    @property
    def outcome(self) -> Outcome:
        outcomes = {check.outcome for check in self.checks}
        if outcomes == {Outcome.RIGHT}:
            return Outcome.RIGHT
        if Outcome.UNJUDGED in outcomes or not outcomes:
            return Outcome.UNJUDGED
        return Outcome.PARTIAL if self.score > 0 else Outcome.WRONG

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "score": self.score,
            "max_score": self.max_score,
            "outcome": str(self.outcome),
            "checks": [check.as_dict() for check in self.checks],
            "mistake": self.mistake,
            "hint": self.hint,
            "hints": [hint.as_dict() for hint in self.hints],
        }


def with_hints(question: QuestionResult, hints: tuple[Hint, ...]) -> QuestionResult:
    """Return the result with hints, the one that explains most first."""
    unsure = (Certainty.PLACE, Certainty.EITHER)
    mistakes = [hint.id for hint in hints if hint.certainty not in unsure]
    text = "\n\n".join(hint.text for hint in hints) or None
    return replace(question, mistake=mistakes[0] if mistakes else None, hint=text, hints=hints)


@dataclass(frozen=True)
class Graded:
    """One submission with its marks; all that is recorded, shown and kept."""

    student: str
    assignment: str
    seed: int
    questions: tuple[QuestionResult, ...]
    findings: tuple[Finding, ...]
    notebook: Notebook
    seconds: Mapping[str, float] = field(default_factory=dict)
    walls: str = ""  # that it ran behind, if it ran

    @property
    def score(self) -> float:
        return round(sum(question.score for question in self.questions), 6)

    @property
    def max_score(self) -> float:
        return sum(question.max_score for question in self.questions)

    @property
    def outcome(self) -> Outcome:
        outcomes = {question.outcome for question in self.questions}
        if Outcome.UNJUDGED in outcomes:
            return Outcome.UNJUDGED
        if outcomes == {Outcome.RIGHT}:
            return Outcome.RIGHT
        return Outcome.PARTIAL if self.score > 0 else Outcome.WRONG

    @property
    def kinds(self) -> frozenset[FindingKind]:
        """The kinds of what was found."""
        return frozenset(finding.kind for finding in self.findings)

    @property
    def slow(self) -> bool:
        """Whether a limit was reached, so that another's load on the machine may have cost a
        mark.
        """
        return FindingKind.LIMIT in self.kinds

    @property
    def faulty(self) -> bool:
        """Whether the grader itself failed somewhere in it."""
        return FindingKind.FAULT in self.kinds

    def as_dict(self) -> dict[str, Any]:
        """Return the stable JSON form that `autograder check --json` prints."""
        return {
            "assignment": self.assignment,
            "seed": self.seed,
            "score": self.score,
            "max_score": self.max_score,
            "outcome": str(self.outcome),
            "questions": [question.as_dict() for question in self.questions],
            "findings": [finding.as_dict() for finding in self.findings],
            "walls": self.walls,
        }


@dataclass(frozen=True)
class Marks:
    """What the gradebook holds of one submission.

    Attributes:
        scores: (points, most points) by graded cell.
        comments: Markdown by answer cell.
        pending: graded cells that still wait for a person.
        late_penalty: points taken off for being late.
        whose: the student's name and id, or the id alone.
        submitted: when, as people read it, or nothing.
        regrades: what became of requests to grade it again.
        group: whether the page is for a whole group, and so names no member's own mark.
    """

    scores: Mapping[str, tuple[float, float]]
    comments: Mapping[str, str]
    pending: frozenset[str] = frozenset()
    late_penalty: float = 0.0
    whose: str = ""
    submitted: str = ""
    regrades: tuple[Regrade, ...] = ()
    group: bool = False
