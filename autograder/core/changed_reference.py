"""A known mistake that is written as a change: of the reference's own text, a few words are others.

The old text must stand exactly once in the functions that the mistake replaces, so that a change of
the reference is noticed.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .assignment import text_of


def reference_texts(notebook: Path) -> dict[str, str]:
    """Return the text of each function and class that the answers of a source notebook define,
    without its docstring.

    Raises:
        OSError: the notebook cannot be read, for example because it is not built.
        ValueError: it is no notebook, or an answer is no Python.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return {
        name: text
        for cell in cells
        if _is_answer(cell)
        for name, text in _definitions(text_of(cell))
    }


def changed_source(
    texts: Mapping[str, str], names: Sequence[str], changes: Mapping[str, str], together: bool
) -> str:
    """Return the source that replaces the reference's functions in a mistake.

    Args:
        texts: the reference's functions, by name.
        names: those that the mistake replaces.
        changes: new text for old, each old one exactly once in these functions together.
        together: whether they are made by one function `_replacements`, as where several are
            written out.

    Raises:
        ValueError: a function is not there, an old text is not there exactly once, or the result is
            no Python.
    """
    if lacking := [name for name in names if name not in texts]:
        raise ValueError(f"it changes {', '.join(lacking)}, expected functions of the reference")
    parts = [texts[name] for name in names]
    for old, new in changes.items():
        count = sum(part.count(old) for part in parts)
        if count != 1:
            raise ValueError(
                f"expected its old text {old!r} exactly once in {', '.join(names)}, got "
                f"it {count} times"
            )
        parts = [part.replace(old, new) for part in parts]
    nodes = [_without_annotations(ast.parse(part).body[0]) for part in parts]
    if not together:
        return ast.unparse(nodes[0])
    made = ast.parse(f"def _replacements():\n    return ({', '.join(names)},)").body[0]
    assert isinstance(made, ast.FunctionDef)
    made.body[:0] = nodes
    return f"{ast.unparse(made)}\n\n\n{', '.join(names)} = _replacements()"


def _is_answer(cell: Mapping[str, object]) -> bool:
    meta = cell.get("metadata")
    marks = meta.get("nbgrader", {}) if isinstance(meta, dict) else {}
    return (
        cell.get("cell_type") == "code" and bool(marks.get("solution")) and not marks.get("grade")
    )


def _definitions(source: str) -> Iterator[tuple[str, str]]:
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            lines = source.encode().splitlines(keepends=True)
            first, last = node.lineno - 1, node.end_lineno or node.lineno
            if ast.get_docstring(node) is not None and len(node.body) > 1:
                doc = node.body[0]
                kept = lines[first : doc.lineno - 1] + lines[doc.end_lineno : last]
            else:
                kept = lines[first:last]
            yield node.name, b"".join(kept).decode()


def _without_annotations(node: ast.stmt) -> ast.stmt:
    if isinstance(node, ast.FunctionDef):
        node.returns = None
        arguments = node.args
        for one in (
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            arguments.vararg,
            arguments.kwarg,
        ):
            if one is not None:
                one.annotation = None
    return node
