"""What students change in a right answer and a slip of the pen does not: settings, names, roots,
halves, sums, constants.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .operators import Operator, Scope

GRID = (
    0.0,
    0.5,
    1.0,
    2.0,
    0.9,
    0.99,
    0.999,
    0.1,
    0.01,
    1e-3,
    1e-4,
    1e-5,
    1e-6,
    1e-7,
    1e-8,
    1e-10,
    1e-12,
)
VALUES = (ast.BinOp, ast.Call, ast.Name, ast.Subscript)


def default_for_setting(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Yield the default, whatever was set; and other defaults."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "get"
        and len(node.args) == 2
    ):
        yield node.args[1]
        yield from (ast.Constant(value) for value in GRID)
    elif (
        isinstance(node, ast.Name)
        and node.id in scope.parameters
        and isinstance(node.ctx, ast.Load)
    ):
        yield from (ast.Constant(value) for value in (0.0, 1.0, 0.01))


def another_name(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Another name of the function, bound before."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in scope.first:
        for name, line in scope.first.items():
            if name != node.id and line <= node.lineno:
                yield ast.Name(name, ast.Load())


def wrapped(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Yield the size of a value, its root, its square, all of it added up; one more, one less, the
    half, the double.
    """
    if isinstance(node, VALUES) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        for name in ("abs", "sqrt", "square", "sum", "mean", "sign"):
            yield _of_numpy(name, node)
        yield ast.Call(
            ast.Attribute(ast.Name("np", ast.Load()), "maximum", ast.Load()),
            [node, ast.Constant(0)],
            [],
        )
        for op, value in (
            (ast.Add(), 1),
            (ast.Sub(), 1),
            (ast.Mult(), 0.5),
            (ast.Mult(), 2),
            (ast.Mult(), -1),
            (ast.Mult(), 0),
        ):
            yield ast.BinOp(node, op, ast.Constant(value))
        yield ast.BinOp(ast.Constant(1), ast.Sub(), node)
        yield ast.BinOp(ast.Constant(1), ast.Div(), node)


def constant_from_grid(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield from (ast.Constant(value) for value in GRID if value != node.value)


LOCATING: tuple[Operator, ...] = (default_for_setting, constant_from_grid, wrapped, another_name)


def _of_numpy(name: str, node: ast.expr) -> ast.Call:
    return ast.Call(ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load()), [node], [])
