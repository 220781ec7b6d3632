"""The text of code cells: what it defines, which functions are still as handed out, and the parts
that a divided cell was found in.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

MARK = "# ---- the next part of this cell ----"  # between parts that run one after the other
MOST_PARSED = 60_000  # characters; a tree of syntax takes a thousand times as much memory
_DEFINED = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
# IPython's own lines
_COMMAND = re.compile(r"^([ \t]*)(?:[%!].*|.*\?[ \t]*|\w[\w, ]*=[ \t]*[%!].*)$", re.MULTILINE)
_UNWRITTEN = "NotImplementedError"


def joined(parts: Sequence[str]) -> str:
    """One text of several parts."""
    return f"\n\n\n{MARK}\n".join(part.strip("\n") for part in parts)


def divided(source: str) -> tuple[str, ...]:
    """Return the parts of a text, each with as many empty lines before it that its lines keep their
    numbers.
    """
    if MARK not in source:
        return (source,)
    made, before = [], 0
    lines = source.split("\n")
    for at in [*(at for at, line in enumerate(lines) if line == MARK), len(lines)]:
        if "\n".join(lines[before:at]).strip():
            made.append("\n" * before + "\n".join(lines[before:at]))
        before = at + 1
    return tuple(made)


def tree(source: str) -> ast.Module | None:
    """Return the code as a tree, IPython's own lines left out; None where it is too long or no
    Python.
    """
    if len(source) > MOST_PARSED:
        return None
    for text in (source, _COMMAND.sub(r"\1pass", source)):
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def defined(source: str) -> frozenset[str]:
    """Return the names of the functions and classes that code defines at its top, those still
    unwritten left out.
    """
    names = frozenset(_DEFINED.findall(source))
    if not names or _UNWRITTEN not in source or (found := tree(source)) is None:
        return names
    return names - {node.name for node in _unwritten(found)}


def without_unwritten(source: str, written: frozenset[str]) -> str:
    """Return the code without those functions that are still as handed out though another cell has
    written them; other lines keep their numbers.
    """
    if (
        _UNWRITTEN not in source
        or written.isdisjoint(_DEFINED.findall(source))
        or (found := tree(source)) is None
    ):
        return source
    lines = source.split("\n")
    for node in _unwritten(found):
        if node.name in written and node.end_lineno:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            lines[first - 1 : node.end_lineno] = [""] * (node.end_lineno - first + 1)
    return "\n".join(lines)


def _unwritten(
    module: ast.Module,
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and _only_raises(
            node
        ):
            yield node


def _only_raises(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    body = [
        one
        for one in node.body
        if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
    ]
    if isinstance(node, ast.ClassDef):
        return bool(body) and all(
            isinstance(one, ast.FunctionDef) and _only_raises(one) for one in body
        )
    return len(body) == 1 and isinstance(body[0], ast.Raise) and _UNWRITTEN in ast.dump(body[0])
