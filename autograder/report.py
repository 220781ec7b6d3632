"""What a student reads below each question: points, every check's sentence with its verdict, and the hint.

It is written into the outputs of the question's check cell, so that feedback, formgrader and the autograded notebook all
show it natively; the last output is the plain number that nbgrader takes for the score.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

from .markup import inline
from .records import CheckResult, Finding, Graded, Outcome, QuestionResult

MARKS = {Outcome.RIGHT: "✓", Outcome.PARTIAL: "◐", Outcome.WRONG: "✗", Outcome.UNJUDGED: "?"}
AGAIN = "the same as above."


def write_report(graded: Graded) -> None:
    """Puts each question's report and score into its check cell, and the whole result into the notebook's metadata."""
    questions = {question.id: question for question in graded.questions}
    for cell in graded.notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if not meta.get("grade") or meta.get("solution"):
            continue
        question = questions[cell["id"].removesuffix("-check")]
        findings = [finding for finding in graded.findings if finding.where.partition("-")[0] == question.id]
        cell["outputs"] = [*_harmless(cell.get("outputs", [])), *report_outputs(question, findings)]
    graded.notebook["metadata"]["autograder"] = kept(graded)


def kept(graded: Graded) -> dict[str, Any]:
    """What the autograded notebook keeps of a result besides its marks, for who looks at the class as a whole."""
    findings = [finding.as_dict() | {"staff": finding.staff} for finding in graded.findings]
    return graded.as_dict() | {"findings": findings, "seconds": {part: round(took, 4) for part, took in graded.seconds.items()}}


def report_outputs(question: QuestionResult, findings: list[Finding]) -> list[dict[str, Any]]:
    """A question's report as notebook outputs; nbgrader reads the score from the last one, which must be a plain float."""
    shown = {"text/html": as_html(question, findings), "text/plain": as_text(question, findings)}
    score = repr(float(min(max(question.score, 0.0), question.max_score)))
    return [
        {"output_type": "display_data", "data": shown, "metadata": {}},
        {"output_type": "execute_result", "data": {"text/plain": score}, "metadata": {}, "execution_count": None},
    ]


def _harmless(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the visible check said, as plain text: an error, a warning or a result of its own would be taken for a score."""
    kept = []
    for output in outputs:
        if output["output_type"] == "stream":
            kept.append({**output, "name": "stdout"})
        elif output["output_type"] == "error":
            kept.append({"output_type": "stream", "name": "stdout", "text": f"{output['ename']}: {output['evalue']}\n"})
    return kept


def headline(question: QuestionResult) -> str:
    """The question's name and points in one line."""
    return f"{MARKS[question.outcome]} {question.id}: {question.score:g} of {question.max_score:g} points"


def as_html(question: QuestionResult, findings: list[Finding]) -> str:
    """The report as a fragment of HTML, everything from a submission escaped."""
    parts = [f'<div class="report"><p><strong>{html.escape(headline(question))}</strong></p>']
    parts += ["<ul>", *(_check_html(check, hints) for check, hints in _with_hints(question)), "</ul>"]
    parts += [
        f"<p>{html.escape(finding.message)}</p>"
        for finding in findings
        if finding.kind not in ("limit", "helper", "died", "forged", "fault")
    ]
    return "\n".join([*parts, "</div>"])


def _with_hints(question: QuestionResult) -> Iterator[tuple[CheckResult, list[str]]]:
    """Each check with the hints that explain it: in full at the first check of each, and then by a word."""
    shown: set[str] = set()
    for check in question.checks:
        mine = [hint for hint in question.hints if check.spec.id in hint.checks]
        yield check, [AGAIN if hint.id in shown else hint.text for hint in mine]
        shown |= {hint.id for hint in mine}


def _check_html(check: CheckResult, hints: list[str]) -> str:
    points = f"{check.score:g} of {check.spec.points:g}"
    said = [inline(check.spec.sentence)]
    if check.reason:
        said.append(f"<em>{_code(check.reason)}</em>")
    if check.hint:
        said.append(_code(check.hint))
    said += [f'<span class="hint"><strong>Where to look:</strong> {inline(hint)}</span>' for hint in hints]
    return f'<li class="{check.outcome}">{MARKS[check.outcome]} ({points}) {"<br>".join(said)}</li>'


def _code(text: str) -> str:
    """Escaped text, with `names` set as code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 and number < len(parts) - 1 else part for number, part in enumerate(parts))


def as_text(question: QuestionResult, findings: list[Finding]) -> str:
    """The report as plain text, for a terminal."""
    lines = [headline(question)]
    for check, hints in _with_hints(question):
        lines.append(f"  {MARKS[check.outcome]} ({check.score:g} of {check.spec.points:g}) {' '.join(check.spec.sentence.split())}")
        lines += [f"      {text}" for text in (check.reason, check.hint) if text]
        lines += [f"      Where to look: {' '.join(hint.split())}" for hint in hints]
    return "\n".join([*lines, *(f"  {finding.message}" for finding in findings)])
