"""Markdown with formulas to safe HTML that needs no network and no script: formulas become MathML."""

from __future__ import annotations

import html
from functools import lru_cache

import mistune
from latex2mathml.converter import convert


class _Renderer(mistune.HTMLRenderer):
    def inline_math(self, text: str) -> str:
        return mathml(text, "inline")

    def block_math(self, text: str) -> str:
        return f"<p>{mathml(text, 'block')}</p>\n"


@lru_cache(maxsize=4096)
def mathml(latex: str, display: str) -> str:
    """A formula as MathML, or as its escaped source where it is not understood."""
    try:
        return str(convert(latex, display=display))
    except Exception:  # the converter raises many kinds for what it does not know; the source still reads
        return f"<code>{html.escape(latex)}</code>"


@lru_cache(maxsize=4096)
def to_html(markdown: str) -> str:
    """Markdown as HTML; HTML within it is shown as text."""
    made = mistune.create_markdown(renderer=_Renderer(escape=True), plugins=["math", "table", "strikethrough"])(markdown)
    return str(made).strip()


@lru_cache(maxsize=4096)
def inline(markdown: str) -> str:
    """One sentence of Markdown as HTML without the paragraph around it."""
    made = to_html(" ".join(markdown.split()))
    return made.removeprefix("<p>").removesuffix("</p>") if made.count("<p>") == 1 else made
