"""Runs hidden checks with pytest, in this trusted process, over one submission after another in
one session.

pytest collects, orders, sets up fixtures and reports; this plugin gives it the fixtures, hands it
the next student, and turns what it reports into verdicts. Collecting once for many submissions is
what makes it cheap.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import numpy as np
import pytest
from _pytest.runner import runtestprotocol

from ..core.errors import (
    AutograderError,
    CheckFailed,
    FailureKind,
    GraderFault,
    StudentError,
    UserError,
)
from ..core.results import CheckResult, CheckSpec, Outcome
from .collected_checks import named, own_environment, refuse_missing, refuse_other_points
from .local import LocalTransport
from .memory_limit import ROOM, memory_limit, memory_used
from .student import Student

UNUSED = (
    "terminal cacheprovider faulthandler unraisableexception threadexception logging warnings "
    "doctest junitxml"
)
QUIET = [
    "--capture=no",
    "--import-mode=importlib",
    "--assert=plain",
    "--disable-plugin-autoload",
    "-c",
    "/dev/null",
    *(f"-pno:{plugin}" for plugin in UNUSED.split()),
]
OURS = frozenset(("student", "reference", "rng"))

Result = TypeVar("Result")
# gives a student, is sent what the checks found, and so on
Turns = Generator[Student, list[CheckResult], Result]


@dataclass(frozen=True)
class CheckFolder:
    """Hidden checks to run.

    Attributes:
        folder: where their files are.
        questions: those whose checks are run; all if None.
        points: of each question, where the checks are to be held against them.
    """

    folder: Path
    questions: frozenset[str] | None = None
    points: Mapping[str, float] | None = None


class ChecksPlugin:
    """One pytest session over the checks of one assignment."""

    def __init__(
        self,
        checks: CheckFolder,
        reference: SimpleNamespace,
        seed: int,
        turns: Turns[None],
    ) -> None:
        self.folder, self.questions, self.points = checks.folder, checks.questions, checks.points
        self.reference, self.seed, self.turns = reference, seed, turns
        self.specs: list[CheckSpec] = []
        self.problem: BaseException | None = None
        self._current: Student | None = None
        self._most = 0
        self._raised: BaseException | None = None
        self._results: dict[str, CheckResult] = {}
        self._forbidden: dict[str, tuple[str, ...]] = {}
        self._own_arguments: dict[str, frozenset[str] | None] = {}

    # -- fixtures ----------------------------------------------------------------------------------

    @pytest.fixture
    def student(self) -> Student:
        assert self._current is not None
        return self._current

    @pytest.fixture(name="reference")
    def _reference(self) -> SimpleNamespace:
        return self.reference

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> np.random.Generator:
        """Fresh for every check, and the same for every student of a run."""
        return self._generator(_spec(request.node))

    def _generator(self, spec: CheckSpec) -> np.random.Generator:
        digest = hashlib.sha256(spec.id.encode()).digest()
        return np.random.default_rng([self.seed, int.from_bytes(digest[:4], "little")])

    # -- the session -------------------------------------------------------------------------------

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line(
            "markers",
            "check(question, points, needs): what a hidden check judges, and what it is worth",
        )

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        refuse_missing(
            self.folder,
            [(item.path.stem, getattr(item, "originalname", item.name)) for item in items],
        )
        if self.points is not None:
            refuse_other_points(
                self.folder.parent.name, [_spec(item) for item in items], self.points
            )
        if self.questions is not None:
            items[:] = [item for item in items if _spec(item).question in self.questions]
        for item in items:
            spec = _spec(item)
            if any(spec.id == other.id for other in self.specs):
                raise GraderFault(f"two checks are called {spec.id}")
            self.specs.append(spec)
            self._forbidden[spec.id] = tuple(getattr(_module(item), "FORBIDDEN", ()))
            self._own_arguments[spec.id] = _own_arguments(item)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            where = f"{named(self.folder)}/{Path(report.nodeid).name}"
            self.problem = UserError(
                f"the checks could not be loaded (in {where}): {_reason(report.longreprtext)}"
            )

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        self.problem = self.problem or excinfo.value
        return True  # or pytest would print its own traceback

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._current = next(self.turns, None)
        while self._current is not None:
            self._results, self._most = {}, memory_used() + ROOM
            for item, spec in zip(session.items, self.specs, strict=True):
                self._run(item, spec, self._current)
            try:
                self._current = self.turns.send(list(self._results.values()))
            except StopIteration:
                self._current = None
        return True

    def _run(self, item: pytest.Item, spec: CheckSpec, student: Student) -> None:
        if spec.id in student.known:
            self._results[spec.id] = student.known[spec.id]
            return
        missing = next(
            (
                need
                for need in spec.needs
                if need not in self._results or self._results[need].outcome is not Outcome.RIGHT
            ),
            None,
        )
        if missing is not None:
            wanted = next((other.sentence for other in self.specs if other.id == missing), missing)
            reason = f"Not tried, because it builds on a check that was not passed: {wanted}"
            before = self._results.get(missing)
            outcome = (
                Outcome.UNJUDGED if before and before.outcome is Outcome.UNJUDGED else Outcome.WRONG
            )
            self._results[spec.id] = CheckResult(spec, outcome, reason, kind=FailureKind.SKIPPED)
            return
        student.begin_check(spec.id, self._forbidden[spec.id])
        with memory_limit(self._most):
            error = self._run_item(item, spec)
        self._results[spec.id] = self._verdict(item, spec, error)
        student.end_check()

    def _verdict(
        self, item: pytest.Item, spec: CheckSpec, error: BaseException | None
    ) -> CheckResult:
        if error is None:
            return CheckResult(spec, Outcome.RIGHT)
        if isinstance(error, CheckFailed):
            return CheckResult(spec, Outcome.WRONG, error.reason, error.hint, error.kind)
        if isinstance(error, StudentError):
            return CheckResult(spec, Outcome.WRONG, error.reason, kind=error.kind)
        if isinstance(error, GraderFault) or not self._passes_for_reference(item, spec):
            return CheckResult(
                spec,
                Outcome.UNJUDGED,
                "This check itself failed; staff have been told, and it is not your fault.",
                fault=f"{type(error).__name__}: {error}",
            )
        return CheckResult(
            spec,
            Outcome.WRONG,
            "Returned something of a form that this check cannot work with.",
            kind=FailureKind.FORM,
        )

    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.TestReport | None:
        """Keep the exception itself; pytest's own report would read and draw the sources, at ten
        times the check's cost.
        """
        if call.excinfo is not None and self._raised is None:
            self._raised = call.excinfo.value
        if call.when == "collect":
            return None
        return pytest.TestReport(
            item.nodeid,
            item.location,
            {},
            "passed" if call.excinfo is None else "failed",
            None,
            call.when,
        )

    def _run_item(self, item: pytest.Item, spec: CheckSpec) -> BaseException | None:
        """Run a check once, and return the exception that ended it.

        One that asks for nothing but what is given here is called as it is: pytest's three phases
        take longer than most checks.
        """
        self._raised = None
        wanted = self._own_arguments[spec.id]
        if wanted is not None:
            given = {
                "student": self._current,
                "reference": self.reference,
                "rng": self._generator(spec),
            }
            try:
                item.obj(**{name: given[name] for name in wanted})  # type: ignore[attr-defined]
            except (Exception, pytest.fail.Exception) as error:
                return error
            return None
        runtestprotocol(item, log=False, nextitem=None)
        return self._raised

    def _passes_for_reference(self, item: pytest.Item, spec: CheckSpec) -> bool:
        """Tell a strange answer from a broken check: a check that holds for the reference was
        upset by the answer.
        """
        before, self._current = self._current, Student(LocalTransport(self.reference))
        try:
            return self._run_item(item, spec) is None
        finally:
            self._current = before


def _own_arguments(item: pytest.Item) -> frozenset[str] | None:
    """Return the fixtures that a check asks for, if all of them are given here; otherwise None."""
    function = getattr(item, "function", None)
    if function is None:
        return None
    wanted = frozenset(inspect.signature(function).parameters)
    others = set(getattr(item, "fixturenames", ())) - OURS - {"request"}
    return None if others or not wanted <= OURS else wanted


def _module(item: pytest.Item) -> object:
    return item.module if isinstance(item, pytest.Function) else None


def _spec(item: pytest.Item) -> CheckSpec:
    marker = item.get_closest_marker("check")
    function = getattr(item, "function", None)
    if marker is None or function is None:
        raise GraderFault(f"{item.nodeid} has no @check that says which question it judges")
    sentence = inspect.getdoc(function)
    if not sentence:
        raise GraderFault(f"{item.nodeid} has no docstring, which is what the student reads")
    question = marker.args[0]
    needs = tuple(_id(question, need) for need in marker.kwargs["needs"])
    return CheckSpec(
        _id(question, item.name), question, float(marker.kwargs["points"]), sentence, needs
    )


def _reason(report: str) -> str:
    """Return what pytest says of a file that does not load, without the mark before each of its
    lines: the last of them.
    """
    return "\n".join(line.removeprefix("E").strip() for line in report.splitlines()[-4:])[-1500:]


def _id(question: str, function: str) -> str:
    return f"{question}.{function.removeprefix('test_')}"


def run_checks(
    checks: CheckFolder, reference: SimpleNamespace, seed: int, turns: Turns[None]
) -> list[CheckSpec]:
    """Run checks over the students that `turns` gives, and return what was collected.

    Raises:
        UserError: a check is missing, or the checks are not worth what the questions are.
        GraderFault: the checks could not be collected or pytest itself failed.
    """
    folder = checks.folder
    if checks.points and not folder.is_dir():
        raise UserError(
            f"{folder.parent.name} has no hidden checks, expected a file for each question in "
            f"{folder}"
        )
    plugin = ChecksPlugin(checks, reference, seed, turns)
    for path in folder.glob("*.py"):
        # pytest would take another assignment's file of the same name for this one
        sys.modules.pop(path.stem, None)
    with own_environment():
        status = pytest.main(
            [str(folder), f"--rootdir={folder}", f"--confcutdir={folder}", *QUIET], plugins=[plugin]
        )
    if plugin.problem is not None:
        raise (
            plugin.problem
            if isinstance(plugin.problem, AutograderError)
            else GraderFault(f"pytest failed: {plugin.problem!r}")
        ) from plugin.problem
    if not plugin.specs:
        raise GraderFault(f"no checks in {named(folder)} (pytest's exit status {int(status)})")
    return plugin.specs


def collect(folder: Path, points: Mapping[str, float] | None = None) -> list[CheckSpec]:
    """Return the checks in `folder`, without running any; `points` as in `run_checks`."""
    return run_checks(CheckFolder(folder, points=points), SimpleNamespace(), 0, _nobody())


def _nobody() -> Turns[None]:
    yield from ()
