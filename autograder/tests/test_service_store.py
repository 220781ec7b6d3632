"""The store keeps what it acknowledges, counts feedback right, and knows after any end what is still to be graded."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from autograder.core.course import Course
from autograder.core.errors import UserError
from autograder.core.roots import PROJECT
from autograder.service.budget import balance
from autograder.service.database import open_database
from autograder.service.export import take_attempts
from autograder.service.login_tokens import attempt_seed, new_token, token_digest
from autograder.service.records import Account, Attempt, AttemptResult, State, Upload, counting
from autograder.service.store import Store
from autograder.service.terms import Level, load_terms
from autograder.service.terms_watch import TermsWatch
from autograder.service.token_sheet import write_tokens

NAME = "01-backprop"
JUDGED = AttemptResult("print", 3.0, 10.0, 0.1, b"marks", b"notebook")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(open_database(Course(PROJECT, tmp_path)))
    made.set_token("ada", token_digest("a"), staff=False)
    made.set_token("bo", token_digest("b"), staff=False)
    return made


def person(store: Store, name: str = "ada") -> Account:
    return next(one for one in store.people() if one.name == name)


def upload(
    store: Store,
    content: str,
    at: float = 1000.0,
    name: str = "ada",
    late: bool = False,
    confirmed: bool = False,
) -> Attempt:
    (made,) = store.hand_in(
        [
            Upload(
                person(store, name),
                NAME,
                content.encode(),
                at,
                late,
                confirmed,
                burst=2,
                refill=60.0,
            )
        ]
    )
    return made


def grade_next(store: Store, now: float = 1e9, judged: AttemptResult = JUDGED) -> Attempt:
    taken = store.claim(State.WAITING, now)
    assert taken is not None
    store.finish(taken, judged, now)
    found = store.attempt(taken.id)
    assert found is not None
    return found


def slow_bucket(spent: list[float], now: float, burst: int, refill: float) -> int:
    """Whole tokens at a time, counted in steps of a tenth of a second."""
    level = float(burst)
    for step in range(round(now * 10) + 1):
        level = min(float(burst), level + 0.1 / refill) if step else level
        level -= sum(round(time * 10) == step for time in spent)
    return int(level + 1e-6)


def test_bucket_against_one_that_drips() -> None:
    draw = random.Random(5)
    for _ in range(60):
        burst, refill = draw.randint(1, 5), float(draw.randint(2, 9))
        now, spent = 0.0, list[float]()
        for _ in range(12):
            now = round(now + draw.choice((0.1, 1.0, 3.3, 20.0)), 1)
            found = balance(spent, now, burst, refill)
            assert found.tokens == slow_bucket(spent, now, burst, refill)
            if found.tokens:
                assert found.ready == now
                spent.append(now)
            else:
                assert slow_bucket(spent, round(found.ready + 0.1, 1), burst, refill) == 1
                assert slow_bucket(spent, round(found.ready - 0.2, 1), burst, refill) == 0


def test_an_attempt_without_a_token_waits_for_one_and_a_later_one_takes_it(store: Store) -> None:
    for number in range(2):
        assert upload(store, f"{number}").not_before == 1000.0
        grade_next(store)
    third = upload(store, "third", 1010.0)
    assert third.not_before == 1060.0
    assert store.claim(State.WAITING, 1059.0) is None
    assert (
        store.balance(person(store).id, NAME, 1015.0, 2, 60.0).ready == 1060.0
    )  # not 1120: the next takes the third's place
    fourth = upload(store, "fourth", 1020.0)
    assert fourth.not_before == 1060.0
    assert store.attempt(third.id).state is State.SUPERSEDED  # type: ignore[union-attr]
    assert grade_next(store, 1061.0).id == fourth.id


def test_the_same_bytes_are_not_graded_twice(store: Store) -> None:
    first = upload(store, "x")
    assert upload(store, "x").id == first.id
    grade_next(store)
    second = upload(store, "y")
    grade_next(store)
    third = upload(store, "x", 1001.0)
    assert (third.number, third.state, third.same_as, third.score, third.seed) == (
        3,
        State.GRADED,
        first.id,
        3.0,
        first.seed,
    )
    assert second.seed != first.seed
    assert store.balance(person(store).id, NAME, 1001.0, 2, 60.0).tokens == 0
    assert store.claim(State.WAITING, 1e9) is None
    assert store.result(third) == JUDGED


def test_what_is_not_the_students_fault_costs_nothing(store: Store) -> None:
    upload(store, "x")
    grade_next(store, judged=AttemptResult("p", 0, 1, 0.1, b"", b"", free=True))
    assert store.balance(person(store).id, NAME, 1000.0, 2, 60.0).tokens == 2
    upload(store, "y")
    for _ in range(2):
        taken = store.claim(State.WAITING, 2000.0)
        assert taken is not None
        store.note_death(taken)
    for _ in range(2):
        taken = store.claim(State.SLOW, 2000.0)
        assert taken is not None
        store.note_death(taken)
    (_, last) = store.attempts()
    assert last.state is State.UNJUDGED
    assert store.balance(person(store).id, NAME, 1000.0, 2, 60.0).tokens == 2


def test_what_an_ended_server_had_begun_waits_again(store: Store, tmp_path: Path) -> None:
    made = [upload(store, f"{number}", name=name) for number, name in enumerate(("ada", "bo"))]
    store.slow_down(made[1])
    assert store.claim(State.WAITING, 2000.0) is not None
    assert store.claim(State.SLOW, 2000.0) is not None
    again = Store(open_database(Course(PROJECT, tmp_path)))
    assert again.recover() == 2
    assert [one.state for one in again.attempts()] == [State.WAITING, State.SLOW]
    assert [one.deaths for one in again.attempts()] == [0, 0]
    assert [again.content(one.digest) for one in made] == [b"0", b"1"]


def test_a_later_attempt_keeps_its_place_in_the_queue(store: Store) -> None:
    upload(store, "a1", 1000.0)
    upload(store, "b1", 1001.0, "bo")
    later = upload(store, "a2", 1002.0)
    assert store.position(later) == 0
    assert grade_next(store).id == later.id


def test_which_attempt_counts(store: Store) -> None:
    one, two = upload(store, "1", 1.0), upload(store, "2", 2.0)
    three = upload(store, "3", 3.0, late=True)
    assert counting(store.attempts()).id == two.id  # type: ignore[union-attr]
    store.choose(one)
    assert counting(store.attempts()).id == one.id  # type: ignore[union-attr]
    store.choose(three)
    assert counting(store.attempts()).id == three.id  # type: ignore[union-attr]
    four = upload(store, "4", 4.0, "bo", late=True)
    assert counting([four]) is None
    store.extend(person(store, "bo"), NAME, 5.0, "tess")
    assert counting(store.attempts(person(store, "bo").id)).id == four.id  # type: ignore[union-attr]


def test_a_regrade_shows_nothing_before_it_is_accepted_and_keeps_the_old(store: Store) -> None:
    upload(store, "x")
    graded = grade_next(store)
    store.ask_again([graded], "tess")
    taken = store.claim_regrade()
    assert taken is not None
    assert store.recover() == 1  # the server ended
    taken = store.claim_regrade()
    assert taken is not None
    store.finish(taken, AttemptResult("new", 7.0, 10.0, 0.1, b"m", b"n"), 5.0)
    assert store.attempt(graded.id).score == 3.0  # type: ignore[union-attr]
    assert [(one.id, before, after) for one, before, after in store.regraded(NAME)] == [
        (graded.id, 3.0, 7.0)
    ]
    assert store.accept(NAME, "tess") == 1
    assert store.attempt(graded.id).score == 7.0  # type: ignore[union-attr]
    assert store.regraded(NAME) == []


def test_the_store_holds_no_token_and_only_its_owner_reads_it(store: Store, tmp_path: Path) -> None:
    sheet = tmp_path / "tokens.csv"
    assert write_tokens(store, ["ada", "cy"], sheet, staff=False, renew=False) == 1
    token = sheet.read_text().splitlines()[1].split(",")[1]
    assert sheet.stat().st_mode & 0o777 == 0o600
    found = store.person_of(token_digest(token.upper().replace("-", " ")))
    assert found is not None
    assert found.name == "cy"
    files = [
        path for path in (tmp_path / ".autograder").iterdir() if path.name.startswith("service.db")
    ]
    assert all(
        token.encode() not in path.read_bytes() and path.stat().st_mode & 0o077 == 0
        for path in files
    )
    with pytest.raises(UserError, match="is there already"):
        write_tokens(store, ["dee"], sheet, staff=False, renew=False)
    with pytest.raises(UserError, match="cannot be a student's name"):
        write_tokens(store, ["../dee"], tmp_path / "other.csv", staff=False, renew=False)


def test_seeds_differ_by_all_that_they_follow_from() -> None:
    base = ("secret", NAME, "ada", "digest")
    others = [
        tuple(f"{part}x" if at == place else part for at, part in enumerate(base))
        for place in range(4)
    ]
    seeds = {attempt_seed(*parts) for parts in (base, *others)}
    assert len(seeds) == 5
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert attempt_seed("s", "ab", "c", "d") != attempt_seed("s", "a", "bc", "d")
    assert len({new_token() for _ in range(50)}) == 50


def test_grading_takes_the_attempt_that_counts_and_keeps_what_lay_there(
    store: Store, tmp_path: Path
) -> None:
    course = Course(PROJECT, tmp_path)
    upload(store, "first", 1_790_000_000.0)
    assert take_attempts(course, store, NAME, set()) == ["ada"]
    assert take_attempts(course, store, NAME, set()) == []
    upload(store, "second", 1_790_000_060.0)
    assert take_attempts(course, store, NAME, {"bo"}) == []
    assert take_attempts(course, store, NAME, {"ada"}) == ["ada"]
    folder = course.submitted / "ada" / NAME
    assert (folder / f"{NAME}.ipynb").read_bytes() == b"second"
    assert (folder / "timestamp.txt").read_text() == "2026-09-21 14:14:20 UTC"
    assert (course.replaced / "ada" / NAME / "1" / f"{NAME}.ipynb").read_bytes() == b"first"


def test_terms_are_read_and_mistakes_in_them_named(tmp_path: Path) -> None:
    course, path = Course(PROJECT, tmp_path), tmp_path / "service.toml"
    assert load_terms(course).of(NAME).burst == 5
    path.write_text(
        f'time_zone = "Europe/Berlin"\n[default]\nburst = 3\n["{NAME}"]\ndue = "2026-10-05 18:00"\nafter = "points"\n'
    )
    terms = load_terms(course)
    assert (terms.of(NAME).due, terms.of(NAME).burst, terms.of(NAME).after) == (
        1791216000.0,
        3,
        Level.POINTS,
    )
    assert terms.of(NAME).level(1791216001.0, terms.of(NAME).due) is Level.POINTS
    for text, said in (
        ("[default]\nbusrt = 3", "busrt"), ("[default]\nburst = 0", "positive"), ('["09-none"]\nburst = 1', "no assignment"),
        ('[default]\ndue = "05.10.2026 17:00"', "exchanged"), ('[default]\nbefore = "all"', "points, checks, hints"), ("default = 3", "table"),
        ("time_zone = 3", "time zone"), ("store = 3", "database"), ("[default]\ndue = 2026-10-05", "in quotes"),
    ):  # fmt: skip
        path.write_text(text)
        with pytest.raises(UserError, match=said):
            load_terms(course)


def test_the_deadlines_of_the_class_file_hold(tmp_path: Path) -> None:
    course = Course(PROJECT, tmp_path)
    (tmp_path / "class.toml").write_text(
        f'time_zone = "Europe/Berlin"\n[due]\n"{NAME}" = "2026-10-05 18:00"\n[extensions.ada]\n"{NAME}" = "2 days"\n'
    )
    terms = load_terms(course)
    assert terms.of(NAME).due == 1791216000.0
    assert terms.due_for("ada", NAME) == 1791216000.0 + 2 * 86400
    assert terms.due_for("bo", NAME) == 1791216000.0
    assert terms.named == {}
    (tmp_path / "service.toml").write_text(f'["{NAME}"]\ndue = "2026-10-06 18:00"\n')
    with pytest.raises(UserError, match="already"):
        load_terms(course)


def test_terms_are_read_again_when_their_file_changes_and_mistakes_change_nothing(
    tmp_path: Path,
) -> None:
    course, path = Course(PROJECT, tmp_path), tmp_path / "service.toml"
    path.write_text(f"[{NAME}]\nburst = 2\n")
    watch = TermsWatch(course, (), load_terms(course), (NAME,))
    assert not watch.look()
    path.write_text(f"[{NAME}]\nburst = 31\n[05-optimizers]\n")
    assert watch.look()
    assert (watch.terms.of(NAME).burst, watch.served) == (31, (NAME, "05-optimizers"))
    path.write_text(f"[{NAME}]\nburst = -310\n")
    assert watch.look()
    assert "expected a positive number, got -310" in watch.fault
    assert watch.terms.of(NAME).burst == 31
    path.write_text(f'store = "sqlite:///elsewhere.db"\n[{NAME}]\nburst = 4\n')
    assert watch.look()
    assert "next start" in watch.fault
    path.unlink()
    assert watch.look()
    assert watch.terms.of(NAME).burst == 5  # as without the file
