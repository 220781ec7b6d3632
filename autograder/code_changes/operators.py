"""What can be changed in a right answer: each operator takes a piece of its syntax tree and gives
what may stand there instead.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scope:
    """What an operator knows of the function around a node.

    Attributes:
        parameters: the names of its arguments.
        first: the line that binds a name first, by name.
    """

    parameters: frozenset[str]
    first: dict[str, int]


Operator = Callable[[ast.AST, Scope], Iterator[ast.AST]]

_OTHERS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitOr, ast.BitAnd),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_NAMES = {
    one: other
    for pair in (
        ("maximum", "minimum"),
        ("max", "min"),
        ("sum", "mean"),
        ("zeros", "ones"),
        ("zeros_like", "ones_like"),
        ("argmax", "argmin"),
        ("any", "all"),
        ("var", "std"),
        ("floor", "ceil"),
        ("exp", "expm1"),
        ("log", "log1p"),
        ("float32", "float64"),
        ("normal", "uniform"),
        ("triu", "tril"),
        ("sin", "cos"),
        ("hstack", "vstack"),
        ("isnan", "isfinite"),
    )
    for one, other in (pair, pair[::-1])
} | {"array": "asarray"}
# of these the arguments may stand in any order
_SYMMETRIC = ("result_type", "maximum", "minimum", "max", "min")
HARMLESS = ("copy", "strict")  # keywords that change no answer when they are gone
_IN_PLACE = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
}


def other_arithmetic(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        for other in _OTHERS.get(type(node.op), ()):
            yield _changed(node, op=other())


def swapped_operands(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp) and isinstance(
        node.op, (ast.Sub, ast.Div, ast.Pow, ast.MatMult, ast.FloorDiv, ast.Mod)
    ):
        yield _changed(node, left=node.right, right=node.left)


def dropped_operand(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp):
        yield node.left
        yield node.right
    elif isinstance(node, ast.BoolOp):
        for number in range(len(node.values)):
            rest = [value for other, value in enumerate(node.values) if other != number]
            yield _changed(node, values=rest) if len(rest) > 1 else rest[0]


def other_sign(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Take away a minus, a `not` or a `~`; put a minus before a result."""
    if isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Assign) and isinstance(node.value, (ast.BinOp, ast.Call)):
        yield _changed(node, value=ast.UnaryOp(ast.USub(), node.value))
    elif isinstance(node, ast.Return) and node.value is not None:
        for number, part in enumerate(
            node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        ):
            minus = ast.UnaryOp(ast.USub(), part)
            yield _changed(
                node,
                value=_with_item(node.value, number, minus)
                if isinstance(node.value, ast.Tuple)
                else minus,
            )


def other_comparison(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for number, op in enumerate(node.ops):
            for other in _COMPARISONS[type(op)]:
                yield _changed(node, ops=[*node.ops[:number], other(), *node.ops[number + 1 :]])


def other_logic(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    if isinstance(node, ast.BoolOp):
        yield _changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


def other_condition(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        for test in (ast.UnaryOp(ast.Not(), node.test), ast.Constant(True), ast.Constant(False)):
            yield _changed(node, test=test)
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield _changed(node, ifs=[])


def other_constant(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield from map(ast.Constant, (value + 1, value - 1, 2 * value))
    elif isinstance(value, float):
        yield from map(ast.Constant, (2 * value, value + 1, 0.0))


def other_axis(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Another axis; what drops it altogether is `dropped_keyword`."""
    if isinstance(node, ast.keyword) and node.arg == "axis":
        old = ast.unparse(node.value)
        yield from (
            _changed(node, value=ast.Constant(new)) for new in (0, 1, -1, None) if str(new) != old
        )


def dropped_keyword(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call):
        for number, word in enumerate(node.keywords):
            if word.arg not in HARMLESS:
                yield _changed(node, keywords=node.keywords[:number] + node.keywords[number + 1 :])


def added_keyword(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    name = (
        node.func.attr
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        else ""
    )
    if isinstance(node, ast.Call) and name in ("var", "std"):
        yield _changed(node, keywords=[*node.keywords, ast.keyword("ddof", ast.Constant(1))])
    if isinstance(node, ast.Call) and any(word.arg == "axis" for word in node.keywords):
        yield _changed(node, keywords=[*node.keywords, ast.keyword("keepdims", ast.Constant(True))])


def other_name(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    if isinstance(node, ast.Attribute) and node.attr in _NAMES:
        yield _changed(node, attr=_NAMES[node.attr])
    elif isinstance(node, ast.Name) and node.id in ("max", "min", "any", "all", "sum"):
        yield _changed(node, id=_NAMES[node.id] if node.id != "sum" else "max")


def unstable_form(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """log1p and expm1 as they are written on paper."""
    name = (
        node.func.attr
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        else ""
    )
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and name in ("log1p", "expm1")
    ):
        if name == "log1p":
            yield _changed(
                node,
                func=_changed(node.func, attr="log"),
                args=[ast.BinOp(ast.Constant(1), ast.Add(), node.args[0])],
            )
        else:
            power = ast.Call(
                ast.Attribute(node.func.value, "exp", ast.Load()), node.args, node.keywords
            )
            yield ast.BinOp(power, ast.Sub(), ast.Constant(1))


def left_out_call(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """sqrt, abs, copy, astype, reshape, float and the like left out; a transpose too."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif isinstance(node, ast.Call):
        of_module = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in (
            "np",
            "math",
            "np.linalg",
        )
        if isinstance(node.func, ast.Attribute) and not of_module:
            yield node.func.value
        elif node.args and not isinstance(node.args[0], (ast.Starred, ast.GeneratorExp)):
            yield node.args[0]


def swapped_arguments(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call) and not ast.unparse(node.func).endswith(_SYMMETRIC):
        yield from (_changed(node, args=args) for args in _swaps(node.args))


def swapped_items(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Results in another order."""
    if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load):
        yield from (_changed(node, elts=items) for items in _swaps(node.elts))


def dropped_argument(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call) and len(node.args) > 1:
        yield from (
            _changed(node, args=node.args[:number] + node.args[number + 1 :])
            for number in range(len(node.args))
        )


def other_bounds(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Yield a range one longer, one shorter or begun later; a slice without one of its parts."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        number = min(1, len(node.args) - 1)
        for op in (ast.Add(), ast.Sub()):
            moved = ast.BinOp(node.args[number], op, ast.Constant(1))
            yield _changed(node, args=[*node.args[:number], moved, *node.args[number + 1 :]])
        if len(node.args) == 1:
            yield _changed(node, args=[ast.Constant(1), *node.args])
    elif isinstance(node, ast.Slice):
        yield from (
            _changed(node, **{part: None})
            for part in ("lower", "upper", "step")
            if getattr(node, part) is not None
        )


def cut_loop(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    if isinstance(node, ast.For):
        yield _changed(node, body=[*node.body, ast.Break()])


def dropped_statement(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Leaves out a statement, unless it is the one that binds a name first: that would only be a
    NameError.
    """
    if isinstance(
        node, (ast.AugAssign, ast.Expr, ast.Raise, ast.For, ast.While, ast.Delete, ast.Return)
    ):
        yield ast.Pass()
    elif isinstance(node, ast.Assign):
        names = [
            name.id
            for target in node.targets
            for name in ast.walk(target)
            if isinstance(name, ast.Name)
        ]
        stored = any(
            isinstance(part, (ast.Subscript, ast.Attribute))
            for target in node.targets
            for part in ast.walk(target)
        )
        if stored or all(scope.first.get(name, node.lineno) < node.lineno for name in names):
            yield ast.Pass()


def other_exception(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        yield _changed(node, exc=_changed(node.exc, func=ast.Name("RuntimeError", ast.Load())))


def in_place(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Write a result over the argument it was made from; or no longer in place."""
    if (
        isinstance(node, ast.BinOp)
        and isinstance(node.left, ast.Name)
        and node.left.id in scope.parameters
        and type(node.op) in _IN_PLACE
    ):
        function = ast.Attribute(ast.Name("np", ast.Load()), _IN_PLACE[type(node.op)], ast.Load())
        yield ast.Call(function, [node.left, node.right], [ast.keyword("out", node.left)])
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield ast.Assign(
            [node.target],
            ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value),
            lineno=node.lineno,
        )
    elif (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.BinOp)
        and ast.unparse(node.targets[0]) == ast.unparse(node.value.left)
    ):
        # one that can be changed in place, since it is a value as well
        target: Any = node.targets[0]
        yield ast.AugAssign(target, node.value.op, node.value.right)


OPERATORS: tuple[Operator, ...] = (
    other_arithmetic,
    swapped_operands,
    dropped_operand,
    other_sign,
    other_comparison,
    other_logic,
    other_condition,
    other_constant,
    other_axis,
    dropped_keyword,
    added_keyword,
    other_name,
    unstable_form,
    left_out_call,
    swapped_arguments,
    swapped_items,
    dropped_argument,
    other_bounds,
    cut_loop,
    dropped_statement,
    other_exception,
    in_place,
)


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    """Return the same node with other fields; what is below is shared, and only read."""
    made = type(node)(**{name: getattr(node, name, None) for name in node._fields} | fields)
    return ast.copy_location(made, node)


def _with_item(node: ast.Tuple, number: int, item: ast.expr) -> ast.AST:
    return _changed(node, elts=[*node.elts[:number], item, *node.elts[number + 1 :]])


def _swaps(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    for number in range(len(items) - 1):
        yield [*items[:number], items[number + 1], items[number], *items[number + 2 :]]
