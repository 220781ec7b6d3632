"""The page a student reads: safe whatever they handed in, complete without a network, and silent about hidden inputs."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from autograder.checking.local import LocalTransport
from autograder.checking.student import Student
from autograder.core.assignment import load_assignment
from autograder.core.course import Course
from autograder.core.markdown import _formula, _remembered, inline, mathml, to_html
from autograder.core.mistakes import load_bank
from autograder.core.page_budget import Budget
from autograder.core.results import Graded, Marks, Submission
from autograder.feedback.page import _code, _coloured, page
from autograder.grading.pipeline import Grader
from autograder.nbgrader_plugin.formgrader import code

from .pages import HOSTILE, Reader, harm

NAME = "01-backprop"
SEED = 424_242


@pytest.mark.parametrize("markdown", HOSTILE)
def test_markdown_becomes_harmless(markdown: str) -> None:
    for convert in (to_html, inline):
        assert harm(convert(markdown)) == []


def test_what_harm_is_would_be_seen() -> None:
    """The test's own eyes: raw, most of these do harm."""
    assert sum(bool(harm(markdown)) for markdown in HOSTILE) >= 14


SLOW = (
    "if a:\n" + "    \n" * 9_000 + "    b = '\u202e'\n"
)  # Pygments would look at each blank line's rest from each of its places


@pytest.mark.parametrize("source", [SLOW, "a = 1\n" * 9_000])
@pytest.mark.parametrize(
    "convert",
    [lambda source: _code(source, Budget()), lambda source: code({"resources": {}}, source)],  # type: ignore[arg-type]
)
def test_code_that_takes_long_to_colour_is_not_coloured(
    convert: Callable[[str], str], source: str
) -> None:
    made = convert(source)
    assert "<span" not in made
    assert made.count("\n") >= 9_000 - 1
    assert "\u202e" not in made
    assert "<span" in convert("a = 1\n")


def test_no_cell_makes_a_page_without_end() -> None:
    shown = to_html("word " * 200_000)
    assert len(shown) < 60_000
    assert "more characters are not shown" in shown


def test_what_is_large_is_not_remembered() -> None:
    before = [remembered.cache_info().currsize for remembered in (_coloured, _remembered, _formula)]
    large = "word " * 2_000
    for text, pasted in (
        (large, {}),
        ("![p](attachment:p)", {"p": "data:image/png;base64," + "A" * 1_000_000}),
        (f"${large}$", {}),
    ):
        to_html(text, pasted)
    _code(large, Budget())
    mathml(large, "inline")
    assert [
        remembered.cache_info().currsize for remembered in (_coloured, _remembered, _formula)
    ] == before


@pytest.fixture(scope="module")
def graded() -> Graded:
    """A submission with hostile text wherever a student can put any, one known mistake, and figures."""
    assignment = load_assignment(Course(), NAME)
    sources = {cell.id: cell.source for cell in assignment.cells if cell.kind == "solution"}
    sources |= assignment.reference_source(
        "affine", load_bank(Course().mistakes(NAME)).mistakes("affine")[0].source
    )
    hostile_error = '\n\ndef rel_error(a, b):\n    raise ValueError("<script>alert(2)</script> " + repr(float(np.ravel(a)[0])))\n'
    sources["numeric_gradient"] = sources["numeric_gradient"] + hostile_error
    written = next(cell.id for cell in assignment.cells if cell.kind == "written")
    notebook = assignment.notebook(
        sources
        | {
            written: "\n\n".join(HOSTILE)
            + "\n\n$\\frac{\\partial f}{\\partial x}$ and $\\unknown{$"
        }
    )
    extra = [
        {"cell_type": "code", "source": f"print({text!r})\n{text!r}", "metadata": {}, "outputs": []} for text in HOSTILE
    ] + [
        {"cell_type": "code", "source": "print('\\x1b[31mred\\x07')\nraise ValueError('<script>alert(3)</script>')", "metadata": {}},
        {"cell_type": "code", "source": "from IPython.display import HTML, Javascript, SVG, display\ndisplay(HTML('<script>alert(4)</script>'), Javascript('alert(5)'))", "metadata": {}},
        {"cell_type": "code", "source": "class T:\n    def _repr_html_(self): return '<script>alert(6)</script>'\n    def __repr__(self): return '<script>alert(7)</script>'\nT()", "metadata": {}},
        {"cell_type": "code", "source": "print('a figure:')\nfig, ax = plt.subplots(figsize=(1, 1)); ax.plot([0, 1]); show(fig, '\"><script>alert(8)</script>')", "metadata": {}},
        {"cell_type": "markdown", "source": "![p](attachment:p.png)", "attachments": {'p.png" onerror="alert(9)': {"image/png": "AAAA"}, "p.png": {"image/png": "AAAA", "text/html": "<script>"}}, "metadata": {}},
    ]  # fmt: skip
    notebook["cells"][6:6] = extra
    with Grader(Course(), NAME) as grader:
        (result,) = grader.grade(
            [Submission("<script>alert(0)</script>", json.dumps(notebook).encode())], SEED
        )
    return result


@pytest.fixture(scope="module")
def shown(graded: Graded) -> str:
    cells = [
        cell
        for cell in graded.notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade")
    ]
    scores = {cell["id"]: (0.0, float(cell["metadata"]["nbgrader"]["points"])) for cell in cells}
    scores |= {
        f"{question.id}-check": (question.score, question.max_score)
        for question in graded.questions
    }
    written = next(cell["id"] for cell in cells if cell["cell_type"] == "markdown")
    comments = {
        "affine": next(
            question.hint or "" for question in graded.questions if question.id == "affine"
        ),
        written: HOSTILE[0] + " Fine.",
    }
    return page(
        graded.notebook,
        "<script>title</script>",
        Marks(scores, comments, frozenset({written}), 2.5),
    )


def test_the_page_can_neither_run_nor_load_anything(shown: str) -> None:
    assert harm(shown) == []
    assert "<script" not in shown.lower()
    (policy,) = [
        tag["content"]
        for name, tag in Reader(shown).tags
        if name == "meta" and tag.get("http-equiv") == "Content-Security-Policy"
    ]
    directives = {part.split()[0]: part.split()[1:] for part in policy.split(";") if part.strip()}
    assert directives.pop("default-src") == ["'none'"]
    assert directives.pop("img-src") == ["data:"]
    (style,) = re.findall(r"<style>(.*?)</style>", shown, flags=re.DOTALL)
    assert directives.pop("style-src") == [
        f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'"
    ]
    assert directives == {"form-action": ["'none'"], "base-uri": ["'none'"]}
    assert not [
        tag for tag, attributes in Reader(shown).tags if "style" in attributes
    ]  # the policy would leave them out
    first = [name for name, _ in Reader(shown).tags]
    assert first.index("meta") < first.index("style")  # the policy holds for all that follows


def test_nothing_is_fetched_from_a_network(shown: str) -> None:
    for tag, attributes in Reader(shown).tags:
        if "src" in attributes:
            assert tag == "img"
            assert attributes["src"].startswith("data:image/")
        assert tag != "link"
    style = "".join(re.findall(r"<style>(.*?)</style>", shown, flags=re.DOTALL))
    assert "url(" not in style
    assert "@import" not in style
    assert shown.count("<img") >= 1  # the figure is there, as data
    assert shown.isprintable() or not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", shown)


def test_what_a_student_wrote_is_shown_as_text(shown: str) -> None:
    text = Reader(shown).text
    for number in (1, 3, 7, 0):
        if number:
            assert f"<script>alert({number})</script>" in text
    assert "alert(4)" not in text.replace("display(HTML('<script>alert(4)</script>')", "").replace(
        "HTML('<script>alert(4)", ""
    )
    assert "{{ 7 * 7 }}" in text
    assert "<script>title</script>: feedback" in text


def test_points_hints_and_every_check_are_told(shown: str, graded: Graded) -> None:
    text = Reader(shown).text
    hint = next(question.hint for question in graded.questions if question.id == "affine")
    assert hint == load_bank(Course().mistakes(NAME)).mistakes("affine")[0].hint
    assert (
        shown.count(inline(hint)) == 2
    )  # what to do first, and at its checks; not again as the comment
    assert "Where to look:" in text
    for question in graded.questions:
        assert f"{question.score:g} of {question.max_score:g}" in text
        for check in question.checks:
            assert inline(check.spec.sentence) in shown
            if check.hint:
                assert check.hint.replace("`", "") in text
    assert "2.5 points were taken off" in text
    assert "not read yet" in text
    assert f"{graded.score - 2.5:g} of 110 points" in text
    assert "10 of these points wait" in text
    assert "Fine." in text


def test_formulas_are_mathml(shown: str) -> None:
    assert shown.count("<math") > 20
    assert "<mfrac>" in shown
    visible = Reader(re.sub(r"<pre.*?</pre>", "", shown, flags=re.DOTALL)).text
    found = re.search(r"\\(frac|partial|sum)\b", visible)
    assert not found, visible[found.start() - 300 : found.end() + 100]
    assert "mathjax" not in shown.lower()


@pytest.mark.parametrize(
    "text", ["where $x\n\\mapsto y$ is", "1. where $x =\n   y$ is", "$x\n= y$"]
)
def test_a_formula_goes_on_in_the_next_line(text: str) -> None:
    assert to_html(text).count("<math") == 1
    assert "$" not in to_html(text)


def test_a_formula_ends_with_its_paragraph() -> None:
    assert "<math" not in to_html("it costs $5\n\nor $6")


def hidden_numbers(graded: Graded) -> set[str]:
    """All numbers that the checks of this seed gave to the reference, as anyone would print them."""
    from autograder.checking.plugin import CheckFolder, run_checks

    watched: list[Any] = []
    reference = load_assignment(Course(), NAME).namespace()
    student = Student(LocalTransport(reference))

    def turns() -> Any:
        yield student

    run_checks(CheckFolder(Course().checks(NAME)), reference, graded.seed, turns())
    for record in student.transcript:
        watched.extend(record.call.args)
        watched.append(getattr(record.answer, "value", None))
    numbers: set[float] = set()

    def walk(value: Any) -> None:
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            numbers.update(float(one) for one in value.flat)
        elif isinstance(value, list | tuple):
            for one in value:
                walk(one)
        elif isinstance(value, dict):
            walk(list(value.values()))
        elif isinstance(value, float):
            numbers.add(value)

    walk(watched)
    odd = [number for number in numbers if np.isfinite(number) and round(number, 3) != number]
    assert len(odd) > 500
    return {f"{abs(number):.5g}"[:6] for number in odd if 1e-3 < abs(number) < 1e5}


def test_no_hidden_input_and_no_expected_value_is_shown(shown: str, graded: Graded) -> None:
    """The student's own code put one into its exception; it must have been masked."""
    secret = hidden_numbers(graded)
    reports = " ".join(re.findall(r'<div class="report">.*?</div>', shown, flags=re.DOTALL))
    assert "raised ValueError" in reports
    assert "…" in reports
    reports = re.sub(
        r"\d\S* times what it should be|relative error \S+", "", reports
    )  # what a reason may tell
    told = {number[:6] for number in re.findall(r"\d+\.\d{3,}", reports)}
    assert not told & secret
    rest = re.sub(
        r'<section id="\w+-check".*?</section>', "", shown, flags=re.DOTALL
    )  # visible checks show their own numbers
    whole = {number[:6] for number in re.findall(r"\d+\.\d{5,}", Reader(rest).text)}
    assert not whole & secret


def test_hidden_checks_are_not_shown(shown: str) -> None:
    text = Reader(shown).text
    lines = [
        line.strip()
        for path in (Course().checks(NAME)).glob("*.py")
        for line in path.read_text().splitlines()
    ]
    known = "\n".join(cell.source + cell.stub for cell in load_assignment(Course(), NAME).cells)
    own = [
        line
        for line in lines
        if len(line) > 40 and '"""' not in line and line not in known and "import" not in line
    ]
    assert len(own) > 60
    for line in own:
        assert " ".join(line.split()) not in text
