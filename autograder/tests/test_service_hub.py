"""Where a JupyterHub logs people in: its users are the roster's students, its groups staff, and its tokens alone count."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from jupyterhub.httpclient import JupyterHubHTTPClient
from tornado.web import RequestHandler

from autograder.bench.visitor import Answer, Visitor
from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.roots import PROJECT
from autograder.service.database import open_database
from autograder.service.hub_login import open_hub
from autograder.service.hub_people import HubPerson
from autograder.service.hub_place import hub_place
from autograder.service.intake import Intake
from autograder.service.login_tokens import new_token, token_digest
from autograder.service.serve import Address, Service, application, serve
from autograder.service.site import Site
from autograder.service.store import Store
from autograder.service.terms import load_terms
from autograder.service.terms_watch import TermsWatch

from .fake_grading import NAME
from .fake_hub import ACCESS, PREFIX, SECRET, SERVICE, FakeHub
from .serving import AtOnce, listening

ROSTER = """id,name,email,moodle
1001,Ada L,ada@uni.example,ada
1002,Bo K,bo@uni.example,bo
"""
TERMS = f"""[hub]
student = "moodle"
staff = ["tess"]
staff_groups = ["staff-nets"]

["{NAME}"]
burst = 9
"""


def environment(api: int = 1) -> dict[str, str]:
    return {
        "JUPYTERHUB_SERVICE_NAME": "feedback",
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:8100",
        "JUPYTERHUB_API_URL": f"http://127.0.0.1:{api}/hub/api",
        "JUPYTERHUB_API_TOKEN": SECRET,
        "JUPYTERHUB_CLIENT_ID": SERVICE,
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps([ACCESS]),
    }


class _End(RequestHandler):
    """Closes what jupyterhub keeps open until its process ends."""

    async def get(self) -> None:
        await JupyterHubHTTPClient.loop_instance().close()


@dataclass
class Browser:
    """Follows redirects between service and Hub, which in truth stand behind one proxy."""

    ports: dict[str, int]
    visitors: dict[str, Visitor] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        for _ in range(9):
            name = "hub" if path.startswith("/hub/") else "service"
            visitor = self.visitors.setdefault(
                name, Visitor(self.ports[name], form=f"{PREFIX}a/{NAME}")
            )
            answer = visitor.get(path)
            if answer.status not in (302, 303):
                return answer
            parts = urlsplit(answer.headers["location"])
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        raise AssertionError("redirected for ever")

    def hand_in(self, number: int) -> Answer:
        return self.visitors["service"].post(
            f"{PREFIX}a/{NAME}", (json.dumps({"n": number}).encode(),)
        )


@dataclass
class Served:
    site: Site
    hub: FakeHub
    ports: dict[str, int]

    def browser(self, user: str) -> Browser:
        """A browser that is logged in at the Hub; here it is not, yet."""
        self.hub.visitor = user
        return Browser(self.ports)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    made = Course(PROJECT, tmp_path_factory.mktemp("class"))
    made.roster.write_text(ROSTER)
    (made.work / "service.toml").write_text(TERMS)
    return made


@pytest.fixture(scope="module")
def served(course: Course) -> Iterator[Served]:
    fake, store = FakeHub(), Store(open_database(course))
    terms = load_terms(course)
    site = Site(course, store, terms, (NAME,), False, Intake(store))
    site.lanes = AtOnce(store)  # type: ignore[assignment]
    site.watch = TermsWatch(course, (), terms, (NAME,))
    with listening(fake.application()) as (api,):
        hub = open_hub(hub_place(environment(api)))
        site.hub, site.base = hub, hub.place.base
        pages = application(site, hub.routes())
        pages.add_handlers(".*", [("/end", _End)])
        with listening(pages) as (port,):
            yield Served(site, fake, {"hub": api, "service": port})
            assert Visitor(port).get("/end").status == 200
    hub.auth._pool.shutdown()  # of jupyterhub: a thread with a loop of its own
    hub.auth._thread_loop.close()
    site.intake._thread.shutdown()
    store.engine.dispose()


@pytest.fixture
def hub(served: Served) -> Iterator[FakeHub]:
    """The Hub, well again after each test, and asked anew."""
    served.site.hub.auth.cache.clear()  # type: ignore[union-attr]
    yield served.hub
    served.hub.down, served.hub.asked = False, 0
    served.hub.refused.clear()
    served.hub.groups.clear()


def test_a_user_of_the_hub_is_the_rosters_student(served: Served, hub: FakeHub) -> None:
    ada = served.browser("ada")
    page = ada.get(f"{PREFIX}a/{NAME}")  # leads to the Hub and back to the page
    assert page.status == 200
    assert "<span>1001</span>" in page.text
    assert f'action="{PREFIX}a/{NAME}"' in page.text
    handed_in = ada.hand_in(1)
    assert handed_in.status == 303
    shown = ada.get(handed_in.headers["location"])
    assert "Attempt 1" in shown.text
    assert f'href="{PREFIX}a/{NAME}"' in shown.text
    (attempt,) = served.site.store.attempts()
    assert attempt.name == "1001"
    assert ada.get(f"{PREFIX}staff").status == 404
    bo = served.browser("bo")
    assert bo.get(f"{PREFIX}attempt/{attempt.id}").status == 404
    assert "<span>1002</span>" in bo.get(PREFIX).text


def test_each_address_on_a_page_is_below_the_services_own(served: Served, hub: FakeHub) -> None:
    tess = served.browser("tess")
    for path in ("", f"a/{NAME}", "staff", f"staff/a/{NAME}", "nothing"):
        page = tess.get(PREFIX + path).text
        found = re.findall(r'(?:href|action)="([^"]*)"', page)
        assert found
        assert [one for one in found if not one.startswith(PREFIX) and one != "/hub/logout"] == []
    answer = Visitor(served.ports["service"]).get(PREFIX.rstrip("/"))
    assert (answer.status, answer.headers["location"]) == (301, PREFIX)


@pytest.mark.parametrize("groups", [["staff-nets", "others"], ["staff"], []])
def test_staff_are_those_named_and_the_members_of_a_group(
    served: Served, hub: FakeHub, groups: list[str]
) -> None:
    hub.groups["tina"] = groups
    answer = served.browser("tina").get(f"{PREFIX}staff")
    assert answer.status == (200 if "staff-nets" in groups else 403)
    assert served.browser("tess").get(f"{PREFIX}staff").status == 200


def test_who_leaves_the_staffs_group_is_no_staff_any_more(served: Served, hub: FakeHub) -> None:
    hub.groups["bo"] = ["staff-nets"]
    bo = served.browser("bo")
    assert bo.get(f"{PREFIX}staff").status == 200
    hub.groups["bo"] = []
    served.site.hub.auth.cache.clear()  # type: ignore[union-attr]  # as after five minutes
    assert bo.get(f"{PREFIX}staff").status == 404
    assert [one.staff for one in served.site.store.people() if one.name == "1002"] == [False]


def test_nobody_else_of_the_hub_comes_in(served: Served, hub: FakeHub) -> None:
    """Also not by a student's id, where names on the Hub stand in another column, and not twice in a circle."""
    for user in ("eve", "1001", "ada@uni.example", "<b>x</b>"):
        answer = served.browser(user).get(PREFIX)
        assert answer.status == 403
        assert "nobody of this class" in answer.text
        assert "<b>x" not in answer.text
    assert {one.name for one in served.site.store.people()} <= {"1001", "1002", "tess", "tina"}
    hub.refused.add("ada")
    assert served.browser("ada").get(PREFIX).status == 403


def test_staff_cannot_pass_for_a_student(served: Served, hub: FakeHub) -> None:
    hub.groups["1001"] = ["staff-nets"]
    assert served.browser("1001").get(PREFIX).status == 403


def test_a_token_of_the_hub_hands_in_if_it_may(served: Served, hub: FakeHub) -> None:
    port = served.ports["service"]
    good, narrow = hub.token("bo", ACCESS), hub.token("bo", "read:users:name!user=bo")
    other = hub.token("bo", "access:services!service=another")
    statuses = [
        Visitor(port, {"Authorization": f"Bearer {token}"})
        .post(f"{PREFIX}a/{NAME}", (b"{}",))
        .status
        for token in (good, narrow, other, "made-up")
    ]
    assert statuses == [201, 403, 403, 401]


def test_tokens_of_the_class_and_its_cookies_do_not_count(served: Served, hub: FakeHub) -> None:
    token = new_token()
    served.site.store.set_token("1002", token_digest(token), staff=True)
    port = served.ports["service"]
    by_header = Visitor(port, {"Authorization": f"Bearer {token}"})
    assert by_header.get(f"{PREFIX}staff").status == 401
    assert by_header.post(f"{PREFIX}login", token=token).status in (403, 405)
    nobody = Visitor(port).get(f"{PREFIX}staff")
    assert nobody.headers["location"] == f"{PREFIX}login?next=/services/feedback/staff"


def test_a_log_in_that_another_site_began_is_refused(served: Served, hub: FakeHub) -> None:
    """Else somebody could have you hand in under another name."""
    ada = served.browser("ada")
    assert ada.get(PREFIX).status == 200
    code, state = "0" * 16, "made-up"
    answer = Visitor(served.ports["service"]).get(
        f"{PREFIX}oauth_callback?code={code}&state={state}"
    )
    assert answer.status == 403
    assert "has not logged you in" in answer.text


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "/hub/admin", "x"])
def test_the_log_in_leads_to_the_services_own_pages(
    served: Served, hub: FakeHub, onward: str
) -> None:
    ada = served.browser("ada")
    assert ada.get(PREFIX).status == 200
    answer = ada.visitors["service"].get(f"{PREFIX}login?next={onward}")
    assert answer.headers["location"] == PREFIX


def test_a_log_out_at_the_hub_is_one_here(served: Served, hub: FakeHub) -> None:
    ada = served.browser("ada")
    assert 'href="/hub/logout"' in ada.get(PREFIX).text
    hub.tokens.clear()
    ada.visitors["service"].cookies["jupyterhub-session-id"] = "none"
    answer = ada.visitors["service"].get(PREFIX)
    assert answer.headers["location"] == f"{PREFIX}login?next={PREFIX}"


def test_a_hub_that_is_down_is_named_and_asked_once_in_a_while(
    served: Served, hub: FakeHub
) -> None:
    ada = served.browser("ada")
    assert ada.get(PREFIX).status == 200
    before = hub.asked
    assert ada.get(PREFIX).status == 200
    assert hub.asked == before
    hub.down = True
    served.site.hub.auth.cache.clear()  # type: ignore[union-attr]
    answer = ada.get(PREFIX)
    assert answer.status == 503
    assert "JupyterHub does not answer" in answer.text


def test_a_new_student_in_the_roster_can_log_in_at_once(
    served: Served, hub: FakeHub, course: Course
) -> None:
    cy = served.browser("cy")
    assert cy.get(PREFIX).status == 403
    course.roster.write_text(ROSTER + "1003,Cy M,,cy\n")
    try:
        assert "<span>1003</span>" in cy.get(PREFIX).text
    finally:
        course.roster.write_text(ROSTER)


def test_terms_without_the_hub_are_not_taken_over(
    served: Served, hub: FakeHub, course: Course
) -> None:
    tess = served.browser("tess")
    (course.work / "service.toml").write_text(f'["{NAME}"]\nburst = 3\n')
    try:
        assert "nobody could log in" in tess.get(f"{PREFIX}staff").text
    finally:
        (course.work / "service.toml").write_text(TERMS)


# -- without a server --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "user", "student"),
    [
        ("id", "1001", "1001"),
        ("email", "ADA@uni.example", "1001"),
        ("moodle", "Bo", "1002"),
        ("id", "ada", None),
        ("email", "", None),
        ("moodle", "", None),
    ],
)
def test_the_roster_says_who_is_who(
    tmp_path: Path, column: str, user: str, student: str | None
) -> None:
    course = Course(PROJECT, tmp_path)
    course.roster.write_text(ROSTER)
    (tmp_path / "service.toml").write_text(f'[hub]\nstudent = "{column}"\n')
    people = load_terms(course).hub
    assert people is not None
    assert people.find(user, ()) == (HubPerson(student, False) if student else None)


@pytest.mark.parametrize(
    ("table", "roster", "said"),
    [
        ("[hub]", ROSTER, "student: expected the column"),
        ('[hub]\nstudent = "name"', ROSTER, "student: expected the column"),
        ('[hub]\nstudent = "id"', "", "no such file"),
        ('[hub]\nstudent = "canvas"', ROSTER, "'canvas' of .* is missing or empty"),
        ('[hub]\nstudent = "id"\nstaff = "tess"', ROSTER, "staff: expected names"),
        ('[hub]\nstudent = "id"\nstaf = []', ROSTER, "did you mean"),
        ("hub = 3", ROSTER, "expected a table"),
    ],
)
def test_a_mistake_in_the_table_is_named(
    tmp_path: Path, table: str, roster: str, said: str
) -> None:
    course = Course(PROJECT, tmp_path)
    if roster:
        course.roster.write_text(roster)
    (tmp_path / "service.toml").write_text(table + "\n")
    with pytest.raises(UserError, match=said):
        load_terms(course)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"JUPYTERHUB_API_TOKEN": ""}, "missing in the environment: JUPYTERHUB_API_TOKEN"),
        ({"JUPYTERHUB_SERVICE_URL": "http://127.0.0.1"}, "expected an address such as"),
        ({"JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:x"}, "cannot be read"),
        ({"JUPYTERHUB_OAUTH_ACCESS_SCOPES": "{"}, "cannot be read"),
        ({"JUPYTERHUB_OAUTH_ACCESS_SCOPES": '"x"'}, "expected a list"),
    ],
)
def test_what_is_no_hubs_environment_is_named(changed: dict[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        hub_place(environment() | changed)


def test_a_hub_needs_its_table_and_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course, place = Course(PROJECT, tmp_path), hub_place(environment())

    def start() -> None:
        serve(course, Service((NAME,), None, 1, hub=place), Address(), lambda port: None)

    with pytest.raises(UserError, match=r"expected a table \[hub\]"):
        start()
    course.roster.write_text(ROSTER)
    (tmp_path / "service.toml").write_text(TERMS)
    monkeypatch.delitem(sys.modules, "autograder.service.hub_login")
    monkeypatch.setitem(sys.modules, "jupyterhub.services.auth", None)
    with pytest.raises(UserError, match="needs the package jupyterhub"):
        start()
    assert not course.cache.parent.exists()  # nothing was begun
