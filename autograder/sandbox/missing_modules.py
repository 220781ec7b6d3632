"""Objects in the place of modules that are missing, so that an import costs only what needs the
module. Runs inside the sandbox.

An import of a missing module is rewritten as `name = __absent__(...)`, which tries the import once
more and else returns an `Absent`. While a cell runs, an `Absent` allows what only sets something
up: attributes, calls, use as a decorator, annotation, base class or context. Its value never
counts: arithmetic, iteration and conversion raise ModuleNotFoundError, and so does every use in a
function that a check calls.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from typing import Any

HOOK = "__absent__"
# packages that only show how far a loop is
PROGRESS = frozenset({"tqdm", "fastprogress", "progressbar", "alive_progress"})
REFUSED = tuple(
    "iter next len contains reversed add radd sub rsub mul rmul matmul rmatmul truediv "
    "rtruediv floordiv rfloordiv mod rmod pow rpow neg pos "
    "abs invert and rand xor rxor lshift rshift lt le gt ge int float complex index "
    "array await".split()
)
# of such a package, where its loops lie
PARTS = ("auto", "notebook", "std", "contrib", "asyncio", "rich")


class Absence:
    """The modules that a notebook has missed.

    Attributes:
        lenient: whether a cell runs, and no check's call.
        names: the top packages that were missed since it was last asked.
    """

    def __init__(self, names: dict[str, Any]) -> None:
        self.lenient, self.missed, self._names = False, list[str](), names
        setattr(builtins, HOOK, self.imported)

    def take(self) -> list[str]:
        """Return the packages that were missed since the last call."""
        missed, self.missed = self.missed, []
        return missed

    def imported(self, module: str, level: int, wanted: list[str] | None, whole: bool) -> Any:
        """Return what an import statement binds: the real thing where it is there by now.

        Args:
            module: its name.
            level: the number of dots before it.
            wanted: the names of `from module import …`, or None.
            whole: whether `import a.b` binds `a.b` and not `a`.
        """
        if wanted == ["*"]:
            try:
                exec(f"from {'.' * level}{module} import *", self._names)
            except ImportError:
                self._absent("." * level + module)
            return None
        found = [self._one(module, level, name, whole) for name in (wanted or [""])]
        return found[0] if len(found) == 1 else found

    def _one(self, module: str, level: int, name: str, whole: bool) -> Any:
        try:
            if level:
                raise ImportError(module)
            top = __import__(module)
            found = sys.modules[module] if name or whole else top
            if name and not hasattr(found, name):
                return importlib.import_module(f"{module}.{name}")
            return getattr(found, name) if name else found
        except ImportError:
            return self._absent(
                "." * level
                + ".".join(
                    part
                    for part in (module if name or whole else module.partition(".")[0], name)
                    if part
                )
            )

    def _absent(self, name: str) -> Any:
        package = name.lstrip(".").partition(".")[0] or name
        # where only a part of a package is missing
        package = name if package in sys.modules else package
        if package not in self.missed:
            self.missed.append(package)
        return _attribute(self, package, name)

    def in_place_of(self, name: str, package: str | None) -> Any:
        """Return what stands for a value that a missing package should have made."""
        return Absent(self, package or name, name)

    def refuse(self, package: str) -> ModuleNotFoundError:
        return ModuleNotFoundError(f"No module named {package!r}", name=package)


def _attribute(absence: Absence, package: str, name: str) -> Any:
    last = name.rpartition(".")[2]
    if (
        package in PROGRESS
        and name != package
        and last.islower()
        and last not in (*PARTS, *PROGRESS - {"tqdm"})
    ):
        return _steps if last in ("trange", "tnrange") else Progress
    return Absent(absence, package, name)


class Absent:
    """A part of a module that is missing."""

    def __init__(self, absence: Absence, package: str, name: str) -> None:
        self.__dict__.update(_absence=absence, _package=package, _name=name)

    def _part(self, name: str) -> Any:
        if not self._absence.lenient and self._package not in PROGRESS:
            raise self._absence.refuse(self._package)
        return _attribute(self._absence, self._package, f"{self._name}{name}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        return self._part(f".{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        self._part(f".{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if (
            len(args) == 1
            and not kwargs
            and (isinstance(args[0], type) or hasattr(args[0], "__code__"))
        ):
            return args[0]  # a decorator: what it decorates is judged as it stands
        return self._part("(…)")

    def __getitem__(self, key: Any) -> Any:
        return self._part("[…]")

    def __setitem__(self, key: Any, value: Any) -> None:
        self._part("[…]")

    def __or__(self, other: Any) -> Any:
        return self._part(" | …")

    __ror__ = __or__

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (object,)

    def __enter__(self) -> Any:
        return self._part("")

    def __exit__(self, *exc: object) -> None:
        return None

    def __bool__(self) -> bool:
        self._part("")
        return False

    def __repr__(self) -> str:
        return f"<{self._name}, which is missing>"


def _refusing(name: str) -> Callable[..., Any]:
    def operation(self: Absent, *others: Any, **options: Any) -> Any:
        raise self._absence.refuse(self._package)

    operation.__name__ = name
    return operation


for _operation in REFUSED:
    setattr(Absent, f"__{_operation}__", _refusing(f"__{_operation}__"))


class Progress:
    """A loop without its progress bar."""

    def __init__(self, iterable: Any = (), *others: Any, **options: Any) -> None:
        self.iterable = iterable

    def __iter__(self) -> Iterator[Any]:
        return iter(self.iterable)

    def __len__(self) -> int:
        return len(self.iterable)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **kwargs: None

    @staticmethod
    def write(text: str, *others: Any, **options: Any) -> None:
        """Print a line."""
        print(text)

    @staticmethod
    def pandas(*others: Any, **options: Any) -> None:
        """Do nothing: pandas is missing as well."""


def _steps(*args: int, **options: Any) -> Progress:
    return Progress(range(*args))


def without_missing(tree: ast.AST) -> ast.AST:
    """Return the code with each import of what is missing rewritten, but for those in a `try` that
    expect to fail.
    """
    imports = _Imports()
    made: ast.AST = imports.visit(tree)
    return ast.fix_missing_locations(made) if imports.rewritten else made


_STATEMENTS = ("body", "handlers", "orelse", "finalbody", "cases")


class _Imports(ast.NodeTransformer):
    """Rewrites imports; only at the top of a cell are modules loaded to see whether a name is in
    them.
    """

    def __init__(self) -> None:
        self.inside, self.rewritten = 0, False

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Visit the statements below, and no expressions: there is no import in one."""
        for field in _STATEMENTS:
            statements = getattr(node, field, None)
            if isinstance(statements, list):
                visited = [self.visit(one) for one in statements]
                statements[:] = [
                    one for made in visited for one in (made if isinstance(made, list) else [made])
                ]
        return node

    def visit_FunctionDef(self, node: Any) -> Any:
        self.inside += 1
        self.generic_visit(node)
        self.inside -= 1
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Try(self, node: ast.Try) -> Any:
        if node.handlers:
            body, node.body = node.body, []
            self.generic_visit(node)
            node.body = body
            return node
        return self.generic_visit(node)

    def visit_With(self, node: ast.With) -> Any:
        expects = any("suppress" in ast.dump(item.context_expr) for item in node.items)
        return node if expects else self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> Any:
        missing = [
            alias for alias in node.names if _is_missing(alias.name, not self.inside and alias.name)
        ]
        if not missing:
            return node
        self.rewritten = True
        kept = [alias for alias in node.names if alias not in missing]
        made: list[ast.stmt] = [ast.copy_location(ast.Import(names=kept), node)] if kept else []
        for alias in missing:
            target = alias.asname or alias.name.partition(".")[0]
            made.append(_bound(node, [target], alias.name, 0, None, bool(alias.asname)))
        return made

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        names = [alias.name for alias in node.names]
        if (
            not node.level
            and not _is_missing(node.module or "", not self.inside and node.module)
            and (self.inside or not _lack(node.module or "", names))
        ):
            return node
        self.rewritten = True
        return _bound(
            node,
            [alias.asname or alias.name for alias in node.names],
            node.module or "",
            node.level,
            names,
            True,
        )


def _bound(  # noqa: PLR0913  the parts of an import statement
    node: ast.stmt,
    targets: list[str],
    module: str,
    level: int,
    wanted: list[str] | None,
    whole: bool,
) -> ast.stmt:
    arguments: list[ast.expr] = [ast.Constant(module), ast.Constant(level)]
    arguments.append(
        ast.Constant(None)
        if wanted is None
        else ast.List([ast.Constant(name) for name in wanted], ast.Load())
    )
    call = ast.Call(ast.Name(HOOK, ast.Load()), [*arguments, ast.Constant(whole)], [])
    if targets == ["*"]:
        return ast.copy_location(ast.Expr(call), node)
    stored: list[ast.expr] = [ast.Name(target, ast.Store()) for target in targets]
    return ast.copy_location(
        ast.Assign([stored[0] if len(stored) == 1 else ast.Tuple(stored, ast.Store())], call), node
    )


def _is_missing(module: str, deep: str | bool | None) -> bool:
    """Whether a module's top package, or where `deep` the module itself, cannot be found."""
    for name in dict.fromkeys((module.partition(".")[0], module if deep else "")):
        if name and sys.modules.get(name) is None:
            try:
                if importlib.util.find_spec(name) is None:
                    return True
            except ImportError:
                return True
            except Exception:
                # whatever a package does when it is looked for, its own import tells better
                return False
    return False


def _lack(module: str, names: list[str]) -> bool:
    if module == "__future__" or names == ["*"]:
        return False
    try:
        found = importlib.import_module(module)
    except ImportError:
        return True
    except Exception:
        return False
    return any(not hasattr(found, name) and _is_missing(f"{module}.{name}", True) for name in names)
