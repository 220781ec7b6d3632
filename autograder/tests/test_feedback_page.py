"""The page says the total first, what to do first, each thing once, and each comment where it belongs."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from markupsafe import Markup
from pygments.styles import get_style_by_name

from autograder.core.assignment import Assignment
from autograder.core.course import TEMPLATES
from autograder.core.markdown import MOST_KEPT, sentence
from autograder.core.results import (
    Certainty,
    CheckResult,
    CheckSpec,
    Finding,
    FindingKind,
    Graded,
    Hint,
    Marks,
    Outcome,
    QuestionResult,
)
from autograder.feedback.page import COLOURS, automatic_marks, page
from autograder.grading.question_report import as_text, write_report

from .pages import Reader, harm

RIGHT, WRONG = Outcome.RIGHT, Outcome.WRONG
NOT_TRIED = "Not tried, because it builds on a check that was not passed: `w` follows $\\gamma$."


def checked(
    ident: str, outcome: Outcome, points: float = 4, reason: str = "", hint: str = ""
) -> CheckResult:
    return CheckResult(
        CheckSpec(ident, "adaptive", points, f"The sentence of {ident} with $x_t$."),
        outcome,
        reason,
        hint,
    )


QUESTION = QuestionResult(
    "adaptive", 30,
    (
        checked("first", RIGHT),
        checked("second", WRONG, reason="`next_w` has shape (3,), where (2, 3) was expected.", hint="See $\\beta$."),
        checked("gate", WRONG, points=0, reason="`t` counts nothing."),
        checked("third", WRONG, reason=NOT_TRIED),
        checked("fourth", WRONG, reason=NOT_TRIED),
        checked("fifth", WRONG, reason="too small"),
        checked("sixth", WRONG, reason="too small"),
    ),
    "eps_inside", "You add eps inside the root.\n\nYou forget $t$.",
    (
        Hint("eps_inside", "You add eps inside the root.", ("second", "fifth", "sixth"), Certainty.FACT),
        Hint("t_lost", "You forget $t$.", ("gate",), Certainty.PART),
    ),
)  # fmt: skip
PERFECT = QuestionResult(
    "ema", 10, (CheckResult(CheckSpec("ema", "ema", 10, "All of it."), RIGHT),)
)


def cell(ident: str, source: str = "pass", kind: str = "code", **meta: Any) -> dict[str, Any]:
    made = {
        "id": ident,
        "cell_type": kind,
        "source": source,
        "metadata": {"nbgrader": {"grade_id": ident, **meta}} if meta else {},
    }
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def notebook() -> dict[str, Any]:
    solution, check = {"solution": True, "grade": False}, {"solution": False, "grade": True}
    cells = [
        cell("ema", **solution), cell("ema-check", **check),
        cell("adaptive", **solution), cell("adaptive-rmsprop", **solution), cell("adaptive-check", **check),
        cell("adaptive-written", "An essay.", "markdown", solution=True, grade=True),
    ]  # fmt: skip
    findings = (Finding(FindingKind.REPAIRED, "adaptive-written", "The essay was in two cells."),)
    graded = Graded(
        "ann", "06-adaptive", 1, (PERFECT, QUESTION), findings, {"cells": cells, "metadata": {}}
    )
    write_report(graded)
    return graded.notebook


def shown(
    comments: dict[str, str] | None = None, pending: frozenset[str] = frozenset(), late: float = 0.0
) -> str:
    scores = {
        "ema-check": (10.0, 10.0),
        "adaptive-check": (4.0, 30.0),
        "adaptive-written": (0.0, 10.0),
    }
    return page(notebook(), "06-adaptive", Marks(scores, comments or {}, pending, late))


def below(html: str, ident: str) -> str:
    """What a graded cell's part of the page says."""
    return (
        html.partition(f'<div id="report-{ident}">')[2]
        .partition('<div id="report-')[0]
        .partition("<h2>")[0]
    )


def test_the_total_counts_all_points_whether_they_are_read_yet_or_not() -> None:
    for pending in (frozenset[str](), frozenset({"adaptive-written"})):
        assert "<strong>14 of 50 points</strong>" in shown(pending=pending)
    assert "10 of these points wait for a person" in shown(pending=frozenset({"adaptive-written"}))
    assert "wait for a person" not in shown()


def test_what_lateness_took_is_said_in_a_sentence_of_its_own() -> None:
    assert (
        "<strong>9 of 50 points</strong></p>\n<p>5 points were taken off because it was late.</p>"
        in shown(late=5.0)
    )
    assert "late" not in Reader(shown()).text


def test_each_question_that_lost_points_has_one_thing_to_do_first() -> None:
    table = shown().partition("<table")[2].partition("</table>")[0]
    rows = re.findall(r"<tr><td>.*?</tr>", table)
    assert [row.count("You add eps inside the root.") for row in rows] == [0, 1, 0]
    assert "You forget" not in table
    assert rows[0].endswith("<td></td></tr>")


def test_without_a_hint_the_first_failed_check_says_what_to_do() -> None:
    made = notebook()
    for question in made["metadata"]["autograder"]["questions"]:
        question |= {"hint": None, "hints": []}
    html = page(made, "06-adaptive", Marks({"adaptive-check": (4.0, 30.0)}, {}))
    table = html.partition("<table")[2].partition("</table>")[0]
    assert "has shape (3,), where (2, 3) was expected." in table
    assert "<code>next_w</code>" in table


def test_what_is_right_is_folded_and_what_is_not_comes_first() -> None:
    report = below(shown(), "adaptive-check")
    wrong, _, right = report.partition("<details>")
    assert "The sentence of first" in right
    assert "1 check is right" in right
    assert "The sentence of first" not in wrong
    assert below(shown(), "ema-check").index("<details>") < below(shown(), "ema-check").index(
        "All of it."
    )


def test_the_same_words_are_said_once() -> None:
    report = below(shown(), "adaptive-check")
    assert report.count("Not tried") == 1
    assert report.count("too small") == 1
    assert "(0 of 8)" in report
    for ident in ("third", "fourth", "fifth", "sixth"):
        assert f"The sentence of {ident}" in report
    assert as_text(QUESTION, []).count("Not tried") == 1


def test_each_hint_is_at_its_own_checks() -> None:
    report = below(shown(), "adaptive-check")
    second, gate, fifth = (
        report.index(f"The sentence of {ident}") for ident in ("second", "gate", "fifth")
    )
    assert (
        second
        < report.index("You add eps inside the root.")
        < gate
        < report.index("You forget")
        < fifth
    )


def test_a_hint_is_said_again_only_where_another_one_stands_between() -> None:
    report = below(shown(), "adaptive-check")
    assert report.count("You add eps inside the root.") == 2  # that on t stands between
    assert "the same as above" not in report
    alone = replace(QUESTION, hints=QUESTION.hints[:1])
    text = as_text(alone, [])
    assert text.count("You add eps inside the root.") == 1
    assert text.index("The sentence of fifth") < text.index("the same as above")


def test_points_are_left_out_where_there_are_none() -> None:
    assert "(0 of 0)" not in shown()
    assert "0 of 0" not in as_text(QUESTION, [])


def test_formulas_are_formulas_in_every_line() -> None:
    report = below(shown(), "adaptive-check")
    assert "$" not in Reader(report).text
    for letter in ("γ", "β"):
        assert letter in Reader(report).text
    assert report.count("<math") >= 6


@pytest.mark.parametrize(
    ("ident", "where"),
    [
        ("adaptive", "adaptive-check"),
        ("adaptive-rmsprop", "adaptive-check"),
        ("adaptive-written", "adaptive-written"),
        ("ema", "ema-check"),
    ],
)
def test_a_comment_is_below_its_own_answer_and_nowhere_else(ident: str, where: str) -> None:
    html = shown({ident: "Read **this**."})
    assert html.count("Read <strong>this</strong>.") == 1
    assert "Read <strong>this</strong>." in below(html, where)


def test_the_hints_that_the_gradebook_keeps_as_comments_are_not_shown_again() -> None:
    assert "Comment on" not in shown({"adaptive": QUESTION.hint or ""})


def test_a_finding_about_the_essay_is_not_put_below_the_code() -> None:
    html = shown()
    assert "The essay was in two cells." not in below(html, "adaptive-check")
    assert "The essay was in two cells." in html


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("`a` and `b`", "<code>a</code> and <code>b</code>"),
        ("2 * x * y_1 <b>", "2 * x * y_1 &lt;b&gt;"),
        ("one ` alone", "one ` alone"),
        ("`<i>`", "<code>&lt;i&gt;</code>"),
        ("`$x$`", "<code>$x$</code>"),
        ("costs 5$", "costs 5$"),
    ],
)
def test_a_reason_keeps_the_marks_that_are_none(text: str, made: str) -> None:
    assert sentence(text) == made


def test_a_formula_in_a_reason_is_harmless() -> None:
    for text in (
        "$\\href{javascript:x}{y}$",
        "$<script>alert(1)</script>$",
        "$\\text{<img src=x>}$",
    ):
        assert harm(sentence(text)) == []


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """By the Web Content Accessibility Guidelines; 4.5 is the least for text."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_colour_of_code_can_be_read() -> None:
    assert contrast("ffffff", "000000") == pytest.approx(21)
    for _, style in get_style_by_name(COLOURS):
        assert contrast(style["color"] or "1b1b1b", style["bgcolor"] or "f6f6f4") >= 4.5, style


@pytest.mark.parametrize("name", ["feedback.css.j2", "report.html.j2", "leaderboard.html.j2"])
def test_every_colour_of_text_can_be_read_on_white(name: str) -> None:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    colours = re.findall(r"(?<![-\w])color: #([0-9a-f]{3,6})", text)
    assert colours
    for colour in colours:
        whole = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
        assert contrast(whole, "f3f3f3") >= 4.5, colour


@pytest.mark.parametrize("name", ["feedback.html.j2", "report.html.j2", "leaderboard.html.j2"])
def test_a_page_has_a_main_part_a_language_and_fits_a_phone(name: str) -> None:
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    assert text.count("<main>") == text.count("</main>") == 1
    assert re.search(r'<html lang="(en|{{ say\.language }})">', text)
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text


def test_a_page_can_be_made_before_anything_is_recorded(backprop: Assignment) -> None:
    (question, *others) = backprop.questions
    spec = CheckSpec(f"{question.id}.all", question.id, question.points, "It is right.")
    first = QuestionResult(question.id, question.points, (CheckResult(spec, Outcome.RIGHT),))
    results = (first, *(QuestionResult(one.id, one.points, ()) for one in others))
    graded = Graded("ada", backprop.name, 1, results, (), backprop.notebook())
    write_report(graded)
    marks = automatic_marks(graded)
    assert marks.scores[f"{question.id}-check"] == (question.points, question.points)
    written = {cell.id: cell.points for cell in backprop.cells if cell.kind == "written"}
    assert marks.pending == written.keys()
    assert sum(most for _, most in marks.scores.values()) == sum(
        one.points for one in backprop.questions
    ) + sum(written.values())
    shown = page(graded.notebook, backprop.name, marks, Markup("<p>above it</p>"))
    assert shown.index("<p>above it</p>") < shown.index("<h1>")
    assert "not read yet" in shown


def test_a_long_locked_cell_is_coloured_once_for_a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the setup and check cells of an assignment, which all of its notebooks have."""
    coloured: list[str] = []
    monkeypatch.setattr(
        "autograder.feedback.page.coloured", lambda code: coloured.append(code) or ""
    )
    long = "\n".join(f"held_{line} = {line}" for line in range(400))
    assert len(long) > MOST_KEPT
    cell = {"cell_type": "code", "metadata": {}, "source": long, "outputs": []}
    for _ in range(3):
        page({"cells": [cell], "metadata": {}}, "05-optimizers", Marks({}, {}, frozenset()))
    assert coloured == [long]
