"""Each hint stands under the checks that it explains, and is kept with the result."""

from __future__ import annotations

from dataclasses import replace

from autograder.audit.unseen_answers import Truth, _judge
from autograder.cache.serialize import packed, plain, questions, unpacked
from autograder.core.mistakes import Entry
from autograder.core.results import (
    Certainty,
    CheckResult,
    CheckSpec,
    Graded,
    Hint,
    Outcome,
    QuestionResult,
    with_hints,
)
from autograder.grading.question_report import as_html, as_text


def question(*wrong: str) -> QuestionResult:
    specs = [
        CheckSpec(f"q.{name}", "q", 2.0, f"{name} is right.")
        for name in ("first", "second", "third")
    ]
    checks = [
        CheckResult(
            spec, Outcome.WRONG if spec.id[2:] in wrong else Outcome.RIGHT, "`dx` holds nan."
        )
        for spec in specs
    ]
    return QuestionResult("q", 6.0, tuple(checks))


FACT = Hint("mean", "Your `db` is a mean.", ("q.first", "q.third"), Certainty.FACT)
PLACE = Hint("f: the step", "Look at the step.", ("q.second",), Certainty.PLACE)


def test_a_hint_stands_under_its_own_checks_and_in_full_once() -> None:
    lines = as_text(
        with_hints(question("first", "second", "third"), (FACT, PLACE)), []
    ).splitlines()
    told = {line.split()[-3]: "" for line in lines if line.endswith("is right.")}
    assert list(told) == [
        "first",
        "third",
        "second",
    ]  # the same is said of the first and the third, so it is said once
    under = "\n".join(lines).split("is right.")
    assert "Where to look: Your `db` is a mean." in under[2]
    assert "Where to look: Look at the step." in under[3]
    assert "is a mean" not in under[3]
    page = as_html(with_hints(question("first", "second", "third"), (FACT, PLACE)), [])
    assert page.count("is a mean") == page.count("Look at the step") == 1
    assert (
        page.index("first is right")
        < page.index("is a mean")
        < page.index("second is right")
        < page.index("Look at the step")
    )


def test_the_result_names_the_first_mistake_and_keeps_all_hints() -> None:
    both = with_hints(question("first"), (PLACE, FACT))
    assert (both.mistake, both.hint) == ("mean", "Look at the step.\n\nYour `db` is a mean.")
    placed = with_hints(question("second"), (PLACE,))
    assert placed.mistake is None  # a place is no known mistake
    assert (with_hints(question(), ()).mistake, with_hints(question(), ()).hint) == (None, None)
    graded = Graded("ann", "01", 1, (both, placed), (), {"cells": []})
    assert questions(unpacked(packed(plain(graded, {})))) == (both, placed)
    told = both.as_dict()["hints"]
    assert told[1] == {
        "id": "mean",
        "text": "Your `db` is a mean.",
        "checks": ["q.first", "q.third"],
        "certainty": "fact",
    }


def test_a_hint_that_is_not_true_counts_as_false_and_an_aside_does_not_name_the_cause() -> None:
    entry = Entry("db_is_a_mean", "q", False, ("f",), "db is divided by N.", "")
    graded = Graded(
        "q.db_is_a_mean", "01", 1, (with_hints(question("first"), (FACT,)),), (), {"cells": []}
    )
    truth = Truth(frozenset(), frozenset(), "")
    assert _judge(graded, entry, truth).false == ()  # nobody has judged it yet
    truth = Truth(frozenset(), frozenset(), "sign")
    assert _judge(graded, entry, truth).false == ("mean",)
    aside = _judge(graded, entry, replace(truth, beside=frozenset({"mean"})))
    assert (aside.false, aside.named) == ((), False)
    assert _judge(graded, entry, replace(truth, hints=frozenset({"mean"}))).named
    assert _judge(graded, entry, replace(truth, says="holds nan")).named
    assert not _judge(graded, entry, replace(truth, says="sign")).named


def test_one_of_several_that_fit_is_false_only_where_none_of_them_is_true() -> None:
    """The sentence says so: "2 descriptions fit equally well. One of them: ..."."""
    entry = Entry("db_is_a_mean", "q", False, ("f",), "db is divided by N.", "")
    other = replace(FACT, id="half", certainty=Certainty.EITHER)
    either = (replace(FACT, certainty=Certainty.EITHER), other)
    graded = Graded("q.db_is_a_mean", "01", 1, (with_hints(question("first"), either),), (), {})
    assert _judge(graded, entry, Truth(frozenset({"mean"}), frozenset(), "")).false == ()
    assert _judge(graded, entry, Truth(frozenset({"sign"}), frozenset(), "")).false == (
        "mean",
        "half",
    )
