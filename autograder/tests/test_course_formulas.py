"""Formulas of the course's pages reach GitHub's MathJax unchanged.

GitHub runs Markdown first and looks for dollars afterwards: `\\,` has lost its backslash by then, and `_` may have become emphasis.
Each formula, as MyST reads it from the page, must therefore be in the page that Markdown makes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from autograder.core.roots import PROJECT

PAGES = sorted((PROJECT / "course").glob("*.md"))
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
FORMULA = re.compile(
    r"\$\$(?P<display>.+?)\$\$"
    r"|(?<![\\$])\$(?![\s$])(?P<inline>(?:[^$\\]|\\.)+?)(?<!\s)\$(?!\d)",
    re.DOTALL,
)


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def formulas(text: str) -> Iterator[str]:
    """Yield the formulas of a page with their dollars, as MyST finds them."""
    for match in FORMULA.finditer(CODE.sub("", FENCE.sub("", text))):
        yield one_line(match[0])


def as_github(text: str) -> str:
    """Return the text in which GitHub looks for formulas; marks stand where Markdown made tags."""
    page = MARKDOWN.render(text)
    page = re.sub(r"<pre>.*?</pre>|<code>.*?</code>", "", page, flags=re.DOTALL)
    page = re.sub(r"<(/?(?:em|strong|a|s|br))\b[^>]*>", r"⟪\1⟫", page)
    return one_line(html.unescape(re.sub(r"<[^>]+>", "", page)))


def changed(text: str) -> list[str]:
    """Return the formulas of a page that GitHub would change."""
    page = as_github(text)
    return [formula for formula in formulas(text) if formula not in page]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_github_changes_no_formula(page: Path) -> None:
    assert changed(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "formula",
    [r"$a\,b$", r"$a\;b$", r"$a\!b$", r"$\{1, 2\}$", "$$a \\\\\nb$$", r"$(a)_{i} + (b)_{j}$"],
)
def test_a_changed_formula_would_be_found(formula: str) -> None:
    assert changed(f"It is {formula}, as said.")


def test_there_are_formulas_to_look_at() -> None:
    assert sum(len(list(formulas(page.read_text(encoding="utf-8")))) for page in PAGES) > 1000
