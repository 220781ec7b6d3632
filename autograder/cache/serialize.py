"""Results as bytes and back: plain data as JSON, which runs nothing, compressed, whose checksum
tells if it was damaged since.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..core.results import (
    Certainty,
    CheckResult,
    CheckSpec,
    Finding,
    FindingKind,
    Graded,
    Hint,
    Outcome,
    QuestionResult,
)

SQUEEZE = 1  # zlib's level; pictures hardly get smaller
# what reading what is damaged raises
DAMAGED = (ValueError, TypeError, KeyError, AttributeError, zlib.error)


def packed(value: object) -> bytes:
    """Plain data as bytes."""
    return zlib.compress(json.dumps(value).encode(), SQUEEZE)


def unpacked(data: bytes) -> Any:
    """Return the data again; raises one of `DAMAGED` if it is not what was packed."""
    return json.loads(zlib.decompress(data))


def plain(graded: Graded, digests: Mapping[str, str]) -> dict[str, Any]:
    """Return a result without its notebook as plain data, with a digest for each question."""
    return {
        "questions": [asdict(question) for question in graded.questions],
        "digests": dict(digests),
        "findings": [asdict(finding) for finding in graded.findings],
        "seconds": dict(graded.seconds),
        "walls": graded.walls,
    }


def questions(plain: dict[str, Any]) -> tuple[QuestionResult, ...]:
    """Return what the questions came to, out of plain data; raises one of `DAMAGED`."""
    return tuple(map(_question, plain["questions"]))


def findings(plain: dict[str, Any]) -> tuple[Finding, ...]:
    """Return what was found, out of plain data; raises one of `DAMAGED`."""
    return tuple(
        Finding(**finding | {"kind": FindingKind(finding["kind"])}) for finding in plain["findings"]
    )


def _question(plain: dict[str, Any]) -> QuestionResult:
    hints = tuple(
        Hint(**{**one, "checks": tuple(one["checks"]), "certainty": Certainty(one["certainty"])})
        for one in plain.get("hints", ())
    )
    return QuestionResult(
        **{**plain, "checks": tuple(map(_check, plain["checks"])), "hints": hints}
    )


def _check(plain: dict[str, Any]) -> CheckResult:
    spec = CheckSpec(**{**plain["spec"], "needs": tuple(plain["spec"]["needs"])})
    return CheckResult(**{**plain, "spec": spec, "outcome": Outcome(plain["outcome"])})
