"""Files for places where grading runs: they can be read, and name what is there."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml

from autograder.authoring.new import FIRST
from autograder.cli.parser import _parser
from autograder.core.course import Course
from autograder.core.roots import PROJECT
from autograder.tests.dockerfile import Step, context, steps

PAGE = (PROJECT / "course" / "deployment.md").read_text(encoding="utf-8")
PAGES = sorted({PROJECT / "README.md", *(PROJECT / "course").rglob("*.md")})
EXAMPLES = PROJECT / "course" / "examples"
WORKFLOWS = [
    *sorted((PROJECT / ".github" / "workflows").glob("*.yml")),
    EXAMPLES / "github" / "grade.yml",
]
GRADESCOPE = EXAMPLES / "gradescope"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_few_rights_and_fixed_actions(path: Path) -> None:
    told: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert told["permissions"] == {"contents": "read"}
    for job in told["jobs"].values():
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            if "uses" in step:
                assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
            else:  # what a person types in is no part of a script
                assert "${{" not in step["run"]


def test_code_on_the_page_can_be_read() -> None:
    blocks = re.findall(r"```(\w*)\n(.*?)```", PAGE, re.DOTALL)
    python = [text for _, text in blocks if "_config.py" in text.partition("\n")[0]]
    assert len(python) == 4
    for text in python:
        compile(text, "page", "exec", dont_inherit=True)
    jobs = [yaml.safe_load(text) for kind, text in blocks if kind == "yaml"]
    assert [job["kind"] for job in jobs] == ["Job"]


def typed(page: str) -> list[list[str]]:
    """The words of each of our commands in a page's blocks of code."""
    found = []
    for _, block in re.findall(r"```(\w*)\n(.*?)```", page, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            here = re.search(r"^\s*(?:\$ )?(?:[\w./-]*/)?autograder (?P<rest>.*)", line)
            if here:
                words = shlex.split(here["rest"], comments=True)
                found.append(list(takewhile(lambda word: word not in {"|", ">", "&&"}, words)))
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_commands_on_a_page_exist(path: Path) -> None:
    parser, examples = _parser(), EXAMPLES.glob("*/source/*-*")
    known = {*Course().assignments(), *(path.name for path in examples), FIRST}
    for words in typed(path.read_text(encoding="utf-8")):
        parser.parse_args([re.sub(r"^[KN]$", "1", word) for word in words])
        assert not [word for word in words if re.match(r"\d\d-", word) and word not in known]


def test_commands_are_found_on_the_pages() -> None:
    counts = [len(typed(path.read_text(encoding="utf-8"))) for path in PAGES]
    assert len(typed(PAGE)) >= 8
    assert sum(counts) > 35


def test_the_image_holds_nothing_of_a_class() -> None:
    left_out = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    ignored = (PROJECT / ".gitignore").read_text(encoding="utf-8")
    of_a_class = ignored.partition("# What a class leaves behind")[2].splitlines()[1:]
    names = [line.strip("/").removesuffix("*") for line in of_a_class if line.strip()]
    assert len(names) > 10
    assert not [name for name in names if not any(name in line for line in left_out)]


def test_the_steps_of_the_dockerfile_are_read() -> None:
    read = steps((PROJECT / "Dockerfile").read_text(encoding="utf-8"))
    kinds = ["FROM", "RUN", "WORKDIR", "COPY", "RUN", "WORKDIR", "ENTRYPOINT", "CMD"]
    assert [step.kind for step in read] == kinds
    assert read[1].words[0].endswith("python3-venv && rm -rf /var/lib/apt/lists/*")
    assert read[-1] == Step("CMD", ("doctor",))
    with pytest.raises(ValueError, match="got ADD"):
        steps("FROM debian\nADD x y\n")


def test_a_context_follows_dockers_rules(tmp_path: Path) -> None:
    for name in ("class/a", "x/class/a", "x/.venv/b", ".venv/b", "a.egg-info/c", "x/a.egg-info"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    lines = ["# a remark", "", "class", "**/.venv", "*.egg-info", "!a.egg-info"]
    kept = {"x/class/a", "a.egg-info/c", "x/a.egg-info"}
    assert set(context(tmp_path, lines)) == kept


@pytest.mark.parametrize("name", ["setup.sh", "run_autograder"])
def test_a_script_for_gradescope_is_one(name: str) -> None:
    assert (GRADESCOPE / name).stat().st_mode & 0o111 == 0o111
    assert subprocess.run(["bash", "-n", str(GRADESCOPE / name)], check=False).returncode == 0


def test_an_upload_without_a_notebook_gets_a_result(tmp_path: Path) -> None:
    for folder in ("submission", "results"):
        (tmp_path / folder).mkdir()
    (tmp_path / "submission" / "notes.txt").write_text("no notebook")
    script = (GRADESCOPE / "run_autograder").read_text(encoding="utf-8")
    placed = script.replace("/autograder/", f"{tmp_path}/")
    assert subprocess.run(["bash", "-c", placed], check=False).returncode == 0
    told = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    assert told["score"] == 0
    assert "no notebook" in told["output"]
