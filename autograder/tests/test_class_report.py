"""The page on a class: right figures, nothing said where nothing follows, planted copies found, and safe whatever was handed in."""

from __future__ import annotations

import base64
import json
import math
import random
import re
import stat
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from autograder.bench.lookalikes import make, pairs_found
from autograder.bench.restyle import renamed
from autograder.class_report.attempts import GradedAttempt, ways_to_right
from autograder.class_report.item_analysis import check_items, correlation, question_items
from autograder.class_report.mistake_counts import find_mistaken, find_unknown
from autograder.class_report.page import overview
from autograder.class_report.watch_list import find_notable
from autograder.cli import parser as cli
from autograder.core.assignment import Assignment, load_assignment
from autograder.core.course import Course
from autograder.core.mistakes import Bank, load_bank
from autograder.core.results import (
    CheckResult,
    CheckSpec,
    Finding,
    FindingKind,
    Graded,
    Marks,
    Outcome,
    QuestionResult,
)
from autograder.gradebook.class_results import Class, GradedSubmission, gather
from autograder.gradebook.writer import Recorder
from autograder.grading.question_report import write_report
from autograder.similarity.answers import Answers, Group, read_answers, together
from autograder.similarity.clusters import (
    COMMON_LEAST,
    RARE,
    find_forms,
    find_groups,
    find_pairs,
    rare,
)
from autograder.similarity.run_store import store_class
from autograder.similarity.side_by_side import MOST_LINES, beside
from autograder.similarity.tokens import runs, steps

NAME, OTHER = "01-backprop", "05-optimizers"
HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"
R, W, U = Outcome.RIGHT, Outcome.WRONG, Outcome.UNJUDGED


@pytest.fixture(scope="module")
def bank() -> Bank:
    return load_bank(Course().mistakes(NAME))


def question(
    ident: str, *checks: tuple[float, Outcome], mistake: str | None = None
) -> QuestionResult:
    made = [
        CheckResult(CheckSpec(f"{ident}.{n}", ident, p, f"says {n}"), outcome, "why")
        for n, (p, outcome) in enumerate(checks)
    ]
    return QuestionResult(
        ident,
        sum(points for points, _ in checks),
        tuple(made),
        mistake,
        "a hint" if mistake else None,
    )


def handed(
    student: str,
    *questions: QuestionResult,
    findings: Sequence[Finding] = (),
    marks: Marks | None = None,
) -> GradedSubmission:
    return GradedSubmission(
        student,
        questions,
        tuple(findings),
        {"execute": 0.1, "check": 0.2, "diagnose": 0.05},
        7,
        {},
        marks,
    )


# -- items -------------------------------------------------------------------------------------------------------------


def small_class() -> list[GradedSubmission]:
    """Five students, two questions of 4 and 6 points; by hand: a = 4 4 1 0 3, b = 6 2 2 0 6, and one check of a is 1 1 1 0 0 of 1."""
    table = [("RR", "RR"), ("RR", "RW"), ("RW", "RW"), ("WW", "WW"), ("WR", "RR")]
    letter = {"R": R, "W": W}
    return [
        handed(
            f"s{n}",
            question("a", (1, letter[a[0]]), (3, letter[a[1]])),
            question("b", (2, letter[b[0]]), (4, letter[b[1]])),
        )
        for n, (a, b) in enumerate(table)
    ]


def test_a_questions_figures_are_those_made_by_hand() -> None:
    a, b = question_items(small_class())
    assert (a.id, a.points, a.judged, a.full, a.none) == ("a", 4, 5, 2, 1)
    assert a.facility == pytest.approx((4 + 4 + 1 + 0 + 3) / (5 * 4))
    assert b.facility == pytest.approx(16 / 30)
    x, y = np.array([4, 4, 1, 0, 3]), np.array([6, 2, 2, 0, 6])  # means 2.4 and 3.2
    by_hand = (1.6 * 2.8 + 1.6 * -1.2 + -1.4 * -1.2 + -2.4 * -3.2 + 0.6 * 2.8) / math.sqrt(
        13.2 * 28.8
    )
    assert a.rest is not None
    assert b.rest is not None
    assert a.rest.value == pytest.approx(by_hand) == pytest.approx(stats.pearsonr(x, y).statistic)
    interval = stats.pearsonr(x, y).confidence_interval(0.95)
    assert (a.rest.low, a.rest.high) == (
        pytest.approx(interval.low, abs=1e-3),
        pytest.approx(interval.high, abs=1e-3),
    )
    assert b.rest.value == pytest.approx(a.rest.value)  # of two questions, each is the other's rest


def test_a_checks_correlation_is_the_point_biserial_one_with_everything_else() -> None:
    first = check_items(small_class())["a"][0]
    passed, rest = (
        np.array([1, 1, 1, 0, 0]),
        np.array([9, 5, 2, 0, 9]),
    )  # of 10 points, less the check's own one
    assert (first.id, first.judged, first.full, first.none, first.facility) == ("a.0", 5, 3, 2, 0.6)
    assert first.rest is not None
    assert first.rest.value == pytest.approx(stats.pointbiserialr(passed, rest).statistic)
    means, spread = rest[passed == 1].mean() - rest[passed == 0].mean(), rest.std()
    assert first.rest.value == pytest.approx(means / spread * math.sqrt(0.6 * 0.4))


def test_what_is_not_defined_is_none() -> None:
    one, two = np.array([1.0, 2.0]), np.array([2.0, 1.0])
    assert correlation(one, two) is None  # two points lie on a line, whatever they are
    assert correlation(np.ones(5), np.arange(5.0)) is None
    assert (
        correlation(np.array([0.1 + 0.2, 0.3, 0.3]), np.arange(3.0)) is None
    )  # equal but for rounding
    perfect = correlation(np.arange(5.0), np.arange(5.0))
    assert perfect is not None
    assert (perfect.value, perfect.low) == (
        pytest.approx(1.0),
        None,
    )  # Fisher's transformation has no place for it
    assert question_items([]) == []
    assert check_items([]) == {}
    alone = question_items(small_class()[:1])
    assert [item.rest for item in alone] == [None, None]
    same = question_items([small_class()[1]] * 4)
    assert [item.rest for item in same] == [None, None]


def test_what_was_not_judged_counts_for_nothing() -> None:
    group = [
        *small_class(),
        handed("u", question("a", (1, U), (3, U)), question("b", (2, R), (4, R))),
    ]
    a, b = question_items(group)
    assert (a.judged, a.unjudged, a.facility) == (5, 1, pytest.approx(0.6))
    assert (b.judged, b.unjudged, b.facility) == (6, 0, pytest.approx(22 / 36))
    assert [a.rest, b.rest] == [
        item.rest for item in question_items(small_class())
    ]  # without a total, the sixth is in no correlation
    nobody = question_items([handed("u", question("a", (1, U)))])[0]
    assert (nobody.judged, nobody.facility, nobody.rest) == (0, None, None)


def test_marks_given_by_hand_count() -> None:
    marks = Marks(
        {"a-check": (4.0, 4.0), "b-check": (6.0, 6.0), "words-written": (9.0, 10.0)},
        {},
        late_penalty=2.0,
    )
    last = handed("s4", question("a", (1, W), (3, W)), question("b", (2, W), (4, W)), marks=marks)
    assert last.points == 17
    a, _ = question_items([*small_class()[:4], last])
    assert a.facility == pytest.approx((4 + 4 + 1 + 0 + 4) / 20)


# -- steps -------------------------------------------------------------------------------------------------------------

PLAIN = '''
def affine_forward(x, w, b):
    """What it does."""
    flat = x.reshape(len(x), -1)
    if flat.shape[1] != w.shape[0]:
        raise ValueError(f"x {x.shape}")
    out = flat @ w + b
    return out, (x, w)
'''
SAME = """
def affine_forward(inputs, weights, offset):
    # my own words
    rows = inputs.reshape(len(inputs),
                          -1)   # flatten
    if (rows.shape[1] != weights.shape[0]):
        raise ValueError("does not fit")
    result: np.ndarray = rows @ weights + offset

    return result, (inputs, weights)
"""
KEPT = frozenset(["affine_forward"])


def labels(source: str) -> list[str]:
    return [step.label for step in steps(source, KEPT)]


def test_names_comments_wording_and_layout_change_no_step() -> None:
    assert labels(PLAIN) == labels(SAME)
    assert len(labels(PLAIN)) > 40
    assert [run.text for run in runs(PLAIN, KEPT)] == [run.text for run in runs(SAME, KEPT)]
    assert labels(PLAIN) != labels(PLAIN.replace("flat @ w + b", "flat @ w - b"))
    assert labels(PLAIN) != labels(PLAIN.replace("flat @ w + b", "np.dot(flat, w) + b"))
    assert labels("def f(a):\n    a.x = 1\n    b = a.x") == labels(
        "def f(c):\n    c.y = 1\n    d = c.y"
    )  # attributes that the answer makes
    assert labels("b = a.x") != labels("b = a.y")  # and those that it found
    assert labels("y = '\\d' + (1).real") == labels(
        "y = 'd' + (1).real"
    )  # what Python warns of is parsed all the same


@pytest.mark.parametrize(
    "source",
    [
        "def f(a) -> (NAME := int):\n    return NAME + a.x",
        "def f(a: (NAME := int)):\n    return NAME + a.x",
        'y = f"{[NAME for NAME in z]}" + str(NAME)',
        "try:\n    f()\nexcept E as NAME:\n    print(NAME)",
        "import numpy as NAME\nNAME.sum(1)",
        "class NAME: pass\nNAME().run()",
    ],
)
def test_a_name_is_the_answers_own_wherever_it_is_given(source: str) -> None:
    assert labels(source.replace("NAME", "one")) == labels(source.replace("NAME", "other"))
    assert labels("print(one + 1)") != labels("print(other + 1)")


def test_a_step_knows_its_line() -> None:
    line = PLAIN.split("\n").index("    out = flat @ w + b") + 1
    assert "MatMult" in [step.label for step in steps(PLAIN, KEPT) if step.line == line]
    assert all(run.first <= run.last for run in runs(PLAIN, KEPT))
    assert runs("x = 1", KEPT) == []  # too short for one run


def test_what_does_not_parse_is_read_by_its_words() -> None:
    broken, same = (
        PLAIN + "\nif if\n",
        SAME.replace(": np.ndarray", "").replace(
            "(rows.shape[1] != weights.shape[0])", "rows.shape[1] != weights.shape[0]"
        ),
    )
    same = (
        same.replace("# my own words", '"""Other."""').replace(
            '"does not fit"', 'f"x {inputs.shape}"'
        )
        + "\nif if\n"
    )
    assert len(labels(broken)) > 40
    assert [label for label in labels(broken) if label != "s"] == [
        label for label in labels(same) if label != "s"
    ]


@pytest.mark.parametrize(
    "source",
    [
        "x = 0x" + "f" * 5000,
        "-" * 5000 + "1",
        "(" * 5000,
        "x = " + "1+" * 20000 + "1",
        "\x00",
        "\udc80".encode("utf-8", "replace").decode(),
        "'\\d' is 1",
    ],
)
def test_hostile_text_is_read_too(source: str) -> None:
    assert isinstance(steps(source, KEPT), list)


def test_what_would_take_hours_to_colour_is_not_read_by_its_words() -> None:
    assert steps("(a" + "\n " * 5000, KEPT) == []


# -- what is alike -----------------------------------------------------------------------------------------------------


def answers(texts: Mapping[str, str], natural: str = "") -> Answers:
    known = frozenset(run.text for run in runs(natural, KEPT))
    return Answers(
        "affine",
        dict(texts),
        store_class({student: runs(text, KEPT) for student, text in texts.items()}),
        frozenset(),
        known,
    )


def own(seed: int, lines: int = 14) -> str:
    """An answer that nobody else gives."""
    rng = random.Random(seed)
    words = (
        "sum",
        "mean",
        "dot",
        "outer",
        "where",
        "abs",
        "exp",
        "clip",
        "sqrt",
        "stack",
        "ravel",
        "tanh",
    )
    body = [
        f"    v{n} = np.{rng.choice(words)}(v{n - 1}, {rng.randint(0, 9)}) {rng.choice('+-*/@')} np.{rng.choice(words)}(v0)"
        for n in range(1, lines)
    ]
    return "\n".join(["def affine_forward(v0):", *body, f"    return v{lines - 1}"])


def test_a_renamed_copy_is_found_and_nobody_else() -> None:
    texts = {f"s{n:02}": own(n) for n in range(40)}
    texts["copy"] = renamed(texts["s07"], random.Random(0), KEPT)
    assert texts["copy"] != texts["s07"]
    (group,) = find_groups(answers(texts))
    assert group.members == ("copy", "s07")
    assert group.alike == pytest.approx(1)
    assert group.next_alike < 0.5
    assert group.rarity > 40
    assert not group.to_the_letter
    texts["copy"] = texts["s07"]
    assert find_groups(answers(texts))[0].to_the_letter


def test_the_rarity_is_the_sum_made_by_hand() -> None:
    texts = {f"s{n:02}": own(n) for n in range(40)}
    texts["copy"] = texts["s07"]
    (group,) = find_groups(answers(texts))
    taken = [{run.text for run in runs(other, KEPT)} for other in texts.values()]
    held = {
        text: sum(text in other for other in taken)
        for text in {run.text for run in runs(own(7), KEPT)}
    }
    assert group.rarity == pytest.approx(sum(-math.log2(count / 41) for count in held.values()) / 7)
    assert group.passages == {text for text, count in held.items() if count <= COMMON_LEAST}


def test_an_answer_that_many_give_is_natural() -> None:
    texts = {f"s{n:02}": own(n) for n in range(30)} | {f"t{n:02}": own(99) for n in range(12)}
    assert find_groups(answers(texts)) == []
    form = find_forms(answers(texts))[0]
    assert (len(form.students), form.known, form.to_the_letter) == (12, 0.0, 12)


def test_an_answer_that_the_bank_knows_is_natural() -> None:
    texts = {f"s{n:02}": own(n) for n in range(30)} | {"a": own(99), "b": own(99)}
    assert [group.members for group in find_groups(answers(texts))] == [("a", "b")]
    assert find_groups(answers(texts, natural=own(99))) == []
    assert find_forms(answers(texts, natural=own(99)))[0].known == 1.0


def test_a_short_answer_says_nothing() -> None:
    short = "def affine_forward(x, w, b):\n    return np.einsum('nd,dm->nm', x, w) + b"
    texts = {f"s{n:02}": own(n) for n in range(30)} | {"a": short, "b": short}
    assert find_groups(answers(texts)) == []


def test_who_is_alike_to_several_or_only_in_part_does_not_stand_out() -> None:
    own_lines = own(99, 60).split("\n")
    among = {
        f"t{n}": "\n".join([*own_lines[:n], f"    v{n} = np.g{n}(v0, {n})", *own_lines[n + 1 :]])
        for n in range(1, 9)
    }
    others = {f"s{n:02}": own(n) for n in range(30)}
    assert find_groups(answers(others | among)) == []
    two = {name: among[name] for name in ("t1", "t8")}
    assert [group.members for group in find_groups(answers(others | two))] == [("t1", "t8")]
    half = {
        "a": "\n".join(own_lines),
        "b": "\n".join([*own_lines[:30], *own(98, 60).split("\n")[30:]]),
    }
    assert find_groups(answers(others | half)) == []


@pytest.mark.parametrize("size", [0, 1, 2])
def test_a_class_too_small_for_comparisons_has_no_groups(size: int) -> None:
    assert find_groups(answers({f"s{n}": own(1) for n in range(size)})) == []
    assert find_pairs([]) == []


def test_who_stands_out_together_twice_is_told_first(backprop: Assignment) -> None:
    groups = [
        Group(q, members, 1, 0, 50, frozenset(), False)
        for q, members in (("a", ("x", "y", "z")), ("b", ("y", "z")), ("c", ("x", "w")))
    ]
    (pair,) = find_pairs(groups)
    assert (pair.students, pair.questions) == (("y", "z"), ("a", "b"))


@pytest.mark.slow
def test_copies_in_a_class_of_many_styles_are_found(backprop: Assignment, bank: Bank) -> None:
    few = [
        entry
        for one in backprop.questions
        for entry in (*bank.mistakes(one.id)[:2], *bank.variants(one.id)[:2])
    ]  # whatever is added
    known = Bank(tuple(few), {})
    made = make(backprop, known, 40, 6, 1)
    people = {pair for _, pair in made.copied}
    named = {pair for _, pair in pairs_found(backprop, known, made)}
    assert len(people) == 6
    assert len(named & people) >= 4  # what is copied of an answer like everybody's cannot be found
    assert len(named - people) <= 1


def test_what_was_handed_out_is_subtracted(backprop: Assignment, bank: Bank) -> None:
    stubs = {
        cell.id: cell.stub
        for cell in backprop.cells
        if cell.kind == "solution" and cell.question == "affine"
    }
    untouched = GradedSubmission("u", (), (), {}, 0, {"affine": stubs}, None)
    solved = GradedSubmission(
        "s",
        (),
        (),
        {},
        0,
        {"affine": {ident: backprop.by_id[ident].source for ident in stubs}},
        None,
    )
    read = read_answers([untouched, solved], backprop, bank, "affine")
    assert list(read.texts) == ["s"]
    assert read.release
    assert {run.text for run in read.runs["s"]} <= read.natural
    both = together([read, read])
    assert len(both.runs["s"]) == 2 * len(read.runs["s"])
    lines = both.texts["s"].split("\n")
    assert all(1 <= run.first <= run.last <= len(lines) for run in both.runs["s"])


def test_side_by_side_shows_what_is_the_same_and_what_is_rare() -> None:
    texts = {
        "a": own(1) + "\n",
        "b": renamed(own(1), random.Random(1), KEPT) + "\nprint(1)\n# mine\n",
    } | {f"s{n}": own(n) for n in range(2, 40)}
    read = answers(texts)
    (group,) = find_groups(read)
    view = beside(read, group, frozenset(["# handed out"]))
    assert view.students == ("a", "b")
    same = [(one, other) for one, other in view.rows if one.same]
    assert len(same) == 15
    assert all(one.rare and other.rare for one, other in same[1:])
    extra = [other.text for one, other in view.rows if not one.number]
    assert extra == ["print(1)", "# mine"]
    long = answers(
        {
            student: text + "\n" + "\n".join(f"print({n})" for n in range(500))
            for student, text in texts.items()
        }
    )
    cut = beside(long, group, frozenset())
    assert len(cut.rows) <= 2 * MOST_LINES
    assert cut.cut > 300


# -- who and what ------------------------------------------------------------------------------------------------------


def test_known_mistakes_are_counted_with_their_hints(bank: Bank) -> None:
    known = bank.mistakes("affine")[0]
    group = [
        handed(f"s{n}", question("affine", (5, W), (5, R), mistake=known.id)) for n in range(3)
    ]
    group += [
        handed("t", question("affine", (5, W), (5, W))),
        handed("u", question("affine", (5, R), (5, R))),
    ]
    group += [handed("v", question("affine", (5, W), (5, R), mistake="forgotten_by_the_bank"))]
    first, second = find_mistaken(group, bank)
    assert (first.mistake, first.hint, first.students) == (known.id, known.hint, ("s0", "s1", "s2"))
    assert (second.mistake, second.hint) == ("forgotten_by_the_bank", "a hint")
    (unknown,) = find_unknown(group)
    assert (unknown.students, unknown.checks) == (("t",), (("affine.0", 1), ("affine.1", 1)))


def test_who_is_notable() -> None:
    right, wrong = question("a", (100, R)), question("a", (100, W))
    found = [
        Finding(FindingKind.UNREADABLE, "notebook", "It is empty.", True),
        Finding(FindingKind.LIMIT, "a", "Took too long."),
        Finding(FindingKind.REPAIRED, "a", "Was mended."),
    ]
    group = [handed(f"s{n:02}", right) for n in range(10)] + [
        handed("x", wrong, findings=found),
        handed("y", question("a", (100, U))),
    ]
    earlier = {f"s{n:02}": float(n) for n in range(10)} | {"x": 99.0, "y": 50.0}
    rows = {
        one.title: one.rows
        for one in find_notable(
            Class(tuple(group), (), {"00-first": earlier, "00-tiny": {"x": 1.0}})
        )
    }
    assert rows["For you to look at"] == rows["Could not be read"] == (("x", 0.0, "It is empty."),)
    assert rows["Reached a limit"] == (("x", 0.0, "Took too long."),)
    assert rows["Could not be judged"] == (("y", 0.0, "a (a.0)."),)
    assert rows["Lowest"][0] == ("x", 0.0, "Lost points on a.")
    assert rows["Highest"][0][1] == 100
    assert [student for student, _, _ in rows["Fallen, against other assignments"]] == ["x", "y"]
    assert (
        rows["Fallen, against other assignments"][0][2]
        == "Above 5% of the class here, above 100% as a rule."
    )
    assert rows["Risen, against other assignments"][0][0] == "s00"


# -- the page ----------------------------------------------------------------------------------------------------------


class Reader(HTMLParser):
    """Reads a page as a browser would, and keeps its tags and words."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data


def graded_class(
    backprop: Assignment, size: int, outcome: Outcome = R, name: str = "s{n:04}", text: str = ""
) -> Class:
    """A class that all did alike but for a few, and what each wrote."""
    made = []
    for n in range(size):
        results = tuple(
            question(
                one.id,
                (one.points / 2, outcome),
                (one.points / 2, W if (n + k) % 3 == 0 else outcome),
            )
            for k, one in enumerate(backprop.questions)
        )
        written = {
            one.id: {
                c.id: f"{text}\nx = np.f{n % 7}(1) + {n}"
                for c in backprop.cells
                if c.kind == "solution" and c.question == one.id
            }
            for one in backprop.questions
        }
        made.append(
            GradedSubmission(
                name.format(n=n),
                results,
                (),
                {"execute": 0.1 + n, "check": 0.2, "diagnose": 0.05},
                7,
                written,
                None,
            )
        )
    return Class(tuple(made), (), {})


@pytest.mark.parametrize(("size", "outcome"), [(1, R), (2, W), (12, U), (12, R)])
def test_a_page_of_few_or_of_all_alike_shows_no_nan(
    backprop: Assignment, bank: Bank, size: int, outcome: Outcome
) -> None:
    group = graded_class(backprop, size, outcome)
    page = overview(group, backprop, bank, {})
    shown = Reader(page).text
    assert not re.search(r">[^<]*\b(nan|inf|None)\b", page)
    assert "Few submissions." in shown
    assert "not defined" in shown
    assert f"{size} submission" in shown


def test_attempts_on_the_server_have_their_part(backprop: Assignment, bank: Bank) -> None:
    group = graded_class(backprop, 2, W)
    first = backprop.questions[0].id
    made = [
        GradedAttempt("ada", 0.0, frozenset()),
        GradedAttempt("ada", 5400.0, frozenset({first})),
        GradedAttempt(HOSTILE, 0.0, frozenset()),
    ]
    ways = ways_to_right(made, [one.id for one in backprop.questions])
    page = overview(group, backprop, bank, {}, ways)
    shown = Reader(page).text
    assert "2 students handed in to the server" in shown
    assert "ada (2)" in shown
    assert HOSTILE not in page
    assert re.search(rf">{first}</th>(<td class=\"n\">(2|1|0|2|1\.5)</td>){{5}}</tr>", page)
    assert "Attempts" not in Reader(overview(group, backprop, bank, {})).text


def test_a_page_can_neither_run_nor_load_anything(backprop: Assignment, bank: Bank) -> None:
    copied = "\n".join(f"y{n} = np.g{n}('{HOSTILE}') * {n}" for n in range(30))
    group = graded_class(backprop, 20, name=HOSTILE + "{n:04}")
    odd = [
        GradedSubmission(
            one.student,
            one.questions,
            (Finding(FindingKind.DIED, "a", HOSTILE, True),),
            one.seconds,
            7,
            one.answers,
            None,
        )
        for one in group.handed
    ]
    for n in (3, 11):
        odd[n] = GradedSubmission(
            odd[n].student,
            odd[n].questions,
            (),
            {},
            7,
            {q: dict.fromkeys(cells, copied) for q, cells in odd[n].answers.items()},
            None,
        )
    page = overview(Class(tuple(odd), (HOSTILE,), {}), backprop, bank, {"circuit.0": HOSTILE})
    read = Reader(page)
    names = {tag for tag, _ in read.tags}
    assert not names & {
        "script",
        "iframe",
        "object",
        "embed",
        "form",
        "input",
        "link",
        "base",
        "svg",
        "style",
    } - {"style"}
    assert not [
        attributes
        for _, attributes in read.tags
        if any(name.startswith("on") for name in attributes)
    ]
    sources = [attributes["src"] for tag, attributes in read.tags if tag == "img"]
    assert len(sources) == 4  # nobody made a known mistake
    for source in sources:
        kind, _, data = source.partition(";base64,")
        assert kind == "data:image/svg+xml"
        assert b"alert" not in base64.b64decode(data)
    assert all(attributes["alt"] for tag, attributes in read.tags if tag == "img")
    assert all(attributes["href"].startswith("#") for tag, attributes in read.tags if tag == "a")
    (policy,) = [
        attributes["content"]
        for tag, attributes in read.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "script-src" not in policy
    assert [tag for tag, _ in read.tags].index("meta") < [tag for tag, _ in read.tags].index(
        "style"
    )
    assert "For staff only." in read.text
    assert f"np.g7('{HOSTILE}')" in read.text  # side by side, as text
    assert group.handed[11].student in read.text
    targets = {attributes["id"] for _, attributes in read.tags if "id" in attributes}
    assert {attributes["href"][1:] for tag, attributes in read.tags if tag == "a"} <= targets


def test_a_large_class_keeps_the_page_small(backprop: Assignment, bank: Bank) -> None:
    group = graded_class(backprop, 200, text="# " + "long " * 50)
    everybody = [
        GradedSubmission(
            one.student,
            one.questions,
            (Finding(FindingKind.LIMIT, "a", "Took long.", True),),
            one.seconds,
            7,
            one.answers,
            None,
        )
        for one in group.handed
    ]
    page = overview(Class(tuple(everybody), tuple(map(str, range(200))), {}), backprop, bank, {})
    assert len(page) < 300_000
    text = Reader(page).text
    assert "And 140 more." in text
    assert text.count("Took long.") == 2 * 60


# -- from what grading leaves behind -----------------------------------------------------------------------------------


def leave(
    course: Course,
    assignment: Assignment,
    student: str,
    mistake: str | None,
    sources: dict[str, str],
) -> Graded:
    """An autograded notebook, as grading leaves it."""
    results = [
        question(one.id, (one.points / 2, R), (one.points / 2, W if mistake else R))
        for one in assignment.questions
    ]
    results[0] = question(
        assignment.questions[0].id, (5, R), (10, W if mistake else R), mistake=mistake
    )
    finding = Finding(FindingKind.DIED, "affine", "It ended itself.", staff=True)
    seconds = {"execute": 0.25, "check": 0.5, "diagnose": 0.125}
    one = Graded(
        student,
        NAME,
        42,
        tuple(results),
        (finding,),
        json.loads(json.dumps(assignment.notebook(sources))),
        seconds,
    )
    write_report(one)
    path = course.autograded / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(one.notebook), encoding="utf-8")
    return one


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, backprop: Assignment) -> Course:
    """A class of four, one of them damaged, and one who is not in the gradebook."""
    course = Course(work=tmp_path_factory.mktemp("class"))
    sources = {cell.id: cell.source for cell in backprop.cells if cell.kind == "solution"}
    made = [
        leave(course, backprop, student, mistake, sources)
        for student, mistake in (("ada", None), ("ben", "only_one_path"), ("cleo", None))
    ]
    for student, text in (("dan", "{"), ("eve", json.dumps(backprop.notebook()))):
        (course.autograded / student / NAME).mkdir(parents=True)
        (course.autograded / student / NAME / f"{NAME}.ipynb").write_text(text, encoding="utf-8")
    with Recorder(course) as recorder:
        recorder.register(backprop)
        for one in made[:2]:
            recorder.record(one, None)
        earlier = load_assignment(course, OTHER)
        recorder.register(earlier)
        results = tuple(
            question(one.id, (one.points, R if one.id == "sgd_momentum" else W))
            for one in earlier.questions
        )
        other = Graded("ben", OTHER, 42, results, (), json.loads(json.dumps(earlier.notebook())))
        write_report(other)
        recorder.record(other, None)
    return course


def test_what_grading_found_comes_back_whole(course: Course, backprop: Assignment) -> None:
    group = gather(course, backprop)
    assert [one.student for one in group.handed] == ["ada", "ben", "cleo"]
    assert [line.partition(":")[0] for line in group.left_out] == ["dan", "eve"]
    ada, ben, cleo = group.handed
    assert (ada.points, ben.points) == (100, 5 + 85 / 2)
    assert cleo.marks is None
    assert ben.questions[0].mistake == "only_one_path"
    assert [check.outcome for check in ben.questions[0].checks] == [R, W]
    assert (ben.seed, dict(ben.seconds)) == (42, {"execute": 0.25, "check": 0.5, "diagnose": 0.125})
    assert ben.findings == (Finding(FindingKind.DIED, "affine", "It ended itself.", staff=True),)
    assert ben.answers["affine"] == {
        cell.id: cell.source
        for cell in backprop.cells
        if cell.kind == "solution" and cell.question == "affine"
    }
    points = next(
        one.points for one in load_assignment(course, OTHER).questions if one.id == "sgd_momentum"
    )
    assert group.elsewhere == {OTHER: {"ben": points}}


def test_the_command_writes_the_page(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--course", str(course.work), "report", NAME]) == 0
    path = course.work / "report" / f"{NAME}.html"
    assert str(path) in capsys.readouterr().out
    text = Reader(path.read_text(encoding="utf-8")).text
    assert "3 submissions, of 110 points" in text
    assert "1 are not in the gradebook" in text
    assert "dan: " in text
    assert "only_one_path" in text
    assert "circuit.1" in text
    assert not [one for one in path.parent.iterdir() if one != path], "nothing else is left there"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600  # it names students and shows solutions


def test_without_results_the_command_says_so_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--course", str(tmp_path), "report", NAME]) == 2
    assert (
        "holds no results of 01-backprop; run: autograder grade 01-backprop"
        in capsys.readouterr().err
    )
    assert not list(tmp_path.iterdir()), "nothing was written, and no gradebook made"
    assert cli.main(["--course", str(tmp_path), "report", "nothing"]) == 2
    assert "no assignment" in capsys.readouterr().err


def test_more_has_to_be_shared_in_a_larger_class() -> None:
    """The bits grow as fast as the number of pairs does: one more for twice as many."""
    assert rare(10) == rare(300) == RARE
    pairs = [size * (size - 1) / 2 for size in (300, 2_000, 10_000)]
    expected = [pairs[n] * 2 ** -rare(size) for n, size in enumerate((300, 2_000, 10_000))]
    assert expected == pytest.approx([expected[0]] * 3, rel=0.01)
