"""Whether the checks that pytest collected are those that their files define, and are worth what
the questions are.
"""

from __future__ import annotations

import ast
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..core.errors import UserError
from ..core.results import CheckSpec


@contextmanager
def own_environment() -> Iterator[None]:
    """Hide from pytest the variables that set options and plugins."""
    before = {
        name: os.environ.pop(name)
        for name in list(os.environ)
        if name.startswith(("PYTEST", "_PYTEST"))
    }
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("PYTEST")]:
            del os.environ[name]
        os.environ.update(before)


def named(folder: Path) -> str:
    """Return a folder of checks as people are told, such as "05-optimizers/checks"."""
    return f"{folder.parent.name}/{folder.name}"


def refuse_missing(folder: Path, found: Sequence[tuple[str, str]]) -> None:
    """Refuse a collection that lacks a check which a file of the folder defines.

    Args:
        folder: of the check files.
        found: (file's stem, function) of each check that was collected.

    Raises:
        UserError: one is missing: something dropped it, such as a conftest.py, or a function below
            has its name.
    """
    defined = list(_defined(folder))
    if twice := next((one for one in defined if defined.count(one) > 1), None):
        raise UserError(
            f"{twice[1]} is defined twice (in {named(folder)}/{twice[0]}.py), so that the "
            "first of them is lost"
        )
    missing = [one for one in defined if one not in set(found)]
    if missing:
        names = ", ".join(f"{stem}.py: {function}" for stem, function in missing)
        raise UserError(
            f"expected {len(found) + len(missing)} checks in {named(folder)}, got "
            f"{len(found)} (missing: {names})"
        )


def refuse_other_points(name: str, specs: Sequence[CheckSpec], points: Mapping[str, float]) -> None:
    """Refuse checks that are not worth what the questions of the assignment are.

    Args:
        name: the assignment.
        specs: all of its checks.
        points: of each question.

    Raises:
        UserError: a question has no checks, its checks add up to something else, a check is worth
            what no check can be, or it judges no question.
    """
    odd = [spec for spec in specs if not (math.isfinite(spec.points) and spec.points >= 0)]
    problems = [
        f"the check {spec.id} is worth {spec.points:g} points, expected 0 or more" for spec in odd
    ]
    for question, worth in points.items():
        mine = [spec.points for spec in specs if spec.question == question]
        if not mine:
            problems.append(
                f"{question} has no checks, expected some worth {worth:g} points (in "
                f"source/{name}/checks/test_{question}.py)"
            )
        elif abs(sum(mine) - worth) > 1e-9:
            problems.append(
                f"the checks of {question} are worth {sum(mine):g} points, expected {worth:g}"
            )
    strays = sorted({spec.question for spec in specs} - set(points))
    problems += [
        f"there are checks of {stray}, and {name} has no such question" for stray in strays
    ]
    if problems:
        raise UserError(f"{name}: {'; '.join(problems)}")


def _defined(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                yield path.stem, node.name
