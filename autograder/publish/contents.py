"""What a student is given for one assignment: files by their paths, read and not yet written
anywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

from ..authoring.given import given_source, wanted
from ..core.assignment import EARLIER, load_assignment, text_of
from ..core.course import Course
from ..core.errors import UserError

START = "course/start.md"  # how to begin, for students; it lies at the top of what they get
# Pages that a note may rest on, and that give no answer away: they come with the notes that link to
# them.
_BESIDE = ("lectures.md", "pictures.md")
LINK = re.compile(r"(?P<image>!?)\[(?P<text>(?:[^\]\n]|\n(?!\s*\n))*)\]\((?P<target>[^)\s]+)\)")
_DATA = frozenset({".csv", ".json", ".npy", ".npz", ".png", ".jpg", ".svg", ".txt"})


@dataclass(frozen=True)
class Contents:
    """All that is handed out with an assignment.

    Attributes:
        files: content by path, in the folder that students have.
        given: functions of earlier assignments that `given.py` holds, by assignment.
        withheld: those that it would hold if their deadlines had passed.
    """

    files: Mapping[str, bytes]
    given: Mapping[str, tuple[str, ...]]
    withheld: Mapping[str, tuple[str, ...]]


def contents(course: Course, name: str, past: Collection[str]) -> Contents:
    """Gather an assignment's files.

    Args:
        name: the assignment.
        past: assignments whose deadlines have passed: their answers may be given.

    Raises:
        UserError: the assignment is not built, or a file beside it is of no kind that is handed
            out.
    """
    assignment = load_assignment(course, name)
    cell = next((cell.stub for cell in assignment.cells if cell.id == EARLIER), "")
    asked: dict[str, list[str]] = {}
    for one, names in wanted(name, cell):
        asked.setdefault(one, []).extend(names)
    given = {one: tuple(names) for one, names in asked.items() if one in past}
    withheld = {one: tuple(names) for one, names in asked.items() if one not in past}
    notebook = course.release_notebook(name)
    files = {f"release/{name}/{notebook.name}": notebook.read_bytes()}
    if given:
        files[f"release/{name}/given.py"] = given_source(
            course, name, cell, only=frozenset(given)
        ).encode()
    for path in sorted(notebook.parent.iterdir()):
        if path.name in (notebook.name, course.given(name).name):
            continue
        if not path.is_file() or path.is_symlink() or path.suffix not in _DATA:
            raise UserError(
                f"{path}: expected the notebook, given.py and data "
                f"({', '.join(sorted(_DATA))}) alone in release/{name}"
            )
        files[f"release/{name}/{path.name}"] = path.read_bytes()
    files |= _utils(course) | _note(course, name) | _start(course)
    return Contents(_without_dead_links(course, name, files), given, withheld)


def _utils(course: Course) -> dict[str, bytes]:
    paths = [
        path
        for path in sorted(course.utils.rglob("*"))
        if path.suffix == ".py" or path.name in ("py.typed", "messages.json")
    ]
    apart = ("tests", "__pycache__")
    kept = [path for path in paths if not set(path.relative_to(course.utils).parts) & set(apart)]
    return {
        f"utils/{path.relative_to(course.utils).as_posix()}": path.read_bytes() for path in kept
    }


def _note(course: Course, name: str) -> dict[str, bytes]:
    """Return the lecture note with its pictures and the pages that it rests on."""
    pages = course.root / "course"
    note = pages / f"{name}.md"
    if not note.is_file():
        return {}
    found = {f"course/{note.name}": note.read_bytes()}
    for link in LINK.finditer(note.read_text(encoding="utf-8")):
        picture = pages / link["target"]
        beside = link["target"] in _BESIDE
        if (link["image"] or beside) and picture.is_file():
            found[f"course/{link['target']}"] = picture.read_bytes()
    return found


def _start(course: Course) -> dict[str, bytes]:
    found = {}
    for path, target in (
        (START, "START.md"),
        ("requirements.txt", "requirements.txt"),
        ("environment.yml", "environment.yml"),
    ):
        if (course.root / path).is_file():
            found[target] = (course.root / path).read_bytes()
    return found


def _without_dead_links(course: Course, name: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the same files; on pages, a link to a file that no student has yet becomes its
    text.
    """
    known = set(files)
    for earlier in course.assignments():
        if earlier < name:
            known |= {f"course/{earlier}.md", f"release/{earlier}/{earlier}.ipynb"}

    def kept(page: str, text: str) -> str:
        folder = page.rpartition("/")[0]
        return LINK.sub(
            lambda link: link[0] if _reaches(folder, link["target"], known) else link["text"], text
        )

    return {path: with_text(path, content, partial(kept, path)) for path, content in files.items()}


def with_text(path: str, content: bytes, change: Callable[[str], str]) -> bytes:
    """Return a file with the text of a page, or of a notebook's pages, changed."""
    if path.endswith(".md"):
        return change(content.decode("utf-8")).encode()
    return _notebook_with(content, change) if path.endswith(".ipynb") else content


def _notebook_with(content: bytes, change: Callable[[str], str]) -> bytes:
    """Return the notebook with the text of its pages changed; the very same bytes if nothing is."""
    notebook, changed = json.loads(content), False
    for cell in notebook["cells"]:
        text = text_of(cell)
        if cell["cell_type"] == "markdown" and (new := change(text)) != text:
            cell["source"], changed = new.splitlines(keepends=True), True
    return (
        (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode() if changed else content
    )


def _reaches(folder: str, target: str, known: Collection[str]) -> bool:
    path = target.partition("#")[0]
    if not path or "://" in path or path.startswith("mailto:"):
        return True
    parts = [*folder.split("/")] if folder else []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return False
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) in known
