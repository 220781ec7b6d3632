"""In a real browser, nothing of a submission runs or loads: neither on a feedback page nor in formgrader, each of whose layers holds alone."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbformat import from_dict
from nbgrader.server_extensions.formgrader.handlers import static_path, template_path
from traitlets.config import Config

from autograder.core.markdown import to_html
from autograder.core.results import Marks, Notebook
from autograder.feedback.page import page
from autograder.nbgrader_plugin.formgrader import protect

from .browser import BEACON, asked_for, browser
from .pages import HOSTILE, Reader, harm

GO = f"location.href=&quot;{BEACON}/ran&quot;"
STATIC = "/formgrader/static/"
ATTACKS = {
    "script": f'<script>location.href="{BEACON}/ran"</script>',
    "script from elsewhere": f'<script src="{BEACON}/script.js"></script>',
    "picture's error": f'<img src="x:" onerror="{GO}">',
    "svg": f'<svg onload="{GO}"></svg>',
    "svg's animation": f'<svg><animate onbegin="{GO}" attributeName="x" dur="1s"></animate></svg>',
    "svg's picture": f'<svg><image href="{BEACON}/picture"></image></svg>',
    "frame's script": f'<iframe src="javascript:parent.location.href=&quot;{BEACON}/ran&quot;"></iframe>',
    "frame's document": f"<iframe srcdoc=\"<script>location.href='{BEACON}/ran'</script>\"></iframe>",
    "frame": f'<iframe src="{BEACON}/frame"></iframe>',
    "object": f'<object data="{BEACON}/object"></object>',
    "embedded": f'<embed src="{BEACON}/embedded">',
    "style": f"<style>body {{ background: url({BEACON}/style) }}</style>",
    "imported style": f"<style>@import url({BEACON}/import.css);</style>",
    "style of an element": f'<div style="background: url({BEACON}/attribute); height: 9px">x</div>',
    "linked style": f'<link rel="stylesheet" href="{BEACON}/linked.css">',
    "refresh": f'<meta http-equiv="refresh" content="0;url={BEACON}/refresh">',
    "base": f'<base href="{BEACON}/"><img src="based">',
    "focus": f'<form action="{BEACON}/form"><input autofocus onfocus="this.form.submit()"></form>',
    "toggle": f'<details open ontoggle="{GO}">x</details>',
    "video": f'<video src="{BEACON}/video" autoplay></video>',
    "sound": f'<audio src="{BEACON}/sound" autoplay preload></audio>',
    "picture": f'<img src="{BEACON}/img">',
    "picture in Markdown": f"![p]({BEACON}/md)",
    "picture in a formula": f'<math><mtext><img src="{BEACON}/math"></mtext></math>',
    "hidden in noscript": f'<noscript><p title="</noscript><img src=x: onerror=location.href=`{BEACON}/ran`>"></noscript>',
    "hidden in a comment": f'<!--><img src="{BEACON}/comment">-->',
    "formula": f'$\\text{{<img src="{BEACON}/formula">}}$',
    "fence's language": f'```"><img src="{BEACON}/fence">\nx\n```',
    "heading": f'# <img src="{BEACON}/heading">',
    "deep": ">" * 500 + f'<img src="{BEACON}/deep">',
}
QUIET = {
    "formula",
    "fence's language",
    "deep",
    "focus",
    "sound",
    "hidden in noscript",
}  # these come to nothing even where nothing is done against them
NAME = f'"><img src="{BEACON}/name">'


def notebook(written: str) -> Notebook:
    """An autograded notebook with the same hostile text wherever a submission can put any."""
    graded = {
        "schema_version": 3,
        "locked": False,
        "points": 10.0,
        "grade": True,
        "solution": True,
        "task": False,
    }
    outputs: list[dict[str, Any]] = [
        {"output_type": "stream", "name": "stdout", "text": f"\x1b[31m{written}"},
        {
            "output_type": "error",
            "ename": written,
            "evalue": written,
            "traceback": [f"\x1b[1;31m{written}", written],
        },
        {
            "output_type": "execute_result",
            "execution_count": 1,
            "metadata": {},
            "data": {"text/plain": written},
        },
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/plain": written, "image/png": "AAAA"},
        },
    ]
    answer = {**graded, "grade": False, "grade_id": "affine"}
    cells = [
        {
            "cell_type": "markdown",
            "id": "idea",
            "metadata": {},
            "source": "# Affine\n\nIt gives $x w + b$.",
        },
        {
            "cell_type": "code",
            "id": "affine",
            "metadata": {"nbgrader": answer},
            "source": written,
            "outputs": outputs,
            "execution_count": 1,
        },
        {
            "cell_type": "code",
            "id": "extra",
            "metadata": {},
            "source": written,
            "outputs": outputs,
            "execution_count": 1,
        },
        {
            "cell_type": "markdown",
            "id": "w",
            "metadata": {"nbgrader": {**graded, "grade_id": "affine-written"}},
            "source": written,
        },
    ]
    findings = [{"kind": "repaired", "where": "affine", "message": written}]
    return {
        "cells": cells,
        "metadata": {"autograder": {"findings": findings}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def feedback(written: str) -> str:
    made = notebook(written)
    made["cells"][2]["id"] = NAME
    return page(made, NAME, Marks({"affine-written": (1.0, 10.0)}, {"affine-written": written}))


@cache
def exporter(kind: str) -> HTMLExporter:
    """nbgrader's own for formgrader, with our settings, without them, or without one of their two layers."""
    config = Config()
    config.HTMLExporter.template_name, config.HTMLExporter.extra_template_basedirs = (
        "formgrade",
        [template_path],
    )
    if kind != "bare":
        protect(config)
    if kind == "policy alone":
        del config.HTMLExporter.filters["markdown2html"]
    return HTMLExporter(config=config)


def formgrader(written: str, kind: str = "protected", **names: str) -> str:
    """The page as formgrader makes it, by nbgrader's own template."""
    resources = {
        "assignment_id": "01", "notebook_id": "01", "submission_id": "7", "index": 0, "total": 1, "base_url": "", "student": "ann",
        "last_name": "", "first_name": "", "notebook_path": "autograded/ann/01.ipynb",
    }  # fmt: skip
    return str(
        exporter(kind).from_notebook_node(from_dict(notebook(written)), resources | names)[0]
    )


def without_policy(text: str) -> str:
    return re.sub(r"<meta[^>]*Content-Security-Policy[^>]*>", "", text)


ALL = "\n\n".join(ATTACKS.values())


# -- by reading the pages ----------------------------------------------------------------------------------------------


def answers(text: str) -> str:
    """What formgrader shows of Markdown cells."""
    return "".join(
        part.decode_contents()
        for part in BeautifulSoup(text, "html.parser").select(".text_cell_render")
    )


@pytest.mark.parametrize("written", [*ATTACKS.values(), *HOSTILE, "[x](https://example.org)"])
def test_an_answer_in_formgrader_is_harmless(written: str) -> None:
    shown = answers(formgrader(written))
    assert "tex2jax_ignore" in shown
    assert harm(shown) == []
    assert not [
        attributes for tag, attributes in Reader(shown).tags if tag == "a"
    ]  # and nothing to be led by
    assert not [
        attributes
        for tag, attributes in Reader(shown).tags
        if not attributes.get("src", "data:image/").startswith("data:image/")
    ]


def test_these_eyes_would_see_it() -> None:
    assert (
        sum(bool(harm(answers(formgrader(written, "bare")))) for written in ATTACKS.values()) >= 20
    )


@pytest.mark.parametrize("name", ["student", "first_name", "last_name"])
def test_names_in_formgrader_are_text(name: str) -> None:
    names = {"first_name": "A", "last_name": "B"} if name != "student" else {"notebook_path": NAME}
    text = formgrader("", **(names | {name: NAME + "\u202e"}))
    assert not [
        attributes for tag, attributes in Reader(text).tags if BEACON in attributes.get("src", "")
    ]
    assert NAME in Reader(text).text
    assert "⟨U+202E⟩" in text


def test_formgrader_works_as_before() -> None:
    """Formulas are there without MathJax, and every script of nbgrader's own is named in the policy."""
    text = formgrader(
        "It is $\\frac{a}{b}$, `x < y`, and\n\n$$\\sum_i x_i$$\n\n| a | b |\n|---|--:|\n| 1 | 2 |"
    )
    assert text.count("<math") == 3
    assert "mathjax/" not in text.lower()
    assert "https://" not in text
    (policy,) = [
        tag["content"]
        for name, tag in Reader(text).tags
        if tag.get("http-equiv") == "Content-Security-Policy"
    ]
    assert text.index("Content-Security-Policy") < text.index("<script")
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", text, flags=re.DOTALL)
    handlers = [
        value
        for _, tag in Reader(text).tags
        for name, value in tag.items()
        if name.startswith("on")
    ]
    assert len(scripts) >= 12
    assert len(handlers) == 2
    for attributes, code in [*scripts, *(("", handler) for handler in handlers)]:
        nonce = re.search('nonce="([^"]+)"', attributes)
        assert (
            f"'nonce-{nonce[1]}'" in policy
            if nonce
            else f"'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'" in policy
        )
    allowed = re.findall(r"script-src ([^;]*)", policy)[0]
    assert not {"'self'", "'unsafe-inline'", "'unsafe-eval'", "*"} & set(allowed.split())
    assert allowed not in formgrader("")  # another number for every page
    assert 'class="score tabbable"' in text
    assert 'id="affine-written-comment"' in text


def test_other_pages_of_nbgrader_are_made_as_before() -> None:
    """For these settings hold for all classes that are graded in this environment."""
    config = Config()
    protect(config)
    config.HTMLExporter.template_name, config.HTMLExporter.extra_template_basedirs = (
        "feedback",
        [template_path],
    )
    config.HTMLExporter.extra_template_paths = [
        str(Path(static_path) / "node_modules" / "bootstrap" / "dist" / "css")
    ]
    about = {
        "nbgrader": {"notebook": "01", "score": 1.0, "max_score": 2.0, "late_penalty": 0.0},
        "student": "ann",
    }
    graded = from_dict(notebook(ATTACKS["picture"]))
    graded.cells[3].metadata.nbgrader.score = 1.0
    text, _ = HTMLExporter(config=config).from_notebook_node(graded, about)
    assert "Affine" in text
    assert harm(answers(text)) == []


def test_a_script_of_a_submission_is_not_named_in_the_policy() -> None:
    text = formgrader(ALL, "policy alone")
    code = f'location.href="{BEACON}/ran"'
    assert f"<script>{code}</script>" in text
    assert b64encode(sha256(code.encode()).digest()).decode() not in text
    assert "nonce" not in answers(text)


def test_pasted_pictures_are_shown_and_no_others() -> None:
    pictures = {"a b.png": "data:image/png;base64,AAAA"}
    assert (
        to_html("![p](attachment:a%20b.png)", pictures)
        == '<p><img alt="p" src="data:image/png;base64,AAAA"></p>'
    )
    for other in (
        "attachment:other.png",
        "data:image/svg+xml;base64,AAAA",
        "data:image/png;base64,AAAA",
        "x.png",
        "https://example.org/x.png",
    ):
        assert "<img" not in to_html(f"![p]({other})", pictures)
        assert other.partition(",")[0] in to_html(f"![p]({other})", pictures)


def test_what_is_not_seen_is_spelt_out() -> None:
    hidden = "if user != 'none\u202e\u2066': # admin\u2069\u200b \u00ad\ufeff\U000e0041 \u3164"
    for text in (feedback(hidden), answers(formgrader(hidden))):
        assert not re.search(
            "[\u200b\u202a-\u202e\u2066-\u2069\u00ad\ufeff\U000e0000-\U000e007f\u3164]", text
        )
        assert "⟨U+202E⟩" in text
    kind = "ein نمی‌خواهم, 👩\u200d🎓, क्‍ष; naïve — Łódź 数"
    assert kind in Reader(feedback(kind)).text


# -- in a browser ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[str]]:
    """What all pages, opened at once, asked for."""
    if browser() is None:
        pytest.skip(
            "THERE IS NO BROWSER HERE: what the pages do was only read, not seen; install chromium"
        )
    pages = {f"bare {name}": formgrader(attack, "bare") for name, attack in ATTACKS.items()}
    pages["bare name"] = formgrader("", "bare", student=NAME, notebook_path=NAME)
    pages["feedback"] = feedback(ALL)
    pages["feedback without policy"] = without_policy(feedback(ALL))
    pages["formgrader"] = formgrader(ALL, student=NAME, notebook_path=NAME)
    pages["formgrader without policy"] = without_policy(
        formgrader(ALL, student=NAME, notebook_path=NAME)
    )
    pages["formgrader by policy alone"] = re.sub(
        r"<(meta|base)(?=[^>]*BEACON)", r"<x-\1", formgrader(ALL, "policy alone")
    )
    found, opened = asked_for(
        pages, tmp_path_factory.mktemp("browser"), {STATIC: Path(static_path)}
    )
    assert opened >= set(pages)
    return found


PROTECTED = [
    "feedback",
    "feedback without policy",
    "formgrader",
    "formgrader without policy",
    "formgrader by policy alone",
]


@pytest.mark.parametrize("name", PROTECTED)
def test_nothing_runs_and_nothing_loads(seen: Mapping[str, list[str]], name: str) -> None:
    assert seen[name] == []


@pytest.mark.parametrize("name", sorted({*ATTACKS, "name"} - QUIET))
def test_it_would_have_where_nothing_is_done_against_it(
    seen: Mapping[str, list[str]], name: str
) -> None:
    assert seen[f"bare {name}"]
