"""Writes the same program as another person would: other names, other spellings, other places to
stop for breath.

Not proof against every program, but against what is in the bank: what it makes of a right answer is
almost always right.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Sequence
from typing import Any

WORDS = """
    acc arr aux base block buf col cost cur data delta diff err expr factor first flat fwd g_in
    g_out grad_ h hidden inp item k lhs m mat n1 num o out_ p part prev q r res rhs rows s scale
    second shape_ size_ step t tmp tot u up v val vec w_ work y_ z_
""".split()
REMARKS = (
    "see the slides",
    "TODO tidy up",
    "shapes: check again",
    "as in the lecture",
    "this took me an hour",
    "works now",
    "chain rule",
)
METHODS = frozenset(("sum", "mean", "max", "min", "reshape", "ravel", "std", "var", "argmax"))
FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.GtE,
    ast.GtE: ast.LtE,
    ast.NotEq: ast.NotEq,
}


def restyled(source: str, rng: random.Random, much: float, given: frozenset[str]) -> str:
    """Return the program in another style: `much` is the chance with which each place is changed,
    `given` are names that stay.
    """
    tree = ast.parse(source)
    tree = _Spelling(rng, much).visit(tree)
    tree = _Breath(rng, much).visit(tree)
    return renamed(ast.unparse(ast.fix_missing_locations(tree)), rng, given)


def renamed(source: str, rng: random.Random, given: frozenset[str]) -> str:
    """Return the program with other names for its own variables, and other remarks.

    Names in `given` stay.
    """
    tree = ast.parse(source)
    arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)} - arguments - given
    taken = {node.id for node in names} | arguments
    words = [word for word in WORDS if word not in taken] + [
        f"x{number}" for number in range(len(own))
    ]
    rng.shuffle(words)
    new = dict(zip(sorted(own), words, strict=False))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = new.get(node.id, node.id)
        elif isinstance(node, (ast.Nonlocal, ast.Global)):
            node.names = [new.get(name, name) for name in node.names]
    lines = ast.unparse(tree).split("\n")
    return "\n".join(
        f"{line}  # {rng.choice(REMARKS)}"
        if line.strip() and rng.random() < 0.15 and '"""' not in line
        else line
        for line in lines
    )


class _Spelling(ast.NodeTransformer):
    """The same expression, spelt in another way."""

    def __init__(self, rng: random.Random, much: float) -> None:
        self.rng, self.much = rng, much

    def _now(self) -> bool:
        return self.rng.random() < self.much

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if (
                name in METHODS and not _is_numpy(value) and self._now()
            ):
                return ast.Call(_numpy(name), [value, *_shape(name, node.args)], node.keywords)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="np"), attr="zeros_like"),
                args=[one],
                keywords=[],
            ) if self._now():
                return ast.Call(
                    _numpy("zeros"),
                    [ast.Attribute(one, "shape", ast.Load())],
                    [ast.keyword("dtype", ast.Attribute(one, "dtype", ast.Load()))],
                )
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name() as one]) if self._now():
                return ast.Subscript(
                    ast.Call(_numpy("shape"), [one], []), ast.Constant(0), ast.Load()
                )
            case ast.Call(func=ast.Name(id="range"), args=[stop]) if self._now():
                return ast.Call(node.func, [ast.Constant(0), stop], [])
            case ast.Call(
                func=ast.Attribute(attr="sum" | "mean"),
                args=[],
                keywords=[ast.keyword(arg="axis", value=axis)],
            ) if self._now():
                return ast.Call(node.func, [axis], [])
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="np"), attr="maximum"), args=[a, b]
            ) if self._now():
                return ast.Call(_numpy("where"), [ast.Compare(a, [ast.GtE()], [b]), a, b], [])
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.BinOp(op=ast.MatMult()) if self._now():
                return ast.Call(
                    _numpy(self.rng.choice(("dot", "matmul"))), [node.left, node.right], []
                )
            case ast.BinOp(op=ast.Mult()) if self._now():
                return ast.BinOp(node.right, ast.Mult(), node.left)
            case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=2)) if self._now():
                return ast.Call(_numpy("square"), [node.left], [])
            case ast.BinOp(op=ast.Div(), right=ast.Name()) if self._now():
                return ast.BinOp(
                    node.left, ast.Mult(), ast.BinOp(ast.Constant(1.0), ast.Div(), node.right)
                )
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr == "T" and isinstance(node.ctx, ast.Load) and self._now():
            return ast.Call(_numpy("transpose"), [node.value], [])
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if len(node.ops) == 1 and type(node.ops[0]) in FLIPPED and self._now():
            return ast.Compare(node.comparators[0], [FLIPPED[type(node.ops[0])]()], [node.left])
        return node


class _Breath(ast.NodeTransformer):
    """Intermediate results given a name of their own, before the statement that uses them."""

    def __init__(self, rng: random.Random, much: float) -> None:
        self.rng, self.much, self.count = rng, much, 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body = self._spread(node.body)
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        node.body = self._spread(node.body)
        return node

    def _spread(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for statement in body:
            value = getattr(statement, "value", None)
            if (
                isinstance(statement, ast.If)
                and isinstance(statement.test, ast.BoolOp)
                and not statement.orelse
                and self._now(ast.Or, statement)
            ):
                made += [
                    ast.If(test, copy.deepcopy(statement.body), [])
                    for test in statement.test.values
                ]
                continue
            if isinstance(statement, (ast.Assign, ast.Return)) and value is not None:
                taken: list[ast.stmt] = []
                statement.value = self._taken_out(value, taken)
                made += taken
            if (
                isinstance(statement, ast.Return)
                and statement.value is not None
                and self.rng.random() < self.much
            ):
                made.append(
                    ast.Assign([ast.Name("_result", ast.Store())], statement.value, lineno=0)
                )
                statement.value = ast.Name("_result", ast.Load())
            made += self._split(statement)
            if (
                isinstance(statement, ast.Assign)
                and isinstance(statement.targets[0], ast.Name)
                and self.rng.random() < self.much / 8
            ):
                made.append(ast.parse(f"assert {statement.targets[0].id} is not None").body[0])
        return made

    def _now(self, kind: type[ast.boolop], statement: ast.If) -> bool:
        test = statement.test
        ends = isinstance(statement.body[-1], (ast.Raise, ast.Return))
        return (
            ends
            and isinstance(test, ast.BoolOp)
            and isinstance(test.op, kind)
            and self.rng.random() < self.much
        )

    def _split(self, statement: ast.stmt) -> list[ast.stmt]:
        """Put several assignments of one line on lines of their own where none needs what
        another changes.
        """
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(
                names
            ) == len(values):
                stored = {name.id for name in names if isinstance(name, ast.Name)}
                used = {
                    node.id
                    for value in values
                    for node in ast.walk(value)
                    if isinstance(node, ast.Name)
                }
                if (
                    len(stored) == len(names)
                    and not stored & used
                    and self.rng.random() < self.much
                ):
                    return [
                        ast.Assign([name], value, lineno=0)
                        for name, value in zip(names, values, strict=True)
                    ]
        return [statement]

    def _taken_out(self, value: Any, taken: list[ast.stmt]) -> Any:
        """Return the expression with some of its parts taken out, innermost first.

        What may not be evaluated is left where it is.
        """
        if not isinstance(value, (ast.BinOp, ast.Call, ast.Tuple, ast.UnaryOp)):
            return value
        for field, part in ast.iter_fields(value):
            if isinstance(part, list):
                setattr(value, field, [self._taken_out(one, taken) for one in part])
            elif field != "func":
                setattr(value, field, self._taken_out(part, taken))
        if isinstance(value, (ast.BinOp, ast.Call)) and self.rng.random() < self.much / 2:
            self.count += 1
            name = f"_part{self.count}"
            taken.append(ast.Assign([ast.Name(name, ast.Store())], value, lineno=0))
            return ast.Name(name, ast.Load())
        return value


def _numpy(name: str) -> ast.Attribute:
    return ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load())


def _is_numpy(value: ast.AST) -> bool:
    return isinstance(value, ast.Name) and value.id in ("np", "rng")


def _shape(name: str, args: list[ast.expr]) -> list[ast.expr]:
    return [ast.Tuple(args, ast.Load())] if name == "reshape" and len(args) > 1 else args
