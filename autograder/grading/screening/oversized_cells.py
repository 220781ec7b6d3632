"""What a person should look at in a notebook, though it may be innocent: far more code than the
questions ask for.

No wall keeps a student from pasting a data set into the notebook, be it as numbers, a text or a
comment; its size gives it away.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...core.assignment import Assignment
from ...core.results import Finding, FindingKind, Notebook

MUCH = 6_000  # characters beyond the reference's own, in one cell
MUCH_IN_ALL = 20_000


def written_data(notebook: Notebook, assignment: Assignment) -> Iterator[Finding]:
    """Find cells that hold more text than any answer needs, and notebooks that do so in many small
    pieces.
    """
    masters = {cell.id: len(cell.source) for cell in assignment.cells}
    beyond = {
        cell["id"]: len(cell["source"]) - masters.get(cell["id"], 0)
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    }
    much = [where for where, more in beyond.items() if more > MUCH]
    total = sum(more for more in beyond.values() if more > 0)
    for where in much:
        yield Finding(
            FindingKind.DATA,
            where,
            f"The cell {where} is {beyond[where]} characters longer than the reference's: "
            "does it hold data?",
            staff=True,
        )
    if total > MUCH_IN_ALL and not much:
        yield Finding(
            FindingKind.DATA,
            "notebook",
            f"Its cells are {total} characters longer than the reference's: do they hold data?",
            staff=True,
        )
