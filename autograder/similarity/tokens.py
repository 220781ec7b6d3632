"""An answer reduced to the steps it takes: names, comments, docstrings, annotations, layout and
wording taken away.

Python's own parser reads it; where it does not parse, its words are taken as Pygments tells them
apart. Runs of a few steps are what answers are compared by.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from pygments.lexers import PythonLexer
from pygments.token import Comment, Name, String, Text, Whitespace

from ..core.sanitize import colourable

RUN = 7  # steps; about half a line
NAME = "v"  # whatever the answer itself gives a name to
TEXT = "s"
_WHOLE = (ast.JoinedStr, ast.Name, ast.Constant)  # nothing within them is a step
_HIDDEN = ("annotation", "returns", "ctx", "type_comment", "kind", "type_params")


class Step(NamedTuple):
    """One step of an answer, and the line on which it stands."""

    label: str
    line: int


class Run(NamedTuple):
    """A few steps that follow one another, and the lines they stand on."""

    text: str
    first: int
    last: int


def runs(source: str, kept: frozenset[str]) -> list[Run]:
    """All runs of an answer, in order.

    Args:
        source: the answer's text.
        kept: names that the assignment gave, and that are therefore no choice of the student's.
    """
    taken = steps(source, kept)
    labels, lines = [step.label for step in taken], [step.line for step in taken]
    texts = map(" ".join, zip(*(labels[begin:] for begin in range(RUN)), strict=False))
    windows = zip(*(lines[begin:] for begin in range(RUN)), strict=False)
    return [Run(text, min(one), max(one)) for text, one in zip(texts, windows, strict=True)]


def steps(source: str, kept: frozenset[str]) -> Sequence[Step]:
    """Return the steps of an answer, in order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd escapes and comparisons, which are the student's
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return list(_words(source, kept))
    return list(_walk(tree, _bound(tree) - kept))


def _bound(tree: ast.Module) -> frozenset[str]:
    """All names, and attributes, that the answer binds itself."""
    found: set[str | None] = set()
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        match node:
            case ast.Name():
                if type(node.ctx) is not ast.Load:
                    found.add(node.id)
                continue  # nothing is within it
            case ast.Constant():
                continue
            case ast.Attribute(attr=name, ctx=ast.Store()):
                found.add(f".{name}")
            case ast.arg(arg=name) | ast.ExceptHandler(name=name) | ast.alias(asname=name):
                found.add(name)
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                found.add(name)
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                stack += [child for child in value if isinstance(child, ast.AST)]
            elif isinstance(value, ast.AST):
                stack.append(value)
    return frozenset(name for name in found if name)


def _walk(tree: ast.Module, bound: frozenset[str]) -> Iterator[Step]:
    """In the order of the text; by a stack of its own, for an answer may be nested deeper than
    Python recurs.
    """
    stack: list[tuple[ast.AST, int]] = [(tree, 0)]
    while stack:
        node, line = stack.pop()
        line = getattr(node, "lineno", line)
        if isinstance(node, ast.Pass) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            continue
        if not isinstance(node, (ast.Module, ast.Expr, ast.arguments)):
            yield Step(_label(node, bound), line)
        if not isinstance(node, _WHOLE):
            stack += [(child, line) for child in reversed(_children(node))]


def _children(node: ast.AST) -> list[ast.AST]:
    found: list[ast.AST] = []
    kind: Any = type(node)  # to be looked up by
    for field in _shown(kind):
        value = getattr(node, field, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [child for child in value if isinstance(child, ast.AST)]
    return found


@cache
def _shown(kind: type[ast.AST]) -> tuple[str, ...]:
    """Return the fields of a kind of node that count."""
    return tuple(field for field in kind._fields if field not in _HIDDEN)


def _label(node: ast.AST, bound: frozenset[str]) -> str:
    match node:
        case ast.Name(id=name):
            return NAME if name in bound else name
        case ast.arg():
            return NAME
        case ast.Attribute(attr=name):
            return f".{NAME}" if f".{name}" in bound else f".{name}"
        case ast.Constant(value=str() | bytes()) | ast.JoinedStr():
            return TEXT
        case ast.Constant(value=int() as value):
            return hex(value)  # a decimal one of thousands of digits is an error
        case ast.Constant(value=value):
            return repr(value)
        case ast.keyword(arg=name):
            return f"{name}="
        case ast.AnnAssign():
            return "Assign"
        case ast.alias(name=name):
            return name
        case _:
            return type(node).__name__


def _words(source: str, kept: frozenset[str]) -> Iterator[Step]:
    """Yield the words of what does not parse. All names but those that are kept, Python's own and
    attributes become one.
    """
    if not colourable(source):
        return
    line, before = 1, ""
    for kind, word in PythonLexer(stripnl=False, ensurenl=False).get_tokens(source):
        if word.strip() and kind not in Comment and kind not in Text and kind not in Whitespace:
            own = kind in Name and kind not in Name.Builtin and word not in kept and before != "."
            yield Step(TEXT if kind in String else NAME if own else word, line)
            before = word
        line += word.count("\n")
