"""`otter run`, in a virtual environment of its own in a temporary folder: its own notebook runner,
hidden checks as its test files.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import venv
from pathlib import Path

from ..core.assignment import load_assignment
from ..core.course import Course
from ..core.roots import PROJECT
from .samples import Class, Marks, Run

# its own, and what notebooks and checks import
PACKAGES = (
    "otter-grader",
    "ipykernel",
    "numpy",
    "matplotlib",
    "scikit-image",
    "scikit-learn",
    "pooch",
    "msgpack",
)
TEST = """
from otter.test_files import test_case

from autograder.bench.inprocess import load_checks, passed

OK_FORMAT = False
name = {question!r}
points = None
_found = {{}}


def _passes(env, check):
    if "passed" not in _found:
        _found["passed"] = passed(load_checks({assignment!r}, {question!r}), env, {seed})
    assert check in _found["passed"]

{cases}
"""
CASE = """
@test_case(points={points}, hidden=True)
def test_{number}(env):
    _passes(env, {id!r})
"""


class Otter:
    """An autograder in Otter's form for each assignment of a class, made by its own
    `otter generate`.

    Raises:
        RuntimeError: it could not be installed, or grades nothing; the message says why.
    """

    def __init__(self, course: Course, folder: Path, submitted: Class, seed: int) -> None:
        self.folder, self.submitted = folder, submitted
        folder.mkdir(parents=True)
        venv.create(folder / "venv", with_pip=True)
        self._python = folder / "venv" / "bin" / "python"
        self._run("-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES)
        self.version = self._run(
            "-c", "from importlib.metadata import version; print(version('otter-grader'))"
        ).strip()
        for name in submitted:
            self._generate(course, name, seed)

    def _generate(self, course: Course, name: str, seed: int) -> None:
        from .inprocess import load_checks

        tests = self.folder / name / "tests"
        tests.mkdir(parents=True)
        for question in load_assignment(course, name).questions:
            checks = load_checks(name, question.id)
            cases = "".join(
                CASE.format(number=number, points=check.points, id=check.id)
                for number, check in enumerate(checks)
            )
            text = TEST.format(assignment=name, question=question.id, seed=seed, cases=cases)
            (tests / f"{question.id}.py").write_text(text, encoding="utf-8")
        self._run(
            "-m",
            "otter",
            "generate",
            "-t",
            "tests",
            "-o",
            "autograder.zip",
            "--no-requirements",
            "--no-environment",
            folder=tests.parent,
        )

    def run(self) -> Run:
        """One command a submission, as `otter run` is meant to be called."""
        marks: Marks = {}
        start = time.perf_counter()
        for name, submissions in self.submitted.items():
            for submission in submissions:
                notebook = self.folder / name / f"{submission.student}.ipynb"
                notebook.write_bytes(submission.content)
                out = self.folder / name / f"{submission.student}.out"
                out.mkdir(exist_ok=True)
                self._run(
                    "-m",
                    "otter",
                    "run",
                    "-a",
                    "autograder.zip",
                    "-o",
                    out,
                    "--no-logo",
                    notebook,
                    folder=notebook.parent,
                )
                marks[name, submission.student] = _marks(out / "results.json")
        return Run(time.perf_counter() - start, sum(map(len, self.submitted.values())), marks=marks)

    def _run(self, *arguments: str | Path, folder: Path | None = None) -> str:
        environment = {
            **os.environ,
            "PYTHONPATH": str(PROJECT),
            "PATH": os.pathsep.join([str(self._python.parent), os.environ["PATH"]]),
        }
        environment.pop("VIRTUAL_ENV", None)
        done = subprocess.run(
            [self._python, *arguments],
            cwd=folder or self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(
                f"{' '.join(map(str, arguments[:4]))} failed: "
                f"{(done.stderr or done.stdout)[-1500:]}"
            )
        return done.stdout


def _marks(path: Path) -> dict[str, float]:
    """Return the points by question; the first entry tells of all public tests at once."""
    tests = json.loads(path.read_text(encoding="utf-8"))["tests"]
    return {test["name"]: round(float(test["score"]), 6) for test in tests if "score" in test}
