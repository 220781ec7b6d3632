"""Every exception of the autograder, in one place.

`UserError` and what derives from it are mistakes of the person at the keyboard: the command line
prints their message and nothing else. `StudentError` is what a student's code did. `GraderFault` is
ours, and is never counted against a student.
"""

from __future__ import annotations

from enum import StrEnum


class AutograderError(Exception):
    """The root of all of them."""


class UserError(AutograderError):
    """The command was given something it cannot use; the message says what, and what was
    expected.
    """


class UncertainTime(UserError):
    """A time can be read in more than one way, or is none; the message says why, and how to write
    it.
    """


class NoSandbox(UserError):
    """This machine cannot confine student code; the message says what is missing and how to install
    it.
    """


class GraderFault(AutograderError):
    """The grader itself failed; the submission is not judged."""


class FailureKind(StrEnum):
    """Why a check was not passed; with `RAISED`, the name of a known exception may follow."""

    RAISED = "raised"
    MISSING = "missing"  # no such function
    UNSENDABLE = "unsendable"  # what it returns cannot cross to the grader
    HELPER = "helper"  # it calls what may not answer the question
    LIMIT = "limit"
    DIED = "died"  # the process of the submission
    FORGED = "forged"  # what came back is not of the form that the sandbox sends
    DIFFERS = "differs"
    CAUSE = "cause"  # the reason says what the mistake is
    SKIPPED = "skipped"  # for a check that it needs was not passed
    FORM = "form"  # the check itself was upset by the answer


class StudentError(AutograderError):
    """The student's code failed in a way that answers the check: wrong, for this reason.

    Attributes:
        reason: one sentence for the student.
        kind: a `FailureKind`, or "raised" with the name of a known exception.
        message: of the exception that was raised, as it came: it may hold hidden inputs, and is
            never shown.
    """

    def __init__(self, reason: str, kind: str, message: str = "") -> None:
        super().__init__(reason)
        self.reason, self.kind, self.message = reason, kind, message


class CheckFailed(AutograderError):
    """A check found the answer wrong.

    Attributes:
        reason: what differed, without hidden inputs or expected values.
        hint: where to look, or the empty string.
        kind: the rule of `checking.rules` that the answer breaks, or a `FailureKind`.
    """

    def __init__(self, reason: str, hint: str = "", kind: str = FailureKind.DIFFERS) -> None:
        super().__init__(reason)
        self.reason, self.hint, self.kind = reason, hint, kind


class OutOfWork(BaseException):
    """The diagnosis has used up its allowance; no `except Exception` of what it replays may catch
    this.
    """
