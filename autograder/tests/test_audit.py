"""The audit: what a known mistake costs, and what the visible checks say beside the hidden ones."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.audit import known_answers, unseen_answers
from autograder.audit.failures import (
    hint_failures,
    known_failures,
    mutant_failures,
    seed_failures,
)
from autograder.audit.known_answers import (
    UNNAMED,
    AuditLine,
    _beside_visible,
    _is_unnamed,
    _unnamed,
)
from autograder.audit.line_kinds import LineKind
from autograder.audit.mistake_costs import price_problems, summary
from autograder.audit.mutants.fates import Findings, JudgedMutant, MutantFate
from autograder.audit.seed_stability import Unsteady
from autograder.audit.unseen_answers import JudgedAnswer
from autograder.checking import compare, rules
from autograder.checking.local import LocalTransport
from autograder.checking.rule_kinds import HouseRule
from autograder.checking.student import Student
from autograder.cli import commands, tables
from autograder.cli.parser import main
from autograder.code_changes.mutate import Mutant
from autograder.core.assignment import Assignment, Cell, load_assignment
from autograder.core.course import Course
from autograder.core.errors import CheckFailed, FailureKind
from autograder.core.mistakes import Entry, mistake
from autograder.core.results import (
    Certainty,
    CheckResult,
    CheckSpec,
    Graded,
    Hint,
    Outcome,
    QuestionResult,
    Submission,
)
from autograder.core.verdicts import Verdicts, read_verdicts
from autograder.grading.pipeline import Grader
from autograder.workers.pool import kept_executor
from utils import check

REFERENCE = "def affine(x, scale=2.0):\n    return scale * x\n"
PASSED, REFUSED = (
    "affine: 1 of 1 right\n  ✓ out is right\n",
    "affine: 0 of 1 right\n  ✗ out is None\n",
)


def printed(capsys: pytest.CaptureFixture[str], body: Callable[[check], Any]) -> dict[str, Any]:
    """A check cell with what `body` makes it print."""
    with check("affine") as c:
        body(c)
    return {
        "outputs": [{"output_type": "stream", "name": "stdout", "text": capsys.readouterr().out}]
    }


def unwritten(c: check) -> None:
    raise NotImplementedError


def unwritten_second(c: check) -> None:
    c.true("affine returns an array", True)
    raise NotImplementedError


def stopped(c: check) -> None:
    c.true("affine returns an array", True)
    raise KeyError("w")


def test_what_a_visible_check_prints_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    right = read_verdicts(printed(capsys, lambda c: c.close("out", 1.0, 1.0)))
    assert right == Verdicts(1, ())
    assert right.passed
    wrong = read_verdicts(
        printed(capsys, lambda c: (c.true("a", True), c.close("out", 2.0, 1.0, hint="look")))
    )
    assert wrong.right == 1
    assert [line.startswith("out") for line in wrong.wrong] == [True]
    for body in (unwritten, unwritten_second, stopped):
        assert not read_verdicts(printed(capsys, body)).passed, body


@pytest.mark.parametrize(
    ("outputs", "says"),
    [
        ([], "no visible check"),
        ([{"output_type": "stream", "text": "hello\n"}], "no visible check"),
        (
            [
                {
                    "output_type": "stream",
                    "text": [PASSED, "more: not written yet - fill in its cell above\n"],
                }
            ],
            "more: not written yet",
        ),
        (
            [
                {"output_type": "stream", "text": PASSED},
                {"output_type": "error", "ename": "KeyError", "evalue": "w"},
            ],
            "stopped by KeyError",
        ),
        (
            [{"output_type": "stream", "text": PASSED + "mlp: 2 of 2 right, 3 not reached\n"}],
            "3 not reached",
        ),
        ([{"output_type": "stream", "text": PASSED + "mlp: 1 of 2 right\n"}], "1 of 2"),
    ],
)
def test_a_cell_that_says_no_in_another_way_is_not_passed(
    outputs: list[dict[str, Any]], says: str
) -> None:
    found = read_verdicts({"outputs": outputs})
    assert not found.passed
    assert says in found.words


def entry(
    source: str = "def affine(x, scale=2.0):\n    return scale + x\n", **settings: Any
) -> Entry:
    return Entry(
        "adds", "affine", settings.pop("right", False), ("affine",), "It adds.", source, **settings
    )


def assignment() -> Assignment:
    cells = (
        Cell("affine", "solution", "affine", 0, {"source": ""}, REFERENCE),
        Cell("affine-check", "check", "affine", 20, {"source": ""}, ""),
    )
    return Assignment("00-new", cells, {})


def result(lost: float, kind: str = "differs") -> QuestionResult:
    spec = (
        CheckSpec("affine.a", "affine", 20 - lost, "It is right."),
        CheckSpec("affine.b", "affine", lost, "It stays right."),
    )
    wrong = CheckResult(spec[1], Outcome.WRONG, "no", kind=kind)
    return QuestionResult(
        "affine", 20, (CheckResult(spec[0], Outcome.RIGHT), *([wrong] if lost else []))
    )


def graded(lost: float, text: str, kind: str = "differs") -> Graded:
    cells = [{"id": "affine-check", "outputs": [{"output_type": "stream", "text": text}]}]
    return Graded("someone", "00-new", 1, (result(lost, kind),), (), {"cells": cells})


def beside(kind: str, one: Entry | None, marks: Graded) -> AuditLine:
    line = AuditLine("affine.adds", kind, "affine", marks.score, 20, (), None, "")
    return _beside_visible(line, one, marks, assignment())


@pytest.mark.parametrize("kind", ["reference", "variant"])
def test_a_visible_check_may_not_refuse_what_has_full_marks(kind: str) -> None:
    variant = entry(right=True) if kind == "variant" else None
    assert beside(kind, variant, graded(0, PASSED)).warnings == ()
    (said,) = beside(kind, variant, graded(0, REFUSED)).warnings
    assert "affine" in said
    assert "out is None" in said


@pytest.mark.parametrize(
    ("lost", "reason", "says"),
    [
        (12, "", []),
        (13, "", ["costs 65%"]),
        (13, "all follows from it", []),
        (8, "all follows from it", ["only 40%"]),
    ],
)
def test_a_mistake_costs_most_of_its_question_only_with_a_reason(
    lost: float, reason: str, says: list[str]
) -> None:
    found = list(price_problems(entry(leaves_nothing=reason), result(lost)))
    assert len(found) == len(says)
    assert all(words in line for words, line in zip(says, found, strict=True))


def test_the_reason_is_given_in_the_bank() -> None:
    @mistake("affine", replaces="affine", leaves_nothing="all follows from it")
    def adds(x):  # type: ignore[no-untyped-def]
        """It adds."""
        return x + 2

    assert adds.entry.leaves_nothing == "all follows from it"
    assert "leaves_nothing" not in adds.entry.source


def test_a_mistake_that_no_visible_check_shows_is_named_with_its_house_rules() -> None:
    seen = beside("mistake", entry(), graded(5, REFUSED))
    assert (seen.cost, seen.unseen, seen.warnings) == (0.25, None, ())
    unseen = beside("mistake", entry(), graded(5, PASSED))
    assert unseen.unseen is not None
    assert unseen.warnings == ()
    for rule in (
        HouseRule.PURITY,
        HouseRule.PRECISION,
        HouseRule.LAYOUT,
        HouseRule.VECTORISATION,
        HouseRule.ERRORS,
    ):
        (said,) = beside("mistake", entry(), graded(5, PASSED, rule.value)).warnings
        assert rule.value in said
    (said,) = beside(
        "mistake", entry("def affine(x, scale=3.0):\n    return scale * x\n"), graded(5, PASSED)
    ).warnings
    assert "defaults" in said


def keeps(x: Any) -> Any:
    x *= 2
    return x


def single(x: Any) -> Any:
    return (2 * x).astype(np.float32)


def loops(x: Any) -> Any:
    total = 0.0
    for row in x:
        total = total + row
    return 2 * total


@pytest.mark.parametrize(
    ("function", "rule", "kind"),
    [
        (keeps, lambda s: rules.pure(s, "f", np.ones((2, 3))), HouseRule.PURITY),
        (single, lambda s: rules.floats(s, "f", np.ones((2, 3))), HouseRule.PRECISION),
        (
            lambda x: np.ravel(x, order="K"),
            lambda s: rules.layouts(s, "f", np.arange(6.0).reshape(2, 3)),
            HouseRule.LAYOUT,
        ),
        (
            loops,
            lambda s: rules.vectorised(s, "f", lambda n: (np.ones((n, 2)),)),
            HouseRule.VECTORISATION,
        ),
        (lambda x: x, lambda s: rules.rejects(s, "f", -1), HouseRule.ERRORS),
        (lambda x: np.log(x), lambda s: rules.pure(s, "f", np.zeros(2)), HouseRule.WARNINGS),
    ],
)
def test_a_broken_house_rule_is_told_from_a_wrong_value(
    function: Callable[..., Any], rule: Callable[[Student], Any], kind: HouseRule
) -> None:
    with pytest.raises(CheckFailed) as caught:
        rule(Student(LocalTransport(SimpleNamespace(f=function))))
    assert caught.value.kind == kind.value


def test_the_table_ends_with_costs_and_with_what_visible_checks_miss(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = [
        beside("mistake", entry(), graded(lost, text))
        for lost, text in ((5, PASSED), (15, REFUSED), (10, REFUSED))
    ]
    tables.show_audit("00-new", 1, lines)
    out = capsys.readouterr().out
    assert "! affine.adds (mistake): it costs 75%" in out
    assert "- affine.adds passes all visible checks" in out
    assert "costs 50% of its question (median), 75% at most; 1 above 60%" in out
    assert "1 of 3 mistakes (33.3%, aim 5%)" in out
    assert summary([]) == "no known mistakes"


def test_a_mistake_is_named_by_its_hint_or_by_what_each_failed_check_says() -> None:
    told = replace(result(5), mistake=entry().id)
    assert not _is_unnamed(entry(), told)
    assert _is_unnamed(entry(), result(5))
    ruled = replace(
        result(5),
        checks=tuple(replace(check, kind=str(HouseRule.PURITY)) for check in result(5).checks),
    )
    assert not _is_unnamed(entry(), ruled)
    assert not _is_unnamed(entry(unnamed="It has other causes."), result(5))
    one_of = Hint(entry().id, "One of two.", (), Certainty.EITHER)
    assert not _is_unnamed(entry(), replace(result(5), hints=(one_of,)))
    caused = replace(
        result(5),
        checks=tuple(replace(check, kind=FailureKind.CAUSE) for check in result(5).checks),
    )
    assert not _is_unnamed(entry(), caused)


def test_a_value_that_a_known_mistake_would_give_names_the_cause() -> None:
    with pytest.raises(CheckFailed, match="without gamma") as caught:
        compare.close(2.0, 1.0, "out", instead={"without gamma": 2.0})
    assert caught.value.kind == FailureKind.CAUSE
    with pytest.raises(CheckFailed) as caught:
        compare.close(3.0, 1.0, "out", instead={"without gamma": 2.0})
    assert caught.value.kind == "differs"


@pytest.mark.parametrize(
    ("problem", "warnings", "fails"),
    [
        ("", (), False),
        ("no check noticed it", (), True),
        ("", ("it costs 75% of its question",), True),
        ("", (UNNAMED,), False),
    ],
)
def test_an_audit_fails_by_what_it_warns_of(
    problem: str, warnings: tuple[str, ...], fails: bool
) -> None:
    assert (
        AuditLine("q.adds", "mistake", "q", 5, 10, ("q",), None, problem, warnings=warnings).fails
        is fails
    )


def test_a_few_mistakes_may_stay_unnamed_and_no_more() -> None:
    lines = [
        AuditLine(
            str(n), "mistake", "q", 5, 10, ("q",), None, "", warnings=(UNNAMED,) if n < 2 else ()
        )
        for n in range(40)
    ]
    assert list(_unnamed(lines, "NN")) == []
    (found,) = _unnamed(lines[:39], "NN")
    assert "2 of 39 mistakes are not named" in found.problem
    assert found.problem.endswith(": 0, 1")


def test_the_price_names_the_checks_that_were_lost() -> None:
    (said,) = price_problems(entry(), result(13))
    assert "it lost affine.b (13) (" in said
    assert "affine.a" not in said


def known(problem: str = "", *warnings: str) -> AuditLine:
    return AuditLine("q.adds", "mistake", "q", 5, 10, ("q",), None, problem, warnings=warnings)


def test_each_reason_of_a_failure_names_assignment_answer_and_what_was_expected() -> None:
    lines = [known("no check noticed it, expected …"), known("", "it costs 75%", UNNAMED), known()]
    assert known_failures("00-new", lines) == [
        "00-new: q.adds (mistake): no check noticed it, expected …",
        "00-new: q.adds (mistake): it costs 75%",
    ]
    assert known_failures("00-new", [known("", UNNAMED)]) == []
    fine = JudgedAnswer("q.a", "a sum", True, ("x",), (), False, ())
    (said,) = hint_failures("00-new", [fine, replace(fine, id="q.b", false=("x",))])
    assert said.startswith("00-new: q.b (unseen answer): ")
    assert "a sum" in said
    unsteady = Unsteady("q: reference", LineKind.REFERENCE, "q.a", (7,), "`f` is nan", 50)
    (said,) = seed_failures("00-new", [unsteady])
    assert said.startswith("00-new: q: reference (reference): q.a fails with 1 of 50 seeds")
    assert "expected none:" in said
    (said,) = seed_failures("00-new", [replace(unsteady, kind=LineKind.MISTAKE)])
    assert "expected none or all:" in said


def test_each_failing_mutant_and_entry_is_a_reason() -> None:
    mutant = Mutant("q", "q", "f", "axis", "axis=0", "axis=1", 1, "", "")
    fates = [JudgedMutant(mutant, fate, "q.a") for fate in MutantFate]
    found = Findings(tuple(fates), ("f: 'a' to 'b'",))
    said = mutant_failures("00-new", found)
    assert len(said) == 3
    assert all(line.startswith("00-new: ") and "expected" in line for line in said)
    assert not found.clean
    assert Findings(tuple(fates[:2]), ()).clean


def test_the_last_lines_of_an_audit_that_fails_say_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For all assignments together, whichever of them failed."""
    lines = {"00-a": [known("no check noticed it")], "00-b": [known()]}
    monkeypatch.setattr(known_answers, "audit", lambda run: lines[run.name])
    monkeypatch.setattr(unseen_answers, "measure", lambda run: [])
    monkeypatch.setattr(commands, "_refuse_stale", lambda course, names: None)
    monkeypatch.setattr(Course, "require", lambda self, name: name)
    assert main(["audit", "--workers", "1", "00-a", "00-b"]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "the audit fails, for 1 reason:",
        "✗ 00-a: q.adds (mistake): no check noticed it",
    ]
    assert main(["audit", "--workers", "1", "00-b"]) == 0
    assert capsys.readouterr().out.endswith("1 as they must be, 0 not\n")


def test_a_cell_that_need_not_be_run_is_not_run() -> None:
    made = load_assignment(Course(), "01-backprop")
    content = json.dumps(made.solved()).encode()
    submissions = [
        Submission("whole", content),
        Submission("part", content, unrun=frozenset(["affine-check"])),
    ]
    with Grader(Course(), "01-backprop") as grader:
        graded = {one.student: one for one in grader.grade(submissions, 1)}
    counts = {
        student: {cell["id"]: cell.get("execution_count") for cell in one.notebook["cells"]}
        for student, one in graded.items()
    }
    assert [one.score for one in graded.values()] == [100.0, 100.0]
    assert {
        ident
        for ident, count in counts["whole"].items()
        if bool(count) != bool(counts["part"][ident])
    } == {"affine-check"}


def test_an_executor_that_is_kept_is_one_pool_until_it_breaks() -> None:
    with kept_executor(1) as ask:
        with ask(1) as first:
            process = first.submit(os.getpid).result()
        with ask(1) as again:
            assert again.submit(os.getpid).result() == process
            with pytest.raises(BrokenExecutor):
                again.submit(os._exit, 1).result()
        with ask(1) as new:
            assert new.submit(os.getpid).result() != process
