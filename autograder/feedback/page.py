"""The page a student reads: points, what each check found, hints and comments, beside their own
notebook.

One self-contained file: formulas are MathML, pictures are data, there is no script. A content
security policy forbids any, and every style but the page's own, known by its hash. Everything from
a submission is escaped or made anew; what a reader would not see is spelt out.
"""

from __future__ import annotations

import html
from base64 import b64encode
from dataclasses import replace
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from ..core.course import TEMPLATES
from ..core.markdown import MOST_KEPT, inline, pictures, sentence, to_html
from ..core.page_budget import Budget
from ..core.results import Graded, Marks, Notebook, Outcome
from ..core.sanitize import visible
from ..core.translation import ENGLISH, Translation
from .colours import coloured

MOST_LONG = 32  # long cells whose colours are remembered
COLOURS = "xcode"  # of Pygments' styles, one whose colours can all be read on the page's grey


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    code_style = HtmlFormatter(nobackground=True, style=COLOURS).get_style_defs("pre.code")
    style = Markup(
        environment.get_template("feedback.css.j2").render(code_style=Markup(code_style))
    )
    environment.globals["style"], environment.globals["style_hash"] = (
        style,
        b64encode(sha256(style.encode()).digest()).decode(),
    )
    return environment


def automatic_marks(graded: Graded) -> Marks:
    """Return what a gradebook would hold of a result that no person has looked at yet: written
    answers wait.
    """
    metas = [cell["metadata"].get("nbgrader", {}) for cell in graded.notebook["cells"]]
    graded_cells = {meta["grade_id"]: meta for meta in metas if meta.get("grade")}
    written = {
        ident: float(meta["points"]) for ident, meta in graded_cells.items() if meta.get("solution")
    }
    scores = {f"{one.id}-check": (one.score, one.max_score) for one in graded.questions}
    return Marks(
        scores | {ident: (0.0, points) for ident, points in written.items()}, {}, frozenset(written)
    )


def page(
    notebook: Notebook,
    title: str,
    marks: Marks,
    above: Markup | None = None,
    say: Translation = ENGLISH,
) -> str:
    """Return the feedback page of one submission.

    Args:
        notebook: as it was graded.
        title: the page's.
        marks: what the gradebook holds of it.
        above: HTML to put over the title.
        say: the language of the page; that of the reports in the notebook is their own.
    """
    kept = notebook["metadata"].get("autograder", {})
    results = {question["id"]: question for question in kept.get("questions", [])}
    budget = Budget()
    cells = [_Shown(cell, marks, budget) for cell in notebook["cells"]]
    graded = [cell for cell in cells if cell.points]
    for cell in graded:
        result = results.get(cell.question, {}) if cell.report else {}
        cell.first = (
            Markup(first_thing(result, say))
            if result and cell.points and cell.points[0] < cell.points[1]
            else Markup("")
        )
        cell.comments = [
            Markup(to_html(comment))
            for ident, comment in marks.comments.items()
            if _is_about(ident, cell, graded) and comment != result.get("hint")
        ]
    findings = [
        visible(say(finding["message"]))
        for finding in kept.get("findings", [])
        if finding["kind"] != "raised"
    ]
    return (
        _environment()
        .get_template("feedback.html.j2")
        .render(
            say=say,
            title=title,
            above=above or "",
            cells=cells,
            findings=findings,
            graded=graded,
            group=marks.group,
            late_penalty=marks.late_penalty,
            whose=visible(marks.whose),
            submitted=marks.submitted,
            regrades=[replace(one, note=visible(one.note)) for one in marks.regrades],
            total=max(0.0, sum(score for score, _ in marks.scores.values()) - marks.late_penalty),
            most=sum(most for _, most in marks.scores.values()),
            waiting=sum(
                most for ident, (_, most) in marks.scores.items() if ident in marks.pending
            ),
        )
    )


def _is_about(ident: str, cell: _Shown, graded: list[_Shown]) -> bool:
    """Whether the comment on a cell belongs to this graded one: it is the very cell, or an answer
    that its check examines.
    """
    if any(one.grade_id == ident for one in graded):
        return bool(ident == cell.grade_id)
    return bool(cell.report) and (ident == cell.question or ident.startswith(f"{cell.question}-"))


def first_thing(result: dict[str, Any], say: Translation = ENGLISH) -> str:
    """Return what to do first for a question that lost points, as HTML: its first hint, else what
    its first failed check says.
    """
    hints = [hint["text"] for hint in result.get("hints", [])]
    if hint := hints[0] if hints else result.get("hint"):
        return inline(say(hint))
    failed = [check for check in result.get("checks", []) if check["outcome"] == Outcome.WRONG]
    messages = [check["message"] for check in failed if check["message"]]
    return sentence(say(messages[0])) if messages else ""


class _Shown:
    """A cell as the template shows it."""

    def __init__(self, cell: dict[str, Any], marks: Marks, budget: Budget) -> None:
        meta = cell["metadata"].get("nbgrader", {})
        grade_id = meta.get("grade_id", "")
        code = cell["cell_type"] == "code"
        self.id = cell.get("id", "")
        self.grade_id = grade_id
        self.question = grade_id.removesuffix("-check")
        self.name = self.question if code else grade_id.replace("-", " ")
        self.points = marks.scores.get(grade_id) if meta.get("grade") else None
        self.pending = grade_id in marks.pending
        self.answer = bool(meta.get("solution"))
        self.report, self.first, self.comments = Markup(""), Markup(""), list[Markup]()
        self.html = Markup(_code(cell["source"], budget) if code else _text(cell, budget))
        self.outputs = [
            Markup(shown)
            for output in cell.get("outputs", [])
            if (shown := _output(output, bool(self.points), budget))
        ]
        self.folded = code and not self.answer
        if self.points and code:
            self.report = Markup(
                "".join(
                    _joined(output["data"].get("text/html", ""))
                    for output in cell.get("outputs", [])
                    if "data" in output
                )
            )


def _text(cell: dict[str, Any], budget: Budget) -> str:
    made = to_html(cell["source"], pictures(cell)) if budget.lays_out(cell["source"]) else ""
    return made if made and budget.holds(made) else f"<pre>{_plain(cell['source'])}</pre>"


def _code(source: str, budget: Budget) -> str:
    if not budget.colours(source):
        return f'<div class="codebox"><pre class="code">{_plain(source)}</pre></div>'
    return _coloured(source) if len(source) <= MOST_KEPT else _coloured_long(source)


@lru_cache(maxsize=4096)
def _coloured(source: str) -> str:
    return coloured(visible(source, lines=True))


@lru_cache(maxsize=MOST_LONG)
def _coloured_long(source: str) -> str:
    """Return a long cell coloured: the locked ones are the same for the whole class."""
    return coloured(visible(source, lines=True))


def _output(output: dict[str, Any], graded: bool, budget: Budget) -> str:
    """Return an output as HTML, made anew; a graded cell's report and its bare score are shown
    elsewhere.
    """
    if output["output_type"] == "stream":
        return f"<pre>{_plain(budget.shown(_joined(output['text'])))}</pre>"
    if output["output_type"] == "error":
        trace = _joined(output["traceback"], "\n")
        return f'<pre class="error">{_plain(budget.shown(trace))}</pre>'
    data = output.get("data", {})
    if graded:
        return ""
    if "image/png" in data:
        return (
            f'<img alt="{_plain(data.get("text/plain", "figure"))}" '
            f'src="data:image/png;base64,{html.escape(_joined(data["image/png"]))}">'
        )
    return f"<pre>{_plain(budget.shown(_joined(data.get('text/plain', ''))))}</pre>"


def _plain(text: Any) -> str:
    return html.escape(visible(_joined(text), lines=True))


def _joined(text: Any, between: str = "") -> str:
    return between.join(text) if isinstance(text, list) else str(text)


class FeedbackExporter(Exporter):
    """The same page through `nbgrader generate_feedback`, whose preprocessor `ReadMarks` has read
    the marks.
    """

    file_extension = ".html"
    output_mimetype = "text/html"
    export_from_notebook = "course feedback"

    def from_notebook_node(
        self, nb: NotebookNode, resources: Any = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        nb, made = super().from_notebook_node(nb, resources, **kw)
        return page(nb, made["nbgrader"]["notebook"], made["marks"]), made
