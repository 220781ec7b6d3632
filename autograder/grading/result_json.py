"""Write one result for other programs: the JSON of `check --json`, and Gradescope's results.json.

`autograder/schemas/check.schema.json` describes the former.
"""

from __future__ import annotations

from typing import Any

from ..core.results import CheckResult, Graded, Outcome

TEXT = "text"  # Gradescope's name of a format without markup


def as_json(graded: Graded) -> dict[str, Any]:
    """Return a result with the sentence that the student reads for each check."""
    made = graded.as_dict()
    for question, shown in zip(graded.questions, made["questions"], strict=True):
        for check, told in zip(question.checks, shown["checks"], strict=True):
            told["sentence"] = check.spec.sentence
    return made


def gradescope(graded: Graded) -> dict[str, Any]:
    """Return a result as Gradescope reads it: one test for each check, and the sum as the score.

    A result in which the grader itself failed has no score, so that nobody gets 0 for it.
    """
    tests = [
        _test(check, str(number), question.id)
        for number, question in enumerate(graded.questions, 1)
        for check in question.checks
    ]
    made: dict[str, Any] = {
        "output": "\n".join(finding.message for finding in graded.findings),
        "output_format": TEXT,
        "test_output_format": TEXT,
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    return made if graded.faulty else {"score": graded.score, **made}


def _test(check: CheckResult, number: str, question: str) -> dict[str, Any]:
    passed = check.outcome is Outcome.RIGHT
    said = " ".join(part for part in (check.reason, check.hint) if part)
    return {
        "name": f"{question}: {check.spec.sentence}",
        "number": number,
        "score": check.score,
        "max_score": check.spec.points,
        "status": "passed" if passed else "failed",
        "output": said,
        "output_format": TEXT,
        "visibility": "visible",
    }
