"""Whatever bytes come in, the notebook that goes on has the master's cells, and only the answers are the student's."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import nbformat
import pytest

from autograder.core.assignment import Assignment, text_of
from autograder.core.cell_source import divided, tree
from autograder.core.results import RepairedNotebook
from autograder.grading.repair import MAX_BRACKETS, MAX_EXTRA, MAX_PICTURES, MAX_SOURCE, repair
from autograder.sample.damaged import DAMAGED
from autograder.sample.sample import Sample, as_bytes

MUTATIONS = 400
ODD: list[Any] = [
    None,
    True,
    -1,
    1.5,
    "",
    "x",
    [],
    {},
    [[]],
    {"": {}},
    "circuit",
    "affine-check",
    ["a", 1, None],
    {"grade_id": []},
    "\ud800",
    10**30,
]
OWN = ("solution", "written", "demo")


def _holds(repaired: RepairedNotebook, assignment: Assignment) -> None:
    """What must be so of every repaired notebook."""
    cells = {cell["id"]: cell for cell in repaired.notebook["cells"]}
    assert len(cells) == len(repaired.notebook["cells"]), "two cells have one id"
    order = [cell["id"] for cell in repaired.notebook["cells"] if cell["id"] in assignment.by_id]
    assert order == [cell.id for cell in assignment.cells]
    for cell in assignment.cells:
        made = cells[cell.id]
        assert (made["metadata"], made["cell_type"]) == (
            cell.release["metadata"],
            cell.release["cell_type"],
        )
        assert made.get("outputs", []) == []
        if cell.kind not in OWN:
            assert made["source"] == cell.stub
    assert repaired.notebook["metadata"] == assignment.metadata
    json.dumps(repaired.notebook).encode()
    assert all(len(cell["source"]) <= MAX_SOURCE for cell in cells.values())
    "".join(cell["source"] for cell in cells.values()).encode()  # every text can be sent and stored


@pytest.mark.parametrize("sample", DAMAGED, ids=lambda sample: sample.id)
def test_damage_is_mended_and_noted(sample: Sample, backprop: Assignment) -> None:
    repaired = repair(sample.make(backprop), backprop)
    _holds(repaired, backprop)
    assert sample.findings is not None
    expected = {finding for finding in sample.findings if finding[0] in ("repaired", "unreadable")}
    assert {(finding.kind, finding.where) for finding in repaired.findings} == expected
    assert repaired.readable is (("unreadable", "notebook") not in sample.findings)
    nbformat.validate(nbformat.from_dict(repaired.notebook))


@pytest.mark.parametrize(
    "sample", [one for one in DAMAGED if not one.scores], ids=lambda sample: sample.id
)
def test_answers_come_through_to_the_letter(sample: Sample, backprop: Assignment) -> None:
    made = {
        cell["id"]: cell["source"]
        for cell in repair(sample.make(backprop), backprop).notebook["cells"]
    }
    changed = {"helper-in-own-cell": {"affine"}, "doubled-with-stub": {"affine"}}.get(
        sample.id, set()
    )
    for cell in backprop.cells:
        if cell.kind == "solution" and cell.id not in changed:
            assert made[cell.id] == cell.source


def test_a_right_notebook_is_left_alone(backprop: Assignment) -> None:
    repaired = repair(as_bytes(backprop.solved()), backprop)
    _holds(repaired, backprop)
    assert repaired.findings == ()
    assert [cell["source"] for cell in repaired.notebook["cells"]] == [
        cell["source"] for cell in backprop.solved()["cells"]
    ]


def test_check_cells_stay_folded_whatever_a_submission_says(backprop: Assignment) -> None:
    """JupyterLab reads `source_hidden`; it comes from the master, as the check itself does."""
    changed = backprop.solved()
    checks = [
        cell
        for cell in changed["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade") and cell["cell_type"] == "code"
    ]
    for cell in checks[:2]:
        cell["metadata"].pop("jupyter")
    for cell in checks[2:]:
        cell["metadata"]["jupyter"]["source_hidden"] = False
    for notebook in (backprop.solved(), changed):
        kept = {
            cell["id"]: cell["metadata"].get("jupyter")
            for cell in repair(as_bytes(notebook), backprop).notebook["cells"]
        }
        assert [kept[cell["id"]] for cell in checks] == [{"source_hidden": True}] * 5
        assert sum(value is not None for value in kept.values()) == 5


def test_of_several_copies_all_that_were_changed_run_in_their_order(backprop: Assignment) -> None:
    notebook = backprop.solved()
    place = [cell["id"] for cell in notebook["cells"]].index("affine")
    older, stub = copy.deepcopy(notebook["cells"][place]), copy.deepcopy(notebook["cells"][place])
    older["source"], stub["source"] = "older = 1", backprop.by_id["affine"].stub
    notebook["cells"][place : place + 1] = [older, older, notebook["cells"][place], stub]
    repaired = repair(as_bytes(notebook), backprop)
    made = text_of(next(cell for cell in repaired.notebook["cells"] if cell["id"] == "affine"))
    assert [part.strip("\n") for part in divided(made)] == [
        "older = 1",
        backprop.by_id["affine"].source.strip("\n"),
    ]
    (note,) = repaired.findings
    assert (note.message, note.staff) == (
        "The cell affine was there 4 times; 2 changed ones count, one after the other.",
        True,
    )
    assert (
        repair(as_bytes(repaired.notebook), backprop).notebook == repaired.notebook
    )  # nbgrader's own way repairs twice


def test_own_cells_stay_below_the_cell_that_they_followed(backprop: Assignment) -> None:
    notebook = backprop.solved()
    place = [cell["id"] for cell in notebook["cells"]].index("affine")
    notebook["cells"].insert(
        place,
        {
            "cell_type": "code",
            "id": "mine",
            "metadata": {"tags": ["demo"]},
            "source": "helper = 1",
            "outputs": [],
        },
    )
    ids = [cell["id"] for cell in repair(as_bytes(notebook), backprop).notebook["cells"]]
    assert ids.index("extra-affine-idea-0") == ids.index("affine") - 1


def test_only_what_is_given_for_a_picture_is_kept(backprop: Assignment) -> None:
    notebook = backprop.solved()
    attachments = {
        "a.png": {"image/png": "aGVsbG8="},
        "b.jpg": {"image/jpeg": " aGVs\nbG8=", "image/svg+xml": "PHN2Zz4="},
        "c.svg": {"image/svg+xml": "PHN2Zz4="},
        "d": {"text/html": "eA=="},
    }
    next(cell for cell in notebook["cells"] if cell["id"] == "gradients-written")["attachments"] = (
        attachments
    )
    made = next(
        cell
        for cell in repair(as_bytes(notebook), backprop).notebook["cells"]
        if cell["id"] == "gradients-written"
    )
    assert made["attachments"] == {
        "a.png": {"image/png": "aGVsbG8="},
        "b.jpg": {"image/jpeg": "aGVsbG8="},
    }


# -- whatever the bytes ------------------------------------------------------------------------------------------------


def _mutated_bytes(content: bytes, rng: random.Random) -> bytes:
    made = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(made))
        end = min(len(made), start + rng.randint(1, 200))
        match rng.randrange(5):
            case 0:
                made[start] = rng.randrange(256)
            case 1:
                del made[start:end]
            case 2:
                made[start:start] = made[start:end] * rng.randint(1, 3)
            case 3:
                made[start:end] = rng.randbytes(end - start)
            case 4:
                made[start:start] = rng.choice(
                    [
                        b"{",
                        b"}",
                        b"[",
                        b"]",
                        b'"',
                        b"\\",
                        b"\\ud83d",
                        b"null",
                        b"NaN",
                        b"1e999",
                        b"\x00",
                        b"\xff",
                    ]
                )
        if not made:
            return b""
    return bytes(made)


def _mutated_json(notebook: Any, rng: random.Random) -> bytes:
    made = copy.deepcopy(notebook)
    for _ in range(rng.randint(1, 12)):
        node: Any = made
        for _ in range(rng.randint(0, 5)):  # walk down to somewhere
            children = (
                list(node.values())
                if isinstance(node, dict)
                else node
                if isinstance(node, list)
                else []
            )
            children = [child for child in children if isinstance(child, (dict, list)) and child]
            if not children:
                break
            node = rng.choice(children)
        value = copy.deepcopy(rng.choice(ODD))
        if isinstance(node, dict) and node:
            node[rng.choice([*node, "worksheets", "attachments", "input"])] = value
        elif isinstance(node, list) and node:
            node[rng.randrange(len(node))] = value
            if rng.random() < 0.3:
                node.append(copy.deepcopy(rng.choice(node)))
    if isinstance(made, dict) and rng.random() < 0.2:
        made["worksheets"] = [{"cells": made.pop("cells", None)}, *ODD]
    return json.dumps(made).encode()


def own_cell(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}


def test_a_heap_of_own_cells_is_read_once_and_cut(
    backprop: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(
        "autograder.grading.repair.cell_matching.tree",
        lambda source: read.append(source) or tree(source),
    )
    heap = [
        own_cell(f"x = {number}\n" + "#" * 50_000) for number in range(MAX_EXTRA // 50_000 + 10)
    ]
    repaired = repair(as_bytes(backprop.notebook() | {"cells": heap}), backprop)
    kept = sum(
        len(text_of(one)) for one in repaired.notebook["cells"] if one["id"].startswith("extra-")
    )
    assert MAX_EXTRA - 60_000 < kept <= MAX_EXTRA
    assert [
        note.message
        for note in repaired.findings
        if "last ones were left out" in note.message and note.staff
    ]
    assert sum(map(len, read)) <= 3 * MAX_EXTRA


def test_more_pictures_than_anybody_pastes_are_left_out(backprop: Assignment) -> None:
    notebook = backprop.solved()
    written = next(one for one in notebook["cells"] if one["id"] == "gradients-written")
    written["attachments"] = {str(number): {"image/png": ""} for number in range(10 * MAX_PICTURES)}
    (kept,) = [
        one["attachments"]
        for one in repair(as_bytes(notebook), backprop).notebook["cells"]
        if "attachments" in one
    ]
    assert len(kept) == MAX_PICTURES


def test_brackets_without_end_are_not_read(
    backprop: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("json.loads", lambda text: pytest.fail("it was read"))
    (note, *_) = repair(b'{"cells": [' + b"{}," * MAX_BRACKETS + b"{}]}", backprop).findings
    assert (note.kind, "brackets" in note.message) == ("unreadable", True)


def test_no_bytes_whatever_break_it(backprop: Assignment) -> None:
    rng = random.Random(20261120)
    notebook, content = backprop.solved(), as_bytes(backprop.solved())
    unreadable = 0
    for number in range(MUTATIONS):
        mutated = _mutated_bytes(content, rng) if number % 2 else _mutated_json(notebook, rng)
        repaired = repair(mutated, backprop)
        _holds(repaired, backprop)
        unreadable += not repaired.readable
        if number % 20 == 0:
            nbformat.validate(nbformat.from_dict(repaired.notebook))
    assert 0 < unreadable < MUTATIONS / 2  # or the mutations were too coarse to test anything


@pytest.mark.slow
def test_neither_do_odd_values_in_every_place(backprop: Assignment) -> None:
    """Each part of a notebook and of a cell in turn holds each odd value."""
    for value in ODD:
        for key in ("cells", "metadata", "nbformat"):
            _holds(repair(as_bytes(backprop.solved() | {key: value}), backprop), backprop)
        _holds(
            repair(json.dumps({"worksheets": [{"cells": value}, value]}).encode(), backprop),
            backprop,
        )
        for key in ("cell_type", "id", "metadata", "source", "outputs", "attachments"):
            notebook = backprop.solved()
            for cell in notebook["cells"]:
                cell[key] = value
            _holds(repair(as_bytes(notebook), backprop), backprop)
        for meta in ({"nbgrader": value}, {"nbgrader": {"grade_id": value}}, {"tags": value}):
            notebook = backprop.solved()
            for cell in notebook["cells"]:
                cell["metadata"] = meta
            _holds(repair(as_bytes(notebook), backprop), backprop)
