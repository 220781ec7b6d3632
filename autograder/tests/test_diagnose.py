"""A student's answer is named after the known mistake that it equals, and after none that it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.checking.local import LocalTransport
from autograder.checking.plugin import CheckFolder, run_checks
from autograder.checking.rule_kinds import HouseRule
from autograder.checking.student import RecordedCall, Student
from autograder.checking.transport import Call, Report
from autograder.core.assignment import Assignment, load_assignment
from autograder.core.course import Course
from autograder.core.errors import StudentError
from autograder.core.mistakes import Bank, Entry, load_bank
from autograder.core.results import Certainty, Outcome, QuestionResult, with_hints
from autograder.grading.diagnose import PART, Diagnosis
from autograder.grading.diagnosis.answer_memo import MOST_BYTES, AnswerMemo, key_of
from autograder.grading.diagnosis.equal_answers import equal, tells
from autograder.grading.diagnosis.replaying import Replay, Transcript, Witness
from autograder.grading.diagnosis.work_limit import Allowance
from autograder.sandbox.wire import Handle

NAME, QUESTION = "01-backprop", "affine"
Asked = tuple[list[RecordedCall], dict[str, float], float]


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return load_assignment(Course(), NAME)


@pytest.fixture(scope="module")
def bank() -> Bank:
    return load_bank(Course().mistakes(NAME))


@pytest.fixture(scope="module")
def diagnosis(assignment: Assignment, bank: Bank) -> Diagnosis:
    return Diagnosis(assignment, bank)


def ask(
    assignment: Assignment, namespaces: list[SimpleNamespace], question: str = QUESTION
) -> list[Asked]:
    """What the hidden checks asked of some students, which checks these failed, and their points; all in one session."""
    found: list[Asked] = []

    def turns() -> Iterator[Any]:
        for namespace in namespaces:
            student = Student(LocalTransport(namespace))
            results = yield student
            mine = [result for result in results if result.spec.question == question]
            names = {result.spec.id for result in mine}
            failed = {
                result.spec.id: result.spec.points
                for result in mine
                if result.outcome is not Outcome.RIGHT
            }
            found.append(
                (
                    [record for record in student.transcript if record.check in names],
                    failed,
                    sum(result.score for result in mine),
                )
            )

    run_checks(CheckFolder(Course().checks(NAME)), assignment.namespace(), 99, turns())  # type: ignore[arg-type]
    return found


def with_source(assignment: Assignment, *sources: str) -> SimpleNamespace:
    return assignment.namespace(QUESTION, "\n\n\n".join(sources))


@pytest.mark.slow  # `make known` asks this of all of them
def test_every_known_mistake_of_a_question_is_named_as_itself(
    assignment: Assignment, bank: Bank, diagnosis: Diagnosis
) -> None:
    mistakes = bank.mistakes(QUESTION)
    assert len(mistakes) >= 4
    asked = ask(assignment, [assignment.namespace(QUESTION, entry.source) for entry in mistakes])
    for entry, (transcript, failed, score) in zip(mistakes, asked, strict=True):
        assert failed
        assert score < 20
        hints = diagnosis.find(QUESTION, transcript, failed)
        if not hints:  # it ends in an error, which is said already and tells nothing more
            assert any(
                isinstance(record.answer, StudentError)
                for record in transcript
                if record.check in failed
            ), entry.id
            continue
        first = hints[0]
        assert (first.id, first.text, first.certainty) == (entry.id, entry.hint, Certainty.FACT)
        assert set(first.checks) <= set(failed)


REWRITTEN = """
def affine_backward(dout, cache):
    x, w = cache
    N = x.shape[0]
    flat = np.array([example.ravel() for example in x])
    total = sum(row for row in dout)
    return np.einsum("nm,dm->nd", dout, w).reshape(x.shape), np.einsum("nd,nm->dm", flat, dout), total / N
"""
UNKNOWN = """
def affine_backward(dout, cache):
    x, w = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.max(axis=0) * 1.7
"""
BESIDES = REWRITTEN.replace(
    "total / N", "total / N * (3 if N == 7 else 1)"
)  # seven examples: the check of dw, which does not look at db


def test_a_mistake_is_known_in_other_words_too(
    assignment: Assignment, bank: Bank, diagnosis: Diagnosis
) -> None:
    """What counts is what it answers; not how it is written."""
    (known,) = [entry for entry in bank.mistakes(QUESTION) if entry.id == "bias_gradient_is_a_mean"]
    plain, besides = ask(
        assignment, [with_source(assignment, REWRITTEN), with_source(assignment, BESIDES)]
    )
    (hint,) = diagnosis.find(QUESTION, *plain[:2])
    assert (hint.id, hint.text, hint.certainty) == (known.id, known.hint, Certainty.FACT)
    assert set(hint.checks) == set(plain[1])
    told = diagnosis.find(QUESTION, *besides[:2])  # it errs in something else besides, and often
    assert all(hint.text == PART + known.hint and hint.certainty is Certainty.PART for hint in told)


def test_what_is_not_known_gets_no_name(assignment: Assignment, diagnosis: Diagnosis) -> None:
    unknown, right, absent = ask(
        assignment, [with_source(assignment, UNKNOWN), assignment.namespace(), SimpleNamespace()]
    )
    assert unknown[1]
    assert diagnosis.find(QUESTION, *unknown[:2]) == ()
    assert not right[1]
    assert diagnosis.find(QUESTION, *right[:2]) == ()
    assert diagnosis.find(QUESTION, *absent[:2]) == ()
    assert diagnosis.find(QUESTION, [], {}) == ()
    assert diagnosis.find("no_such_question", unknown[0], unknown[1]) == ()


def test_a_mistake_that_nothing_tells_from_the_right_answer_is_never_named(
    assignment: Assignment,
) -> None:
    harmless = Entry(
        "harmless",
        QUESTION,
        False,
        ("affine_backward",),
        "never",
        assignment.reference_source(QUESTION)["affine"],
    )
    (unknown,) = ask(assignment, [with_source(assignment, UNKNOWN)])
    assert Diagnosis(assignment, Bank((harmless,), {})).find(QUESTION, *unknown[:2]) == ()


def replayed(student: Student, namespace: SimpleNamespace) -> list[Any]:
    """What other functions answer to the same calls."""
    transcript = Transcript.of(student.transcript, {"": 1.0})
    answers = Replay(transcript, Witness("f", lambda: LocalTransport(namespace)), Allowance())
    return [answers[n] for n in range(len(transcript.records))]


def test_replaying_makes_the_same_calls_with_its_own_caches() -> None:
    seen: list[tuple[str, Any]] = []

    def forward(x: Any) -> tuple[Any, Any]:
        seen.append(("forward", x))
        return 2 * x, {"secret": x}

    def backward(dout: Any, cache: Any) -> Any:
        seen.append(("backward", cache))
        return dout * cache["secret"]

    student = Student(LocalTransport(SimpleNamespace(forward=forward, backward=backward)))
    x, other = np.arange(3.0), np.ones(3)
    _, first = student.forward("forward", x)
    _, second = student.forward("forward", other)
    student.backward(x, second)
    student.backward(x, first)
    before, seen[:] = list(seen), []
    answers = replayed(student, SimpleNamespace(forward=forward, backward=backward))
    assert [name for name, _ in seen] == [name for name, _ in before]
    values = [answer.value for answer in answers if isinstance(answer, Report)]
    assert np.array_equal(values[2], x * other)
    assert np.array_equal(values[3], x * x)
    lost = replayed(student, SimpleNamespace(backward=backward))
    assert all(isinstance(answer, StudentError) for answer in lost)


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        (1.0, 1.0 + 1e-12, True),
        (1.0, 1.001, False),
        (float("nan"), float("nan"), True),
        (np.ones(3), np.ones((1, 3)), False),
        (np.ones(3), np.ones(3, np.float32), False),
        (np.ones(3), np.ones(3, int), False),
        ((1, 2), [1, 2], True),
        ((1, 2), (1, 2, 3), False),
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"b": 1}, False),
        ("a", "a", True),
        ("a", None, False),
        (None, None, True),
        (Handle(1), Handle(2), True),
        (Handle(1), 1, False),
        (np.array(["a"]), np.array(["a"]), False),
    ],
)
def test_answers_are_compared_value_for_value(a: Any, b: Any, alike: bool) -> None:
    assert equal(a, b, True) is alike
    assert equal(b, a, True) is alike


BOTH = """
def check_layer(forward, backward, x, rng):
    out, cache = forward(x)
    dout = rng.random(np.shape(out))  # never negative
    forward(rng.normal(size=x.shape))
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    allowed = 1e-4 * np.max(np.abs(measured)) + 1e-9 * max(np.max(np.abs(out)), 1e-3)
    return not bool(np.any(np.abs(dx - measured) > allowed))  # no comparison with nan holds
"""


def test_two_mistakes_in_one_function_are_both_named_and_hedged(
    assignment: Assignment, diagnosis: Diagnosis
) -> None:
    [(transcript, failed, _)] = ask(
        assignment, [assignment.namespace("check_layer", BOTH)], "check_layer"
    )
    assert len(failed) == 2
    hints = diagnosis.find("check_layer", transcript, failed)
    assert {hint.id for hint in hints} == {"dout_never_negative", "nan_slips_through"}
    assert all(hint.text.startswith(PART) and hint.certainty is Certainty.PART for hint in hints)
    assert sorted(check for hint in hints for check in hint.checks) == sorted(
        failed
    )  # each at its own check


def test_mistakes_that_answer_alike_are_named_as_such(assignment: Assignment, bank: Bank) -> None:
    """Nothing tells one from the other, so that neither is named as a fact; of too many, none."""
    (known,) = [entry for entry in bank.mistakes(QUESTION) if entry.id == "bias_gradient_is_a_mean"]
    ((transcript, failed, _),) = ask(assignment, [with_source(assignment, REWRITTEN)])
    found = {}
    for count in (1, 2, 3, 4):
        others = [replace(known, id=f"twin{n}", hint=f"Twin {n}.") for n in range(1, count)]
        made = Diagnosis(assignment, Bank((known, *others), {}))
        found[count] = made.find(QUESTION, transcript, failed)
    assert [hint.certainty for hint in found[1]] == [Certainty.FACT]
    for count in (2, 3):
        hints = found[count]
        assert [hint.id for hint in hints] == [known.id, "twin1", "twin2"][:count]
        assert {hint.certainty for hint in hints} == {Certainty.EITHER}
        assert all(set(hint.checks) == set(failed) for hint in hints)
        assert all(f"{count} descriptions fit" in hint.text for hint in hints)
        result = with_hints(QuestionResult(QUESTION, 20.0, ()), hints)
        assert (result.mistake, result.hints) == (None, hints)
    assert found[4] == ()
    unnamed = Bank((replace(known, unnamed="It has other causes."),), {})
    assert Diagnosis(assignment, unnamed).find(QUESTION, transcript, failed) == ()


def test_a_nan_alone_is_not_enough_to_name_a_mistake_by() -> None:
    assert not tells(Report(np.full(3, np.nan)))
    assert not tells(Report((np.array([np.inf]), {"a": np.nan})))
    assert not tells(StudentError("`f` raised ValueError", "raised ValueError"))
    assert tells(Report((np.array([np.nan, 1.0]),)))
    assert tells(Report(False))
    assert tells(Report(b"x"))


def test_a_generator_that_the_check_goes_on_drawing_from_is_replayed_as_it_was() -> None:
    source = SimpleNamespace(draw=lambda rng: rng.random(3))
    student = Student(LocalTransport(source))
    rng = np.random.default_rng(5)
    first = student.draw(rng)
    rng.random(7)
    (again,) = replayed(student, source)
    assert isinstance(again, Report)
    assert np.array_equal(again.value, first)


def test_work_is_bounded_by_counted_calls_and_not_by_the_clock() -> None:
    def endless(x: Any) -> Any:
        while True:
            try:
                x = abs(x)
            except Exception:  # must not keep the allowance from ending it
                continue

    student = Student(LocalTransport(SimpleNamespace(f=lambda x: x)))
    student.f(1.0)
    transcript = Transcript.of(student.transcript, {"": 1.0})
    allowance = Allowance(1000)
    assert (
        Replay(
            transcript, Witness("f", lambda: LocalTransport(SimpleNamespace(f=endless))), allowance
        )[0]
        is None
    )
    assert allowance.left == 0
    assert (
        Replay(transcript, Witness("f", lambda: LocalTransport(SimpleNamespace(f=abs))), allowance)[
            0
        ]
        is None
    )  # nothing is left for others
    answer = Replay(
        transcript, Witness("f", lambda: LocalTransport(SimpleNamespace(f=abs))), Allowance(1000)
    )[0]
    assert isinstance(answer, Report)
    assert answer.value == 1.0


def test_what_was_answered_before_is_asked_no_more_and_costs_the_same() -> None:
    """Of students whose checks ask the same: the answers, the handles and the work charged are those of the first."""
    asked: list[str] = []

    def forward(x: Any) -> tuple[Any, Any]:
        asked.append("forward")
        return x * 2, {"x": x, "calls": 0}

    def backward(dout: Any, cache: Any) -> Any:
        asked.append("backward")
        cache["calls"] += 1
        return sum(map(abs, [dout] * 50)) + cache["x"].sum() + 1000 * cache["calls"]

    functions = SimpleNamespace(forward=forward, backward=backward)
    memory = AnswerMemo()

    def replay_of(*douts: float, left: int = 10_000) -> tuple[list[Any], int]:
        student = Student(LocalTransport(functions))
        _, cache = student.forward("forward", np.arange(3.0))
        for dout in douts:
            student.backward(dout, cache)
        transcript, allowance = Transcript.of(student.transcript, {"": 1.0}), Allowance(left)
        asked.clear()
        replay = Replay(
            transcript, Witness("them", lambda: LocalTransport(functions), memory), allowance
        )
        answers = [replay[n] for n in range(1 + len(douts))]
        return [answer and answer.value for answer in answers[1:]], allowance.left  # type: ignore[union-attr]

    assert replay_of(1.0)[0] == [1053.0]
    first = replay_of(2.0)
    assert first[0] == [1103.0]
    assert asked == ["forward", "backward"]
    assert replay_of(2.0) == first
    assert asked == []
    assert first[1] < 10_000 - 50
    assert replay_of(2.0, left=10)[0] == [
        None
    ]  # it takes more than is left, whether it was made before or not
    assert replay_of(2.0, 2.0)[0] == [
        1103.0,
        2103.0,
    ]  # what takes a handle may change what it holds
    assert asked == ["forward", "backward", "backward"]


def test_equal_transcripts_are_weighed_once(
    assignment: Assignment, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One other bit in an answer, another failed check or another reason, and it is weighed anew."""
    entries = bank.mistakes(QUESTION)[:3]
    namespaces = [assignment.namespace(QUESTION, entry.source) for entry in entries * 2]
    asked = ask(assignment, namespaces)
    fresh = [Diagnosis(assignment, bank).find(QUESTION, *one[:2]) for one in asked[:3]]
    weighed: list[int] = []
    hints = Diagnosis._hints

    def counted(self: Diagnosis, *args: Any) -> Iterator[Any]:
        weighed.append(1)
        return hints(self, *args)

    monkeypatch.setattr(Diagnosis, "_hints", counted)
    diagnosis = Diagnosis(assignment, bank)
    found = [diagnosis.find(QUESTION, *one[:2]) for one in asked]
    assert (found[:3], found[3:], len(weighed)) == (fresh, fresh, 3)
    records, failed, _ = asked[0]
    n = next(
        n for n, one in enumerate(records) if isinstance(one.answer, Report) and not one.keep_last
    )
    other = replace(records[n], answer=replace(records[n].answer, value=np.array([0.5])))  # type: ignore[type-var]
    diagnosis.find(QUESTION, [*records[:n], other, *records[n + 1 :]], failed)
    fewer = dict(list(failed.items())[1:])
    diagnosis.find(QUESTION, records, fewer)
    diagnosis.find(QUESTION, records, failed, {next(iter(failed)): HouseRule.PURITY})
    assert len(weighed) == 6
    monkeypatch.setattr("autograder.grading.diagnose.may_remember", lambda source: True)
    stateful = Diagnosis(assignment, bank)
    assert [stateful.find(QUESTION, *one[:2]) for one in asked] == fresh * 2
    assert len(weighed) == 12  # a reference that may remember is asked each time


def test_calls_are_told_apart_by_all_that_they_take() -> None:
    x = np.arange(6.0).reshape(2, 3)
    calls = [
        Call("f", (x,)),
        Call("g", (x,)),
        Call("f", (x.T.copy().T,)),
        Call("f", (x, 1)),
        Call("f", (x, True)),
        Call("f", (x,), {"a": 1}),
    ]
    keys = [
        key_of(call, {}, keep, full)
        for call in calls
        for keep in (False, True)
        for full in (False, True)
    ]
    assert None not in keys
    assert len(set(keys)) == len(keys)
    assert key_of(Call("f", (x.copy(),)), {}, False, False) == keys[0]
    handle = Call("f", (Handle(1),))
    assert key_of(handle, {1: b"a"}, False, False) != key_of(handle, {1: b"b"}, False, False)
    assert key_of(handle, {}, False, False) is None
    assert key_of(Call("f", (len,)), {}, False, False) not in (
        None,
        key_of(Call("f", (sum,)), {}, False, False),
    )


def test_no_more_is_kept_than_fits() -> None:
    memory = AnswerMemo(10_000)
    for number in range(30):
        memory.keep("them", bytes([number]), Report(np.zeros(100)), 1)
    kept = [number for number in range(30) if memory.get("them", bytes([number])) is not None]
    assert kept == list(range(len(kept)))
    assert 3 < len(kept) < 12
    assert memory.get("others", b"\0") is None


def test_an_answer_that_holds_itself_is_kept_like_any_other() -> None:
    own: dict[str, Any] = {"t": 1}
    own["first_moment"] = own  # as in `config.update(first_moment=config)`
    looped: list[Any] = [own]
    looped.append(looped)
    memory = AnswerMemo()
    memory.keep("mistake", b"call", Report(looped, args=(own,)), 3)
    assert memory.get("mistake", b"call") is not None
    assert 0 < MOST_BYTES - memory.left < 5_000
