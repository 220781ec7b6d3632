"""Tells objects that only note their calls from those that answer by them, by their source.

Many checks pass an object that keeps a list of its calls, which the check reads afterwards::

    class Slope:
        def __init__(self, dw):
            self.dw, self.asked = dw, []

        def __call__(self, x):
            self.asked.append(x)  # the only use of `asked`: no answer depends on it
            return self.dw
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from types import FunctionType
from typing import Any

_OF_EVERY_CLASS = {
    "__module__",
    "__doc__",
    "__dict__",
    "__weakref__",
    "__qualname__",
    "__firstlineno__",
    "__static_attributes__",
    "__slotnames__",  # what copying an object notes on its class
}


def methods(kind: type[Any]) -> list[tuple[str, FunctionType]]:
    """Return the functions of a plain class, by name.

    Raises:
        TypeError: it is built on another, or holds something besides functions.
    """
    if type(kind) is not type or kind.__bases__ != (object,):
        raise TypeError(f"a class {kind.__name__} that is no plain one may remember earlier calls")
    found = []
    for name, value in sorted(vars(kind).items()):
        function = value.__func__ if isinstance(value, staticmethod) else value
        if isinstance(function, FunctionType):
            found.append((name, function))
        elif name not in _OF_EVERY_CLASS:
            raise TypeError(f"{kind.__name__}.{name} may remember earlier calls")
    return found


@functools.lru_cache(maxsize=256)
def write_only(kind: type[Any]) -> frozenset[str]:
    """Return the attributes of a class's objects that are appended to, and never read.

    Raises:
        TypeError: a method changes another attribute, or hands the object on; or the class has no
            source.
    """
    known = methods(kind)
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    except (OSError, SyntaxError) as error:
        raise TypeError(
            f"a class {kind.__name__} without source may remember earlier calls"
        ) from error
    functions = [node for node in getattr(body, "body", ()) if isinstance(node, ast.FunctionDef)]
    if {node.name for node in functions} != {name for name, _ in known}:
        raise TypeError(f"a class {kind.__name__} that was changed may remember earlier calls")
    appended, read = set[str](), set[str]()
    for function in functions:
        if (
            any(
                isinstance(one, ast.Name) and one.id == "staticmethod"
                for one in function.decorator_list
            )
            or not function.args.args
        ):
            continue
        made = _uses(function, function.args.args[0].arg)
        appended |= made[0]
        read |= made[1]
    return frozenset(appended - read)


def _uses(function: ast.FunctionDef, own: str) -> tuple[set[str], set[str]]:
    """Return the attributes of `own` that a method appends to, and all that it reads of
    anything.
    """
    above = {id(child): node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
    appended, read = set[str](), set[str]()
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Name)
            and node.id == own
            and not isinstance(above[id(node)], ast.Attribute)
        ):
            raise TypeError(f"{function.name} hands its object on")
        if not isinstance(node, ast.Attribute):
            continue
        mine = isinstance(node.value, ast.Name) and node.value.id == own
        if isinstance(node.ctx, ast.Load):
            (appended if mine and _is_appended_to(node, above) else read).add(node.attr)
        elif not (mine and function.name == "__init__"):
            raise TypeError(f"{function.name} changes an attribute")
    return appended, read


def _is_appended_to(attribute: ast.Attribute, above: dict[int, ast.AST]) -> bool:
    """Return whether `attribute.append(…)` is all that is done with it, as a statement."""
    method = above[id(attribute)]
    call = above.get(id(method))
    statement = above.get(id(call))
    return (
        isinstance(method, ast.Attribute) and method.attr == "append"
        and isinstance(call, ast.Call) and call.func is method
        and isinstance(statement, ast.Expr)
    )  # fmt: skip
