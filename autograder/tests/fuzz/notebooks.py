"""Notebooks that nobody wrote: a few extreme ones first, then changed and torn ones without end."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import cache
from typing import Any

from autograder.core.assignment import load_assignment
from autograder.core.course import Course

from .inputs import ATOMS, changed, torn


def of_code(*sources: Any, cell_type: Any = "code", **more: Any) -> bytes:
    """A notebook of these cells, all in the place of answers."""
    cells = [
        {
            "cell_type": cell_type,
            "metadata": {},
            "source": source,
            "outputs": [],
            "id": "affine",
            **more,
        }
        for source in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode(
        "utf-8", "surrogatepass"
    )


EXTREMES: tuple[Callable[[], bytes], ...] = (
    lambda: b"",
    lambda: b"x" * (100 << 20),
    lambda: b" " * (15 << 20) + b"5",
    lambda: b"[" * 10**6,
    lambda: b'{"a":' * 10**6,
    lambda: b'{"cells":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    lambda: b'{"cells": ' + b"9" * 10**6 + b"}",
    lambda: b'{"cells": [1e999999, -1e999999, NaN, Infinity, 1E400]}',
    lambda: b'{"cells": [' + b"null," * 10**6 + b"{}]}",
    lambda: b'{"cells": [' + b"{}," * 10**6 + b"{}]}",
    lambda: b'{"cells": [], "cells": {}, "cells": 5, "cells": [{"source": "x", "source": 3, "id": "affine", "id": []}]}',
    lambda: b"\xff\xfe" + '{"cells": []}'.encode("utf-16-le"),
    lambda: b"\x00" * 10**6,
    lambda: b'{"cells": [{"source": "\\ud800\\udfff\\u0000", "id": "\\ud800", "cell_type": "\\udc00", "metadata": {"\\ud800": 1}}]}',
    lambda: '{"cells": [{"source": "\ud800", "id": "affine", "cell_type": "code"}]}'.encode("utf-8", "surrogatepass"),
    lambda: b'{"cells": [{"source": "\x01\x02\x1b[2J", "id": "affine", "cell_type": "code"}]}',
    lambda: of_code("(" * 100_000),
    lambda: of_code("-" * 150_000 + "1"),
    lambda: of_code("x = " + "[" * 90 + "]" * 90),
    lambda: of_code("x = " + "+".join("1" * 50_000)),
    lambda: of_code("lambda: " * 20_000 + "1"),
    lambda: of_code("a" + ".b" * 60_000),
    lambda: of_code("import sys\n" + "sys" + ".b" * 20_000 + " = 5"),
    lambda: of_code("not " * 40_000 + "x"),
    lambda: of_code("f'" + "{f'" * 50 + "'}" * 50 + "'"),
    lambda: of_code("exec;" * 30_000),
    lambda: of_code(*["exec;" * 30_000] * 100),
    lambda: of_code("x = 1;" * 33_000),
    lambda: of_code(*["def affine_forward(): pass\n" * 7_000] * 90),
    lambda: of_code("\\\n" * 90_000),
    lambda: of_code("'" * 199_999),
    lambda: of_code("\t" * 199_000 + "x"),
    lambda: of_code(["x\n"] * 10**6),
    lambda: of_code({"a": [1]}, 5, None, True, [["x"]], [5, None, "x"], 1e300),
    lambda: of_code(*["x"] * 5_000),
    lambda: of_code("![x](attachment:a)", cell_type="markdown", attachments={"a": {"image/png": "A" * 10**7, "image/jpeg": 5}, "b": 3}),
    lambda: of_code("x", cell_type="markdown", attachments={str(n): {"image/jpeg": "/9j" + "/" * 10_000} for n in range(900)}),
    lambda: of_code("x", metadata={"nbgrader": {"grade_id": ["affine"], "points": 1e308, "solution": "yes"}, "tags": "skip-execution"}),
    lambda: of_code("x", metadata=[1], id=10**20),
)  # fmt: skip


@cache
def _notebooks() -> tuple[Any, ...]:
    assignment = load_assignment(Course(), "01-backprop")
    return (
        assignment.solved(),
        assignment.notebook(),
        {"worksheets": [{"cells": assignment.notebook()["cells"][:6]}], "nbformat": 3},
    )


@cache
def _written() -> tuple[bytes, ...]:
    return tuple(json.dumps(notebook, indent=1).encode() for notebook in _notebooks())


def notebook(dice: random.Random) -> bytes:
    """A notebook's file: its parts changed, its bytes torn, or both."""
    if dice.randrange(2):
        return torn(dice.choice(_written()), dice)
    text = json.dumps(changed(dice.choice(_notebooks()), dice, ATOMS))
    if dice.randrange(4) == 0:  # keys that are there twice
        text = text.replace('"cells": ', '"cells": [], "cells": ', 1).replace(
            '"id": ', '"id": 5, "id": ', dice.randrange(4)
        )
    body = text.encode("utf-8", "surrogatepass")
    return torn(body, dice) if dice.randrange(4) == 0 else body
