"""Sphinx extension: the table of contents, notebooks as pages, and MathJax served from the site."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
INDEX = "course/README"
PAGES = {  # of the index, by heading; the notes come first
    "Reference": (
        "/course/lectures",
        "/course/conventions",
        "/course/coverage",
        "/course/pictures",
    ),
    "For teaching assistants": (
        "Grading a class </README>",
        "/course/deployment",
        "/course/scale",
        "/course/grading-by-hand",
        "/course/serving",
        "/autograder/service/README",
        "/autograder/sandbox/README",
        "/CHANGELOG",
        "/SECURITY",
    ),
    "For authors": (
        "/course/authoring",
        "/course/authors/notebook",
        "/course/authors/visible-checks",
        "/course/authors/hidden-checks",
        "/course/authors/mistakes",
        "/course/authors/audit",
        "/course/authors/folders",
        "/course/examples/pooling/README",
        "/course/site/api",
        "/ARCHITECTURE",
        "/CONTRIBUTING",
    ),
}
START = ("/course/overview", "/course/site/downloads")
MATHJAX = ("tex-chtml.js", "output/chtml/fonts")


def assignments() -> list[str]:
    """Return the names of the assignments, in the order of the course's index."""
    text = (ROOT / f"{INDEX}.md").read_text(encoding="utf-8")
    return re.findall(r"\[([\w-]+)\]\(\.\./release/\1/\1\.ipynb\)", text)


def toctree(entries: list[str], caption: str = "") -> str:
    """Return a hidden table of contents as MyST reads it."""
    named = f":caption: {caption}\n" if caption else ""
    return "\n\n```{toctree}\n:hidden:\n" + named + "\n" + "\n".join(entries) + "\n```\n"


def read(app: Sphinx, docname: str, source: list[str]) -> None:
    """Add to pages what only the site has, so that GitHub shows them without it."""
    names = assignments()
    if docname == INDEX:
        source[0] += toctree(list(START))
        source[0] += toctree([f"/course/{name}" for name in names], "Notes and exercises")
        for caption, entries in PAGES.items():
            source[0] += toctree(list(entries), caption)
    elif docname.removeprefix("course/") in names:
        name = docname.removeprefix("course/")
        source[0] += toctree([f"Exercise {name} </release/{name}/{name}>"])
    elif docname.startswith("release/"):
        source[0] = notebook_page(source[0])


def notebook_page(text: str) -> str:
    """Return a released notebook without outputs, its check cells folded."""
    notebook: dict[str, Any] = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        cell["outputs"] = []
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["metadata"].setdefault("tags", []).append("hide-input")
    return json.dumps(notebook)


class Drawings(SphinxPostTransform):
    """Mark pictures of lines alone, which dark mode may invert; photographs it may not."""

    default_priority = 900

    def run(self, **kwargs: Any) -> None:
        """Add the class `drawing` to each SVG without a photograph in it."""
        for image in self.document.findall(nodes.image):
            path = ROOT / image["uri"]
            if path.suffix == ".svg" and path.is_file() and "<image" not in path.read_text("utf-8"):
                image["classes"].append("drawing")


def plain_docstring(
    app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Write a docstring's code as reStructuredText, and keep its other marks as they are."""
    for number, line in enumerate(lines):
        parts = re.split(r"(`+[^`]+`+)", line)
        parts[::2] = [re.sub(r"([*|]|_\b)", r"\\\1", part) for part in parts[::2]]
        parts[1::2] = [f"``{part.strip('`')}``" for part in parts[1::2]]
        lines[number] = "".join(parts)


def serve_mathjax(app: Sphinx) -> None:
    """Copy of MathJax what pages load.

    Raises:
        FileNotFoundError: npm has not installed it.
    """
    package = HERE / "node_modules" / "mathjax" / "es5"
    target = Path(app.outdir) / "_static" / "mathjax"
    for name in MATHJAX:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (package / name).is_dir():
            shutil.copytree(package / name, target / name, dirs_exist_ok=True)
        else:
            shutil.copyfile(package / name, target / name)


def drop_templates(app: Sphinx, error: Exception | None) -> None:
    """Remove from the site the templates that the themes leave among their files."""
    for path in (Path(app.outdir) / "_static").glob("*macros.html"):
        path.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect the above to Sphinx's events."""
    app.connect("builder-inited", serve_mathjax)
    app.connect("source-read", read)
    app.connect("autodoc-process-docstring", plain_docstring, priority=400)
    app.connect("build-finished", drop_templates)
    app.add_post_transform(Drawings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
