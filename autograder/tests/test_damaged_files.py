"""Files that editors and merges left half broken are read, and staff are told; what no notebook can be is refused in good time."""

from __future__ import annotations

import json
import random
import re

import pytest

from autograder.grading.repair.reading import _sides, read_cells

CELLS = [
    {"cell_type": "code", "id": "a", "source": 'x = [1, 2, ]\ny = "}, ]"'},
    {"cell_type": "markdown", "id": "b", "source": "é"},
]
TEXT = json.dumps({"cells": CELLS, "nbformat": 4}, indent=1, ensure_ascii=False)
CONFLICT = re.compile(
    r"^<<<<<<<[^\n]*\n(.*?)(?:^\|\|\|\|\|\|\|[^\n]*\n.*?)?^=======[^\n]*\n(.*?)^>>>>>>>[^\n]*\n?",
    re.MULTILINE | re.DOTALL,
)


def sources(content: bytes) -> tuple[list[str], str, str]:
    cells, trouble, notes = read_cells(content)
    return [cell["source"] for cell in cells], trouble, " ".join(note.message for note in notes)


def test_commas_too_many_are_left_out_and_none_of_a_string() -> None:
    broken = TEXT.replace('"é"\n', '"é",\n').replace("}\n ]", "},\n ]")
    assert broken != TEXT
    got, trouble, notes = sources(broken.encode())
    assert got == [cell["source"] for cell in CELLS]
    assert trouble == ""
    assert "commas that JSON does not allow" in notes


def test_a_file_in_windows_1252_is_read_with_a_word_to_staff() -> None:
    got, trouble, notes = sources(TEXT.encode("cp1252"))
    assert got == [cell["source"] for cell in CELLS]
    assert trouble == ""
    assert "Windows-1252" in notes


@pytest.mark.parametrize("base", ["", "||||||| base\n  nothing,\n"])
def test_one_side_of_a_merges_conflict_is_read(base: str) -> None:
    line = '   "source": "é"\n'
    assert line in TEXT
    conflict = f'<<<<<<< HEAD\n   "source": "first"\n{base}=======\n   "source": "second"\n>>>>>>> branch\n'
    got, trouble, notes = sources(TEXT.replace(line, conflict).encode())
    assert got == [CELLS[0]["source"], "first"]
    assert trouble == ""
    assert "the first side" in notes
    broken = conflict.replace('"first"', '"first')
    got, trouble, notes = sources(TEXT.replace(line, broken).encode())
    assert got == [CELLS[0]["source"], "second"]
    assert "the second side" in notes
    _, trouble, _ = sources(TEXT.replace(line, broken.replace('"second"', '"second')).encode())
    assert (
        trouble == "it holds the conflicts of a merge (<<<<<<<), and neither side of them is JSON"
    )


def test_the_sides_are_those_of_a_regular_expression() -> None:
    dice = random.Random(20261120)
    lines = [
        "<<<<<<< a\n",
        "=======\n",
        "||||||| b\n",
        ">>>>>>> c\n",
        "x = 1\n",
        "\n",
        "y <<<<<<<\n",
    ]
    conflicts = 0
    for _ in range(3000):
        text = "".join(dice.choices(lines, weights=(2, 2, 1, 2, 3, 1, 1), k=dice.randrange(1, 9)))
        if (
            sum(text.count(mark) for mark in ("<<<<<<< a", "|||||||")) > 1
            or text.count("=======") > 1
        ):
            continue  # which of several openings begins a conflict is a matter of taste
        found = _sides(text)
        conflicts += bool(found)
        assert found == (
            tuple(CONFLICT.sub(side, text) for side in (r"\1", r"\2", r"\1\2"))
            if CONFLICT.search(text)
            else ()
        )
    assert conflicts > 20


@pytest.mark.parametrize(
    "content",
    [
        b"x" * (3 << 20),
        b'{"a": ' + b'"' + b'\\"' * (1 << 20),
        b'{"a": ' + b"<<<<<<< a\n" * (1 << 18),
        b'{"a": ' + b"=======\n" * (1 << 18) + b"<<<<<<< a\n" * (1 << 18),
        b"{" + b"," + b" " * (3 << 20),
        b"{" + b", " * (1 << 20),
    ],
)
def test_what_is_no_notebook_is_refused(content: bytes) -> None:
    assert sources(content)[0] == []
    assert sources(content)[1] != ""
