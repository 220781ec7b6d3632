"""Opens pages in a real browser, and tells what they asked for: a script that runs leads its page elsewhere, which no policy hides."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

BEACON = "BEACON"  # in a page: an address that the page has no business with
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WAIT = 6000  # ms of the pages' own time


def browser() -> str | None:
    """Where a browser is, if there is one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def asked_for(
    pages: Mapping[str, str], folder: Path, static: Mapping[str, Path] | None = None
) -> tuple[dict[str, list[str]], set[str]]:
    """Opens all pages side by side.

    Args:
        pages: HTML by name.
        folder: for the browser's own files.
        static: folders that pages may load from, by the start of their address.

    Returns:
        The addresses that each page asked for without having business with them, and the names of the pages that were opened.
    """
    found: dict[str, list[str]] = {name: [] for name in pages}
    opened: set[str] = set()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, _, rest = unquote(self.path.lstrip("/")).partition("/")
            here = self.server.server_address[1] == port
            content, mime = b"", "text/plain"
            local = next(
                (
                    root / self.path[len(start) :]
                    for start, root in (static or {}).items()
                    if self.path.startswith(start)
                ),
                None,
            )
            if kind == "beacon":
                name, _, what = rest.partition("/")
                found[name].append(what)
            elif kind == "page" and here:
                opened.add(rest)
                content, mime = (
                    pages[rest]
                    .replace(BEACON, f"http://127.0.0.1:{elsewhere}/beacon/{quote(rest)}")
                    .encode(),
                    "text/html; charset=utf-8",
                )
            elif kind == "":
                frames = (
                    f'<iframe src="/page/{quote(name)}" width="900" height="700"></iframe>'
                    for name in pages
                )
                content, mime = "\n".join(frames).encode(), "text/html; charset=utf-8"
            elif local and local.is_file():
                content, mime = (
                    local.read_bytes(),
                    "text/javascript" if local.suffix == ".js" else "text/css",
                )
            self.send_response(200)
            self.send_header("Content-Type", mime)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *arguments: object) -> None:
            pass

    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Site) for _ in range(2)]
    port, elsewhere = (server.server_address[1] for server in servers)
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    program = browser()
    assert program is not None
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--user-data-dir={folder}",
        f"--virtual-time-budget={WAIT}",
        "--dump-dom",
    ]
    try:
        subprocess.run(
            [program, *options, f"http://127.0.0.1:{port}/"],
            capture_output=True,
            timeout=120,
            check=True,
        )
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
    return found, opened
