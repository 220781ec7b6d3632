"""Read the texts in a module's source, as templates: an f-string or a sum of texts becomes a text
with {0}, {1}, … for its fields.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import islice, product
from string import Formatter

from ..core.translation import flat

SAYING = ("say", "language")  # what the service's modules call with a sentence
MOST = 8  # sentences that one sum of texts can give
_LETTERS = re.compile(r"^(?!/).*[A-Za-z]{2}")  # also of one word; no address
_WORDS = re.compile(r"[A-Za-z]{2,} .*|.* [A-Za-z]{2,}.*")
_STAFF = ("UserError", "GraderFault", "TypeError", "AssertionError", "getLogger")


def said_texts(tree: ast.AST) -> Iterator[tuple[ast.expr, list[str]]]:
    """Yield each text that a module gives to a function that says it, also of one word."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in SAYING:
            yield from texts_of(ast.Tuple(call.args, ast.Load()), _LETTERS)


def texts_of(
    tree: ast.AST, words: re.Pattern[str] = _WORDS
) -> Iterator[tuple[ast.expr, list[str]]]:
    """Yield each text of a tree that has words in it, as the templates that it can give."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        inner: Iterable[ast.AST] = ()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inner = (node.value,)  # a docstring
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(_STAFF):
            inner = ast.walk(node)
        elif isinstance(node, ast.expr) and id(node) not in skipped and (made := _made(node)):
            texts = [text for text in made if words.search(text)]
            if texts:
                yield node, texts
            inner = _parts(node)
        skipped |= {id(one) for one in inner}


def _parts(node: ast.expr) -> Iterator[ast.AST]:
    """Yield the literal parts of a text, which are no texts of their own."""
    if isinstance(node, ast.JoinedStr):
        yield from (one for one in node.values if isinstance(one, ast.Constant))
    elif isinstance(node, ast.BinOp):
        for side in (node.left, node.right):
            yield side
            yield from _parts(side)
    elif isinstance(node, ast.IfExp):
        for side in (node.body, node.orelse):
            yield side
            yield from _parts(side)


def _made(node: ast.expr) -> list[str]:
    """Return the templates that an expression gives, with {} for each field; none if it is no
    text.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [_numbered(node.value)]
    if isinstance(node, ast.JoinedStr):
        parts = [
            escaped(str(one.value)) if isinstance(one, ast.Constant) else "{}"
            for one in node.values
        ]
        return [_numbered("".join(parts))]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [_made(node.left), _alternatives(node.right)]
        if all(sides):
            return [_numbered("".join(pair)) for pair in islice(product(*sides), MOST)]
    return []


def _alternatives(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return [*_made(node.body), *_made(node.orelse)]
    return _made(node)


def template_of(said: str) -> str:
    """Return the message that a page's template says; its fields are those of `%` or numbered."""
    return _numbered(said.replace("%g", "{}"))


def _numbered(text: str) -> str:
    """Return a template with its fields numbered, in one line; a text that is none, escaped."""
    try:
        pieces = list(Formatter().parse(text))
    except ValueError:
        return flat(escaped(text))
    made, number = "", 0
    for literal, name, _, _ in pieces:
        made += escaped(literal)
        if name is not None:
            made += f"{{{number}}}"
            number += 1
    return " ".join(made.split()) if made.strip() == made else made


def escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
