"""The places of a reference solution, in an author's words: `source/NN-name/mistakes/places.toml`.

For each function, a statement or a part of one as it stands in the reference, and what to call it
to a student::

    [batchnorm_backward]
    "dvar = dstd / (2 * std)" = "the path through the variance"

The innermost part around a change is its place. What has no words is never spoken of.
"""

from __future__ import annotations

import ast
import tomllib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from ...code_changes.locating_operators import LOCATING
from ...code_changes.mutate import MutationSite, sites, solution_lines
from ...code_changes.operators import OPERATORS
from ...core.assignment import Assignment, CellKind

MOST_CHANGES = 4000  # of a question; the first ones come from a slip of the pen

Places = Mapping[str, Mapping[str, str]]  # by function: the text of a part, and its phrase


@dataclass(frozen=True)
class Change:
    """A small change of a reference solution.

    Attributes:
        function: whose.
        phrase: what the place is called to a student; empty where it has no words.
        code: defines the changed function.
    """

    function: str
    phrase: str
    code: CodeType


def load_places(mistakes: Path) -> Places:
    """Read the places of an assignment, given its folder of known mistakes; there may be none.

    Raises:
        ValueError: the file is no TOML, or a part no Python.
    """
    path = mistakes / "places.toml"
    read = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {
        function: {plain(part): phrase for part, phrase in parts.items()}
        for function, parts in read.items()
    }


def plain(part: str) -> str:
    """Return a part of a program as Python itself writes it."""
    return ast.unparse(ast.parse(part))


def changes(assignment: Assignment, question: str, places: Places) -> Iterator[Change]:
    """Make the small changes of those functions of a question that have places, slips of the pen
    first.
    """
    for operators in (OPERATORS, LOCATING):
        for cell in assignment.cells:
            if cell.kind != CellKind.SOLUTION or cell.question != question:
                continue
            tree = ast.parse(cell.source)
            functions = {
                node.name: node
                for node in tree.body
                if isinstance(node, ast.FunctionDef) and node.name in places
            }
            above = {
                id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)
            }
            for site in sites(tree, solution_lines(cell.source)) if functions else ():
                name = site.function.partition(".")[0]
                if name not in functions:
                    continue
                phrase = _phrase(site.node, above, places[name])
                for operator in operators:
                    for other in operator(site.node, site.scope):
                        code = _compiled(functions[name], site, other)
                        if code is not None:
                            yield Change(name, phrase, code)


def _phrase(node: ast.AST, above: Mapping[int, ast.AST], parts: Mapping[str, str]) -> str:
    at: ast.AST | None = node
    while at is not None and not isinstance(at, ast.FunctionDef):
        if isinstance(at, (ast.expr, ast.stmt)) and (phrase := parts.get(ast.unparse(at))):
            return phrase
        at = above.get(id(at))
    return ""


def _compiled(function: ast.FunctionDef, site: MutationSite, other: ast.AST) -> CodeType | None:
    """Return the changed function; the tree is left as it was."""
    value = getattr(site.owner, site.field)
    now = (
        other if site.number is None else [*value[: site.number], other, *value[site.number + 1 :]]
    )
    setattr(site.owner, site.field, now)
    try:
        with warnings.catch_warnings():
            # of nonsense such as 1.0[0], which explains nobody's answer
            warnings.simplefilter("ignore")
            ast.fix_missing_locations(other)
            return compile(ast.Module([function], []), "<change>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, TypeError):
        return None
    finally:
        setattr(site.owner, site.field, value)
