"""Tells functions that may remember earlier calls from those that cannot, by their source."""

from __future__ import annotations

import ast

_CONSTANTS = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.Attribute, ast.Name)


def may_remember(source: str) -> bool:
    """Return whether code could answer a call by what came before: in doubt, that it could.

    It cannot where nothing stands outside of its functions but imports and constants, and where no
    function changes what lies
    outside of it: no `global` or `nonlocal`, no attribute of a name that is not its own, no default
    that could change.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return True
    return not all(map(_harmless, tree.body))


def _harmless(statement: ast.stmt) -> bool:
    if isinstance(statement, (ast.Import, ast.ImportFrom, ast.Pass)):
        return True
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return statement.value is None or _constant(statement.value)
    if isinstance(statement, ast.ClassDef):
        return not statement.decorator_list and all(map(_harmless, statement.body))
    return (
        isinstance(statement, ast.FunctionDef)
        and not statement.decorator_list
        and _function_harmless(statement)
    )


def _constant(value: ast.expr) -> bool:
    return all(
        isinstance(node, (*_CONSTANTS, ast.operator, ast.unaryop, ast.expr_context))
        for node in ast.walk(value)
    )


def _function_harmless(function: ast.FunctionDef) -> bool:
    own = {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    own |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    for node in ast.walk(function):
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            return False
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            defaults = (*node.args.defaults, *node.args.kw_defaults)
            if not all(_constant(default) for default in defaults if default is not None):
                return False
        if (
            isinstance(node, (ast.Attribute, ast.Subscript))
            and isinstance(node.ctx, (ast.Store, ast.Del))
            and _root(node) not in own
        ):
            return False
    return True


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
