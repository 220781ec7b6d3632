"""From a notebook's bytes to its marks: one pure function of data, so that it runs on any executor
and can be repeated.

`Grader.grade` takes submissions and gives, for each, a `Graded` record with the notebook as it is
to be shown. The way of a submission is repair, execute, check, diagnose, report; recording and
feedback come after, elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import SimpleNamespace

from ..checking.plugin import CheckFolder, Turns, run_checks
from ..checking.remote import RemoteTransport
from ..checking.student import RecordedCall, Student
from ..core.assignment import Assignment, CellKind, load_assignment
from ..core.course import Course
from ..core.errors import FailureKind, NoSandbox
from ..core.mistakes import load_bank
from ..core.results import (
    CONTAGIOUS,
    CheckResult,
    Finding,
    FindingKind,
    Graded,
    Hint,
    Outcome,
    QuestionResult,
    RepairedNotebook,
    Submission,
    with_hints,
)
from ..core.translation import Translation, translation_of
from ..sandbox.client import Sandbox
from ..sandbox.starting import Started
from .course_sandbox import place_of
from .diagnose import Diagnosis
from .execute import Execution
from .question_report import write_report
from .repair import repair
from .repair.other_assignment import MOST, other_assignment
from .screening.images import screen
from .screening.oversized_cells import written_data
from .screening.suspicious_names import notice_reaches

# failures of a call that are findings of the submission as well
NOTED = (FailureKind.HELPER, FailureKind.FORGED, FailureKind.DIED, FailureKind.LIMIT)


@dataclass(frozen=True)
class Grader:
    """Grades submissions of one assignment, with one warm sandbox; a context manager.

    Attributes:
        first_try: seconds that a hurried submission may take; None leaves it to the course's
            limits.
        terse: whether exceptions are told in few bits, for feedback that is given again and again.
        begun: a process that was started for the sandbox, by `course_sandbox.place_of`.
    """

    course: Course
    name: str
    slot: int = 0
    first_try: float | None = None
    terse: bool = False
    begun: Started | None = None

    @cached_property
    def assignment(self) -> Assignment:
        return load_assignment(self.course, self.name)

    @cached_property
    def _reference(self) -> SimpleNamespace:
        return self.assignment.namespace()

    @cached_property
    def _not_theirs(self) -> frozenset[str]:
        return frozenset(
            cell.id for cell in self.assignment.cells if cell.kind != CellKind.SOLUTION
        )

    @cached_property
    def _sandbox(self) -> Sandbox:
        place = place_of(self.course, self.name, self.slot)
        limits = place.limits
        limits = limits if self.first_try is None else replace(limits, first_try=self.first_try)
        return Sandbox(
            limits,
            place.utils,
            place.slot,
            place.file_overrides,
            place.asked,
            place.people,
            self.begun,
        )

    @cached_property
    def _diagnosis(self) -> Diagnosis:
        return Diagnosis(self.assignment, load_bank(self.course.mistakes(self.name)))

    @cached_property
    def _say(self) -> Translation:
        return translation_of(self.course)

    @cached_property
    def _unusable(self) -> dict[str, str]:
        return {}

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End the sandbox."""
        self._sandbox.close()

    def grade(self, submissions: Sequence[Submission], seed: int) -> list[Graded]:
        """Grades each submission with the hidden inputs that follow from the seed.

        Raises:
            UserError: the assignment is not there or not built, its checks do not fit it, or this
                machine has no sandbox.
            GraderFault: the checks could not be loaded.
        """
        graded: list[Graded] = []
        points = {question.id: question.points for question in self.assignment.questions}
        run_checks(
            CheckFolder(self.course.checks(self.name), points=points),
            self._reference,
            seed,
            self._turns(submissions, seed, graded),
        )
        return graded

    def _turns(
        self, submissions: Sequence[Submission], seed: int, graded: list[Graded]
    ) -> Turns[None]:
        for submission in submissions:
            record = yield from self._turn(submission, seed)
            write_report(record, self._say)
            graded.append(record)

    def _turn(self, submission: Submission, seed: int) -> Turns[Graded]:
        """One submission: yields the student to the checks, is sent what they found, returns the
        marks.
        """
        start = time.perf_counter()
        repaired = repair(submission.content, self.assignment)
        if repaired.share < MOST and (
            other := other_assignment(submission.content, self.course, self.name)
        ):
            return self._of_another(submission, seed, other)
        try:
            reached, counted = notice_reaches(repaired.notebook, self._not_theirs)
            with Execution(
                self._sandbox,
                repaired.notebook,
                self.assignment,
                submission.hurried,
                submission.unrun,
            ) as execution:
                execution.run()
                executed = time.perf_counter()
                known = {
                    check.spec.id: check
                    for question in submission.known
                    for check in question.checks
                }
                student = Student(
                    RemoteTransport(
                        execution.session,
                        _all_text(repaired),
                        counted,
                        _lines(repaired, self._not_theirs if self.terse else frozenset()),
                        self.terse,
                    ),
                    known,
                )
                results = yield student
            checked = time.perf_counter()
            # the second try looks for causes
            transcript = () if execution.given_up() else student.transcript
            questions = self._questions(results, transcript, submission.known)
        except NoSandbox:
            raise
        except Exception as fault:
            # whatever it is, it is ours, and it must not cost anybody else their marks
            return self.unjudged(submission, repaired, seed, fault)
        seconds = {
            "execute": executed - start,
            "check": checked - executed,
            "diagnose": time.perf_counter() - checked,
        }
        noticed = (
            *repaired.findings,
            *reached,
            *written_data(repaired.notebook, self.assignment),
            *screen(repaired.notebook),
        )
        findings = tuple(
            dict.fromkeys(
                (*noticed, *execution.findings, *_findings(results), *self._no_hints(questions))
            )
        )
        walls = self._sandbox.walls or ""
        graded = Graded(
            submission.student,
            self.name,
            seed,
            questions,
            findings,
            repaired.notebook,
            seconds,
            walls,
        )
        if (
            submission.known
            and graded.kinds & CONTAGIOUS
            and not (submission.hurried and graded.slow)
        ):
            return (yield from self._turn(replace(submission, known=()), seed))
        return graded

    def _questions(
        self,
        results: Sequence[CheckResult],
        transcript: Sequence[RecordedCall],
        known: Sequence[QuestionResult],
    ) -> tuple[QuestionResult, ...]:
        made = []
        for question in self.assignment.questions:
            if held := [one for one in known if one.id == question.id]:
                made += held
                continue
            checks = tuple(result for result in results if result.spec.question == question.id)
            result = QuestionResult(question.id, question.points, checks)
            names = {check.spec.id for check in checks}
            if result.outcome in (Outcome.PARTIAL, Outcome.WRONG):
                records = [record for record in transcript if record.check in names]
                failed = [check for check in checks if check.outcome is Outcome.WRONG]
                result = with_hints(result, self._hints(question.id, records, failed))
            made.append(result)
        return tuple(made)

    def _hints(
        self, question: str, records: Sequence[RecordedCall], failed: Sequence[CheckResult]
    ) -> tuple[Hint, ...]:
        """Return what the diagnosis says, if it can: an author's file that is broken costs the
        hint, and never a mark.
        """
        try:
            worth = {check.spec.id: check.spec.points for check in failed}
            kinds = {check.spec.id: check.kind for check in failed}
            return self._diagnosis.find(question, records, worth, kinds)
        except Exception as error:
            self._unusable[question] = f"{type(error).__name__}: {error}"
            return ()

    def _no_hints(self, questions: Sequence[QuestionResult]) -> Iterator[Finding]:
        """Yield a word to staff for each question that lost points, and whose known mistakes could
        not be used.
        """
        bank = self._diagnosis.bank
        broken = {**bank.unloaded, **self._unusable}
        for question in questions:
            if question.outcome not in (Outcome.PARTIAL, Outcome.WRONG):
                continue
            if question.id in broken:
                words = (
                    f"The known mistakes of {question.id} could not be used "
                    f"({broken[question.id]}), so there is no hint."
                )
                yield Finding(FindingKind.HINTS, question.id, words, staff=True)
            for where, why in bank.unfit.items():
                if where.startswith(f"{question.id}."):
                    words = (
                        f"The known mistake {where} could not be used ({why}), so its hint is "
                        "never given."
                    )
                    yield Finding(FindingKind.HINTS, question.id, words, staff=True)

    def _of_another(self, submission: Submission, seed: int, other: str) -> Graded:
        """Return the record of a notebook of another assignment: nothing of it is run, and no check
        is judged.
        """
        questions = tuple(
            QuestionResult(question.id, question.points, ())
            for question in self.assignment.questions
        )
        said = (
            f"This is the notebook of {other}, not of {self.name}. It was not graded: submit "
            f"the notebook of {self.name}."
        )
        notebook = repair(b"", self.assignment).notebook
        return Graded(
            submission.student,
            self.name,
            seed,
            questions,
            (Finding(FindingKind.OTHER, "notebook", said, staff=True),),
            notebook,
        )

    def unjudged(
        self, submission: Submission, repaired: RepairedNotebook, seed: int, fault: Exception
    ) -> Graded:
        """Return the record of a submission that the grader failed for: no marks, and the
        reason.
        """
        questions = tuple(
            QuestionResult(question.id, question.points, ())
            for question in self.assignment.questions
        )
        finding = Finding(
            FindingKind.FAULT,
            "grader",
            f"The grader failed ({type(fault).__name__}: {fault}). Nothing was judged.",
            staff=True,
        )
        findings = (*repaired.findings, *screen(repaired.notebook), finding)
        return Graded(submission.student, self.name, seed, questions, findings, repaired.notebook)


def _lines(repaired: RepairedNotebook, without: frozenset[str]) -> dict[str, int]:
    return {
        str(cell["id"]): str(cell["source"]).count("\n") + 1
        for cell in repaired.notebook["cells"]
        if cell["id"] not in without
    }


def _all_text(repaired: RepairedNotebook) -> str:
    """Return the text of a notebook's code, in which each word of an error's message is searched
    for; `repair` bounds it.
    """
    return "\n".join(
        cell["source"] for cell in repaired.notebook["cells"] if cell["cell_type"] == "code"
    )


def _findings(results: Sequence[CheckResult]) -> Iterator[Finding]:
    for result in results:
        if result.fault:
            yield Finding(
                FindingKind.FAULT,
                result.spec.question,
                f"The check {result.spec.id} failed by itself ({result.fault}).",
                staff=True,
            )
        elif result.kind in NOTED:
            yield Finding(
                FindingKind(result.kind),
                result.spec.question,
                result.reason,
                staff=result.kind != FailureKind.LIMIT,
            )
