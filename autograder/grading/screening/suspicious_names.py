"""Tells where a student's code reaches for the machinery around it: no answer needs that, so staff
should have a look.

This reads names, and names can be hidden from it. It takes no marks away, but for one thing: where
the code reaches for what counts its lines, the count is not believed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...core.results import Finding, FindingKind, Notebook

COUNTING = frozenset(
    "sandbox sys sys.modules settrace setprofile _getframe _current_frames f_trace "
    "f_trace_lines f_trace_opcodes monitoring exec eval compile "
    "__code__ __subclasses__ __globals__ FunctionType CodeType _thread".split()
)
_MODULES = COUNTING | set(
    "code codeop marshal threading concurrent autograder nbgrader pytest _pytest ctypes "
    "cffi gc importlib builtins multiprocessing subprocess socket mmap resource atexit "
    "runpy IPython.core".split()
)
_NAMES = COUNTING | set(
    "f_back f_locals f_globals f_builtins tb_frame gi_frame __builtins__ __closure__ "
    "__import__ _exit abort fork forkpty kill killpg system "
    "popen posix_spawn symlink link chroot setuid setgroups ptrace pthread_sigmask "
    "setitimer excepthook addaudithook ast_transformers "
    "input_transformers_post input_transformers_cleanup events get_objects get_referrers "
    "get_referents currentframe setrlimit history_manager displayhook payload_manager "
    "set_next_input".split()
)
_HARMLESS = {  # of modules that are otherwise the machinery itself
    "sys": frozenset(
        "stdout stderr version version_info float_info maxsize path executable platform "
        "argv getsizeof exit getrecursionlimit setrecursionlimit prefix "
        "base_prefix".split()
    ),
    "IPython": frozenset(["display"]),
    "signal": frozenset(),
    "inspect": frozenset(
        ["signature", "getsource", "getdoc", "isfunction", "isclass", "Parameter"]
    ),
    "linecache": frozenset(),
}
_LIBRARIES = frozenset(
    "np numpy math random json utils unittest operator itertools functools copy time "
    "struct msgpack".split()
)
_POSING = ("__array_ufunc__", "__array_function__", "__eq__", "__class__")
_BY_NAME = ("getattr", "setattr", "vars", "delattr")
_WORTH_PARSING = _MODULES | _NAMES | {*_HARMLESS, *_POSING, *_BY_NAME}
_RUN = re.compile(r"^[ \t]*%run\b", re.MULTILINE)
_WORD, _WRITTEN_TO = re.compile(r"\w+"), re.compile(r"\.\w+\s*=[^=]")
MOST = 6  # names that are told
# characters; a tree of syntax takes a thousand times as much memory
MOST_READ, MOST_OF_A_CELL = 200_000, 60_000


def reaches(source: str) -> tuple[str, ...]:
    """Return the names by which code reaches for the machinery, in order; none where it cannot be
    read as Python.
    """
    ran = ("%run",) if _RUN.search(source) else ()
    # a tree takes much longer
    if _WORTH_PARSING.isdisjoint(_WORD.findall(source)) and not _WRITTEN_TO.search(source):
        return ran
    try:
        # IPython's own lines
        tree = ast.parse(re.sub(r"^[ \t]*[%!].*$", "pass", source, flags=re.MULTILINE))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ran
    return (*ran, *sorted(set(_found(tree))))


def notice_reaches(notebook: Notebook, own: frozenset[str]) -> tuple[list[Finding], bool]:
    """Return what to tell staff of a notebook's code, and whether it leaves the counting of its
    lines alone.

    Args:
        notebook: the repaired one.
        own: the ids of the assignment's cells whose text is not the student's.
    """
    findings, counted, left = [], True, MOST_READ
    cells = [
        cell for cell in notebook["cells"] if cell["cell_type"] == "code" and cell["id"] not in own
    ]
    # answers first
    for cell in sorted(cells, key=lambda cell: str(cell["id"]).startswith("extra-")):
        if len(cell["source"]) > min(left, MOST_OF_A_CELL):
            continue
        left -= len(cell["source"])
        names = reaches(cell["source"])
        counted = counted and not any(
            name.startswith("sandbox") or name.removesuffix(" =") in COUNTING for name in names
        )
        if names:
            told = ", ".join(f"`{name}`" for name in names[:MOST]) + (
                " and more" if len(names) > MOST else ""
            )
            findings.append(
                Finding(
                    FindingKind.REACHES,
                    cell["id"],
                    f"The cell {cell['id']} uses {told}, which no answer needs.",
                    staff=True,
                )
            )
    return findings, counted


def _found(tree: ast.AST) -> Iterator[str]:
    modules: dict[str, str] = {name: name for name in _LIBRARIES}
    attributes: set[int] = set()
    nodes = list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                modules[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
                yield from _module(alias.name)
        elif isinstance(node, ast.ImportFrom):
            yield from _module(node.module or "")
            yield from (
                name for alias in node.names for name in _attribute(node.module or "", alias.name)
            )
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            attributes.add(id(node.value))
    for node in nodes:
        if isinstance(node, ast.Attribute):
            yield from _attribute(
                modules.get(node.value.id, "") if isinstance(node.value, ast.Name) else "",
                node.attr,
            )
            if isinstance(node.ctx, ast.Store | ast.Del) and (root := _root(node)) in modules:
                yield f"{modules[root]}.{node.attr} ="
        elif isinstance(node, ast.Name):
            if node.id in ("exec", "eval", "compile", "__import__", "__builtins__"):
                yield node.id
            elif modules.get(node.id) in _HARMLESS and id(node) not in attributes:
                yield modules[node.id]  # handed on as a whole
        elif isinstance(node, ast.ClassDef):
            yield from _posing(node)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in _BY_NAME
        ):
            yield from _by_name(node, modules)


def _module(name: str) -> Iterator[str]:
    parts = name.split(".")
    if name != "sys" and not _MODULES.isdisjoint((parts[0], ".".join(parts[:2]))):
        yield name


def _attribute(module: str, name: str) -> Iterator[str]:
    if module in _HARMLESS and name not in _HARMLESS[module]:
        yield f"{module}.{name}" if module != "sys" or name not in _NAMES else name
    elif name in _NAMES - {"compile", "exec", "eval", "sys"} and module != "np":
        yield name


def _by_name(call: ast.Call, modules: dict[str, str]) -> Iterator[str]:
    """Yield a module's name that is put together, or a library that is written to by name."""
    function = ast.unparse(call.func)
    of_module = bool(call.args) and _root(call.args[0]) in modules
    if function in ("setattr", "delattr") and of_module:
        yield function
    elif len(call.args) > 1 and isinstance(
        call.args[1], ast.BinOp | ast.JoinedStr | ast.Call | ast.Subscript
    ):
        yield f"{function} of a name put together"


def _posing(node: ast.ClassDef) -> Iterator[str]:
    """Yield what makes objects pass for others: equal to everything, or with NumPy's functions
    replaced.
    """
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            only = part.body[0] if len(part.body) == 1 else None
            if part.name in ("__array_ufunc__", "__array_function__"):
                yield part.name
            elif (
                part.name == "__eq__"
                and isinstance(only, ast.Return)
                and isinstance(only.value, ast.Constant)
            ):
                yield "__eq__"
        elif isinstance(part, ast.Assign) and "__class__" in [
            target.id for target in part.targets if isinstance(target, ast.Name)
        ]:
            yield "__class__ ="


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
