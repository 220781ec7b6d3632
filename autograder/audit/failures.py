"""Why an audit fails, one sentence for each reason: the assignment, the answer, and what was
expected of it.

The command prints them last, for all assignments together: of a long log, CI shows the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .known_answers import AuditLine
    from .mutants.fates import Findings
    from .seed_stability import Unsteady
    from .unseen_answers import JudgedAnswer


def known_failures(name: str, lines: Sequence[AuditLine]) -> list[str]:
    """Return why an assignment fails by its known mistakes, right variants and checks."""
    return [
        f"{name}: {line.id} ({line.kind}): {words}"
        for line in lines
        if line.fails
        for words in line.failures
    ]


def hint_failures(name: str, judged: Sequence[JudgedAnswer]) -> list[str]:
    """Return which unseen answers to an assignment were given a hint that is not true of them."""
    return [
        f"{name}: {one.id} (unseen answer): it was given a false hint, {', '.join(one.false)}, "
        f"expected one that is true of it; its cause: {one.cause}"
        for one in judged
        if one.false
    ]


def mutant_failures(name: str, found: Findings) -> list[str]:
    """Return which mutants of an assignment were not judged as expected, and which entries fit
    none.
    """
    return [
        f"{name}: {one.mutant.question} (mutant): {one.mutant.function}, "
        f"{one.mutant.operator}: "
        + (
            f"{one.by} noticed it, expected none to, since it is recorded as equivalent"
            if one.refuted
            else "no check noticed it, expected one to, or a reason in mistakes/equivalents.toml"
        )
        for one in found.judged
        if one.fails
    ] + [
        f"{name}: mistakes/equivalents.toml: {entry}: expected a mutant of the reference, got none"
        for entry in found.stale
    ]


def seed_failures(name: str, found: Sequence[Unsteady]) -> list[str]:
    """Return which verdicts on an assignment's known answers depend on the seed."""
    return [
        f"{name}: {one.case} ({one.kind}): {one.check} fails with {len(one.failed)} of {one.of} "
        f"seeds, such as {one.failed[0]}, expected "
        + ("none" if one.right else "none or all")
        + f": {one.reason}"
        for one in found
    ]
