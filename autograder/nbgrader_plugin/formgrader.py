"""What nbgrader's formgrader shows of a submission, made harmless: there, a student's script would
have the rights of who grades.

Two layers, each of which holds alone: Markdown is made HTML by `core.markdown` in place of
nbconvert, which lets HTML and scripts through; and a content security policy lets nothing run but
the scripts of nbgrader's own page, known by a number drawn for each page or by their hashes.
"""

from __future__ import annotations

import html
import re
import secrets
import sys
from base64 import b64encode
from hashlib import sha256

from jinja2 import pass_context
from jinja2.runtime import Context
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from traitlets.config import Config

from ..core.course import TEMPLATES
from ..core.markdown import pictures, to_html
from ..core.page_budget import Budget
from ..core.sanitize import visible
from .formgrader_files import serve_plainly

_INLINE = re.compile(r"<script[^>]*>(.*?)</script>|\son\w+=\"([^\"]*)\"", re.DOTALL)
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'unsafe-hashes' {hashes}; style-src "
    "'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
)


def protect(config: Config) -> None:
    """Set formgrader's exporter up in nbgrader's configuration, and in its own process how it
    gives out files.
    """
    if "nbgrader.server_extensions.formgrader.handlers" in sys.modules:
        serve_plainly()
    config.HTMLExporter.template_file = str(TEMPLATES / "formgrader.html.j2")
    config.HTMLExporter.sanitize_html = False  # what there is of HTML is the grader's own report
    config.HTMLExporter.filters = {
        "markdown2html": markdown,
        "strip_files_prefix": unchanged,
        "highlight_code": code,
        "ansi2html": output,
        "nonce": nonce,
        "policy": policy,
        "visible": visible,
    }


@pass_context
def markdown(context: Context, text: str) -> str:
    """Markdown as HTML, its links as text: a page of formgrader's own would do what a link's
    address says.
    """
    budget = _budget(context)
    made = (
        to_html(text, pictures(context.get("cell", {})), links=False)
        if budget.lays_out(text)
        else ""
    )
    if not (made and budget.holds(made)):
        return f'<pre class="tex2jax_ignore">{html.escape(visible(text, lines=True))}</pre>'
    return f'<div class="tex2jax_ignore">{made}</div>'


def unchanged(text: str) -> str:
    """Return the text as it is: nbconvert's own filter looks for links in it, in a time that grows
    with the square of their number.
    """
    return text


@pass_context
def code(context: Context, source: str, **others: object) -> str:
    """Return a cell's code as HTML, coloured where that takes no more than a moment, by a lexer
    that never looks at the same place many times.
    """
    shown = visible(source, lines=True)
    if not _budget(context).colours(shown):
        return f'<div class="highlight"><pre>{html.escape(shown)}</pre></div>'
    return str(highlight(shown, PythonLexer(), HtmlFormatter(cssclass=" highlight hl-ipython3")))


@pass_context
def output(context: Context, text: str) -> str:
    """Return an output as HTML, as plain text, as far as one page can hold it."""
    return html.escape(visible(_budget(context).shown(str(text)), lines=True))


def _budget(context: Context) -> Budget:
    """Return the budget of the page that is being made; nbconvert makes its resources anew for
    each.
    """
    budget: Budget = context["resources"].setdefault("autograder_budget", Budget())
    return budget


@pass_context
def nonce(_: Context, prefix: str) -> str:
    """Return a number that nobody can guess, another one for every page; without the context, Jinja
    would draw one for good.
    """
    return prefix + secrets.token_urlsafe(16)


def policy(trusted: str, nonce: str) -> str:
    """Return the policy that lets a page's own scripts run, as an element of its head.

    Args:
        trusted: the parts of the page that hold them, and nothing of a submission.
        nonce: what marks those that may run.
    """
    codes = [
        html.unescape(handler) if handler else script
        for script, handler in _INLINE.findall(trusted)
        if script or handler
    ]
    hashes = [f"'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'" for code in codes]
    content = POLICY.format(nonce=nonce, hashes=" ".join(dict.fromkeys(hashes)))
    return (
        f'<meta http-equiv="Content-Security-Policy" content="{content}">\n<meta '
        'name="referrer" content="same-origin">'
    )
