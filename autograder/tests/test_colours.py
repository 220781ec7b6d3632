"""Code on the feedback page: all of its text, in the colours that Pygments gives it."""

from __future__ import annotations

import html
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexers import PythonLexer
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES

from autograder.core.assignment import CellKind, load_assignment
from autograder.core.course import Course
from autograder.feedback.colours import coloured
from autograder.feedback.page import COLOURS

STYLE = get_style_by_name(COLOURS)
BY_CLASS = {
    short: STYLE.style_for_token(kind)["color"] for kind, short in STANDARD_TYPES.items() if short
}
PARTS = re.compile(r'<span class="(\w+)">|</span>|<span></span>|([^<]+)')
BROKEN = ["def f(:\n    return 'a", "x = $ + ?", "if x:\n  y\n z = 1", '"""never ended', "x = (1,"]


def shown(made: str) -> list[tuple[str, str]]:
    """Each character of the code that is not blank, and its colour."""
    inside = made.partition('<pre class="code">')[2].removesuffix("\n</pre></div>\n")
    found, kind = [], ""
    for part in PARTS.finditer(inside):
        if part[2] is None:
            kind = part[1] or ""
            continue
        colour = (BY_CLASS[kind] if kind else "") or "000000"
        found += [(letter, colour) for letter in html.unescape(part[2])]
    return found


def by_pygments(source: str) -> list[tuple[str, str]]:
    return [
        (letter, STYLE.style_for_token(kind)["color"] or "000000")
        for kind, text in PythonLexer().get_tokens(source)
        for letter in text
    ]


def seen(letters: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [one for one in letters if one[0].strip()]


@pytest.mark.parametrize("name", Course().assignments())
def test_the_course_has_the_colours_of_pygments(name: str) -> None:
    """Letter by letter; code within a string's braces, and what begins with %, apart."""
    letters = 0
    for cell in load_assignment(Course(), name).cells:
        if cell.kind in (CellKind.TEXT, CellKind.WRITTEN) or re.search(
            r"f[\"']|^%", cell.source, re.MULTILINE
        ):
            continue
        ours = seen(shown(coloured(cell.source)))
        assert ours == seen(by_pygments(cell.source))
        letters += len(ours)
    assert letters > 500


def test_each_kind_has_its_colour() -> None:
    source = (
        "class A(B):  # ü\n    def len(self):\n        return None if len('<') else x.max[1.5]\n"
    )
    assert coloured(source) == (
        '<div class="codebox"><pre class="code"><span class="k">class</span> <span class="nc">A</span>(B):'
        '  <span class="c1"># ü</span>\n    <span class="k">def</span> len(<span class="bp">self</span>):\n'
        '        <span class="k">return</span> <span class="kc">None</span> <span class="k">if</span> '
        '<span class="nb">len</span>(<span class="s">&#x27;&lt;&#x27;</span>) <span class="k">else</span> '
        'x.max[<span class="m">1.5</span>]\n</pre></div>\n'
    )


@pytest.mark.parametrize(
    "source",
    [
        *BROKEN,
        "",
        "\n\n",
        "x\n\n# end\n\n",
        "a = f'{{x}} {y!r:>{w}} \\n' + rb'\\''",
        "a\\\n  + b",
        "\tx",
    ],
)
def test_no_text_is_lost(source: str) -> None:
    """Broken code is Pygments' to read."""
    made = coloured(source)
    assert "".join(letter for letter, _ in shown(made)).strip("\n") == source.strip("\n")
    if source in BROKEN[:1]:
        assert '<span class="k">def</span>' in made


@given(st.text("abdef '\"#{}()[]:.\\\n\t\\\\0x1é⟨<&>", max_size=60))
def test_no_text_is_lost_whatever_it_is(source: str) -> None:
    made = shown(coloured(source))
    assert "".join(letter for letter, _ in made).strip("\n") == source.strip("\n")


def test_nothing_in_a_string_becomes_an_element() -> None:
    made = coloured("x = '</pre><script>alert(1)</script>' # <b>")
    assert "<script" not in made
    assert "<b>" not in made


def test_code_within_a_string_has_its_colours_where_python_tells_it_apart() -> None:
    """Before Python 3.12 its tokenizer gives a string whole."""
    made = coloured("x = f'{len(y)} of <{z}>'")
    assert ('<span class="nb">len</span>' in made) == (sys.version_info >= (3, 12))
    assert made.count('<span class="s">') == (4 if sys.version_info >= (3, 12) else 1)
