"""What one submission may use; the one place where that is set.

A course changes them in its `pyproject.toml`, under `[tool.autograder.limits]`, by the names below;
one assignment in its own `source/NN-name/checks/limits.toml`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from .course import Course
from .errors import UserError
from .settings import read_toml, settings

MB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Limits on a submission's process; times in seconds, sizes in bytes."""

    cell_wall: float = 10.0  # one cell, by the clock
    cell_cpu: float = 8.0  # one cell, of processor time
    call_wall: float = 4.0  # one call of a student's function, by the clock
    call_cpu: float = 3.0  # one call, of processor time
    total_wall: float = 60.0  # the whole submission, cells and checks
    # the same, in a class's first round; what takes longer is graded again behind the others, alone
    first_try: float = 10.0
    first_cell: float = 2.0  # one cell in a first try
    total_cpu: int = 45  # the whole submission, enforced by the kernel
    memory: int = 1024 * MB  # address space
    output: int = 400_000  # what one cell may show, pictures included
    outputs: int = 8_000_000  # what all of its cells may show
    disk: int = 32 * MB  # private /tmp
    files: int = 1_000  # files and folders in it
    file_size: int = 16 * MB
    descriptors: int = 64
    tasks: int = 64  # threads; other processes are never allowed
    frame: int = 8 * MB  # one message between sandbox and grader
    callbacks: int = 20_000  # calls back into the grader, per call
    # the arguments of one call back; what a function makes of them costs the grader memory
    callback: int = 16 << 10
    restarts: int = 2  # fresh processes after one that died in a cell

    def as_dict(self) -> dict[str, Any]:
        """Return the limits as plain data, to be sent into the sandbox."""
        return asdict(self)


def load_limits(course: Course, assignment: str = "") -> Limits:
    """Return the limits of a course, and of one of its assignments where it has its own.

    Raises:
        UserError: a file is not TOML, the name of a limit is unknown, or a value is no positive
            number.
    """
    table: dict[str, Any] = settings(course.pyproject).get("limits", {})
    if own := next((name for name, value in table.items() if isinstance(value, dict)), ""):
        there = course.limits(own).relative_to(course.root)
        raise UserError(
            f"{course.pyproject}: [tool.autograder.limits.{own}]: the limits of one "
            f"assignment lie in {there}"
        )
    limits = _replaced(Limits(), table, f"{course.pyproject}: [tool.autograder.limits]")
    path = course.limits(assignment)
    return _replaced(limits, read_toml(path), str(path)) if assignment else limits


def _replaced(limits: Limits, table: dict[str, Any], where: str) -> Limits:
    kinds = {field.name: field.type for field in fields(Limits)}
    for name, value in table.items():
        if name not in kinds:
            raise UserError(f"{where} has {name!r}, where one of {', '.join(kinds)} was expected")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            raise UserError(
                f"{where}: the limit {name} is {value!r}, where a number of at least 0 was expected"
            )
    given: dict[str, Any] = {
        name: int(value) if kinds[name] == "int" else float(value) for name, value in table.items()
    }
    return replace(limits, **given)
