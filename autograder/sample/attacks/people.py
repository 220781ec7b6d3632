"""Attacks on who reads the results: scripts in outputs and answers, what a terminal acts on, what a
reader does not see.
"""

from __future__ import annotations

from ...core.assignment import Assignment, CellKind
from ..sample import Sample, as_bytes
from .attack import own_cell

SCRIPT = "<script>alert(1)</script>"
WRITTEN = f"""{SCRIPT}

<img src=x onerror=alert(1)> <svg onload=alert(1)></svg> <style>* {{ display: none }}</style> <base href="https://example.org/">

<meta http-equiv="refresh" content="0;url=https://example.org"> <iframe src="javascript:alert(1)"></iframe>

[x](javascript:alert(1)) ![x](https://example.org/seen.png) ![missing](attachment:missing.png) $\\text{{{SCRIPT}}}$
"""


def _written(assignment: Assignment) -> bytes:
    cell = next(cell.id for cell in assignment.cells if cell.kind == CellKind.WRITTEN)
    return as_bytes(assignment.solved({cell: WRITTEN}))


PEOPLE = [
    Sample(
        "script-in-answer",
        "Puts scripts, frames and pictures from elsewhere into the written answer.",
        _written,
    ),
    own_cell(
        "script-in-outputs",
        "Shows HTML, JavaScript and SVG, each of which would run in a browser.",
        f"""
        from IPython.display import HTML, SVG, Javascript, Markdown, display
        display(HTML("{SCRIPT}"), Javascript("alert(1)"), Markdown("{SCRIPT}"))
        display({{"image/svg+xml": "<svg onload=alert(1)></svg>", "text/html": "{SCRIPT}"}}, raw=True)


        class Shown:
            def _repr_html_(self): return "{SCRIPT}"
            def __repr__(self): return "</pre>{SCRIPT}"


        Shown()
        """,
    ),
    own_cell(
        "terminal-escapes",
        "Prints and raises what clears a terminal, renames its window, or fills its clipboard.",
        """
        evil = "\\x1b[2J\\x1b]0;owned\\x07\\x1b]52;c;b3duZWQ=\\x07\\x9b31m\\r[red]\\x08"
        print(evil)
        raise type(evil, (Exception,), {})(evil)
        """,
        "raised OWN",
    ),
    own_cell(
        "unseen-characters",
        "Writes backwards and between the letters, so that a reader sees something else than "
        "stands there.",
        """
        print("right\\u202etgnorw\\u2066\\u200b\\ufeff\\U000e0041")
        """,
    ),
]
