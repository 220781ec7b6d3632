"""Mutants of reference solutions: what is changed and what is not, and that each is told apart, recorded or shown."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autograder.audit import seed_stability as stability
from autograder.audit.checks_alone import try_answers
from autograder.audit.mutants import equivalents
from autograder.audit.mutants import fates as examine
from autograder.audit.seed_stability import Case
from autograder.cli import parser as cli
from autograder.code_changes.mutate import Mutant, mutants
from autograder.core.assignment import Assignment, Cell, load_assignment
from autograder.core.course import Course
from autograder.core.errors import GraderFault, UserError
from autograder.core.results import CheckResult, CheckSpec, Outcome

HEAD = 'def f(x, w, n=3, eps=1e-5):\n    """Doc 7."""\n    ### BEGIN SOLUTION\n'
END = "    ### END SOLUTION\n\n\nprint(1 + 2)\n"
REGRESSION = "03-losses"
WITHOUT_CHANCE = (
    "[[equivalent]]\nfunction = 'f'\nreason = 'it'\nchance = false\nchanges = [['a', 'b']]\n"
)


def of(body: str, graded: bool = True) -> list[Mutant]:
    """The mutants of a solution with this body."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    solution = Cell("q", "solution", "q", 0.0, {"source": ""}, HEAD + lines + END)
    check = Cell("q-check", "check", "q", 10.0, {"source": ""}, "")
    return mutants(Assignment("NN", (solution, check) if graded else (solution,), {}))


def changes(body: str, operator: str = "") -> set[str]:
    return {mutant.now for mutant in of(body) if mutant.operator == operator or not operator}


@pytest.mark.parametrize(
    ("operator", "body", "now"),
    [
        ("other_arithmetic", "return x + w", "return x - w"),
        ("other_arithmetic", "x += w", "x -= w"),
        ("swapped_operands", "return x @ w", "return w @ x"),
        ("dropped_operand", "return x * w + 1", "return x * w"),
        ("dropped_operand", "return x and w", "return w"),
        ("other_sign", "return -x", "return x"),
        ("other_sign", "return (x, w)", "return (x, -w)"),
        ("other_comparison", "return x < w", "return x <= w"),
        ("other_logic", "return x and w", "return x or w"),
        ("other_condition", "return x if w else 0", "return x if not w else 0"),
        ("other_condition", "return [v for v in x if v]", "return [v for v in x]"),
        ("other_constant", "return 4", "return 5"),
        ("other_constant", "return 4", "return 8"),
        ("other_constant", "return 1e-5", "return 2e-05"),
        ("other_axis", "return x.sum(axis=0)", "return x.sum(axis=1)"),
        ("other_axis", "return x.sum(axis=-1)", "return x.sum(axis=None)"),
        ("dropped_keyword", "return x.sum(axis=0, keepdims=True)", "return x.sum(axis=0)"),
        ("added_keyword", "return x.var()", "return x.var(ddof=1)"),
        ("other_name", "return np.maximum(x, w)", "return np.minimum(x, w)"),
        ("other_name", "return np.array(x)", "return np.asarray(x)"),
        ("unstable_form", "return np.log1p(x)", "return np.log(1 + x)"),
        ("unstable_form", "return np.expm1(x)", "return np.exp(x) - 1"),
        ("left_out_call", "return x.copy()", "return x"),
        ("left_out_call", "return np.sqrt(x)", "return x"),
        ("left_out_call", "return x.T", "return x"),
        ("swapped_arguments", "return f(x, w)", "return f(w, x)"),
        ("swapped_items", "return (x, w)", "return (w, x)"),
        ("dropped_argument", "return f(x, w)", "return f(x)"),
        ("other_bounds", "return range(n)", "return range(n - 1)"),
        ("other_bounds", "return x[1:w]", "return x[:w]"),
        ("cut_loop", "for v in x:\n    f(v)", "break"),
        ("dropped_statement", "x = w\nreturn x", "pass"),
        ("dropped_statement", "if n:\n    raise ValueError('n')\nreturn x", "pass"),
        ("other_exception", "raise ValueError('n')", "raise RuntimeError('n')"),
        ("in_place", "return x - w", "return np.subtract(x, w, out=x)"),
        ("in_place", "x = x * w", "x *= w"),
    ],
)
def test_each_operator_makes_its_change(operator: str, body: str, now: str) -> None:
    assert now in changes(body, operator)


def test_nothing_but_the_solution_is_changed() -> None:
    found = of(
        "if n < 1:\n    raise ValueError(f'n is {n + 5}, not {2 * n}')\ny = x + w\ntext = f'{n + 7}'\nreturn (y, text)"
    )
    for mutant in found:
        assert mutant.source.startswith('def f(x, w, n=3, eps=1e-05):\n    """Doc 7."""\n')
        assert mutant.source.rstrip().endswith("print(1 + 2)")
        assert (
            "raise ValueError" not in mutant.source
            or "f'n is {n + 5}, not {2 * n}'" in mutant.source
        )
        assert "f'{n + 7}'" in mutant.source or "text = " not in mutant.source


def test_a_question_without_hidden_checks_has_no_mutants() -> None:
    """None of its mutants could be noticed: a bonus is shown by its visible check alone."""
    assert of("return x + w")
    assert of("return x + w", graded=False) == []


def test_what_is_the_same_by_arithmetic_is_left_out() -> None:
    assert "return np.abs(w - x)" not in changes("return np.abs(x - w)")
    assert "return (w - x) ** 2" not in changes("return (x - w) ** 2")
    assert "return (w - x) ** 3" in changes("return (x - w) ** 3")
    assert not any("copy=True" in now for now in changes("return x.astype(n, copy=False)"))


def test_mutants_are_distinct_sound_and_always_the_same() -> None:
    body = "y = x[1:] @ w + 1.5\nfor k in range(n):\n    y = y - k * y.sum(axis=0)\nreturn (y, np.sqrt(x))"
    found = of(body)
    assert found == of(body)
    assert (
        len({mutant.source for mutant in found})
        == len(found)
        == len({mutant.key for mutant in found})
        > 40
    )
    original = ast.unparse(
        ast.parse(HEAD + "".join(f"    {line}\n" for line in body.splitlines()) + END)
    )
    for mutant in found:
        ast.parse(mutant.source)
        assert mutant.source != original
        assert mutant.diff


def test_changes_that_read_alike_are_numbered() -> None:
    alike = [mutant for mutant in of("y = 0\nx += w\nx += w\nreturn x") if mutant.now == "x -= w"]
    assert [mutant.nth for mutant in alike] == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "[[equivalent]]\nfunction = 'f'\n",
        "[[equivalent]]\nfunction = 'f'\nreason = ''\nchanges = []\n",
        "[[",
        WITHOUT_CHANCE,
    ],
)
def test_equivalents_of_another_form_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "equivalents.toml").write_text(text)
    with pytest.raises(UserError, match=r"equivalents\.toml"):
        equivalents.load_equivalents(tmp_path)


@pytest.mark.slow
def test_mutants_are_killed_shown_or_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    course, every = Course(), 12
    recorded = equivalents.load_equivalents(course.mistakes("02-activations"))
    honest = examine.examine(course, "02-activations", 5, 2, inside=False, every=every)
    assert honest.clean
    killed, excused = (
        next(one.mutant for one in honest.judged if one.fate is fate)
        for fate in (examine.MutantFate.KILLED, examine.MutantFate.EQUIVALENT)
    )
    said = equivalents.Equivalent("said so")
    claims = {key: one for key, one in recorded.items() if key != excused.key} | {
        killed.key: said,
        ("f", "a", "b", 1): said,
    }
    monkeypatch.setattr(examine, "load_equivalents", lambda name: claims)
    found = examine.examine(course, "02-activations", 5, 2, inside=False, every=every)
    fates = {one.mutant: one.fate for one in found.judged}
    assert not found.clean
    assert fates[killed] is examine.MutantFate.REFUTED
    assert fates[excused] is examine.MutantFate.SURVIVED
    assert len(found.stale) == 1
    monkeypatch.setattr(
        examine,
        "load_equivalents",
        lambda name: recorded | {killed.key: equivalents.Equivalent("by chance", chance=True)},
    )
    allowed = examine.examine(course, "02-activations", 5, 2, inside=False, every=every)
    assert allowed.clean
    assert {one.mutant: one.fate for one in allowed.judged}[killed] is examine.MutantFate.EQUIVALENT


def test_where_the_reference_itself_fails_nothing_is_said_of_its_mutants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(examine, "local_executor", lambda workers: ThreadPoolExecutor(1))
    result = CheckResult(
        CheckSpec("sigmoid_tanh.values", "sigmoid_tanh", 1.0, "It is right."), Outcome.WRONG
    )
    monkeypatch.setattr(
        examine,
        "try_answers",
        lambda course, name, answers, *args, **kwargs: [(result,)] * len(answers),
    )
    with pytest.raises(GraderFault, match=r"reference itself fails sigmoid_tanh\.values"):
        examine.examine(Course(), "02-activations", 5, 2)


@pytest.mark.parametrize("inside", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_answers_are_judged_alike_in_and_out_of_the_sandbox(
    short_course: Course, inside: bool
) -> None:
    """A right one, one that hands back what it was given, one that never ends, one that cannot be loaded."""
    assignment = load_assignment(short_course, REGRESSION)
    source = assignment.reference_source("robust_loss")["robust_loss"]
    shared = source.replace("x = np.array(x,", "x = np.asarray(x,")
    endless = source.replace("size, at_zero =", "while True:\n        pass\n    size, at_zero =")
    assert len({source, shared, endless}) == 3
    answers = [
        {},
        {"robust_loss": shared},
        {"robust_loss": endless},
        {"robust_loss": "1 / 0\n" + source},
    ]
    right, handed_back, never, not_there = try_answers(
        short_course, REGRESSION, answers, 3, frozenset(["robust_loss"]), inside=inside
    )
    assert {result.outcome for result in right} == {Outcome.RIGHT}
    assert {result.spec.question for result in right} == {"robust_loss"}
    wrong = [result for result in handed_back if result.outcome is Outcome.WRONG]
    assert [result.spec.id for result in wrong] == ["robust_loss.arguments_and_dtypes"]
    assert "returns one of its arguments" in wrong[0].reason
    assert (
        {result.outcome for result in never}
        == {Outcome.WRONG}
        == {result.outcome for result in not_there}
    )


def test_a_check_that_flickers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(
        course: Course, name: str, known: list[Case], inside: bool, seed: int
    ) -> list[tuple[str, str, str]]:
        always = [
            ("affine: stub", "affine.dx", "not there"),
            ("affine.right", "affine.db", "never right"),
        ]
        return [*always, *([("affine.wrong", "affine.dw", "by chance")] if seed % 2 else [])]

    cases = [
        Case(f"affine{name}", kind, "affine", {})
        for name, kind in ((": stub", "stub"), (".right", "variant"), (".wrong", "mistake"))
    ]
    monkeypatch.setattr(stability, "_with_seed", found)
    monkeypatch.setattr(stability, "cases", lambda assignment: cases)
    monkeypatch.setattr(stability, "local_executor", ThreadPoolExecutor)
    unsteady = stability.sweep(Course(), "01-backprop", range(4), 1, inside=False)
    assert [(one.case, one.check, one.failed) for one in unsteady] == [
        ("affine.right", "affine.db", (0, 1, 2, 3)),
        ("affine.wrong", "affine.dw", (1, 3)),
    ]


def test_the_command_shows_survivors_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = (
        next(mutant for mutant in of("return x + w") if mutant.now == now)
        for now in ("return x - w", "return x * w")
    )
    for fate, code in ((examine.MutantFate.EQUIVALENT, 0), (examine.MutantFate.SURVIVED, 1)):
        findings = examine.Findings(
            (
                examine.JudgedMutant(one, examine.MutantFate.KILLED, "q.check"),
                examine.JudgedMutant(other, fate, "because"),
            ),
            (),
        )
        monkeypatch.setattr(examine, "examine", lambda *args, found=findings, **settings: found)
        assert cli.main(["audit", "--mutants", "--seed", "1", "01-backprop"]) == code
    out = capsys.readouterr().out
    assert "2 mutants, 1 killed, 0 equivalent, 1 survived" in out
    assert "-    return x + w\n+    return x * w" in out
    assert '["return x + w", "return x * w"],' in out
