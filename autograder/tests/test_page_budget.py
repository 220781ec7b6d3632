"""No page takes more than a moment to make, however much a submission holds: what is beyond the page's budget is shown, but plain."""

from __future__ import annotations

import html
import re
import time
from typing import Any

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat import from_dict
from nbgrader.server_extensions.formgrader.handlers import template_path
from traitlets.config import Config

from autograder.core.page_budget import MOST_MARKDOWN, MOST_OUTPUT, MOST_WORDS
from autograder.core.results import Marks, Notebook
from autograder.feedback.page import page
from autograder.nbgrader_plugin.formgrader import protect

SECONDS = 12.0  # of processor time, several times what a page takes; without a budget, these take minutes or hundreds of MB
LONG = 19_990


def cell(kind: str, source: str, number: int, outputs: Any = ()) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "id": f"c{number}", "metadata": {}, "source": source}
    return made | ({"outputs": list(outputs), "execution_count": None} if kind == "code" else {})


def notebook(*cells: dict[str, Any]) -> Notebook:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}


def feedback_page(of: Notebook) -> str:
    return page(of, "title", Marks({}, {}))


def formgrader_page(of: Notebook) -> str:
    config = Config()
    protect(config)
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [template_path]
    resources = {"submission_id": "1", "notebook_path": "", "base_url": "", "student": "eve", "index": 0, "total": 1, "assignment_id": "a",
                 "notebook_id": "n", "last_name": "", "first_name": ""}  # fmt: skip
    made, _ = HTMLExporter(config=config).from_notebook_node(from_dict(of), resources=resources)
    return str(made)


def repeated(unit: str) -> str:
    return unit * (LONG // len(unit))


HARD = {
    "dots": ("code", repeated(".")),
    "brackets": ("code", repeated("[")),
    "a long line": ("code", "x = " + repeated("a.")),
    "strings": ("code", repeated("'''\n\"\"\"\n")),
    "decorators": ("code", repeated("@a.\n")),
    "continued lines": ("code", repeated("\\\n")),
    "format strings": ("code", 'f"' + repeated("{a!r:")),
    "tables": ("markdown", "| a | b |\n|---|---|\n" + repeated("| a | b |\n")),
    "wide tables": ("markdown", "|a" * 900 + "\n" + "|-" * 900 + "\n" + repeated("|a")),
    "lists": ("markdown", repeated("- a\n  - b\n")),
    "quotes": ("markdown", repeated("> ")),
    "links": ("markdown", repeated("[a](")),
    "nested links": ("markdown", repeated("[")),
    "pictures": ("markdown", repeated("![")),
    "emphasis": ("markdown", repeated("*a **b ")),
    "formulas": ("markdown", "".join(f"${number}$ " for number in range(3000))),
    "definitions": ("markdown", repeated("[a]: b\n")),
}
PAGES = {"feedback": feedback_page, "formgrader": formgrader_page}
BOTH = ["feedback", pytest.param("formgrader", marks=pytest.mark.slow)]


@pytest.mark.parametrize("hard", HARD)
@pytest.mark.parametrize("made", BOTH)
def test_49_answers_that_are_hard_to_read(made: str, hard: str) -> None:
    kind, source = HARD[hard]
    start = time.process_time()
    shown = PAGES[made](notebook(*(cell(kind, source, number) for number in range(49))))
    assert time.process_time() - start < SECONDS
    read = html.unescape(shown)  # a quote may be written in several ways
    assert read.count(source[:5_000]) > 40, "most of them are plain"


@pytest.mark.parametrize("made", BOTH)
def test_10000_cells(made: str) -> None:
    start = time.process_time()
    shown = PAGES[made](
        notebook(*(cell("code", f"x = {number}", number) for number in range(10_000)))
    )
    assert time.process_time() - start < 3 * SECONDS
    assert "9999" in shown


@pytest.mark.parametrize("made", PAGES)
def test_outputs_beyond_the_budget_are_cut_and_said_to_be(made: str) -> None:
    outputs = [{"output_type": "stream", "name": "stdout", "text": "é" * 390_000}]
    shown = PAGES[made](notebook(*(cell("code", "x", number, outputs) for number in range(20))))
    assert MOST_OUTPUT <= shown.count("é") < MOST_OUTPUT + 1_000
    assert "more characters are not shown" in shown


@pytest.mark.parametrize("made", PAGES)
def test_an_honest_notebook_is_coloured_and_laid_out_whole(made: str) -> None:
    code, text = "def f(x):\n    return x  # as it is\n" * 30, "**bold** words " * 100
    cells = [cell("code", code, 2 * number) for number in range(60)] + [
        cell("markdown", text, 2 * number + 1) for number in range(20)
    ]
    assert 60 * len(code) > 60_000
    assert 60 * len(re.findall(r"\w+|[^\w\s]", code)) < MOST_WORDS
    assert 20 * len(text) < MOST_MARKDOWN
    shown = PAGES[made](notebook(*cells))
    assert shown.count('<span class="k">def</span>') == 60 * 30
    assert shown.count("<strong>bold</strong>") == 20 * 100


@pytest.mark.parametrize("made", BOTH)
def test_each_page_has_a_budget_of_its_own(made: str) -> None:
    one = notebook(*(cell("code", "x = 1\n" * 3_000, number) for number in range(6)))
    assert PAGES[made](one).count("<span") == PAGES[made](one).count("<span") > 1_000
