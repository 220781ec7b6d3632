"""Count the checks of a cell that an error left unreached."""

from __future__ import annotations

import ast
import linecache
from types import TracebackType

CHECKS = frozenset({"close", "entry", "equal", "gradient", "raises", "shape", "true", "unchanged"})


def unreached(trace: TracebackType | None) -> int:
    """Return how many check calls stand below the failed line, inside the `with` block that it stopped.

    Each call in the text counts once, also in a loop. Without the cell's text the answer is 0.

    Args:
        trace: the traceback that the `with` block was left with; its first frame is the cell's own.
    """
    if trace is None:
        return 0
    line, filename = trace.tb_lineno, trace.tb_frame.f_code.co_filename
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return 0
    blocks = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    if not blocks:
        return 0
    block = max(blocks, key=lambda node: node.lineno)  # the innermost
    statement = max(
        (node for node in block.body if node.lineno <= line),
        key=lambda node: node.lineno,
        default=block,
    )
    last = statement.end_lineno or line
    return sum(
        isinstance(node, ast.Call) and _is_check(node) and node.lineno > last
        for node in ast.walk(block)
    )


def _is_check(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in CHECKS
