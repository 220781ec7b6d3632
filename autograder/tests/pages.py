"""Pages as a browser reads them: what in them could run, load or lead astray, and Markdown that tries to put it there."""

from __future__ import annotations

import re
from html.parser import HTMLParser

ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "h4", "h5", "h6", "p", "strong", "em", "del", "table", "thead", "tbody", "tr", "th",
    "td", "a", "div", "section", "details", "summary", "ul", "ol", "li", "pre", "code", "span", "img", "br", "hr", "blockquote",
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "msub", "msup", "msubsup", "mfrac", "msqrt", "mroot", "munder", "mover", "munderover",
    "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom", "menclose", "mfenced",
}  # fmt: skip
HOSTILE = [
    "<script>alert(1)</script>",
    "</pre></section><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<iframe src='https://example.org'></iframe>",
    "<meta http-equiv=refresh content='0;url=https://example.org'>",
    "<form action='https://example.org'><input name=password></form>",
    "<base href='https://example.org/'>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "![x](javascript:alert(1))",
    '![" onerror=alert(1)](x "\\" onerror=alert(1)")',
    "$\\text{<script>alert(1)</script>}$",
    "$\\text{<img/src=x/onerror=alert(1)>}$",
    "$\\text{<img src=x onerror=alert(1)>}$",
    "$$\\text{</math><form action='https://example.org'><input></form>}$$",
    "$\\text{<meta http-equiv=refresh content='0;url=https://example.org'>}$",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\style{background:url(https://example.org)}{x}$",
    '$\\class{a" onclick="alert(1)}{y}$',
    "```html\n<script>alert(1)</script>\n```",
    "| a |\n|-|\n| <b onclick=alert(1)>x</b> |",
    "{{ 7 * 7 }}{% raw %}",
]


class Reader(HTMLParser):
    """Reads a page as a browser would, and keeps what matters."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def harm(text: str) -> list[str]:
    """What in a page could run, load or lead astray."""
    found = []
    for tag, attributes in Reader(text).tags:
        if tag not in ALLOWED:
            found.append(f"<{tag}>")
        for name, value in attributes.items():
            plain = re.sub(r"[\s\x00-\x1f]", "", value).lower()
            if name.startswith("on") or name in ("action", "formaction", "srcdoc", "xlink:href"):
                found.append(f"{tag} {name}")
            if name in ("href", "src") and re.match(r"(javascript|vbscript|data:text)", plain):
                found.append(f"{tag} {name}={value[:40]}")
            if tag != "a" and name == "href":
                found.append(f"{tag} href")
            if name == "style" and "url" in plain:
                found.append(f"{tag} style")
            if name == "http-equiv" and plain != "content-security-policy":
                found.append(f"{tag} {name}")
    return found
