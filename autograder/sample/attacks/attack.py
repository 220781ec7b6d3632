"""How an attack is written: a piece of code, put into an otherwise right notebook of 01-backprop."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ...core.assignment import Assignment, question_of
from ..sample import Sample, as_bytes, clean, parse

OWN = "extra-circuit-check-0"  # the id that a cell of the student's own gets, below the first check
FULL: Mapping[str, float] = MappingProxyType({})
NOTHING = "managed: []"
WRONG = """
def affine_forward(x, w, b):
    return np.zeros(1), None


def affine_backward(dout, cache):
    return np.zeros(1), np.zeros(1), np.zeros(1)
"""
TRIES = '''
managed = []


def tries(what, act):
    """Notes what could be done, by an action that raises or returns "denied" where it could not."""
    try:
        if act() != "denied":
            managed.append(what)
    except BaseException:
        pass
'''


def own_cell(  # noqa: PLR0913  options by name, each with a default
    name: str,
    tries: str,
    code: str,
    findings: str = "",
    *,
    shows: str = "",
    scores: Mapping[str, float] = FULL,
    times: int = 1,
) -> Sample:
    """Make an attack in a cell of the student's own, or in several such cells.

    All answers are right.
    """

    def make(assignment: Assignment) -> bytes:
        notebook = assignment.solved()
        after = [cell["id"] for cell in notebook["cells"]].index("circuit-check")
        own: dict[str, Any] = {
            "cell_type": "code",
            "metadata": {},
            "source": clean(code),
            "outputs": [],
            "execution_count": None,
        }
        notebook["cells"][after + 1 : after + 1] = [
            own | {"id": f"mine-{number}"} for number in range(times)
        ]
        return as_bytes(notebook)

    return Sample(
        name, tries, make, scores, parse(findings.replace("OWN", OWN)), findings == "any", shows
    )


def managing(name: str, tries: str, code: str) -> Sample:
    """Make an attack that tries several things, none of which may succeed."""
    return own_cell(
        name,
        tries,
        clean(TRIES) + "\n" + clean(code) + '\nprint("managed:", managed)\n',
        shows=NOTHING,
    )


def answer(  # noqa: PLR0913  options by name, each with a default
    name: str,
    tries: str,
    code: str,
    findings: str = "",
    *,
    cell: str = "affine",
    scores: Mapping[str, float] | None = None,
) -> Sample:
    """Make an attack in place of an answer, which gets nothing unless `scores` says otherwise.

    All others are right.
    """

    def make(assignment: Assignment) -> bytes:
        return as_bytes(assignment.solved({cell: clean(code)}))

    lost = {question_of(cell): 0.0} if scores is None else scores
    return Sample(name, tries, make, lost, parse(findings), findings == "any")


def beside(  # noqa: PLR0913  options by name, each with a default
    name: str,
    tries: str,
    code: str,
    findings: str = "",
    *,
    cell: str = "affine",
    scores: Mapping[str, float] = FULL,
) -> Sample:
    """Make an attack in an answer's cell, below the right answer."""

    def make(assignment: Assignment) -> bytes:
        source = assignment.by_id[cell].source
        return as_bytes(assignment.solved({cell: f"{source.rstrip()}\n\n\n{clean(code)}"}))

    return Sample(name, tries, make, scores, parse(findings), findings == "any")
