"""The built site as its tests read it: pages with their links and anchors, and all of its text."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from autograder.core.course import STAFF
from autograder.core.roots import PROJECT

SITE = PROJECT / "build" / "site"
TEXT = frozenset({".html", ".ipynb", ".js", ".json", ".md", ".py", ".svg", ".txt", ".xml", ".yml"})
VENDOR = ("_static/mathjax", "_static/scripts", "_static/styles", "_static/vendor")
# Lines of a form that every assignment has, and that pages for authors explain: they tell nothing of a question.
FORM = re.compile(r"%%|from\w|import|FORBIDDEN=|class|def\w+\(student(,reference)?,rng\):$")
LEAST = 24  # characters without spaces: shorter lines are alike by chance


class Page(HTMLParser):
    """A page's anchors, and its links as (tag, address)."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value}
        self.anchors += [given["id"]] if "id" in given else []
        self.links += [(tag, given[name]) for name in ("href", "src", "data") if name in given]


def pages(site: Path) -> dict[Path, Page]:
    """Return the site's pages by path."""
    return {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


def dead_links(site: Path) -> list[str]:
    """Return each link inside the site that leads nowhere, with its page."""
    found, known = [], pages(site)
    for path, page in known.items():
        for _, address in page.links:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            anchor = unquote(parts.fragment)
            if not target.exists() or (
                anchor and target in known and anchor not in known[target].anchors
            ):
                found.append(f"{path.relative_to(site)}: {address}")
    return found


def loaded_from_elsewhere(site: Path) -> list[str]:
    """Return what pages load from other hosts; links that a reader follows are none of it."""
    return [
        f"{path.relative_to(site)}: {address}"
        for path, page in pages(site).items()
        for tag, address in page.links
        if tag not in ("a",) and (urlsplit(address).netloc or address.startswith("//"))
    ]


def bare(text: str) -> str:
    """Return a text without spaces, comment signs and escapes, so that its form hides nothing."""
    return re.sub(r'[\s#\\"]+|(?<=\\)n', "", text)


def _text(path: Path) -> str:
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix in (".html", ".svg"):
        return html.unescape(re.sub(r"<[^>]+>", "", text))
    if path.suffix == ".ipynb":
        return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    return text


def texts(site: Path) -> Iterator[tuple[str, str]]:
    """Yield each file of the site with its text, as `bare` leaves it."""
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.suffix in TEXT and not name.startswith(VENDOR):
            yield name, bare(_text(path))


def _windows(text: str) -> Iterator[str]:
    return (text[start : start + LEAST] for start in range(len(text) - LEAST + 1))


def staff_lines() -> set[str]:
    """Return the lines of solutions, checks, hints and rubrics that students do not get as well.

    A reference's tests are none of these: they say in public what any textbook says.
    """
    kept: list[Path] = []
    given: list[Path] = sorted((PROJECT / "utils").rglob("*.py"))
    for folder in sorted((PROJECT / "source").iterdir()):
        kept += sorted(folder.glob("*.py"))
        kept += [
            path
            for part in STAFF
            for path in sorted((folder / part).rglob("*"))
            if path.suffix in (".py", ".toml") and path.name != "test_reference.py"
        ]
        given += sorted((PROJECT / "release" / folder.name).glob("*.ipynb"))
    public = set(_windows("\0".join(bare(_text(path)) for path in given)))
    lines = {bare(line) for path in kept for line in path.read_text("utf-8").splitlines()}
    return {
        line
        for line in lines
        if len(line) >= LEAST and not FORM.match(line) and not set(_windows(line)) <= public
    }


def leaks(files: Iterable[tuple[str, str]], lines: Iterable[str]) -> list[tuple[str, str]]:
    """Return each staff line that a file holds, with the file."""
    by_start: dict[str, list[str]] = {}
    for line in lines:
        by_start.setdefault(line[:LEAST], []).append(line)
    found = []
    for name, text in files:
        for start, window in enumerate(_windows(text)):
            for line in by_start.get(window, ()):
                if text.startswith(line, start):
                    found.append((name, line))
    return found
