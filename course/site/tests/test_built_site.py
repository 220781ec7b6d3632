"""The built site (`make site`): its links hold, it needs no other host, and nothing that staff keep is in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from course.site.course_pages import assignments

from .built import SITE, bare, dead_links, leaks, loaded_from_elsewhere, pages, staff_lines, texts

MOST = 30_000_000  # bytes
STAFF_WORDS = ("**Model answer.**", "**Rubric.**", "**Weak answer (", "**Average answer (")
# It shows authors the form of a rubric, with an invented answer.
SHOWS_THE_FORM = ("_sources/course/authors/notebook.md", "course/authors/notebook.html")


@pytest.fixture(scope="module", autouse=True)
def _there_is_a_site() -> None:
    assert (SITE / "index.html").is_file(), "there is no site yet: run make site"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Two pages of the site, to plant faults in."""
    for name in ("course/05-optimizers.html", "release/05-optimizers/05-optimizers.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SITE / name, tmp_path / name)
    return tmp_path


def test_every_link_and_anchor_holds() -> None:
    assert dead_links(SITE) == []


def test_a_dead_link_or_anchor_would_be_found(copy: Path) -> None:
    page, before = copy / "course" / "05-optimizers.html", set(dead_links(copy))
    text = page.read_text(encoding="utf-8")
    planted = '<a href="nowhere.html">x</a><a href="#no-such-heading">y</a>'
    page.write_text(text.replace("</body>", f"{planted}</body>"), encoding="utf-8")
    assert set(dead_links(copy)) - before == {
        "course/05-optimizers.html: nowhere.html",
        "course/05-optimizers.html: #no-such-heading",
    }


def test_nothing_is_loaded_from_another_host() -> None:
    assert loaded_from_elsewhere(SITE) == []


def test_each_assignment_has_its_note_and_its_notebook() -> None:
    known = {path.relative_to(SITE).as_posix() for path in pages(SITE)}
    for name in assignments():
        assert {f"course/{name}.html", f"release/{name}/{name}.html"} <= known
    assert len(assignments()) >= 12


def test_nothing_that_staff_keep_is_in_it() -> None:
    lines = staff_lines()
    assert len(lines) > 10_000
    assert leaks(texts(SITE), lines) == []
    words = [bare(word) for word in STAFF_WORDS]
    found = {name for name, text in texts(SITE) for word in words if word in text}
    assert found <= set(SHOWS_THE_FORM)


@pytest.mark.parametrize(
    "kind", ["checks/test_nesterov.py", "mistakes/nesterov.py", "05-optimizers.py"]
)
def test_one_line_of_staff_would_be_found(copy: Path, kind: str) -> None:
    lines = staff_lines()
    folder = SITE.parents[1] / "source" / "05-optimizers"
    source = folder / kind
    secret = [line for line in source.read_text("utf-8").splitlines() if bare(line) in lines]
    page = copy / "course" / "05-optimizers.html"
    line = max(secret, key=len)
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("</article>", f"<p>{line}</p></article>"), encoding="utf-8")
    assert ("course/05-optimizers.html", bare(line)) in leaks(texts(copy), lines)


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file()) < MOST
