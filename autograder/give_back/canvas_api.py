"""What Canvas's API is asked, by `canvasapi`: an assignment's points, people and marks; and to take
a mark, a comment and a page.
"""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from canvasapi.assignment import Assignment
from canvasapi.course import Course as CanvasCourse
from canvasapi.exceptions import (
    CanvasException,
    Forbidden,
    InvalidAccessToken,
    RateLimitExceeded,
    ResourceDoesNotExist,
    Unauthorized,
)
from canvasapi.requester import Requester
from canvasapi.submission import Submission
from canvasapi.upload import Uploader
from requests.adapters import HTTPAdapter

from ..class_file.model import CanvasPlace
from ..core.errors import UserError
from ..core.sanitize import visible

TOKEN = "CANVAS_API_TOKEN"  # of the environment: a token in a file is copied with the file
SECONDS = 60.0  # that one answer may take
WAITS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # seconds before asking again where Canvas limits the rate
AGAIN = "what it took is noted, and the same command sends the rest"
LIMITED = "Rate Limit Exceeded"  # in the text of a 403, which older Canvases send and not a 429


@dataclass(frozen=True)
class Held:
    """What Canvas has of one student's submission.

    Attributes:
        submission: to be changed.
        mark: in Canvas's points, before what its late policy takes off; None if there is none.
        deducted: points that its late policy takes off.
        excused: whether the assignment does not count for them.
        files: the names of all files that comments on it have.
    """

    submission: Submission
    mark: float | None
    deducted: float
    excused: bool
    files: frozenset[str]


@dataclass(frozen=True)
class Gradebook:
    """What Canvas has of an assignment.

    Attributes:
        most: its most points.
        people: by user number, the texts that say who it is; the first is that number.
        held: by user number.
        together: whether a mark that is posted for one member of a group goes to all of them.
    """

    most: float
    people: Mapping[int, tuple[str, ...]]
    held: Mapping[int, Held]
    together: bool = False


class _PatientRequester(Requester):  # type: ignore[misc]  # canvasapi has no types
    """Gives up on an answer that does not come, and waits where Canvas limits the rate."""

    def __init__(self, url: str, token: str, waits: tuple[float, ...]) -> None:
        super().__init__(url, token)
        self._waits = waits
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _TimedAdapter())

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        for wait in self._waits:
            try:
                return self._asked(*args, **kwargs)
            except Forbidden as error:
                if not isinstance(error, RateLimitExceeded) and LIMITED not in str(error):
                    raise
                time.sleep(wait)
        return self._asked(*args, **kwargs)

    def _asked(self, *args: Any, **kwargs: Any) -> requests.Response:
        answer: requests.Response = super().request(*args, **kwargs)
        return answer


class _TimedAdapter(HTTPAdapter):
    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        return super().send(*args, **{**kwargs, "timeout": SECONDS})


class CanvasAssignment:
    """An assignment on Canvas."""

    def __init__(self, place: CanvasPlace, name: str, waits: tuple[float, ...] = WAITS) -> None:
        """Name an assignment; nothing is asked yet.

        Args:
            place: of the class on Canvas.
            name: the assignment here.
            waits: seconds before each further try where Canvas limits the rate.

        Raises:
            UserError: its number there, or the token, is not known.
        """
        if name not in place.assignments:
            raise UserError(f"class.toml: expected {name} under [canvas.assignments], got nothing")
        token = os.environ.get(TOKEN, "").strip()
        if not token.isascii() or not token:
            raise UserError(f"expected an access token of Canvas in ${TOKEN}, got none")
        self._place, self._number = place, place.assignments[name]
        self._requester = _PatientRequester(place.url, token, waits)

    def read(self) -> Gradebook:
        """Return what Canvas has of the assignment.

        Raises:
            UserError: Canvas refuses, or cannot be reached.
        """
        with self._explained():
            course = CanvasCourse(self._requester, {"id": self._place.course})
            assignment: Assignment = course.get_assignment(self._number)
            people = {
                user.id: _texts(user)
                for user in course.get_users(
                    enrollment_type=["student"],
                    enrollment_state=["active", "invited"],
                    include=["email"],
                )
            }
            submissions = assignment.get_submissions(include=["submission_comments"])
            held = {one.user_id: _held(one) for one in submissions}
            most = float(assignment.points_possible or 0.0)
            return Gradebook(most, people, held, _graded_together(assignment))

    def send(self, held: Held, mark: str | None, comment: str, page: bytes, file: str) -> bool:
        """Send one student's mark, and a page with a comment, at once; return False if Canvas does
        not know the student any more.

        Args:
            held: what Canvas has of them.
            mark: in Canvas's points; empty to take the mark away, None to leave it.
            comment: above the page.
            page: nothing to send no comment.
            file: the page's name.

        Raises:
            UserError: Canvas refuses, or cannot be reached.
        """
        with self._explained(), suppress(ResourceDoesNotExist):
            change: dict[str, Any] = {} if mark is None else {"submission": {"posted_grade": mark}}
            if page:
                number = self._upload(held.submission, page, file)
                change["comment"] = {"text_comment": comment, "file_ids": [number]}
                change["comment"]["group_comment"] = False  # the page is this student's alone
            if change:
                held.submission.edit(**change)
            return True
        return False

    def _upload(self, submission: Submission, page: bytes, file: str) -> int:
        path = f"courses/{self._place.course}/assignments/{self._number}"
        target = f"{path}/submissions/{submission.user_id}/comments/files"
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / file  # canvasapi reads size and name off a file
            copy.write_bytes(page)
            taken, answer = Uploader(self._requester, target, copy).start()
        if not taken or "id" not in answer:
            raise CanvasException(f"the upload of {file} was not taken")
        return int(answer["id"])

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn Canvas's refusals into sentences."""
        url, course = self._place.url, self._place.course
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # canvasapi's advice on plain HTTP
                yield
        except InvalidAccessToken as error:
            raise UserError(
                f"{url} does not know the token in ${TOKEN}, or it has expired; make a new one "
                "there: Account, Settings, New access token"
            ) from error
        except RateLimitExceeded as error:
            raise UserError(_limited(url)) from error
        except (Unauthorized, Forbidden) as error:
            if LIMITED in str(error):
                raise UserError(_limited(url)) from error
            raise UserError(
                f"{url} does not let the owner of the token in ${TOKEN} do this in course "
                f"{course}; expected a token of a teacher or a teaching assistant there"
            ) from error
        except ResourceDoesNotExist as error:
            raise UserError(
                f"{url} has no course {course} with an assignment {self._number} that the owner of "
                "the token sees; correct [canvas] in class.toml"
            ) from error
        except (CanvasException, ValueError, KeyError, AttributeError, TypeError) as error:
            raise UserError(
                f"{url} gave no answer of Canvas's API: {visible(str(error))[:200]}; {AGAIN}"
            ) from error
        except requests.RequestException as error:
            raise UserError(f"{url} cannot be reached: {type(error).__name__}; {AGAIN}") from error


def _limited(url: str) -> str:
    return f"{url} still limits the rate after {len(WAITS)} tries; run the command again later"


def _graded_together(assignment: Assignment) -> bool:
    grouped = getattr(assignment, "group_category_id", None) is not None
    return grouped and not getattr(assignment, "grade_group_students_individually", False)


def _texts(user: Any) -> tuple[str, ...]:
    names = ("sis_user_id", "login_id", "email", "name")
    return (str(user.id), *(str(getattr(user, name, None) or "") for name in names))


def _held(one: Submission) -> Held:
    comments = getattr(one, "submission_comments", None) or []
    files = {
        str(file.get("display_name", ""))
        for comment in comments
        for file in comment.get("attachments") or []
    }
    mark = getattr(one, "entered_score", None)
    return Held(
        one,
        None if mark is None else float(mark),
        float(getattr(one, "points_deducted", None) or 0.0),
        bool(getattr(one, "excused", False)),
        frozenset(files),
    )
