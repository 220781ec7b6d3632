"""Renders the service's own pages: no script, one style by its hash, everything escaped."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from functools import cache, partial
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from ..core.course import TEMPLATES
from ..core.translation import Translation
from .records import Attempt, State

OTHERS = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
FRAMES = (
    "frame-ancestors 'none'"  # for feedback pages, which name the rest of their policy themselves
)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    made.globals["style"] = Markup(made.get_template("service/style.css.j2").render())
    return made


@cache
def policy() -> str:
    """Return the content security policy of the service's own pages."""
    digest = b64encode(sha256(str(_environment().globals["style"]).encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; {OTHERS}"


def render(template: str, say: Translation, /, **values: Any) -> str:
    """Return a page, or a part of one, by its template's name.

    Args:
        say: the language of what the template says itself.
    """
    made = _environment().get_template(f"service/{template}.html.j2")
    return made.render(say=say, fill=partial(filled, say), **values)


def filled(say: Translation, template: str, /, *values: object) -> Markup:
    """Return a message whose fields hold these values, which are escaped unless they are HTML."""
    return Markup(escape(say.messages.get(template, template))).format(*values)


def message(title: str, said: str, base: str, say: Translation) -> str:
    """Return a page of one sentence, for somebody who is not known to be logged in."""
    values = {"person": None, "xsrf": "", "said": said, "back": f"{base}/", "base": base}
    return render("message", say, title=title, **values)


def when(time: float | None, zone: ZoneInfo) -> str:
    """Return a time as pages show it; nothing for None."""
    return (
        ""
        if time is None
        else datetime.fromtimestamp(time, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")
    )


def words(attempt: Attempt, say: Translation) -> str:
    """Return where an attempt stands, in a few words."""
    if attempt.score is not None and attempt.most is not None:
        return say(f"{attempt.score:g} of {attempt.most:g} points")
    standing = {
        State.WAITING: say("waiting"),
        State.SLOW: say("takes long: in the slow lane"),
        State.GRADING: say("being graded"),
        State.SUPERSEDED: say("not graded: a later attempt took its place"),
        State.UNJUDGED: say("could not be graded: our fault; staff know"),
        State.GRADED: say("graded"),
    }
    return standing[attempt.state]
