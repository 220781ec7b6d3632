"""What a student reads below each question: points, every check's sentence with its verdict, and
the hint.

It is written into the outputs of the question's check cell, so that feedback, formgrader and the
autograded notebook all show it natively; the last output is the plain number that nbgrader takes
for the score.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..core.assignment import question_of
from ..core.markdown import inline, sentence
from ..core.results import CheckResult, Finding, FindingKind, Graded, Outcome, QuestionResult
from ..core.translation import ENGLISH, Translation, flat

AGAIN = "the same as above."
WHERE = "Where to look:"
OF_CHECKS = frozenset(  # what the failed checks already say
    {FindingKind.LIMIT, FindingKind.HELPER, FindingKind.DIED, FindingKind.FORGED, FindingKind.FAULT}
)
MARKS = {Outcome.RIGHT: "✓", Outcome.PARTIAL: "◐", Outcome.WRONG: "✗", Outcome.UNJUDGED: "?"}


def write_report(graded: Graded, say: Translation = ENGLISH) -> None:
    """Put each question's report and score into its check cell, and the whole result into the
    notebook's metadata.

    Args:
        graded: the result, whose notebook is changed.
        say: the language of the reports; the metadata stays English.
    """
    questions = {question.id: question for question in graded.questions}
    metas = {cell["id"]: cell["metadata"].get("nbgrader", {}) for cell in graded.notebook["cells"]}
    # a person reads these
    apart = {ident for ident, meta in metas.items() if meta.get("grade") and meta.get("solution")}
    for cell in graded.notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if not meta.get("grade") or meta.get("solution"):
            continue
        question = questions[cell["id"].removesuffix("-check")]
        about = (finding for finding in graded.findings if finding.where not in apart)
        findings = [finding for finding in about if question_of(finding.where) == question.id]
        cell["outputs"] = [
            *_harmless(cell.get("outputs", [])),
            *report_outputs(question, findings, say),
        ]
    graded.notebook["metadata"]["autograder"] = kept(graded)


def kept(graded: Graded) -> dict[str, Any]:
    """Return what the autograded notebook keeps of a result besides its marks, for who looks at the
    class as a whole.
    """
    findings = [finding.as_dict() | {"staff": finding.staff} for finding in graded.findings]
    return graded.as_dict() | {
        "findings": findings,
        "seconds": {part: round(took, 4) for part, took in graded.seconds.items()},
    }


def report_outputs(
    question: QuestionResult, findings: list[Finding], say: Translation = ENGLISH
) -> list[dict[str, Any]]:
    """Return a question's report as notebook outputs; nbgrader reads the score from the last one,
    which must be a plain float.
    """
    shown = {
        "text/html": as_html(question, findings, say),
        "text/plain": as_text(question, findings, say),
    }
    score = repr(float(min(max(question.score, 0.0), question.max_score)))
    return [
        {"output_type": "display_data", "data": shown, "metadata": {}},
        {
            "output_type": "execute_result",
            "data": {"text/plain": score},
            "metadata": {},
            "execution_count": None,
        },
    ]


def _harmless(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the visible check said, as plain text: an error, a warning or a result of its own
    would be taken for a score.
    """
    kept = []
    for output in outputs:
        if output["output_type"] == "stream":
            kept.append({**output, "name": "stdout"})
        elif output["output_type"] == "error":
            kept.append(
                {
                    "output_type": "stream",
                    "name": "stdout",
                    "text": f"{output['ename']}: {output['evalue']}\n",
                }
            )
    return kept


def headline(question: QuestionResult, say: Translation = ENGLISH) -> str:
    """Return the question's name and points in one line."""
    points = say(f"{question.score:g} of {question.max_score:g} points")
    return f"{MARKS[question.outcome]} {question.id}: {points}"


@dataclass(frozen=True)
class _Group:
    """Checks of one outcome that a student is told the same about, so that it is said once."""

    outcome: Outcome
    checks: tuple[CheckResult, ...]
    hints: tuple[str, ...]

    def points(self, say: Translation = ENGLISH) -> str:
        """Return the points of the group in brackets; nothing where it is worth none."""
        worth, got = (
            sum(check.spec.points for check in self.checks),
            sum(check.score for check in self.checks),
        )
        return " " + say.fill("({0} of {1})", f"{got:g}", f"{worth:g}") if worth else ""


def _groups(question: QuestionResult) -> Iterator[_Group]:
    """Yield the checks that were not passed, in order, those with the same words together."""
    found: dict[tuple[object, ...], list[CheckResult]] = {}
    for check in question.checks:
        if check.outcome is not Outcome.RIGHT:
            hints = tuple(hint.id for hint in question.hints if check.spec.id in hint.checks)
            found.setdefault(
                (check.outcome, check.reason or check.spec.id, check.hint, hints), []
            ).append(check)
    texts = {hint.id: hint.text for hint in question.hints}
    above: tuple[object, ...] = ()  # the hints of the last group that had some
    for (*_, idents), checks in found.items():
        assert isinstance(idents, tuple)
        yield _Group(
            checks[0].outcome,
            tuple(checks),
            tuple(AGAIN if idents == above else texts[ident] for ident in idents),
        )
        above = idents or above


def as_html(question: QuestionResult, findings: list[Finding], say: Translation = ENGLISH) -> str:
    """Return the report as a fragment of HTML, everything from a submission escaped; what is right
    is folded.
    """
    right = [check for check in question.checks if check.outcome is Outcome.RIGHT]
    parts = [f'<div class="report"><p><strong>{html.escape(headline(question, say))}</strong></p>']
    # of a result that was kept before hints had checks of their own
    if question.hint and not question.hints:
        hint = inline(say(question.hint))
        parts.append(f'<p class="hint"><strong>{say(WHERE)}</strong> {hint}</p>')
    parts += ["<ul>", *(_group_html(group, say) for group in _groups(question)), "</ul>"]
    if right:
        count = say("1 check is right" if len(right) == 1 else f"{len(right)} checks are right")
        parts += [
            f"<details><summary>✓ {count}</summary>",
            "<ul>",
            *(_right_html(check, say) for check in right),
            "</ul></details>",
        ]
    parts += [
        f"<p>{html.escape(say(finding.message))}</p>"
        for finding in findings
        if finding.kind not in OF_CHECKS
    ]
    return "\n".join([*parts, "</div>"])


def _right_html(check: CheckResult, say: Translation) -> str:
    return (
        f'<li class="{check.outcome}">✓{_Group(check.outcome, (check,), ()).points(say)} '
        f"{inline(say(check.spec.sentence))}</li>"
    )


def _group_html(group: _Group, say: Translation) -> str:
    first = group.checks[0]
    sentences = [inline(say(check.spec.sentence)) for check in group.checks]
    said = (
        sentences[0] if len(sentences) == 1 else f"<ul><li>{'</li><li>'.join(sentences)}</li></ul>"
    )
    told = [f"<em>{sentence(say(first.reason))}</em>"] if first.reason else []
    told += [sentence(say(first.hint))] if first.hint else []
    told += [
        f'<span class="hint"><strong>{say(WHERE)}</strong> {inline(say(hint))}</span>'
        for hint in group.hints
    ]
    below = "".join(f"<p>{line}</p>" for line in told)
    return (
        f'<li class="{group.outcome}">{MARKS[group.outcome]}{group.points(say)} {said}{below}</li>'
    )


def as_text(question: QuestionResult, findings: list[Finding], say: Translation = ENGLISH) -> str:
    """Return the report as plain text, for a terminal."""
    lines = [headline(question, say)]
    if question.hint and not question.hints:
        lines.append(f"  {say(WHERE)} {flat(say(question.hint))}")
    for group in _groups(question):
        for number, check in enumerate(group.checks):
            mark = f"{MARKS[group.outcome]}{group.points(say)}" if number == 0 else " "
            lines.append(f"  {mark} {flat(say(check.spec.sentence))}")
        lines += [
            f"      {say(text)}" for text in (group.checks[0].reason, group.checks[0].hint) if text
        ]
        lines += [f"      {say(WHERE)} {flat(say(hint))}" for hint in group.hints]
    for check in question.checks:
        if check.outcome is Outcome.RIGHT:
            lines.append(
                f"  ✓{_Group(check.outcome, (check,), ()).points(say)} "
                f"{flat(say(check.spec.sentence))}"
            )
    return "\n".join([*lines, *(f"  {say(finding.message)}" for finding in findings)])
