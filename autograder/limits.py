"""What one submission may use; the one place where that is set.

A course changes them in `pyproject.toml`, under `[tool.autograder.limits]`, by the names below; for one assignment alone under
`[tool.autograder.limits.NN-name]`.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from .errors import UserError

MB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Limits on a submission's process; times in seconds, sizes in bytes."""

    cell_wall: float = 10.0  # one cell, by the clock
    cell_cpu: float = 8.0  # one cell, of processor time
    call_wall: float = 4.0  # one call of a student's function, by the clock
    call_cpu: float = 3.0  # one call, of processor time
    total_wall: float = 60.0  # the whole submission, cells and checks
    first_try: float = 10.0  # the same, in a class's first round; what takes longer is graded again behind the others, alone
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
    callback: int = 16 << 10  # the arguments of one call back; what a function makes of them costs the grader memory
    restarts: int = 2  # fresh processes after one that died in a cell

    def as_dict(self) -> dict[str, Any]:
        """The limits as plain data, to be sent into the sandbox."""
        return asdict(self)


def load_limits(pyproject: Path, assignment: str = "") -> Limits:
    """The limits of a course, and of one of its assignments where it has its own.

    Raises:
        UserError: the name of a limit or of an assignment is unknown, or a value is no positive number.
    """
    if not pyproject.is_file():
        return Limits()
    try:
        table = tomllib.loads(pyproject.read_text()).get("tool", {}).get("autograder", {}).get("limits", {})
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{pyproject} is not TOML: {error}") from error
    own = {name: value for name, value in table.items() if isinstance(value, dict)}
    known = sorted(folder.name for folder in (pyproject.parent / "source").glob("*") if (folder / f"{folder.name}.py").is_file())
    if unknown := [name for name in own if known and name not in known]:
        raise UserError(f"{pyproject}: [tool.autograder.limits.{unknown[0]}] is of no assignment; the course has {', '.join(known)}")
    for name in own:  # all of them, or a mistake would show on the evening when that one is graded
        _replaced(Limits(), own[name], pyproject, f".{name}")
    limits = _replaced(Limits(), {name: value for name, value in table.items() if name not in own}, pyproject, "")
    return _replaced(limits, own.get(assignment, {}), pyproject, f".{assignment}")


def _replaced(limits: Limits, table: dict[str, Any], pyproject: Path, where: str) -> Limits:
    kinds = {field.name: field.type for field in fields(Limits)}
    for name, value in table.items():
        if name not in kinds:
            raise UserError(f"{pyproject}: [tool.autograder.limits{where}] has {name!r}, where one of {', '.join(kinds)} was expected")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            raise UserError(f"{pyproject}: the limit {name} is {value!r}, where a number of at least 0 was expected")
    given: dict[str, Any] = {name: int(value) if kinds[name] == "int" else float(value) for name, value in table.items()}
    return replace(limits, **given)
