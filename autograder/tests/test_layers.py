"""The modules depend on one another one way only, and none keeps what changes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.core.roots import PROJECT

PACKAGE, UTILS = PROJECT / "autograder", PROJECT / "utils"
SANDBOX = PACKAGE / "sandbox"
APART = ("tests", "sample", "bench")  # tests, and what is built on top of everything
OWN_EXCEPTIONS = {  # these run inside, where errors.py is not
    "sandbox/wire.py": {"WireError"},
    "sandbox/channel.py": {"ChannelClosed", "ChannelTimeout"},
    "sandbox/call_context.py": {"HelperNotAllowed"},
    "sandbox/pid_namespaces.py": {"Astray"},
    "sandbox/server.py": {"_Unsendable"},
    "sandbox/shell.py": {"LimitReached"},
    "service/worker_client.py": {
        "WorkerDied",
        "WorkerFailed",
        "WorkerStale",
        "WorkerUnfit",
    },  # these never leave the server
    "service/cluster_lanes.py": {"_SchedulerLost"},  # nor does this one
}
MAY_IMPORT: dict[str, set[str]] = {  # each folder, and the others that it may know
    "core": set(),
    "class_file": {"core"},
    "cache": {"core"},
    "code_changes": {"core"},
    "feedback": {"core"},
    "hand_grading": {"class_file", "core", "gradebook"},
    "sandbox": {"core"},
    "checking": {"core", "sandbox"},
    "gradebook": {"cache", "class_file", "core"},
    "grading": {"checking", "code_changes", "core", "sandbox"},
    "similarity": {"core", "gradebook"},
    "workers": {"cache", "core", "grading", "sandbox"},
    "authoring": {"checking", "core", "gradebook"},
    "class_report": {"checking", "core", "gradebook", "similarity"},
    "classroom": {"cache", "class_file", "core", "feedback", "gradebook", "grading", "workers"},
    "collect": {"class_file", "classroom", "core", "grading"},
    "give_back": {"class_file", "collect", "core", "gradebook"},
    "audit": {"checking", "code_changes", "core", "grading", "sandbox", "workers"},
    "doctor": {"authoring", "core", "gradebook", "sandbox", "workers"},
    "publish": {"audit", "authoring", "class_file", "core", "gradebook", "similarity"},
    "nbgrader_plugin": {"authoring", "class_file", "classroom", "core", "feedback", "gradebook", "grading", "publish"},
    "service": {"cache", "class_file", "class_report", "classroom", "collect", "core", "feedback", "grading", "sandbox", "workers"},
    "sample": {"authoring", "checking", "core", "grading", "sandbox"},
    "cli": {
        "audit", "authoring", "class_file", "class_report", "classroom", "collect", "core", "doctor", "give_back", "gradebook", "grading", "hand_grading", "publish", "sample", "service", "workers"
    },
}  # fmt: skip
STEPS = (
    "repair",
    "execute",
    "question_report",
    "diagnose",
)  # of grading: `pipeline` alone knows them all


def modules() -> list[Path]:
    """The autograder's own modules."""
    return [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in APART
    ]


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
        assert not [
            name
            for name in imports(path)
            if name.split(".")[0] in ("nbgrader", "pytest", "msgpack")
        ], path


def neighbours(path: Path) -> set[str]:
    """The modules of `sandbox/` that a module imports, there or where it lies in the sandbox."""
    found = (re.match(r"(?:autograder\.)?sandbox\.(\w+)", name) for name in imports(path))
    return {one[1] for one in found if one and (SANDBOX / f"{one[1]}.py").is_file()}


def inside() -> set[str]:
    """The modules that run in the sandbox: those that no module of ours imports, since Python is
    started with their files, and all that these import.
    """
    imported = set().union(*map(neighbours, modules()))
    found = {path.stem for path in SANDBOX.glob("*.py")} - {"__init__"} - imported
    left = list(found)
    while left:
        new = neighbours(SANDBOX / f"{left.pop()}.py") - found
        found |= new
        left += new
    return found


def test_what_runs_inside_the_sandbox_is_known() -> None:
    assert {"bootstrap", "zygote", "server", "wire", "confine"} <= inside()
    assert inside().isdisjoint({"client", "walls"})


@pytest.mark.parametrize("name", sorted(inside()))
def test_what_runs_inside_the_sandbox_imports_nothing_from_outside_of_it(name: str) -> None:
    for imported in imports(SANDBOX / f"{name}.py"):
        assert imported.split(".")[0] not in (
            "nbgrader",
            "pytest",
            "nbformat",
            "nbconvert",
            "pickle",
            "marshal",
            "dill",
            "shelve",
        )
        if imported.startswith("autograder."):
            assert imported.split(".")[1] == "sandbox", imported


def test_nothing_runs_when_the_sandbox_is_imported() -> None:
    assert (SANDBOX / "__init__.py").read_text() == ""  # it is imported inside too


def test_every_folder_has_its_place() -> None:
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - set(
        APART
    ) == MAY_IMPORT.keys() - set(APART)
    assert {path.name for path in PACKAGE.glob("*.py")} == {
        "__init__.py",
        "__main__.py",
        "nbgrader_hooks.py",
    }


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_folders_know_no_more_than_they_may(folder: str) -> None:
    files = sorted((PACKAGE / folder).rglob("*.py"))
    assert len(files) >= 2
    assert (
        set().union(*map(parts, files)) - {folder} == MAY_IMPORT[folder]
    )  # nor does the table allow what nobody needs


def test_there_are_no_rings_of_folders() -> None:
    left = dict(MAY_IMPORT)
    while left:
        free = [name for name, known in left.items() if not known & left.keys()]
        assert free, f"these folders need one another in a ring: {sorted(left)}"
        for name in free:
            del left[name]


@pytest.mark.parametrize("step", STEPS)
def test_steps_of_grading_do_not_know_one_another(step: str) -> None:
    folder = PACKAGE / "grading"
    files = (
        list((folder / step).glob("*.py")) if (folder / step).is_dir() else [folder / f"{step}.py"]
    )
    known = {
        name.split(".")[2]
        for path in files
        for name in imports(path)
        if name.startswith("autograder.grading.")
    }
    assert known.isdisjoint({*STEPS, "pipeline"} - {step})


def test_checks_know_the_checking_package_alone() -> None:
    for folder, allowed in {
        "checks": "autograder.checking",
        "mistakes": "autograder.core.mistakes",
    }.items():
        files = list((PROJECT / "source").glob(f"*/{folder}/*.py"))
        assert len(files) >= 50
        for path in files:
            ours = [name for name in imports(path) if name.startswith("autograder")]
            assert all(name.startswith(allowed) for name in ours), path


def test_nothing_unpickles_what_came_from_a_student() -> None:
    for path in [*modules(), *UTILS.glob("*.py")]:
        assert not {name.split(".")[0] for name in imports(path)} & {
            "pickle",
            "cloudpickle",
            "dill",
            "marshal",
            "shelve",
        }, path
        assert "allow_pickle=True" not in path.read_text()


def test_there_are_no_rings_of_imports() -> None:
    graph = {}
    for path in modules():
        name = ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
        graph[name] = set(imports(path))
    known = {
        name: {
            other
            for other in graph
            for wanted in wants
            if other != name and (wanted == other or wanted.startswith(f"{other}."))
        }
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
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign) and node.value
            else []
        )
        value = getattr(node, "value", None)
        if targets and isinstance(
            value,
            ast.Dict | ast.List | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp | ast.Call,
        ):
            yield from (
                (target.id, node.lineno) for target in targets if isinstance(target, ast.Name)
            )


CHANGES = {
    "append",
    "extend",
    "insert",
    "remove",
    "pop",
    "clear",
    "update",
    "add",
    "discard",
    "setdefault",
    "popitem",
    "sort",
    "reverse",
}


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
        found += [
            f"{path.name}:{node.lineno}: global {', '.join(node.names)}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Global)
        ]
        mine = dict(own_state(tree))
        found += [
            f"{path.name}:{line}: changes {name}" for name, line in changes(tree) if name in mine
        ]
    assert found == []


def test_no_default_argument_can_change() -> None:
    for path in [*modules(), *UTILS.glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                defaults = [
                    *node.args.defaults,
                    *(default for default in node.args.kw_defaults if default),
                ]
                assert not any(
                    isinstance(default, ast.Dict | ast.List | ast.Set) for default in defaults
                ), f"{path.name}: {node.name}"


def test_exceptions_have_one_place() -> None:
    homes: dict[str, set[str]] = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base) for base in node.bases}
                if any(
                    base.endswith(("Error", "Exception", "Fault", "Failed", "Sandbox"))
                    and base not in ("Sandbox",)
                    for base in bases
                ):
                    homes.setdefault(name_of(path), set()).add(node.name)
    ours = homes.pop("core/errors.py")
    assert ours == {
        "AutograderError", "UserError", "NoSandbox", "GraderFault", "StudentError", "CheckFailed", "OutOfWork", "UncertainTime"
    }  # fmt: skip
    assert homes == OWN_EXCEPTIONS
