"""The environment is pinned: what is installed is what was resolved, and a student's lies within the staff's."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from autograder.checking import difference as own_difference
from autograder.class_report import style as own_style
from autograder.core.course import TEMPLATES
from autograder.core.roots import PROJECT
from utils import plotting

STUDENT, STAFF = "requirements.txt", "requirements-staff.txt"
PLATFORMS = [
    {
        "python_version": version,
        "python_full_version": f"{version}.5",
        "sys_platform": system,
        "platform_system": name,
        "os_name": kind,
    }
    for version in ("3.11", "3.12", "3.13")
    for system, name, kind in (
        ("linux", "Linux", "posix"),
        ("darwin", "Darwin", "posix"),
        ("win32", "Windows", "nt"),
    )
]


@cache
def locked(name: str) -> tuple[tuple[Requirement, tuple[str, ...]], ...]:
    """A lock file's requirements with their hashes, read line by line."""
    text = (PROJECT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    found = []
    for line in text.splitlines():
        words = line.split(" --hash=")
        if line.strip() and not line.startswith("#"):
            found.append((Requirement(words[0].strip()), tuple(word.strip() for word in words[1:])))
    return tuple(found)


def versions(name: str, platform: dict[str, str]) -> dict[str, str]:
    """What a lock file installs on a platform; one version a package."""
    made: dict[str, str] = {}
    for requirement, _ in locked(name):
        if requirement.marker is None or requirement.marker.evaluate({**platform, "extra": ""}):
            package = canonicalize_name(requirement.name)
            assert package not in made, f"{package} is locked twice on {platform}"
            made[package] = str(requirement.specifier).removeprefix("==")
    return made


def pyproject() -> dict[str, object]:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]  # type: ignore[no-any-return]


def tracked() -> list[Path]:
    """The files that a clone holds."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed, which says what a clone holds")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("no git repository")
    return [
        path for name in listed.stdout.split("\0") if name and (path := PROJECT / name).is_file()
    ]


@pytest.mark.parametrize("name", [STUDENT, STAFF])
def test_every_requirement_is_pinned_and_hashed(name: str) -> None:
    assert len(locked(name)) > 50
    for requirement, hashes in locked(name):
        assert re.fullmatch(r"==[0-9][^*,]*", str(requirement.specifier)), requirement
        Version(str(requirement.specifier)[2:])
        assert requirement.url is None
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes)
    text = (PROJECT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(
        r"^\s*-(?!-hash=)", text, flags=re.MULTILINE
    )  # no option: no index, no editable, no file


@pytest.mark.parametrize(
    "platform",
    PLATFORMS,
    ids=lambda platform: f"{platform['sys_platform']}-{platform['python_version']}",
)
def test_what_a_student_installs_staff_install_in_the_same_version(
    platform: dict[str, str],
) -> None:
    student, staff = versions(STUDENT, platform), versions(STAFF, platform)
    assert student.items() <= staff.items()
    assert len(staff) > len(student)


def test_a_student_installs_nothing_of_the_graders() -> None:
    mine = {canonicalize_name(requirement.name) for requirement, _ in locked(STUDENT)}
    assert not mine & {
        "nbgrader",
        "pytest",
        "torch",
        "nbval",
        "jupytext",
        "mypy",
        "ruff",
        "msgpack",
        "mistune-extra",
        "sqlalchemy",
        "alembic",
    }
    assert not any(requirement.name == "torch" for requirement, _ in locked(STAFF))


@pytest.mark.parametrize(
    "platform",
    PLATFORMS,
    ids=lambda platform: f"{platform['sys_platform']}-{platform['python_version']}",
)
def test_the_locks_hold_what_the_project_asks_for(platform: dict[str, str]) -> None:
    project = pyproject()
    extras: dict[str, list[str]] = project["optional-dependencies"]  # type: ignore[assignment]
    needs: list[str] = project["dependencies"]  # type: ignore[assignment]
    student: list[str] = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))[
        "dependency-groups"
    ]["student"]
    staff = [*needs, *student, *extras["grade"], *extras["scale"], *extras["dev"]]
    for name, asked in ((STUDENT, student), (STAFF, staff)):
        held = versions(name, platform)
        for text in asked:
            requirement = Requirement(text)
            if requirement.marker and not requirement.marker.evaluate({**platform}):
                continue
            version = held[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version, prereleases=True), (
                f"{name} has {requirement.name} {version}, where {text} was expected"
            )


def test_conda_brings_python_and_pip_and_the_lock_the_rest() -> None:
    environment = yaml.safe_load((PROJECT / "environment.yml").read_text(encoding="utf-8"))
    assert set(environment) == {"name", "channels", "dependencies"}
    assert environment["name"] == "training-neural-networks"
    assert environment["channels"] == ["conda-forge"]
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    (nested,) = [entry for entry in environment["dependencies"] if not isinstance(entry, str)]
    assert {re.split(r"[=<> ]", entry)[0] for entry in plain} == {"python", "pip"}
    (python,) = [entry.partition("=")[2] for entry in plain if entry.startswith("python")]
    requirement = Requirement(f"python{pyproject()['requires-python']}")
    assert requirement.specifier.contains(python.strip("="))
    assert nested == {"pip": [f"-r {STUDENT}"]}


def test_the_readme_names_files_that_are_there() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    for name in re.findall(
        r"(?<![\w/.-])((?:course|autograder|utils)/[\w./-]*\.(?:md|py|toml|yml)|[\w-]+\.(?:txt|yml|toml))",
        readme,
    ):
        if name not in (
            "timestamp.txt",
            "NN-name.py",
            "class.toml",
        ):  # a submission's, any assignment's, a class's
            assert (PROJECT / name).is_file(), name
    for target in re.findall(r"\]\(([^)#]+)\)", readme):
        assert "://" in target or (PROJECT / target).exists(), target


def test_a_new_course_is_configured_as_this_one() -> None:
    assert (TEMPLATES / "new" / "course" / "nbgrader_config.py.j2").read_bytes() == (
        PROJECT / "nbgrader_config.py"
    ).read_bytes()


def test_the_graders_own_copies_of_what_notebooks_share_are_equal() -> None:
    assert inspect.getsource(own_difference) == inspect.getsource(sys.modules["utils.difference"])
    assert (inspect.getsource(own_style.style), own_style.PALETTE) == (
        inspect.getsource(plotting.style),
        plotting.PALETTE,
    )


def test_the_wheel_holds_the_grader_alone(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, tmp_path)
    for name in (
        "autograder",
        "utils",
    ):  # a copy, since setuptools takes along what an earlier build left behind
        shutil.copytree(PROJECT / name, tmp_path / name)
    build = [
        sys.executable,
        "-m",
        "uv",
        "build",
        "--wheel",
        "--quiet",
        "--no-build-isolation",
        "--offline",
    ]
    subprocess.run([*build, "--out-dir", tmp_path / "dist", tmp_path], check=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = [name for name in packed.namelist() if ".dist-info/" not in name]
    assert {name.partition("/")[0] for name in names} == {"autograder"}
    assert "autograder/templates/new/assignment/checks.py.j2" in names
    kinds = {name.split("/")[1] for name in names}
    assert not kinds & {"tests", "bench", "checks", "mistakes", "utils"}
    assert not [name for name in names if name.endswith((".ipynb", ".npz")) or "/tests/" in name]


def test_a_course_elsewhere_has_its_own_package_for_notebooks_and_nothing_else_is_found(
    tmp_path: Path,
) -> None:
    for name, text in {
        "utils/__init__.py": "from utils.part import WHOSE\n",
        "utils/part.py": "WHOSE = 'its own'\n",
        "secrets.py": "1 / 0\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    code = (
        "import sys; from pathlib import Path; from autograder.core.course import make_importable\n"
        f"make_importable(Path({str(tmp_path / 'utils')!r})); assert 'utils' not in sys.modules\n"
        "import secrets, utils; print(utils.WHOSE)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "its own\n"


def test_no_place_of_one_machine_is_written_down() -> None:
    """Paths such as those of whoever wrote it, and addresses of package registries and mirrors."""
    path = re.compile(r"(?<![\w.$}])/(?:root|work|home|Users)/[\w.-]+")
    registry = re.compile(
        r"(?:index|extra-index|registry|find-links)[-_]url\s*[=:]|https?://[^\s\"']*(?:pypi|simple/|anaconda\.org|artifactory|nexus)",
        re.IGNORECASE,
    )
    found = []
    for file in tracked():
        if (
            file == Path(__file__).resolve() or file.parent.name == "attacks"
        ):  # those do try to reach such places
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        text = re.sub(r'"image/png": "[^"]*"', "", text)
        found += [
            f"{file.relative_to(PROJECT)}: {match[0]}"
            for pattern in (path, registry)
            for match in pattern.finditer(text)
        ]
    assert found == []
