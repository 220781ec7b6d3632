"""The page a student reads: points, what each check found, hints and comments, beside their own notebook.

One self-contained file: formulas are MathML, pictures are data, there is no script, and a content security policy forbids any.
Everything from a submission is escaped or made anew.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from nbconvert.exporters import Exporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from .markup import to_html
from .paths import TEMPLATES
from .records import Notebook

Scores = Mapping[str, tuple[float, float]]


@cache
def _environment() -> Environment:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals["code_style"] = Markup(HtmlFormatter(nobackground=True).get_style_defs("pre.code"))
    return environment


def page(notebook: Notebook, title: str, scores: Scores, comments: Mapping[str, str], late_penalty: float) -> str:
    """The feedback page of one submission.

    Args:
        notebook: the autograded notebook.
        title: the assignment's name.
        scores: (points, most points) by graded cell.
        comments: Markdown by solution cell.
        late_penalty: points taken off.
    """
    cells = [_Shown(cell, scores, comments) for cell in notebook["cells"]]
    findings = [finding["message"] for finding in notebook["metadata"].get("autograder", {}).get("findings", []) if finding["kind"] != "raised"]
    total = sum(score for score, _ in scores.values()) - late_penalty
    return _environment().get_template("feedback.html.j2").render(
        title=title, cells=cells, findings=findings, late_penalty=late_penalty,
        graded=[cell for cell in cells if cell.points], total=total, most=sum(most for _, most in scores.values()),
    )  # fmt: skip


class _Shown:
    """A cell as the template shows it."""

    def __init__(self, cell: dict[str, Any], scores: Scores, comments: Mapping[str, str]) -> None:
        meta = cell["metadata"].get("nbgrader", {})
        self.id = cell.get("id", "")
        self.name = meta.get("grade_id", "").removesuffix("-check")
        self.points = scores.get(meta.get("grade_id", "")) if meta.get("grade") else None
        self.answer = bool(meta.get("solution"))
        comment = comments.get(meta.get("grade_id", ""))
        self.comment = Markup(to_html(comment)) if comment else ""
        code = cell["cell_type"] == "code"
        self.html = Markup(_code(cell["source"]) if code else _markdown(cell))
        self.outputs = [Markup(shown) for output in cell.get("outputs", []) if (shown := _output(output, bool(self.points)))]
        self.folded = code and not self.answer


@lru_cache(maxsize=4096)
def _code(source: str) -> str:
    return str(highlight(source, PythonLexer(), HtmlFormatter(nobackground=True, cssclass="codebox", wrapcode=False))).replace("<pre>", '<pre class="code">')


def _markdown(cell: dict[str, Any]) -> str:
    made = to_html(cell["source"])
    for name, bundle in cell.get("attachments", {}).items():
        for mime, data in bundle.items():
            made = made.replace(f'src="attachment:{html.escape(name)}"', f'src="data:{mime};base64,{html.escape(data)}"')
    return made


def _output(output: dict[str, Any], graded: bool) -> str:
    """An output as HTML. Only a graded cell's own report, which we wrote, is taken as HTML; nbgrader's bare score is left out."""
    if output["output_type"] == "stream":
        return f"<pre>{html.escape(_joined(output['text']))}</pre>"
    if output["output_type"] == "error":
        return f'<pre class="error">{html.escape(_joined(output["traceback"], chr(10)))}</pre>'
    data = output.get("data", {})
    if graded:
        return _joined(data.get("text/html", ""))
    if "image/png" in data:
        return f'<img alt="{html.escape(_joined(data.get("text/plain", "figure")))}" src="data:image/png;base64,{html.escape(_joined(data["image/png"]))}">'
    return f"<pre>{html.escape(_joined(data.get('text/plain', '')))}</pre>"


def _joined(text: Any, between: str = "") -> str:
    return between.join(text) if isinstance(text, list) else str(text)


class FeedbackExporter(Exporter):
    """The same page through `nbgrader generate_feedback`, whose GetGrades has put the marks into the notebook."""

    file_extension = ".html"
    output_mimetype = "text/html"
    export_from_notebook = "course feedback"

    def from_notebook_node(self, nb: NotebookNode, resources: ResourcesDict | None = None, **kw: Any) -> tuple[str, ResourcesDict]:
        nb, made = super().from_notebook_node(nb, resources, **kw)
        metas = [cell.metadata.nbgrader for cell in nb.cells if "nbgrader" in cell.metadata]
        scores = {meta.grade_id: (float(meta.score), float(meta.points)) for meta in metas if "score" in meta}
        comments = {meta.grade_id: meta.comment for meta in metas if meta.get("comment")}
        return page(nb, made["nbgrader"]["notebook"], scores, comments, float(made["nbgrader"]["late_penalty"])), made
