"""The modules depend on one another one way only, and none keeps what changes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.roots import PROJECT

PACKAGE, UTILS = PROJECT / "autograder", PROJECT / "utils"
APART = ("tests", "sample", "bench")  # tests, and what is built on top of everything
INSIDE = (
    "absent",
    "wire",
    "channel",
    "confine",
    "calls",
    "serve",
    "alarm",
    "around",
    "loops",
    "shell",
    "magics",
    "observe",
    "zygote",
    "start",
)  # these run in the sandbox
OWN_EXCEPTIONS = {  # these run inside, where errors.py is not
    "sandbox/wire.py": {"WireError"},
    "sandbox/channel.py": {"ChannelClosed", "ChannelTimeout"},
    "sandbox/around.py": {"HelperNotAllowed"},
    "sandbox/serve.py": {"_Unsendable"},
    "sandbox/shell.py": {"LimitReached"},
}
STAGES = ("repair", "execute", "report", "diagnose", "record", "feedback")
GROUND = {  # what any stage may know
    "assignment", "budget", "errors", "records", "paths", "pieces", "roots", "limits", "markup", "naming", "structure", "times", "verdicts", "visible"
}  # fmt: skip
ALSO: dict[str, set[str]] = {  # what one stage knows besides
    "execute": {"sandbox"},
    "diagnose": {"checking", "diagnosis", "mistakes", "sandbox"},
    "record": {"answers", "follow", "late", "nbgrader_setup"},
}

KEEPING: dict[str, set[str]] = {  # of classroom/, what keeps results and looks a class through: each knows those above it, and no stage
    "keys": {"fingerprint"},
    "packing": set(),
    "workfolder": set(),
    "cache": {"keys", "packing", "workfolder"},
    "standing": {"keys"},
    "misplaced": set(),
    "handed_in": {"misplaced"},
    "survey": {"cache", "handed_in", "keys", "standing"},
}
ONE_WAY = {  # what is built on grading, and what of the autograder it may know besides the ground
    "authoring": {"checking", "mistake_problems", "mistakes", "nbgrader_setup"},
    "classroom": {"feedback", "grade", "late", "nbgrader_setup", "record", "repair", "sandbox"},
    "collect": {"classroom", "repair", "tables"},
    "doctor": {"authoring", "classroom", "record", "sandbox", "tables"},
    "examine": {"changes", "checking", "classroom", "execute", "mistake_problems", "mistakes", "sandbox"},
    "publish": {"authoring", "classroom", "examine", "mistakes", "overview", "record"},
}


def modules() -> list[Path]:
    """The autograder's own modules."""
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] not in APART]


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def imports(path: Path) -> Iterator[str]:
    """The full names that a module imports, wherever in it, relative ones resolved."""
    package = list(path.relative_to(PROJECT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            head = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{head}.{alias.name}" for alias in node.names)


def parts(path: Path) -> set[str]:
    """The parts of the autograder that a module imports: the name after `autograder.`."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("autograder.")}


def test_what_students_import_knows_nothing_of_the_grader() -> None:
    files = [path for path in UTILS.rglob("*.py") if "tests" not in path.parts]
    assert len(files) >= 4
    for path in files:
        assert not [name for name in imports(path) if name.split(".")[0] == "autograder"], path
        assert not [name for name in imports(path) if name.split(".")[0] in ("nbgrader", "pytest", "msgpack")], path


@pytest.mark.parametrize("name", INSIDE)
def test_what_runs_inside_the_sandbox_imports_nothing_from_outside_of_it(name: str) -> None:
    path = PACKAGE / "sandbox" / f"{name}.py"
    for imported in imports(path):
        if imported.startswith("autograder."):
            assert imported.split(".")[1] == "sandbox", imported
            assert imported.split(".")[2] in INSIDE, imported  # nor the two modules of the trusted side
        assert imported.split(".")[0] not in ("nbgrader", "pytest", "nbformat", "nbconvert", "pickle", "marshal", "dill", "shelve")


def test_only_the_client_and_its_launcher_stand_outside() -> None:
    assert {path.stem for path in (PACKAGE / "sandbox").glob("*.py")} - {"__init__"} == {*INSIDE, "client", "bwrap"}
    assert (PACKAGE / "sandbox" / "__init__.py").read_text() == ""  # it is imported inside too


@pytest.mark.parametrize("stage", STAGES)
def test_stages_know_the_ground_and_not_one_another(stage: str) -> None:
    folder = PACKAGE / stage
    known = set().union(*map(parts, folder.glob("*.py"))) - {stage} if folder.is_dir() else parts(PACKAGE / f"{stage}.py")
    assert not known & (set(STAGES) - {stage})
    assert known <= GROUND | ALSO.get(stage, set())


@pytest.mark.parametrize("module", KEEPING)
def test_what_keeps_results_grades_nothing(module: str) -> None:
    path = PACKAGE / "classroom" / f"{module}.py"
    assert parts(path) - {"classroom"} <= GROUND | ({"repair"} if module == "handed_in" else set())
    siblings = {name.split(".")[2] for name in imports(path) if name.startswith("autograder.classroom.")}
    assert siblings <= KEEPING[module]


@pytest.mark.parametrize("package", ONE_WAY)
def test_what_is_built_on_grading_knows_no_more_than_it_needs(package: str) -> None:
    files = sorted((PACKAGE / package).rglob("*.py"))
    assert len(files) >= 3
    assert set().union(*map(parts, files)) - {package} <= GROUND | ONE_WAY[package]


def test_the_ground_knows_no_stage() -> None:
    for name in GROUND:
        assert parts(PACKAGE / f"{name}.py") <= GROUND, name


def test_the_overview_reads_what_grading_left_and_grades_nothing() -> None:
    files = sorted((PACKAGE / "overview").glob("*.py"))
    assert len(files) >= 10
    for path in files:
        assert parts(path) <= GROUND | {"mistakes", "record", "overview"} | ({"checking", "classroom"} if path.stem == "page" else set()), (
            path
        )
    users = {name_of(path) for path in modules() if "overview" in parts(path) and path not in files}
    assert users == {"commands.py", "publish/answers.py"}  # a hand-out's functions are compared as answers are


def test_checks_know_the_checking_package_alone() -> None:
    for folder, allowed in {"checks": {"checking"}, "mistakes": {"mistakes"}}.items():
        files = list((PROJECT / "source").glob(f"*/{folder}/*.py"))
        assert len(files) >= 50
        for path in files:
            assert parts(path) <= allowed, path


def test_nothing_unpickles_what_came_from_a_student() -> None:
    for path in [*modules(), *UTILS.glob("*.py")]:
        assert not {name.split(".")[0] for name in imports(path)} & {"pickle", "cloudpickle", "dill", "marshal", "shelve"}, path
        assert "allow_pickle=True" not in path.read_text()


def test_there_are_no_rings_of_imports() -> None:
    graph = {}
    for path in modules():
        name = ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
        graph[name] = set(imports(path))
    known = {
        name: {other for other in graph for wanted in wants if other != name and (wanted == other or wanted.startswith(f"{other}."))}
        for name, wants in graph.items()
    }
    for name, wants in known.items():  # a package's own modules do not import it as a whole
        known[name] = {want for want in wants if not name.startswith(f"{want}.")}
    left = dict(known)
    while left:
        free = [name for name, wants in left.items() if not wants & set(left)]
        assert free, f"these import one another in a ring: {sorted(left)}"
        for name in free:
            del left[name]


def own_state(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Names bound at the top of a module to something that can change, and where."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) and node.value else []
        value = getattr(node, "value", None)
        if targets and isinstance(value, ast.Dict | ast.List | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp | ast.Call):
            yield from ((target.id, node.lineno) for target in targets if isinstance(target, ast.Name))


CHANGES = {"append", "extend", "insert", "remove", "pop", "clear", "update", "add", "discard", "setdefault", "popitem", "sort", "reverse"}


def changes(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The names whose contents a module changes."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in CHANGES
            and isinstance(node.func.value, ast.Name)
        ):
            yield node.func.value.id, node.lineno
        stored = (
            node.targets
            if isinstance(node, ast.Assign | ast.Delete)
            else [node.target]
            if isinstance(node, ast.AugAssign | ast.AnnAssign)
            else []
        )
        for target in stored:
            if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                yield target.value.id, node.lineno


def test_no_module_keeps_what_changes() -> None:
    """What is kept for speed is kept by functools.cache, keyed by its arguments."""
    found = []
    for path in [*modules(), *UTILS.glob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [f"{path.name}:{node.lineno}: global {', '.join(node.names)}" for node in ast.walk(tree) if isinstance(node, ast.Global)]
        mine = dict(own_state(tree))
        found += [f"{path.name}:{line}: changes {name}" for name, line in changes(tree) if name in mine]
    assert found == []


def test_no_default_argument_can_change() -> None:
    for path in [*modules(), *UTILS.glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default)]
                assert not any(isinstance(default, ast.Dict | ast.List | ast.Set) for default in defaults), f"{path.name}: {node.name}"


def test_exceptions_have_one_place() -> None:
    homes: dict[str, set[str]] = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base) for base in node.bases}
                if any(base.endswith(("Error", "Exception", "Fault", "Failed", "Sandbox")) and base not in ("Sandbox",) for base in bases):
                    homes.setdefault(name_of(path), set()).add(node.name)
    ours = homes.pop("errors.py")
    assert ours == {
        "AutograderError", "UserError", "NoSandbox", "GraderFault", "StudentError", "CheckFailed", "OutOfWork", "UncertainTime"
    }  # fmt: skip
    assert homes == OWN_EXCEPTIONS
