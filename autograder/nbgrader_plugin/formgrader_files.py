"""How formgrader gives out files that lie beside a submission: pictures as pictures, all else as
text that nothing reads as a page.

What a file is said to be depends on a list of what is known, never on its content or on what a
browser or the system's table of endings makes of its name. Each answer also forbids scripts, frames
and guessing, so that either wall holds alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

PICTURES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def serve_plainly() -> None:
    """Have nbgrader's handler of submissions' files give them out as what they are said to be
    here.
    """
    # formgrader's own process has it anyway
    from nbgrader.server_extensions.formgrader.handlers import SubmissionFilesHandler

    SubmissionFilesHandler.get_content_type = content_type
    SubmissionFilesHandler.set_extra_headers = set_headers
    SubmissionFilesHandler.validate_absolute_path = _validated(
        SubmissionFilesHandler.validate_absolute_path
    )


def content_type(self: Any) -> str:
    """Return the type of the handler's file."""
    return PICTURES.get(Path(self.absolute_path).suffix.lower(), "text/plain; charset=utf-8")


def set_headers(self: Any, path: str) -> None:
    """Set what keeps a browser from acting on the handler's file; what is no picture is to be
    saved, not shown.
    """
    for name, value in HEADERS.items():
        self.set_header(name, value)
    if Path(self.absolute_path).suffix.lower() not in PICTURES:
        self.set_header("Content-Disposition", "attachment")


def _validated(before: Any) -> Any:
    def validate(self: Any, root: str, absolute_path: str) -> Any:
        """Refuse what lies outside of the graded submissions, and links to there; raises as
        tornado's own does.
        """
        from tornado.web import HTTPError

        graded = Path(self.coursedir.root).resolve() / self.coursedir.autograded_directory
        path = Path(absolute_path)
        if path.is_symlink() or not path.resolve().is_relative_to(graded):
            raise HTTPError(403, "it is no file of a submission")
        return before(self, root, absolute_path)

    return validate
