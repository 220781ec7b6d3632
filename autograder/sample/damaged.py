"""Notebooks that came back damaged, by accident or by meddling: the answers in them are right, and
keep their points.

Each function changes a solved notebook of 01-backprop; its docstring says how. What `@damaged` is
given is what must come out.
"""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ..core.assignment import Assignment
from ..core.results import Notebook
from .sample import Sample, as_bytes, parse

Change = Callable[[Notebook], Notebook | bytes]
EVERYTHING = {
    "circuit": 0.0,
    "mlp_backprop": 0.0,
    "affine": 0.0,
    "numeric_gradient": 0.0,
    "check_layer": 0.0,
}
DAMAGED: list[Sample] = []


def damaged(
    findings: str = "", filename: str = "", scores: Mapping[str, float] = MappingProxyType({})
) -> Callable[[Change], Change]:
    """Enter a change into the corpus, with the findings and the points that it must lead to."""

    def enter(change: Change) -> Change:
        def make(assignment: Assignment) -> bytes:
            made = change(copy.deepcopy(assignment.solved()))
            return made if isinstance(made, bytes) else as_bytes(made)

        name = change.__name__.replace("_", "-")
        DAMAGED.append(
            Sample(
                name, inspect.getdoc(change) or "", make, scores, parse(findings), filename=filename
            )
        )
        return change

    return enter


def cell(notebook: Notebook, ident: str) -> dict[str, Any]:
    """Return the cell of that id."""
    found: dict[str, Any] = next(one for one in notebook["cells"] if one["id"] == ident)
    return found


def place(notebook: Notebook, ident: str) -> int:
    """Return where the cell of that id stands."""
    return [one["id"] for one in notebook["cells"]].index(ident)


# -- cells gone, doubled, moved --------------------------------------------------------------------


@damaged("repaired circuit-check, repaired setup")
def deleted_locked_cells(notebook: Notebook) -> Notebook:
    """Delete a check cell and the setup cell."""
    notebook["cells"] = [
        one for one in notebook["cells"] if one["id"] not in ("circuit-check", "setup")
    ]
    return notebook


@damaged("repaired affine", scores={"affine": 0.0})
def deleted_answer(notebook: Notebook) -> Notebook:
    """Delete an answer's cell, so that its question has no answer."""
    del notebook["cells"][place(notebook, "affine")]
    return notebook


@damaged("repaired affine")
def doubled_with_stub(notebook: Notebook) -> Notebook:
    """Copy a cell under the same id, as the first half of the empty stub."""
    again = copy.deepcopy(cell(notebook, "affine"))
    cell(notebook, "affine")["source"] = (
        "# my first try\ndef affine_forward(x, w, b):\n    return x @ w\n"
    )
    notebook["cells"].insert(place(notebook, "affine") + 1, again)
    return notebook


@damaged("repaired affine-check")
def doubled_check(notebook: Notebook) -> Notebook:
    """Repeat a check cell three times."""
    for _ in range(2):
        notebook["cells"].insert(
            place(notebook, "affine-check"), copy.deepcopy(cell(notebook, "affine-check"))
        )
    return notebook


@damaged("repaired setup, repaired affine-check, repaired check_layer-layers")
def edited_locked_cells(notebook: Notebook) -> Notebook:
    """Locked and check cells were edited, one so that nothing is checked any more."""
    cell(notebook, "setup")["source"] = "np = None"
    cell(notebook, "affine-check")["source"] = "20.0"
    cell(notebook, "check_layer-layers")["source"] = "def layers_to_judge():\n    return {}\n"
    return notebook


@damaged("repaired notebook")
def reordered(notebook: Notebook) -> Notebook:
    """Put all cells in the opposite order."""
    notebook["cells"].reverse()
    return notebook


# -- metadata lost or forged -----------------------------------------------------------------------


@damaged()
def wrong_kernelspec(notebook: Notebook) -> Notebook:
    """Name the kernel of another language."""
    notebook["metadata"] = {
        "kernelspec": {"name": "ir", "display_name": "R", "language": "R"},
        "language_info": {"name": "R"},
    }
    return notebook


ANSWERS = (
    "circuit",
    "mlp_backprop-loops",
    "mlp_backprop-vectorised",
    "affine",
    "numeric_gradient",
    "check_layer",
)
ALL_LOST = ", ".join(f"repaired {name}" for name in (*ANSWERS, "gradients-written"))


@damaged(ALL_LOST)
def lost_metadata(notebook: Notebook) -> Notebook:
    """Drop all ids and all metadata: code is found again by what it defines, and what is as it
    was handed out by its text.
    """
    for one in notebook["cells"]:
        one.pop("id")
        one["metadata"] = {}
    return notebook | {"nbformat_minor": 4, "metadata": {}}


@damaged()
def tags_and_points(notebook: Notebook) -> Notebook:
    """Tag checks to be skipped, and give them 1000 points."""
    for one in notebook["cells"]:
        one["metadata"].setdefault("tags", []).append("skip-execution")
        if "points" in one["metadata"].get("nbgrader", {}):
            one["metadata"]["nbgrader"]["points"] = 1000
    return notebook


@damaged(scores={"affine": 0.0})
def outputs_written_in(notebook: Notebook) -> Notebook:
    """Answer wrongly, and write full marks into the check cell's outputs."""
    cell(notebook, "affine")["source"] = (
        "def affine_forward(x, w, b):\n    pass\ndef affine_backward(dout, cache):\n    pass\n"
    )
    said = {
        "output_type": "execute_result",
        "data": {"text/plain": "20.0"},
        "metadata": {},
        "execution_count": 1,
    }
    cell(notebook, "affine-check")["outputs"] = [said]
    cell(notebook, "affine-check")["metadata"]["nbgrader"] |= {"grade": False, "points": 0}
    return notebook


@damaged("repaired affine")
def answer_as_markdown(notebook: Notebook) -> Notebook:
    """Turn an answer's cell into text."""
    cell(notebook, "affine")["cell_type"] = "markdown"
    return notebook


@damaged()
def nbformat_3(notebook: Notebook) -> Notebook:
    """Use the form that notebooks had ten years ago: worksheets, and `input` for `source`."""
    for one in notebook["cells"]:
        if one["cell_type"] == "code":
            one["input"] = one.pop("source")
    return {
        "worksheets": [{"cells": notebook["cells"]}],
        "metadata": {},
        "nbformat": 3,
        "nbformat_minor": 0,
    }


@damaged()
def sources_as_lines(notebook: Notebook) -> Notebook:
    """Store sources as lists of lines, as Jupyter itself does."""
    for one in notebook["cells"]:
        one["source"] = one["source"].splitlines(keepends=True)
    return notebook


@damaged(filename="my solution (final).ipynb")
def other_filename(notebook: Notebook) -> Notebook:
    """Save the notebook under another file name."""
    return notebook


# -- answers that break something ------------------------------------------------------------------


@damaged("raised affine", scores={"affine": 0.0})
def syntax_error(notebook: Notebook) -> Notebook:
    """One answer's cell does not parse: only its question is lost."""
    cell(notebook, "affine")["source"] = cell(notebook, "affine")["source"].replace(
        "def affine_backward(", "def affine_backward(("
    )
    return notebook


@damaged(scores=EVERYTHING)
def redefined_np(notebook: Notebook) -> Notebook:
    """End an answer's cell by giving the name np to something else: all functions that need NumPy
    are broken, in Jupyter too.
    """
    cell(notebook, "check_layer")["source"] += "\nnp = None\n"
    return notebook


@damaged()
def helper_in_own_cell(notebook: Notebook) -> Notebook:
    """Use a function from a cell of the student's own in an answer."""
    own = {
        "cell_type": "code",
        "id": "mine",
        "metadata": {},
        "source": "def flat(x):\n    return x.reshape(len(x), -1)",
        "outputs": [],
    }
    notebook["cells"].insert(place(notebook, "affine"), own)
    cell(notebook, "affine")["source"] += (
        "\n_kept = affine_forward\ndef affine_forward(x, w, b):\n    flat(x)\n    return "
        "_kept(x, w, b)\n"
    )
    return notebook


@damaged("raised extra-affine-idea-0")
def lone_surrogates(notebook: Notebook) -> Notebook:
    """Half of an emoji in a cell, as a badly cut paste leaves it.

    JSON can hold it, UTF-8 cannot.
    """
    own = {
        "cell_type": "code",
        "id": "mine",
        "metadata": {},
        "source": "mood = '\ud83d'\nraise ValueError(mood)",
        "outputs": [],
    }
    notebook["cells"].insert(place(notebook, "affine"), own)
    cell(notebook, "gradients-written")["source"] += " \udc00"
    return notebook


# -- hardly a notebook any more --------------------------------------------------------------------


@damaged("unreadable notebook", scores=EVERYTHING)
def broken_json(notebook: Notebook) -> bytes:
    """Cut the file off in the middle."""
    whole = as_bytes(notebook)
    return whole[: len(whole) // 2]


@damaged("unreadable notebook", scores=EVERYTHING)
def empty_file(notebook: Notebook) -> bytes:
    """Empty the file."""
    return b""


@damaged("unreadable notebook", scores=EVERYTHING)
def cells_no_list(notebook: Notebook) -> Notebook:
    """Make the cells a dict."""
    return notebook | {"cells": {"0": notebook["cells"][0]}}


@damaged("unreadable notebook", scores=EVERYTHING)
def no_cells(notebook: Notebook) -> Notebook:
    """There is no cell in it: someone should be told that there was nothing to grade."""
    return notebook | {"cells": []}


@damaged("unreadable notebook", scores=EVERYTHING)
def worksheet_of_a_number(notebook: Notebook) -> bytes:
    """Write nbformat 3, with a number for cells."""
    return b'{"worksheets": [{"cells": 5}], "nbformat": 3}'


@damaged("unreadable notebook", scores=EVERYTHING)
def deeply_nested(notebook: Notebook) -> bytes:
    """Nest brackets a million deep."""
    return b'{"cells": ' + b"[" * 1_000_000


@damaged()
def huge_file(notebook: Notebook) -> bytes:
    """Show thirty megabytes of plots: outputs are left out before the size counts."""
    plot = {"output_type": "display_data", "data": {"image/png": "A" * (30 << 20)}, "metadata": {}}
    cell(notebook, "affine-plot")["outputs"] = [plot]
    return as_bytes(notebook)


@damaged()
def no_utf8(notebook: Notebook) -> bytes:
    """Write the file in UTF-16."""
    return json.dumps(notebook).encode("utf-16")


@damaged()
def with_byte_order_mark(notebook: Notebook) -> bytes:
    """Begin the file with a byte order mark, as some Windows editors do."""
    return b"\xef\xbb\xbf" + as_bytes(notebook)


@damaged("repaired affine, raised extra-summary-0", scores={"affine": 0.0})
def enormous_extra_cell(notebook: Notebook) -> Notebook:
    """Six megabytes of code in a cell of the student's own, while an answer is missing: it must not
    be parsed for one.
    """
    del notebook["cells"][place(notebook, "affine")]
    own = {
        "cell_type": "code",
        "id": "mine",
        "metadata": {},
        "source": "[" + "1," * 3_000_000 + "]",
        "outputs": [],
    }
    notebook["cells"].append(own)
    return notebook


@damaged(scores={"affine": 0.0})
def absurd_cells(notebook: Notebook) -> Notebook:
    """Fill an answer's cell with values of every wrong type."""
    wrong = {"metadata": [], "id": 7, "source": {"a": 1}, "cell_type": None, "attachments": [1]}
    answer = {
        "cell_type": ["code"],
        "id": "affine",
        "metadata": {"nbgrader": [1]},
        "source": [1, {}, None],
        "outputs": 3,
    }
    notebook["cells"][place(notebook, "affine")] = answer
    notebook["cells"] += [wrong, None, 3, "cell", []]
    return notebook
