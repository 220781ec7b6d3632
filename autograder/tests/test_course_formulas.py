"""Formulas of the course's pages and notebooks reach GitHub's MathJax unchanged.

GitHub runs Markdown first and looks for dollars afterwards: `\\,` has lost its backslash by then, and `_` may have become emphasis.
Each formula, as MyST reads it from the page, must therefore be in the page that Markdown makes.
A notebook's cells are pages of their own: questions, model answers and rubrics.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from autograder.core.roots import PROJECT

PAGES = sorted((PROJECT / "course").glob("*.md"))
NOTEBOOKS = sorted(
    path
    for top in ("source", "course/examples/*/source")
    for path in PROJECT.glob(f"{top}/*/*.ipynb")
)
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
FORMULA = re.compile(
    r"\$\$(?P<display>.+?)\$\$"
    r"|(?<![\\$])\$(?![\s$])(?P<inline>(?:[^$\\]|\\.)+?)(?<!\s)\$(?!\d)",
    re.DOTALL,
)
# JupyterLab's MathJax refuses a plain _ in text, and GitHub's Markdown makes a plain _ of \_.
UNDERSCORE_IN_TEXT = re.compile(r"\\(?:text\w*|mathrm|operatorname)\{[^{}]*_")


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


def texts_of(path: Path) -> list[str]:
    """Return a page's text, or the texts of a notebook's Markdown cells."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return [text]
    cells = json.loads(text)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS], ids=lambda path: path.name)
def test_github_changes_no_formula(path: Path) -> None:
    assert [formula for text in texts_of(path) for formula in changed(text)] == []


@pytest.mark.parametrize("path", [*PAGES, *NOTEBOOKS], ids=lambda path: path.name)
def test_no_text_in_a_formula_has_an_underscore(path: Path) -> None:
    found = [one for text in texts_of(path) for one in formulas(text)]
    assert [one for one in found if UNDERSCORE_IN_TEXT.search(one)] == []


@pytest.mark.parametrize(
    "formula",
    [r"$a\,b$", r"$a\;b$", r"$a\!b$", r"$\{1, 2\}$", "$$a \\\\\nb$$", r"$(a)_{i} + (b)_{j}$"],
)
def test_a_changed_formula_would_be_found(formula: str) -> None:
    assert changed(f"It is {formula}, as said.")


@pytest.mark.parametrize("formula", [r"$\texttt{keep_prob}$", r"$$\frac{m}{\text{keep\_prob}}$$"])
def test_an_underscore_in_text_would_be_found(formula: str) -> None:
    assert UNDERSCORE_IN_TEXT.search(formula)


@pytest.mark.parametrize(("paths", "least"), [(PAGES, 1000), (NOTEBOOKS, 900)])
def test_there_are_formulas_to_look_at(paths: list[Path], least: int) -> None:
    assert sum(len(list(formulas(text))) for path in paths for text in texts_of(path)) > least
