"""Where everything lies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path, PurePath
from types import ModuleType

from .errors import UserError
from .roots import find_root, named_root

PACKAGE = Path(__file__).resolve().parent.parent
TEMPLATES = PACKAGE / "templates"
CHECKS, MISTAKES, TESTS = "checks", "mistakes", "tests"
# folders of an assignment that no student's material may hold anything of
STAFF = (CHECKS, MISTAKES, TESTS)


@dataclass(frozen=True)
class Course:
    """A course's folders: what authors keep lies in `root`, what a class leaves behind in
    `work`.
    """

    root: Path = field(default_factory=find_root)
    work: Path = field(default_factory=find_root)

    @classmethod
    def of_class(cls, work: Path, root: Path | None = None) -> Course:
        """Return the course of a class, given its folder: the one that is named, or that the
        working folder or the class's lies in.

        Raises:
            UserError: what is named is no course, or none is found.
        """
        return cls(named_root(root, "--root") if root else find_root(Path.cwd(), work), work)

    @property
    def source(self) -> Path:
        return self.root / "source"

    @property
    def release(self) -> Path:
        return self.root / "release"

    @property
    def utils(self) -> Path:
        return self.root / "utils"

    @property
    def pyproject(self) -> Path:
        return self.root / "pyproject.toml"

    @property
    def submitted(self) -> Path:
        return self.work / "submitted"

    @property
    def class_file(self) -> Path:
        """What a class says of itself: times, late policy, groups."""
        return self.work / "class.toml"

    @property
    def roster(self) -> Path:
        """Who is in the class."""
        return self.work / "roster.csv"

    def manifest(self, name: str) -> Path:
        """Where each notebook of an assignment came from."""
        return self.work / "collected" / f"{name}.json"

    def regrades(self, name: str) -> Path:
        """Return the file with what became of requests to grade submissions again."""
        return self.work / "regraded" / f"{name}.json"

    @property
    def replaced(self) -> Path:
        """Where submissions lie that later ones have taken the place of."""
        return self.work / "replaced"

    @property
    def autograded(self) -> Path:
        return self.work / "autograded"

    def autograded_notebook(self, name: str, student: str) -> Path:
        return self.autograded / student / name / f"{name}.ipynb"

    @property
    def feedback(self) -> Path:
        return self.work / "feedback"

    def feedback_page(self, name: str, student: str) -> Path:
        return self.feedback / student / name / f"{name}.html"

    @property
    def leaderboard(self) -> Path:
        """Not in a folder whose parts are named after students: one of them might be called so."""
        return self.work / "leaderboard.html"

    def overview(self, name: str) -> Path:
        """Return the page on a class's work on an assignment, for staff."""
        return self.work / "report" / f"{name}.html"

    @property
    def gradebook(self) -> Path:
        return self.work / "gradebook.db"

    @property
    def seeds(self) -> Path:
        """The seed of each assignment's hidden inputs."""
        return self.gradebook.with_name(f"{self.gradebook.name}.seeds")

    @property
    def pseudonym_key(self) -> Path:
        """The key of a course's pseudonyms."""
        return self.gradebook.with_name(f"{self.gradebook.name}.key")

    @property
    def cache(self) -> Path:
        """Results, kept by what they depend on."""
        return self.work / ".autograder" / "results.db"

    @property
    def lock(self) -> Path:
        return self.cache.with_name("lock")

    @property
    def db_url(self) -> str:
        """The gradebook as SQLAlchemy names it; it waits for others that write, such as
        formgrader.
        """
        return f"sqlite:///{self.gradebook}?timeout=120"

    def assignments(self) -> list[str]:
        """Return the names of all assignments, in order."""
        return sorted(
            folder.name
            for folder in self.source.iterdir()
            if (folder / f"{folder.name}.py").is_file()
        )

    def folder(self, name: str) -> Path:
        """Return the one folder of an assignment: its text form, notebook, data and what staff keep
        of it.
        """
        return self.source / name

    def checks(self, name: str) -> Path:
        return self.folder(name) / CHECKS

    def mistakes(self, name: str) -> Path:
        """Return the folder of the known mistakes and right variants."""
        return self.folder(name) / MISTAKES

    def limits(self, name: str) -> Path:
        """Return the limits of one assignment, where it has its own."""
        return self.checks(name) / "limits.toml"

    def released_texts(self, name: str) -> Path:
        """Return the file with what the text cells of each release were, as digests."""
        return self.checks(name) / "released-texts.txt"

    def unseen(self, name: str) -> Path:
        """Return the wrong answers that were thought up without a look at the known mistakes."""
        return self.folder(name) / TESTS / "unseen.py"

    def text_form(self, name: str) -> Path:
        return self.folder(name) / f"{name}.py"

    def source_notebook(self, name: str) -> Path:
        return self.folder(name) / f"{name}.ipynb"

    def release_notebook(self, name: str) -> Path:
        return self.release / name / f"{name}.ipynb"

    def given(self, name: str) -> Path:
        """Return the functions of earlier assignments that this one builds on, if it does."""
        return self.release / name / "given.py"

    def require(self, name: str) -> str:
        """Return the name of an assignment that exists, given its name or a path that ends with it.

        Raises:
            UserError: there is none of that name; the message offers near ones and lists those
                there are.
        """
        known = self.assignments()
        asked = (
            PurePath(name).name.removesuffix(".ipynb").removesuffix(".py")
            if name not in known
            else name
        )
        if asked not in known:
            raise UserError(
                f"there is no assignment {name!r}{did_you_mean(asked, known)}; the course "
                f"has {', '.join(known) or 'none yet'}"
            )
        return asked


def not_left_out(ignored: Iterable[str]) -> list[str]:
    """Return the folders for staff that nbgrader would copy, given the patterns of what it leaves
    out.
    """
    patterns = list(ignored)
    return [folder for folder in STAFF if not any(fnmatch(folder, pattern) for pattern in patterns)]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ", did you mean …?" with the names that are near to one, or nothing."""
    from difflib import get_close_matches  # only where somebody mistyped

    folded = {one.casefold(): one for one in known}
    near = [one for one in folded if name and (name.casefold() in one or one == name.casefold())]
    near += [one for one in get_close_matches(name.casefold(), folded, 3, 0.7) if one not in near]
    return f" (did you mean {', '.join(folded[one] for one in near[:3])}?)" if near else ""


class _PackageFinder(MetaPathFinder):
    """Finds one package that lies in no folder of the path, and nothing of what lies beside it."""

    def __init__(self, package: Path) -> None:
        self._package = package

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self._package.name:
            return None
        places = [str(self._package)]
        return spec_from_file_location(
            name, self._package / "__init__.py", submodule_search_locations=places
        )


def make_importable(package: Path) -> None:
    """Have `import utils` find a course's own package when somebody imports it; of several courses
    the first counts.
    """
    if (package / "__init__.py").is_file() and not any(
        isinstance(finder, _PackageFinder) for finder in sys.meta_path
    ):
        sys.meta_path.insert(0, _PackageFinder(package))


@contextmanager
def scripts_on_path() -> Iterator[None]:
    """Put this environment's commands on the PATH: nbgrader makes a new gradebook by calling
    alembic.
    """
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def without_password(url: str) -> str:
    """Return a database's address as people are told, without its password."""
    # takes longer to load than a class of a thousand to look through
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "given as db_url"
