"""Hidden checks beside the student's code, in one process and without pytest: what stock nbgrader's
test cells and the floor do.

It has no place in grading: a student's code could read and replace all of it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.course import Course

if TYPE_CHECKING:
    from ..checking.student import Student


@dataclass(frozen=True)
class DirectCheck:
    """A hidden check as a plain function."""

    id: str
    points: float
    needs: tuple[str, ...]
    function: Callable[..., None]

    reference: Callable[[], types.SimpleNamespace]

    def passes(self, student: Student, seed: int) -> bool:
        """Run it with the inputs that the grader's own plugin would draw."""
        digest = hashlib.sha256(self.id.encode()).digest()
        given: dict[str, Any] = {
            "student": student,
            "rng": np.random.default_rng([seed, int.from_bytes(digest[:4], "little")]),
        }
        wanted = inspect.signature(self.function).parameters
        if "reference" in wanted:
            given["reference"] = self.reference()
        student.begin_check(self.id, ())
        try:
            self.function(**{name: given[name] for name in wanted})
        except Exception:
            return False
        finally:
            student.end_check()
        return True


def load_checks(assignment: str, question: str) -> list[DirectCheck]:
    """Return the checks of a question, in their order.

    pytest is replaced by its one decorator, unless it is loaded already: stock nbgrader's kernels
    shall not pay for an import that their test cells would not need.
    """
    sys.modules.setdefault("pytest", _pytest_stub())
    path = Course().checks(assignment) / f"test_{question}.py"
    spec = importlib.util.spec_from_file_location(f"direct_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = []
    for name, function in vars(module).items():
        for mark in getattr(function, "pytestmark", ()) if name.startswith("test_") else ():
            prefix = f"{question}."
            needs = tuple(prefix + need.removeprefix("test_") for need in mark.kwargs["needs"])
            made.append(
                DirectCheck(
                    prefix + name.removeprefix("test_"),
                    float(mark.kwargs["points"]),
                    needs,
                    function,
                    partial(_reference, assignment),
                )
            )
    return made


@cache
def _reference(assignment: str) -> types.SimpleNamespace:
    from ..core.assignment import load_assignment

    return load_assignment(Course(), assignment).namespace()


def points(checks: list[DirectCheck], names: dict[str, Any], seed: int) -> float:
    """Return what a notebook's functions earn in one question."""
    found = passed(checks, names, seed)
    return float(round(sum(check.points for check in checks if check.id in found), 6))


def passed(checks: list[DirectCheck], names: dict[str, Any], seed: int) -> set[str]:
    """Return the ids of the checks that a notebook's functions pass."""
    from ..checking.local import LocalTransport
    from ..checking.student import Student

    student = Student(LocalTransport(types.SimpleNamespace(**names)))
    found: set[str] = set()
    for check in checks:
        if found.issuperset(check.needs) and check.passes(student, seed):
            found.add(check.id)
    return found


def score_cell(assignment: str, question: str, seed: int, names: dict[str, Any]) -> float:
    """Return the score of a question, from within a test cell of a Jupyter kernel."""
    checks = load_checks(assignment, question)
    _count_lines_of_kernel_cells()
    return points(checks, names, seed)


def _count_lines_of_kernel_cells() -> None:
    """Make the line count know a cell by ipykernel's file name as well as by ours."""
    from ..checking import transport
    from ..sandbox.observe import LineCount

    class KernelLines(LineCount):
        def _enter_frame(self, frame: types.FrameType, event: str, arg: Any) -> Any:
            if "ipykernel_" not in frame.f_code.co_filename:
                return None
            self.lines += 1
            return self._on_line

    transport.__dict__["LineCount"] = KernelLines


def _pytest_stub() -> types.ModuleType:
    stub = types.ModuleType("pytest")

    def check(*args: Any, **kwargs: Any) -> Callable[[Any], Any]:
        def mark(function: Any) -> Any:
            function.pytestmark = [types.SimpleNamespace(args=args, kwargs=kwargs)]
            return function

        return mark

    stub.__dict__["mark"] = types.SimpleNamespace(check=check)
    return stub
