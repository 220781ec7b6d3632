"""Markdown with formulas to safe HTML that needs no network and no script: formulas become MathML.

HTML within it is shown as text. A picture is one that was pasted into the cell, or its address. A
link is to a page elsewhere, and where the reader has more rights than the writer, it is its address
as well.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import mistune
from latex2mathml.converter import convert
from mistune.plugins.math import INLINE_MATH_PATTERN, parse_inline_math

from .sanitize import visible

# by the name of the attachment, its address as data, or words in its place
Pictures = Mapping[str, str]
NONE: Pictures = MappingProxyType({})
ELSEWHERE = ("https://", "http://", "mailto:")
PICTURES = ("image/png", "image/jpeg")
# characters of a cell; what reads Markdown takes ten times as long for three times as many
MOST_SHOWN = 20_000
MOST_KEPT = 4_000  # characters of what is remembered, once it has been made HTML


class _Renderer(mistune.HTMLRenderer):
    def __init__(self, pictures: Pictures = NONE, links: bool = True) -> None:
        super().__init__(escape=True)
        self._pictures, self._links = pictures, links

    def link(self, text: str, url: str, title: str | None = None) -> str:
        address = html.escape(url)
        if self._links and url.lower().startswith(ELSEWHERE):
            return f'<a href="{address}" rel="noopener noreferrer nofollow">{text}</a>'
        return f"{text} (<code>{address}</code>)"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        picture = self._pictures.get(unquote(url).removeprefix("attachment:"))
        words = html.escape(html.unescape(mistune.util.striptags(text)))
        if picture and picture.startswith("data:"):
            return f'<img alt="{words}" src="{picture}">'
        return f"[{words}: {picture}]" if picture else f"[{words}: <code>{html.escape(url)}</code>]"

    def table(self, text: str) -> str:
        return f'<div class="wide" tabindex="0"><table>\n{text}</table></div>\n'

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        tag = "th" if head else "td"
        return f"<{tag}{f' class={align!r}' if align else ''}>{text}</{tag}>\n"

    def inline_math(self, text: str) -> str:
        return mathml(text, "inline")

    def block_math(self, text: str) -> str:
        # it scrolls where it is wide, also by the keyboard
        return f'<p class="formula" tabindex="0">{mathml(text, "block")}</p>\n'


# The converter passes text through unescaped, and knows links and styles; only what draws a formula
# is let by.
_TAGS = frozenset(
    "math mrow mi mo mn ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover "
    "munderover mtable mtr mtd mstyle mpadded mphantom".split()
)
_ATTRIBUTES = frozenset(
    "display mathvariant stretchy fence form accent accentunder lspace rspace width "
    "height depth columnalign rowspacing columnspacing columnlines rowlines "
    "displaystyle scriptlevel linethickness minsize maxsize separator movablelimits "
    "symmetric largeop".split()
)


def mathml(latex: str, display: str) -> str:
    """Return a formula as MathML, or as its escaped source where it is not understood, too long, or
    would hold anything else.
    """
    return (
        _formula(latex, display)
        if len(latex) <= MOST_KEPT
        else f"<code>{html.escape(latex)}</code>"
    )


@lru_cache(maxsize=4096)
def _formula(latex: str, display: str) -> str:
    try:
        made = str(convert(latex, display=display))
        if _is_formula(ElementTree.fromstring(made)):
            return made
    except Exception:
        # the converter raises many kinds for what it does not know; the source still reads
        pass
    return f"<code>{html.escape(latex)}</code>"


def _is_formula(root: ElementTree.Element) -> bool:
    return all(
        part.tag.removeprefix("{http://www.w3.org/1998/Math/MathML}") in _TAGS
        and part.attrib.keys() <= _ATTRIBUTES
        for part in root.iter()
    )


def to_html(markdown: str, pictures: Pictures = NONE, links: bool = True) -> str:
    """Markdown as HTML; HTML within it is shown as text.

    Args:
        pictures: those that may be shown, by the name of the attachment.
        links: whether an address can be followed, or is shown as text.
    """
    if pictures or len(markdown) > MOST_KEPT:
        return _made(markdown, pictures, links)
    return _remembered(markdown, links)


@lru_cache(maxsize=4096)
def _remembered(markdown: str, links: bool) -> str:
    return _made(markdown, NONE, links)


def _formulas_across_lines(md: mistune.Markdown) -> None:
    """Read a formula in a sentence also where it goes on in the next line, as GitHub and JupyterLab
    do.
    """
    within_a_line = r"(?:[^$\\\n]|\\.)+?"
    assert within_a_line in INLINE_MATH_PATTERN
    across = r"(?:[^$\\\n]|\\.|\n(?![ \t]*\n))+?"
    pattern = INLINE_MATH_PATTERN.replace(within_a_line, across)
    md.inline.register("inline_math", pattern, parse_inline_math, before="link")


def _made(markdown: str, pictures: Pictures, links: bool) -> str:
    more = len(markdown) - MOST_SHOWN
    shown = visible(markdown[:MOST_SHOWN], lines=True)
    made = mistune.create_markdown(
        renderer=_Renderer(pictures, links),
        plugins=["math", _formulas_across_lines, "table", "strikethrough"],
    )(shown)
    return str(made).strip() + (
        f"<p>[{more} more characters are not shown]</p>" if more > 0 else ""
    )


def pictures(cell: Mapping[str, Any]) -> Pictures:
    """Return the pictures that were pasted into a cell, only what is a PNG or a JPEG by its name;
    or why one is not shown.
    """
    return {
        unquote(name): f"data:{mime};base64,{html.escape(data)}"
        if mime in PICTURES
        else html.escape(data)
        for name, bundle in cell.get("attachments", {}).items()
        for mime, data in bundle.items()
        if mime in (*PICTURES, "text/plain")
    }


@lru_cache(maxsize=4096)
def inline(markdown: str) -> str:
    """One sentence of Markdown as HTML without the paragraph around it."""
    made = to_html(" ".join(markdown.split()))
    return made.removeprefix("<p>").removesuffix("</p>") if made.count("<p>") == 1 else made


_SPANS = re.compile(r"`(?P<code>[^`\n]+)`|\$(?P<formula>[^$\n]+)\$")


def sentence(text: str) -> str:
    """Return a reason or a hint as HTML: `names` set as code and $formulas$ as MathML, all else
    escaped.

    Other marks of Markdown stay as they are: a reason may hold words of a student's own.
    """
    made, end = [], 0
    for span in _SPANS.finditer(text):
        made.append(html.escape(text[end : span.start()]))
        made.append(
            mathml(span["formula"], "inline")
            if span["formula"]
            else f"<code>{html.escape(span['code'])}</code>"
        )
        end = span.end()
    return "".join([*made, html.escape(text[end:])])
