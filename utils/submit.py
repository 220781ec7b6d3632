"""Hands in the notebook that you see, from its last cell: `from utils.submit import submit; submit("01-backprop", "https://…")`.

The saved file is what is handed in, so it is compared with what you ran: a file that was not saved, or answers that were never run, are refused.
"""

from __future__ import annotations

import ast
import getpass
import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from utils.translation import say

HERE = ("localhost", "127.0.0.1", "::1")
WAIT = 60.0  # s


def differences(cells: Iterable[dict[str, Any]], ran: Sequence[str]) -> list[str]:
    """Return a sentence on each answer in a file that is not what was run last.

    Args:
        cells: of the saved notebook.
        ran: the text of each cell that was run in this session, in order.
    """
    found = []
    for cell in cells:
        meta = cell.get("metadata", {}).get("nbgrader", {})
        if cell.get("cell_type") != "code" or not meta.get("solution"):
            continue
        source, ident = (
            "".join(cell.get("source", "")).strip(),
            meta.get("grade_id", cell.get("id", "?")),
        )
        names = _defined(source)
        theirs = [
            text.strip()
            for text in ran
            if (names & _defined(text) if names else text.strip() == source)
        ]
        if not theirs:
            found.append(say(f"the answer `{ident}` was not run since the notebook was opened"))
        elif theirs[-1] != source:
            found.append(say(f"the answer `{ident}` in the file is not the one that you ran last"))
    return found


def _defined(source: str) -> frozenset[str]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return frozenset()
    return frozenset(
        node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    )


def submit(name: str, server: str, token: str | None = None, path: Path | None = None) -> None:
    """Hand in the notebook, and print the receipt.

    Args:
        name: the assignment.
        server: its address, https:// and all.
        token: yours; you are asked for it if it is not given, so that it does not stand in the notebook.
        path: the notebook's file, if it has another name or lies elsewhere.
    """
    path = path or Path(f"{name}.ipynb")
    address = urlsplit(server)
    if address.scheme != "https" and not (address.scheme == "http" and address.hostname in HERE):
        print(say(f"Not handed in: expected an address that begins with https://, got {server}"))
        return
    try:
        content = path.read_bytes()
        cells = json.loads(content)["cells"]
        problems = differences(cells, _ran())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(say(f"Not handed in: {path} cannot be read as a notebook ({error})."))
        return
    if problems:
        print(say("Not handed in, because the saved file is not what you ran:"))
        for problem in problems:
            print(f"  {problem}")
        print(say("Run all cells, save the notebook, and run this cell again."))
        return
    print(
        _sent(
            f"{server.rstrip('/')}/a/{name}",
            server.rstrip("/"),
            content,
            token or getpass.getpass(say("Your token:") + " "),
        )
    )


def _ran() -> list[str]:
    """Return what this session has run, as it was written."""
    from IPython import get_ipython

    shell = get_ipython()
    return [str(text) for text in shell.history_manager.input_hist_raw] if shell is not None else []


def _sent(url: str, server: str, content: bytes, token: str) -> str:
    mark = uuid.uuid4().hex
    head = f'--{mark}\r\nContent-Disposition: form-data; name="notebook"; filename="notebook.ipynb"\r\n\r\n'
    headers = {
        "Authorization": f"Bearer {token.strip()}",
        "Content-Type": f"multipart/form-data; boundary={mark}",
    }
    request = urllib.request.Request(
        url, head.encode() + content + f"\r\n--{mark}--\r\n".encode(), headers, method="POST"
    )
    try:
        with _opener().open(request, timeout=WAIT) as answer:
            told = json.load(answer)
    except urllib.error.HTTPError as error:
        return say(f"Not handed in: {_reason(error)}")
    except (OSError, ValueError) as error:
        return say(
            f"Not handed in: {server} does not answer ({error}). Try again: the same file twice is one attempt."
        )
    receipt = say(f"Handed in: attempt {told['attempt']}, {told['received']}")
    where = say(f"Your feedback: {server}{told['url']}")
    return f"{receipt}\nSHA-256 {told['digest']}\n{where}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: the token goes to the address that was given, and to no other."""

    def redirect_request(self, *arguments: Any) -> None:
        return None


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoRedirect())


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, TypeError):
        return say(f"the server says {error.code}")
