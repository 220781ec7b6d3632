"""Every exception of the autograder, in one place.

`UserError` and what derives from it are mistakes of the person at the keyboard: the command line
prints their message and nothing else. `StudentError` is what a student's code did. `GraderFault` is
ours, and is never counted against a student.
"""

from __future__ import annotations


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


class StudentError(AutograderError):
    """The student's code failed in a way that answers the check: wrong, for this reason.

    Attributes:
        reason: one sentence for the student.
        kind: `raised`, `missing`, `unsendable`, `limit`, `helper`, `died` or `forged`.
        message: of the exception that was raised, as it came: it may hold hidden inputs, and is
            never shown.
    """

    def __init__(self, reason: str, kind: str, message: str = "") -> None:
        super().__init__(reason)
        self.reason, self.kind, self.message = reason, kind, message


CAUSE = "cause"  # the kind of a failed check whose reason says what the mistake is


class CheckFailed(AutograderError):
    """A check found the answer wrong.

    Attributes:
        reason: what differed, without hidden inputs or expected values.
        hint: where to look, or the empty string.
        kind: the rule of `checking.rules` that the answer breaks, `CAUSE`, or `differs`.
    """

    def __init__(self, reason: str, hint: str = "", kind: str = "differs") -> None:
        super().__init__(reason)
        self.reason, self.hint, self.kind = reason, hint, kind


class OutOfWork(BaseException):
    """The diagnosis has used up its allowance; no `except Exception` of what it replays may catch
    this.
    """
