"""What authors of checks and known mistakes call says what it does, what it takes and how it fails."""

from __future__ import annotations

import inspect
import pydoc
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograder import checking
from autograder.checking import compare, rules
from autograder.checking.student import Student
from autograder.core import mistakes
from autograder.core.roots import PROJECT
from utils import plotting, promises, summary, verdicts

FAILING = re.compile(
    r"raise CheckFailed|fail\(|broken\(|_compare\(|refuse|_call\(|raise ValueError|\.report\(|_marker\("
)


def public(module: Any, owner: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions that a module or a class makes public, with their names."""
    for name, thing in vars(module).items():
        if (
            inspect.isfunction(thing)
            and not name.startswith("_")
            and thing.__module__ == (owner or module.__name__)
        ):
            yield f"{module.__name__.rpartition('.')[2]}.{name}", thing


EXPORTED = [
    (name, getattr(checking, name))
    for name in checking.__all__
    if inspect.isfunction(getattr(checking, name))
]
MARKS = [(name, getattr(mistakes, name)) for name in ("mistake", "variant")]
API = dict(
    [*EXPORTED, *public(compare), *public(rules), *public(Student, Student.__module__), *MARKS]
)
VISIBLE = [
    *public(verdicts.check, verdicts.__name__),
    *public(promises.Promises, promises.__name__),
    *public(summary.Checks, summary.__name__),
    *public(plotting),
]
MODULES = (
    "checking",
    "checking.compare",
    "checking.rules",
    "checking.student",
    "checking.updates",
    "core.errors",
    "core.mistakes",
)


def test_all_of_it_is_looked_at() -> None:
    assert len(API) >= 28
    assert {"check", "compare.close", "rules.rejects", "Student.forward", "mistake"} <= set(API)
    assert len(VISIBLE) >= 12


@pytest.mark.parametrize("name", API)
def test_it_says_what_it_does_in_one_imperative_sentence(name: str) -> None:
    first = (inspect.getdoc(API[name]) or "").partition("\n")[0]
    word = first.partition(" ")[0]
    assert first.endswith("."), f"{name}: {first!r}"
    assert word in {"Return", "Fail", "End", "Mark", "Call", "Say", "Release"}, (
        f"{name}: expected a verb in the imperative, got {word!r}"
    )


@pytest.mark.parametrize("name", API)
def test_it_says_what_each_argument_is(name: str) -> None:
    documented = inspect.getdoc(API[name]) or ""
    taken = [one for one in inspect.signature(API[name]).parameters if one != "self"]
    _, _, rest = documented.partition("Args:\n")
    said = {
        word.strip()
        for line in re.findall(r"^    ([\w, ]+):", rest.partition("\n\n")[0], re.M)
        for word in line.split(",")
    }
    assert set(taken) == said, f"{name}: its docstring has {sorted(said)}, expected {sorted(taken)}"


@pytest.mark.parametrize("name", API)
def test_what_can_fail_says_how(name: str) -> None:
    if FAILING.search(inspect.getsource(API[name]).rpartition('"""')[2]):
        assert "Raises:\n" in (inspect.getdoc(API[name]) or ""), name


@pytest.mark.parametrize(("name", "function"), VISIBLE, ids=[name for name, _ in VISIBLE])
def test_what_visible_checks_call_has_a_sentence_and_a_line_on_the_authors_page(
    name: str, function: Callable[..., Any]
) -> None:
    assert (
        (inspect.getdoc(function) or "").partition("\n\n")[0].rstrip().endswith((".", "`", ":"))
    ), name
    page = (PROJECT / "course" / "authors" / "visible-checks.md").read_text(encoding="utf-8")
    assert f"{name.rpartition('.')[2]}(" in page, (
        f"{name} is not on course/authors/visible-checks.md"
    )


def test_the_page_of_visible_checks_shows_what_its_example_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (PROJECT / "course" / "authors" / "visible-checks.md").read_text(encoding="utf-8")
    example, said = re.findall(r"^```(?:python)?\n(.*?)^```$", page, re.M | re.S)[:2]
    (mistake,) = re.findall(r"For the mistake `(.*)` it prints", page)
    names = {"check": verdicts.check, "np": np}
    exec(f"def sphere_volume(radius):\n    {mistake}\n{example}", names)
    assert capsys.readouterr().out == said


def test_the_page_of_functions_names_modules_that_pydoc_prints() -> None:
    page = (PROJECT / "course" / "site" / "api.md").read_text(encoding="utf-8")
    head = page.partition("## ")[0]
    modules = re.findall(r"autograder\.[a-z.]+[a-z]", head)
    assert set(modules) >= {f"autograder.{name}" for name in MODULES}
    for name in modules:
        assert pydoc.render_doc(name).startswith("Python Library Documentation"), name
    assert "build/site/course/site/api.html" in head
    for name in set(checking.__all__) - {"CheckFailed", "StudentError"}:
        assert name in page, f"{name} is not on course/site/api.md"
