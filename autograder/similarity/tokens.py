"""An answer reduced to the steps it takes: names, comments, docstrings, annotations, layout and
wording taken away.

Python's own parser reads it; where it does not parse, its words are taken as Pygments tells them
apart. Runs of a few steps are what answers are compared by.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence, Set
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast

from pygments.lexers import PythonLexer
from pygments.token import Comment, Name, String, Text, Whitespace

from ..core.sanitize import colourable

RUN = 7  # steps; about half a line
NAME = "v"  # whatever the answer itself gives a name to
TEXT = "s"
Item = TypeVar("Item")
_WHOLE = frozenset({ast.JoinedStr, ast.Name, ast.Constant})  # nothing within them is a step
_NO_STEPS = frozenset({ast.Module, ast.Expr, ast.arguments})
_HIDDEN = ("annotation", "returns", "type_params")
_PLAIN = ("ctx", "type_comment", "kind")  # nothing is in them
_BINDING = frozenset(
    {ast.Name, ast.Attribute, ast.arg, ast.ExceptHandler, ast.alias}
    | {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef}
)


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
    labels, lines = read(source, kept)
    return [
        Run(" ".join(run), min(stood), max(stood))
        for run, stood in zip(windows(labels), windows(lines), strict=True)
    ]


def windows(items: Sequence[Item]) -> Iterator[tuple[Item, ...]]:
    """Yield what each run has, given what each step has."""
    return zip(*(items[begin:] for begin in range(RUN)), strict=False)


def steps(source: str, kept: frozenset[str]) -> Sequence[Step]:
    """Return the steps of an answer, in order."""
    return list(map(Step, *read(source, kept)))


def read(source: str, kept: frozenset[str]) -> tuple[list[str], list[int]]:
    """Return the labels of an answer's steps, in order, and their lines.

    In two lists, since a class has some ten million of them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd escapes and comparisons, which are the student's
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            words = list(_words(source, kept))
            return [step.label for step in words], [step.line for step in words]
    nodes, lines, given = _walk(tree)
    bound = given - kept
    return [_label(node, bound) for node in nodes], lines


def _walk(tree: ast.Module) -> tuple[list[ast.AST], list[int], set[str | None]]:
    """Return the nodes that are steps, their lines, and all names and attributes that the answer
    binds itself.

    In the order of the text; by a stack of its own, for an answer may be nested deeper than Python
    recurs.
    """
    nodes, lines, bound = list[ast.AST](), list[int](), set[str | None]()
    aside: list[ast.AST] = []  # no step is in there, but a name may be bound
    stack, above = [cast(ast.AST, tree)], [0]
    while stack:
        node, line = stack.pop(), above.pop()
        line = getattr(node, "lineno", line)
        if isinstance(node, ast.Pass) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            continue
        kind: Any = type(node)  # to be looked up by
        if kind in _BINDING:
            bound.add(_bound_by(node))
        if kind not in _NO_STEPS:
            nodes.append(node)
            lines.append(line)
        if kind in _WHOLE:
            if kind is ast.JoinedStr:
                aside.append(node)
            continue
        shown, hidden = _fields(kind)
        children = _children(node, shown)
        children.reverse()
        stack += children
        above += [line] * len(children)
        if hidden:
            aside += _children(node, hidden)
    while aside:
        node = aside.pop()
        bound.add(_bound_by(node))
        aside += _children(node, node._fields)
    bound.discard(None)
    return nodes, lines, bound


def _bound_by(node: ast.AST) -> str | None:
    """Return the name or attribute that a node binds, if it binds one."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return name
        case ast.Attribute(attr=name, ctx=ast.Store()):
            return f".{name}"
        case ast.arg(arg=name) | ast.ExceptHandler(name=name) | ast.alias(asname=name):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
    return None


def _children(node: ast.AST, fields: Sequence[str]) -> list[ast.AST]:
    found: list[ast.AST] = []
    for field in fields:
        value = getattr(node, field, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif type(value) is list:
            found += [child for child in value if isinstance(child, ast.AST)]
    return found


@cache
def _fields(kind: type[ast.AST]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the fields of a kind of node in which steps are, and others that may bind names."""
    shown = tuple(field for field in kind._fields if field not in _HIDDEN + _PLAIN)
    return shown, tuple(field for field in kind._fields if field in _HIDDEN)


def _label(node: ast.AST, bound: Set[str | None]) -> str:
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
