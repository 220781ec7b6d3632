"""The course's pages: what they claim in code holds, what they link to exists, and their pictures are drawn by the code beside them."""

from __future__ import annotations

import importlib.util
import json
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from autograder.core.roots import PROJECT

mpl.use("Agg")
from matplotlib import pyplot as plt

from .sooner import sooner

COURSE = PROJECT / "course"
PAGES = [PROJECT / "README.md", *sorted(COURSE.glob("*.md")), *sorted(COURSE.glob("authors/*.md"))]
ERRATA = range(1, 33)
PURE_TYPOS = (32,)  # misspelt names: nothing to compute

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^()\s]+)\)")
CODE = re.compile(r"`[^`\n]+`")


@dataclass(frozen=True)
class Block:
    """A block of code on a page."""

    page: Path
    heading: str
    line: int  # of its first line of code
    text: str


@dataclass(frozen=True)
class Page:
    """What a Markdown page holds, told apart."""

    headings: tuple[str, ...]
    blocks: tuple[Block, ...]
    text: str  # without its blocks


@cache
def read(path: Path) -> Page:
    headings, blocks, text, block = [], [], [], None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if block is not None:
            if line.startswith("```"):
                blocks.append(
                    Block(path, headings[-1] if headings else "", block[0], "\n".join(block[1]))
                )
                block = None
            else:
                block[1].append(line)
        elif line.startswith("```"):
            block = (number + 1, [])
        else:
            text.append(line)
            if match := re.match(r"#{1,6} (.+)", line):
                headings.append(match[1].strip())
    return Page(tuple(headings), tuple(blocks), "\n".join(text))


def anchor(heading: str) -> str:
    """The name under which GitHub and MyST let one link to a heading."""
    plain = LINK.sub(lambda link: link[2], heading)
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


@cache
def anchors(path: Path) -> tuple[str, ...]:
    return tuple(map(anchor, read(path).headings)) if path.suffix == ".md" else ()


def links(path: Path) -> Iterator[tuple[bool, str, str]]:
    """Whether it is a picture, the text and the target of each link of a page."""
    for picture, text, target in LINK.findall(
        CODE.sub(lambda code: re.sub(r"[\[\]]", "", code[0]), read(path).text)
    ):
        yield bool(picture), text, target


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


CONVENTIONS = read(COURSE / "conventions.md")


# Conventions and errata


@pytest.mark.parametrize("block", CONVENTIONS.blocks, ids=lambda block: block.heading)
def test_a_block_of_the_conventions_holds(block: Block) -> None:
    assert "assert" in block.text, "it shows nothing"
    padded = "\n" * (block.line - 1) + block.text  # so that a failure names the page's own line
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(padded, str(block.page), "exec", dont_inherit=True), {"__name__": "__main__"})


def test_each_erratum_has_its_entry() -> None:
    assert [heading for heading in CONVENTIONS.headings if heading.startswith("Erratum")] == [
        f"Erratum {n}" for n in ERRATA
    ]


def test_only_typing_slips_go_without_code() -> None:
    shown = {block.heading for block in CONVENTIONS.blocks}
    sections = [
        heading
        for heading in CONVENTIONS.headings
        if heading not in ("Conventions and errata", "Conventions", "Errata")
    ]
    assert {heading for heading in sections if heading not in shown} == {
        f"Erratum {n}" for n in PURE_TYPOS
    }


# Links


@pytest.mark.parametrize(
    "page",
    PAGES,
    ids=lambda page: page.name if page.parent == COURSE else f"{page.parent.name}/{page.name}",
)
def test_what_a_page_links_to_exists(page: Path) -> None:
    missing = []
    for _, _, target in links(page):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (fragment and fragment not in anchors(path)):
            missing.append(target)
    assert not missing, f"{page.name} links to what is not there: {', '.join(missing)}"


@pytest.mark.parametrize(
    "page",
    PAGES,
    ids=lambda page: page.name if page.parent == COURSE else f"{page.parent.name}/{page.name}",
)
def test_no_two_headings_of_a_page_share_an_anchor(page: Path) -> None:
    assert len(set(anchors(page))) == len(anchors(page))


# Figures


def load_runner() -> Any:
    spec = importlib.util.spec_from_file_location("draw", COURSE / "figures" / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DRAW = load_runner()
DRAWN: dict[str, tuple[Path, Callable[[], Figure]]] = {
    file: (source, function)
    for source in DRAW.modules().values()
    for file, function in DRAW.drawings(source).items()
}


def unlabelled(figure: Figure) -> list[str]:
    """The axes with numbers along them and no word on what these are; one word will do for a whole row or column of panels."""
    found = []
    for number, ax in enumerate(figure.axes):
        if not (ax.axison and ax.get_visible()):
            continue
        for letter, axis, whole in (
            ("x", ax.xaxis, figure.get_supxlabel()),
            ("y", ax.yaxis, figure.get_supylabel()),
        ):
            texts = [label.get_text() for label in axis.get_ticklabels() if label.get_visible()]
            numbers = [
                text
                for text in texts
                if text and not re.search(r"[A-Za-z]{2,}", re.sub(r"\\[a-z]+", "", text))
            ]
            if (
                axis.get_visible()
                and numbers
                and not whole
                and not any(label(other, letter) for other in beside(ax, letter))
            ):
                found.append(f"{letter} of panel {number}")
    return found


def label(ax: Axes, letter: str) -> str:
    return ax.get_xlabel() if letter == "x" else ax.get_ylabel()


def beside(ax: Axes, letter: str) -> list[Axes]:
    """The panel and those above and below it (for x), or to its left and right (for y)."""
    spec = ax.get_subplotspec()
    if spec is None:
        return [ax]
    others = [(other, other.get_subplotspec()) for other in ax.figure.axes]
    return [
        other
        for other, place in others
        if place is not None
        and place.get_gridspec() is spec.get_gridspec()
        and (place.colspan == spec.colspan if letter == "x" else place.rowspan == spec.rowspan)
    ]


def drawn(file: str, picture: Path) -> bytes:
    """Draw a figure, holding it to the rules, and return what was saved."""
    source, function = DRAWN[file]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = function()
        DRAW.save(figure, picture, source)
    bare = unlabelled(figure)
    plt.close("all")
    assert not bare, f"without a label: {', '.join(bare)}"
    return picture.read_bytes()


@pytest.mark.parametrize("file", sooner(DRAWN, list(DRAWN)[::8]))
def test_a_figure_is_drawn_without_warning_told_in_words_and_labelled(
    file: str, tmp_path: Path
) -> None:
    source, function = DRAWN[file]
    assert function.__doc__, "its docstring should say in words what is to be seen"
    fresh = drawn(file, tmp_path / "once")
    stored = source.parent / file
    assert stored.is_file(), f"{file} has not been drawn: python course/figures/draw.py"
    assert DRAW.fingerprint(source) in stored.read_text(encoding="utf-8"), (
        f"{file} is older than {source.name}: draw it again"
    )
    if (
        stored.read_bytes() != fresh
    ):  # another version of Matplotlib may draw differently, but twice the same
        assert drawn(file, tmp_path / "twice") == fresh, (
            "drawing twice gives two pictures: draw random numbers from a seed"
        )


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.name)
def test_a_picture_on_a_page_is_drawn_by_code_and_told_in_words(page: Path) -> None:
    for picture, text, target in links(page):
        if picture:
            folder, _, file = target.rpartition("/")
            assert folder == "figures", f"{target} is not among the drawn pictures"
            assert file in DRAWN, f"no function draws {file}"
            assert len(text) > 20, f"{file} has no words for those who cannot see it"


def test_each_picture_is_shown_in_its_note_and_none_is_left_over() -> None:
    shown = {
        (page.stem, target) for page in PAGES[1:] for picture, _, target in links(page) if picture
    }
    unused = [
        file
        for file, (source, _) in DRAWN.items()
        if (source.stem.replace("_", "-"), f"figures/{file}") not in shown
    ]
    assert not unused, f"drawn, but not shown in their own note: {', '.join(unused)}"
    left_over = sorted({path.name for path in (COURSE / "figures").glob("*.svg")} - set(DRAWN))
    assert not left_over, f"pictures that no function draws: {', '.join(left_over)}"


# The index and the table of coverage


@cache
def graded_ids(name: str) -> set[str]:
    """The ids of an assignment's questions, and of its written one."""
    notebook = json.loads((PROJECT / "source" / name / f"{name}.ipynb").read_text(encoding="utf-8"))
    graded = [
        cell["id"]
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade")
    ]
    return {id.removesuffix("-check") for id in graded}


ASSIGNMENTS = sorted(
    path.parent.name
    for path in (PROJECT / "source").glob("*/*.ipynb")
    if path.stem == path.parent.name
)


COVERAGE = COURSE / "coverage.md"
TABLE = [cells(line) for line in read(COVERAGE).text.splitlines() if line.startswith("|")]
CONCEPTS = [row for row in TABLE if row[0] != "concept" and not row[0].startswith("---")]


def test_the_table_of_coverage_has_a_part_for_every_deck() -> None:
    parts = [heading for heading in read(COVERAGE).headings if re.match(r"D\d", heading)]
    assert [part[:2] for part in parts] == ["D0", "D1", "D2", "D3", "D4"]
    assert {len(row) for row in TABLE} == {3}
    assert len(CONCEPTS) > 150


@pytest.mark.parametrize(
    ("concept", "taught", "graded"), CONCEPTS, ids=[row[0] for row in CONCEPTS]
)
def test_a_concept_is_taught_and_graded_where_the_table_says(
    concept: str, taught: str, graded: str
) -> None:
    headings = r"\[[^\]]+\]\([\w-]+\.md#[\w-]+\)"
    assert re.fullmatch(rf"{headings}(, {headings})*", taught), (
        f"not links to headings of notes: {taught!r}"
    )
    kind, _, rest = graded.partition(": ")
    assert kind in ("tested", "used", "told")
    if kind == "told":
        assert len(rest) > 10, "a reason, please"
    else:
        for part in rest.split("; "):
            match = re.fullmatch(
                r"\[([\w-]+)\]\(\.\./release/\1/\1\.ipynb\): ((?:`[\w-]+`(?:, )?)+)", part
            )
            assert match, f"cannot read {part!r}"
            unknown = set(re.findall(r"`([\w-]+)`", match[2])) - graded_ids(match[1])
            assert not unknown, f"{match[1]} has no question {', '.join(unknown)}"


def test_the_index_names_every_assignment_and_its_questions() -> None:
    index = (COURSE / "README.md").read_text(encoding="utf-8")
    for name in ASSIGNMENTS:
        link = f"[{name}](../release/{name}/{name}.ipynb)"
        assert link in index, (
            f"course/README.md has no row for {name}: expected one that begins with {link}"
        )
        line = next(line for line in index.splitlines() if f"[{name}](../release/" in line)
        asked = {id for id in graded_ids(name) if not id.endswith("-written")}
        assert set(CODE.findall(cells(line)[-1])) == {f"`{id}`" for id in asked}
        title = read(COURSE / f"{name}.md").headings[0].partition(" · ")[2]
        assert f"[{title}]({name}.md)" in line


def test_the_site_lists_each_page() -> None:
    """Sphinx refuses a page that no table of contents lists, and few have it installed."""
    listed = (COURSE / "site" / "course_pages.py").read_text(encoding="utf-8")
    index = (COURSE / "README.md").read_text(encoding="utf-8")
    for page in sorted([*COURSE.glob("*.md"), *COURSE.glob("authors/*.md")]):
        name = page.relative_to(PROJECT).with_suffix("").as_posix()
        notebook = f"../release/{page.stem}/{page.stem}.ipynb"
        if page.name not in ("README.md", "start.md"):  # the index, and the page of a package
            assert f'"/{name}"' in listed or notebook in index, f"{name} is in no table of contents"


def test_the_second_course_has_all_that_its_helpers_import() -> None:
    helpers = COURSE / "examples" / "pooling" / "utils"
    for helper in helpers.glob("*.py"):
        for name in re.findall(r"^from utils\.(\w+) import", helper.read_text("utf-8"), re.M):
            assert (helpers / f"{name}.py").is_file(), f"{helper.name} imports utils.{name}"
