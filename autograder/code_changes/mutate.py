"""Makes the mutants of an assignment: every solution with one small change, each of them once,
always in the same order.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ..core.assignment import Assignment, Cell, CellKind
from .operators import HARMLESS, OPERATORS, Scope, swapped_operands

_REGION = re.compile(r"### BEGIN SOLUTION.*?### END SOLUTION", re.DOTALL)


@dataclass(frozen=True)
class Mutant:
    """One changed solution cell.

    Attributes:
        question: the question that the cell answers.
        cell: the cell's id.
        function: the function that is changed.
        operator: what was done to it.
        was, now: the lines of the difference.
        nth: which of those that read alike in this function, from 1.
        source: the whole cell with the change in it.
        diff: the change with what stands around it.
    """

    question: str
    cell: str
    function: str
    operator: str
    was: str
    now: str
    nth: int
    source: str
    diff: str

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What it is known by, as long as the lines around do not matter."""
        return self.function, self.was, self.now, self.nth


@dataclass(frozen=True)
class MutationSite:
    """A node that may be changed, and where it hangs."""

    owner: ast.AST
    field: str
    number: int | None
    node: ast.AST
    function: str
    scope: Scope


def mutants(assignment: Assignment) -> list[Mutant]:
    """All mutants of the reference solutions of an assignment's graded questions."""
    graded = {question.id for question in assignment.questions}
    return [
        mutant
        for cell in assignment.cells
        if cell.kind == CellKind.SOLUTION and cell.question in graded
        for mutant in _of_cell(cell)
    ]


def _of_cell(cell: Cell) -> Iterator[Mutant]:
    tree = ast.parse(cell.source)
    original = ast.unparse(tree)
    seen, counts = {original}, Counter[tuple[str, str, str]]()
    for site in sites(tree, solution_lines(cell.source)):
        for operator in OPERATORS:
            if operator is swapped_operands and _is_even(site.owner):
                continue
            for other in operator(site.node, site.scope):
                source = _written(tree, site, other)
                if source in seen or not _compiles(source):
                    continue
                seen.add(source)
                was, now, diff = _difference(original, source)
                counts[site.function, was, now] += 1
                nth = counts[site.function, was, now]
                yield Mutant(
                    cell.question,
                    cell.id,
                    site.function,
                    operator.__name__,
                    was,
                    now,
                    nth,
                    source,
                    diff,
                )


def solution_lines(source: str) -> frozenset[int]:
    """Return the lines that stand between the marks of a solution."""
    found: set[int] = set()
    for match in _REGION.finditer(source):
        found.update(
            range(source.count("\n", 0, match.start()) + 1, source.count("\n", 0, match.end()) + 2)
        )
    return frozenset(found)


def sites(tree: ast.Module, lines: frozenset[int]) -> Iterator[MutationSite]:
    """Give every node on some lines that may be changed, from the outside inwards."""
    nothing = Scope(frozenset(), {})
    open_: list[tuple[ast.AST, str, Scope]] = [(tree, "", nothing)]
    while open_:
        owner, function, scope = open_.pop(0)
        for field, number, node in _children(owner):
            if isinstance(node, (ast.JoinedStr, ast.arguments)) or (
                isinstance(owner, ast.Raise) and field == "exc"
            ):
                continue  # messages are for people, and a signature is given
            if isinstance(node, ast.keyword) and node.arg in HARMLESS:
                continue
            inner, around = function, scope
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                inner = f"{function}.{node.name}" if function else node.name
                around = _scope(node) if isinstance(node, ast.FunctionDef) else scope
            if getattr(node, "lineno", getattr(owner, "lineno", 0)) in lines:
                yield MutationSite(owner, field, number, node, function, scope)
            open_.append((node, inner, around))


def _is_even(owner: ast.AST) -> bool:
    """Whether a difference below it may be taken either way round: under an even power or a
    size.
    """
    if isinstance(owner, ast.Call):
        return isinstance(owner.func, ast.Attribute) and owner.func.attr in ("abs", "square")
    return (
        isinstance(owner, ast.BinOp)
        and isinstance(owner.op, ast.Pow)
        and isinstance(owner.right, ast.Constant)
        and owner.right.value == 2
    )


def _children(owner: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    for field, value in ast.iter_fields(owner):
        if isinstance(value, ast.AST):
            yield field, None, value
        elif isinstance(value, list):
            yield from (
                (field, number, item)
                for number, item in enumerate(value)
                if isinstance(item, ast.AST)
            )


def _scope(function: ast.FunctionDef) -> Scope:
    named = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    first: dict[str, int] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            first[node.id] = min(node.lineno, first.get(node.id, node.lineno))
    parameters = frozenset(arg.arg for arg in named)
    return Scope(parameters, first | dict.fromkeys(parameters, function.lineno))


def _written(tree: ast.Module, site: MutationSite, other: ast.AST) -> str:
    """Return the whole cell with another node at a site; the tree is left as it was."""
    value = getattr(site.owner, site.field)
    if site.number is None:
        setattr(site.owner, site.field, other)
    else:
        setattr(site.owner, site.field, [*value[: site.number], other, *value[site.number + 1 :]])
    try:
        return ast.unparse(tree)
    finally:
        setattr(site.owner, site.field, value)


def _compiles(source: str) -> bool:
    try:
        compile(source, "<mutant>", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _difference(original: str, source: str) -> tuple[str, str, str]:
    lines = list(
        difflib.unified_diff(original.splitlines(), source.splitlines(), n=1, lineterm="")
    )[2:]
    was = "\n".join(line[1:].strip() for line in lines if line.startswith("-"))
    now = "\n".join(line[1:].strip() for line in lines if line.startswith("+"))
    return was, now, "\n".join(line for line in lines if not line.startswith("@@"))
