"""Nobody fools or breaks the grader: every damaged and every hostile notebook gets the marks it deserves, and harms nobody else."""

from __future__ import annotations

import io
import os
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from autograder.core.assignment import Assignment, load_assignment
from autograder.core.course import Course
from autograder.core.errors import NoSandbox
from autograder.core.limits import load_limits
from autograder.core.results import DEMANDED, Graded
from autograder.core.roots import PROJECT
from autograder.grading.screening.images import PIXELS_IN_ALL
from autograder.sample.attacks.reach_out import PLANTED
from autograder.sample.damaged import DAMAGED
from autograder.sample.grade_samples import Trial, try_out, try_together
from autograder.sample.hostile import HOSTILE
from autograder.sample.ordinary import constants
from autograder.sample.sample import Sample
from autograder.sandbox.bwrap import FIRST_UID
from autograder.sandbox.client import Sandbox
from autograder.sandbox.walls import demanded

from . import processes

NAME = "01-backprop"
assert not {one.id for one in HOSTILE} & {one.id for one in DAMAGED}
SAMPLES: dict[str, Sample] = {sample.id: sample for sample in (*HOSTILE, *DAMAGED)}
SOONER = frozenset(list(SAMPLES)[::6]) | {"exception-that-tells"}  # those of a kind stand together
SLOTS = (
    4000 + os.getpid() % 700,
    4700 + os.getpid() % 700,
)  # above those that a pool takes, and not those of another run of these tests
QUICKLY = ("01-backprop", "05-optimizers")
GRACE = 0.5  # s
MEMORY = 600 << 20  # bytes that the grader's process may hold at most, whatever it is sent
NOTICES = ("reaches", "data")  # of what a notebook's text holds, not of what happened
MAY_BE_AN_ACCIDENT = frozenset(
    "loop-in-cell sleep-in-cell loop-in-cell-swallowing loop-in-c loop-in-function loop-in-function-swallowing recursion memory-list memory-numpy "
    "memory-in-function sys-exit-in-cell sys-exit-in-function output-lines output-one-line output-swallowing output-surrogate fill-disk output-everywhere "
    "million-files returns-huge-array returns-deep-list returns-itself returns-generator callback-without-end callback-balloon callback-repeated callback-hoard callback-names colliding-keys half-characters callback-odd nan-claims "
    "exception-that-loops exception-that-tells raises-quotes poisoned-environment markup broadcast-tricks gradient-of-nothing refuses-everything "
    "returns-large mutated-arguments arguments-hidden predicted-random points-odd descriptors "
    "script-in-answer script-in-outputs terminal-escapes unseen-characters".split()
)
EXCEPTIONS = {  # of a test: what the walls that need no privilege do otherwise, which names them
    ("marks", "helper-run-again"): (
        "bare",
        "it names a path that only a sandbox with a root of its own has",
    ),
    ("findings", "links"): ("room bare", "no link can be made there, so its cell fails"),
    ("shows", "reads-environment"): ("room bare", "the machine's name is not hidden"),
}
SECONDS = (
    45  # by the clock, of four lanes on two processors: what holds the grader up takes minutes
)


def behind_these_walls(test: str, idents: Iterable[str]) -> list[object]:
    """The samples for a test, with those marked that the walls which are demanded do not hold to it."""
    walls = os.environ.get(DEMANDED, "")
    excepted = {
        ident: why
        for (of, ident), (where, why) in EXCEPTIONS.items()
        if of == test and walls in where.split()
    }
    made: list[object] = []
    for ident in idents:
        marks = [] if ident in SOONER else [pytest.mark.slow]
        if ident in excepted:
            marks.append(pytest.mark.xfail(strict=True, reason=excepted[ident]))
        made.append(pytest.param(ident, marks=marks))
    return made


@dataclass(frozen=True)
class Ran:
    """The corpus, graded once for all tests here."""

    trials: dict[str, Trial]
    perfect: list[Trial]
    canary: dict[str, bytes]


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("canary")
    (folder / "bird").write_text("sings")
    folder.chmod(0o777)
    return folder


@pytest.fixture(scope="module")
def sandboxed(short_course: Course) -> None:
    """Skips what needs a sandbox where this machine has none; that is for `autograder doctor` to say."""
    try:
        limits, walls = load_limits(short_course), demanded(short_course.pyproject)
        with Sandbox(limits, short_course.utils, SLOTS[0], asked=walls) as sandbox:
            sandbox.open().close()
    except NoSandbox as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="module")
def ran(request: pytest.FixtureRequest, short_course: Course, canary: Path, sandboxed: None) -> Ran:
    """Those samples graded that the tests of this run ask for; all, if none is asked for by name."""
    before = _contents(canary)
    asked = {
        item.callspec.params.get("ident")
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
    }
    idents = [ident for ident in SAMPLES if ident in asked] or list(SAMPLES)
    trials = try_out(short_course, NAME, idents, SLOTS, GRACE)
    return Ran(
        {trial.id: trial for trial in trials},
        [trial for trial in trials if trial.id.startswith("perfect")],
        before,
    )


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _graded(ran: Ran, ident: str) -> Graded:
    trial = ran.trials[ident]
    assert trial.graded is not None, f"it broke the grader: {trial.error}"
    return trial.graded


def _own_outputs(graded: Graded) -> str:
    cells = (cell for cell in graded.notebook["cells"] if cell["id"].startswith("extra-"))
    return "\n".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))


# -- marks -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ident", behind_these_walls("marks", SAMPLES))
def test_gets_the_marks_it_deserves(ran: Ran, backprop: Assignment, ident: str) -> None:
    sample, graded = SAMPLES[ident], _graded(ran, ident)
    got, want = (
        {question.id: question.score for question in graded.questions},
        sample.expected(backprop),
    )
    if sample.at_most:
        assert all(got[question] <= most for question, most in want.items()), got
    else:
        assert got == want
    assert not graded.faulty, graded.findings


@pytest.mark.parametrize(
    "ident",
    behind_these_walls(
        "findings", [ident for ident, sample in SAMPLES.items() if sample.findings is not None]
    ),
)
def test_is_told_what_was_found(ran: Ran, ident: str) -> None:
    graded = _graded(ran, ident)
    found = {
        (finding.kind, finding.where) for finding in graded.findings if finding.kind not in NOTICES
    }
    assert found == SAMPLES[ident].findings
    assert len(set(graded.findings)) == len(graded.findings), "the same is told twice"


@pytest.mark.parametrize("ident", behind_these_walls("told", [one.id for one in HOSTILE]))
def test_staff_are_told_where_it_was_no_accident(ran: Ran, ident: str) -> None:
    told = [finding.kind for finding in _graded(ran, ident).findings if finding.staff]
    assert bool(told) == (ident not in MAY_BE_AN_ACCIDENT), told


@pytest.mark.parametrize("ident", behind_these_walls("not told", [one.id for one in DAMAGED]))
def test_staff_are_not_told_of_reaching_where_there_was_none(ran: Ran, ident: str) -> None:
    assert not [finding for finding in _graded(ran, ident).findings if finding.kind == "reaches"]


@pytest.mark.parametrize(
    "ident",
    behind_these_walls("shows", [ident for ident, sample in SAMPLES.items() if sample.shows]),
)
def test_what_it_tried_came_to_nothing(ran: Ran, ident: str) -> None:
    assert SAMPLES[ident].shows in _own_outputs(_graded(ran, ident))


def test_perfect_students_keep_everything_in_such_company(ran: Ran) -> None:
    assert len(ran.perfect) > 4  # before and after, by each of two, and between
    for trial in ran.perfect:
        assert trial.graded is not None, f"{trial.id}: {trial.error}"
        assert (trial.graded.score, trial.graded.findings) == (100.0, ()), trial.id


@pytest.mark.parametrize(
    "name",
    [
        name if name in QUICKLY else pytest.param(name, marks=pytest.mark.slow)
        for name in Course().assignments()
    ],
)
def test_constants_get_nothing(short_course: Course, sandboxed: None, name: str) -> None:
    tried = [one.id for one in constants(load_assignment(short_course, name))]
    graded = try_together(short_course, name, tried, SLOTS[0])
    assert len(graded) == len(tried) >= 5
    for one in graded:
        assert not [
            check.spec.id for question in one.questions for check in question.checks if check.score
        ], one.student


def test_one_of_them_does_not_stop_the_batch(short_course: Course, sandboxed: None) -> None:
    ids = [
        "perfect",
        "lone-surrogates",
        "forged-limit",
        "forged-cache",
        "forged-outputs",
        "patched-msgpack",
        "worksheet-of-a-number",
        "exit-in-function",
    ]
    graded = try_together(short_course, NAME, [*ids, "untouched"], SLOTS[0])
    assert [one.student for one in graded] == [*ids, "untouched"]
    assert (graded[0].score, graded[-1].score) == (100.0, 0.0)


# -- what is shown -----------------------------------------------------------------------------------------------------


def _every(ran: Ran) -> Iterator[tuple[str, Graded]]:
    for ident, trial in ran.trials.items():
        if trial.graded is not None:
            yield ident, trial.graded


def test_check_cells_end_with_the_score_alone(ran: Ran) -> None:
    for ident, graded in _every(ran):
        cells = {cell["id"]: cell for cell in graded.notebook["cells"]}
        for question in graded.questions:
            *others, last = cells[f"{question.id}-check"]["outputs"]
            assert last["data"] == {"text/plain": repr(question.score)}, ident
            assert all(output["output_type"] in ("stream", "display_data") for output in others), (
                ident
            )
            assert all(output.get("name", "stdout") == "stdout" for output in others), ident


def test_no_expected_value_is_shown(ran: Ran) -> None:
    assert {ident: trial.leaked for ident, trial in ran.trials.items() if trial.leaked} == {}


def test_hidden_inputs_are_masked(ran: Ran) -> None:
    reasons = [
        check.reason
        for question in _graded(ran, "exception-that-tells").questions
        for check in question.checks
    ]
    told = [reason for reason in reasons if "HIDDEN" in reason]
    assert told
    assert not [reason for reason in told if re.search(r"\d\.\d|\d{3}", reason)]


def test_nothing_that_a_terminal_or_page_acts_on(ran: Ran) -> None:
    for ident, graded in _every(ran):
        told = [finding.message for finding in graded.findings]
        told += [
            text
            for question in graded.questions
            for check in question.checks
            for text in (check.reason, check.hint)
        ]
        outputs = [
            output for cell in graded.notebook["cells"] for output in cell.get("outputs", [])
        ]
        told += [output["text"] for output in outputs if output["output_type"] == "stream"]
        told += [output["evalue"] for output in outputs if output["output_type"] == "error"]
        for text in told:
            assert not re.search(
                r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text
            ), f"{ident}: {text!r}"
        pages = [
            output["data"]["text/html"]
            for output in outputs
            if "text/html" in output.get("data", {})
        ]
        assert not [page for page in pages if "<script" in page.lower()], ident


def test_no_picture_asks_more_of_a_browser_than_a_photograph(ran: Ran) -> None:
    """As a library for pictures reads them, which knows nothing of how they were looked at before."""
    for ident, graded in _every(ran):
        bundles = [
            output["data"]
            for cell in graded.notebook["cells"]
            for output in cell.get("outputs", [])
            if "data" in output
        ]
        bundles += [
            bundle
            for cell in graded.notebook["cells"]
            for bundle in cell.get("attachments", {}).values()
        ]
        pictures = [
            b64decode(data)
            for bundle in bundles
            for mime, data in bundle.items()
            if mime.startswith("image/")
        ]
        shown = [Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) for data in pictures]
        assert sum(one.width * one.height for one in shown) <= PIXELS_IN_ALL, ident
        assert not [one for one in shown if getattr(one, "n_frames", 1) > 1], ident


# -- what is left ------------------------------------------------------------------------------------------------------


def test_nothing_is_left_running(ran: Ran, short_course: Course) -> None:
    marks = [
        str(short_course.utils).encode(),
        *(f'"uid": {FIRST_UID + slot},'.encode() for slot in SLOTS),
    ]
    left = []
    for process in processes.listed():
        try:
            line, status = (process / "cmdline").read_bytes(), (process / "status").read_text()
        except OSError:
            continue  # it ended meanwhile
        owner = int(status.partition("Uid:")[2].split()[0])
        if any(mark in line for mark in marks) or owner in [FIRST_UID + slot for slot in SLOTS]:
            left.append((process.name, line))
    assert left == []


def test_nothing_was_written_outside(ran: Ran, canary: Path) -> None:
    assert _contents(canary) == ran.canary
    watched = [
        PROJECT,
        *(Path(top) for top in ("/", "/tmp", "/dev/shm", "/usr", "/usr/bin", "/etc", "/dev")),
    ]
    assert [
        folder
        for folder in watched
        if (folder / PLANTED).exists() or (folder / PLANTED).is_symlink()
    ] == []
    own = [
        path
        for name in ("autograder", "source", "release", "utils")
        for path in (PROJECT / name).rglob("*")
    ]
    assert [
        path
        for path in own
        if path.name == PLANTED or FIRST_UID <= path.lstat().st_uid < FIRST_UID + 5000
    ] == []
    shared = [path for top in ("/tmp", "/dev/shm") for path in Path(top).iterdir()]
    assert [
        path for path in shared if path.lstat().st_uid in [FIRST_UID + slot for slot in SLOTS]
    ] == []


def test_the_grader_stays_small(ran: Ran) -> None:
    worst = max(ran.trials.values(), key=lambda trial: trial.peak)
    assert worst.peak < MEMORY, (
        f"{worst.peak / 1e6:.0f} MB by {next(t.id for t in ran.trials.values() if t.peak == worst.peak)}"
    )


def test_nobody_holds_the_grader_up(ran: Ran) -> None:
    assert {
        ident: round(trial.seconds, 1)
        for ident, trial in ran.trials.items()
        if trial.seconds > SECONDS
    } == {}


def test_notebooks_stay_small(ran: Ran) -> None:
    sizes = {
        ident: sum(
            len(output.get("text", ""))
            for cell in graded.notebook["cells"]
            for output in cell.get("outputs", [])
        )
        for ident, graded in _every(ran)
    }
    assert {ident: size for ident, size in sizes.items() if size > 20_000_000} == {}
