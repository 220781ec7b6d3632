"""An attack that a careless grader would survive as well proves nothing: each one here fools a grader of the usual kind.

`test_hostile.py` holds that ours is not fooled. The careless ones are `naive.py`, where checks run beside the student's code, in a
confinement that only keeps this machine whole, and below, where what comes out of a real sandbox is believed.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from operator import attrgetter
from typing import Any

import pytest

from autograder.core.assignment import Assignment
from autograder.core.errors import NoSandbox
from autograder.core.results import Walls
from autograder.core.roots import PROJECT
from autograder.sample.attacks.attack import WRONG, answer
from autograder.sample.attacks.forge import FORGE
from autograder.sample.attacks.pose import POSE
from autograder.sample.attacks.protocol import MESSAGES
from autograder.sample.attacks.read import READ
from autograder.sample.hostile import HOSTILE
from autograder.sample.ordinary import perfect
from autograder.sample.sample import Sample
from autograder.sandbox.bwrap import find_bwrap
from autograder.sandbox.walls import refusal
from autograder.tests import processes
from autograder.tests.naive import DESIGNS

CONFINED = [
    "--unshare-all",
    "--die-with-parent",
    "--ro-bind",
    "/",
    "/",
    "--dev",
    "/dev",
    "--proc",
    "/proc",
    "--tmpfs",
    "/tmp",
]
BOUNDED = ["prlimit", "--as=4294967296", "--cpu=60", "--fsize=16777216", "--core=0"]
WITH_SLIPS = answer("wrong", "Wrong, without any attack.", WRONG)
GAINS = {  # by attack, the design that gives it points which it has not earned
    "patched-testing": "testing",
    "patched-comparisons": "allclose",
    "patched-utils": "ours",
    "equal-array": "allclose",
    "equal-object": "equality",
    "equal-numbers": "equality",
    "nan-claims": "tolerance",
    "gradient-of-nothing": "tolerance",
    "lazy-objects": "tolerance",
    "broadcast-tricks": "tolerance",
    "reads-frames": "allclose",
    "mutated-arguments": "afterwards",
    "refuses-everything": "refusing",
    "cell-hooks": "shown",
    "background-thread": "company",
    "import-hooks": "late",
    "lines-untraced": "lines",
    "lines-renamed": "lines",
    "lines-in-a-thread": "lines",
    "lines-frozen": "lines",
    "lines-elsewhere": "lines",
    "arguments-hidden": "purity",
}
SHOWS = {  # by attack, what it gets out of a process that checks share with it, or puts into what is read from there
    "reads-history": ("allclose", r"managed: \[.*history"),
    "reads-environment": ("allclose", r"managed: \['"),
    "leftovers": ("allclose", r"found: \['"),
    "predicted-random": ("told", r"TOLD 7\b"),
    "raises-quotes": ("told", "'{5000}"),
    "exception-that-tells": ("told", r"HIDDEN np.float64\(0\.001"),
    "kernel-messages": ("allclose", r'"score": "1000000000\.0"'),
    "exit-hooks": ("allclose", r"MARKS 1\.0\n(.*\n)*100\.0\s*$"),
}
BREAKS = {  # by attack, the design that it ends or keeps from giving points, to itself and whoever would come next
    "poisoned-modules": ("late", 0.0),
    "exception-that-exits": ("told", None),
    "exception-that-loops": ("told", None),
}
FORGES = {  # by attack: the function that is called, and what then shows that its messages were believed
    "patched-msgpack": ("affine_forward", lambda told: told["marks"] == 100),
    "frame-claiming": ("affine_forward", lambda told: told["marks"] == 100),
    "patched-server": ("mlp_backprop", lambda told: told["lines"] == 1),
    "lines-forged": ("mlp_backprop", lambda told: told["lines"] == 1),
    "forged-cache": ("affine_forward", lambda told: told["ended"] == "TypeError"),
    "forged-limit": ("affine_forward", lambda told: told["ended"] == "TypeError"),
    "forged-outputs": ("affine_forward", lambda told: told["ended"] == "TypeError"),
    "forged-errors": ("affine_forward", lambda told: "\x1b]0;title\x07" in told["shown"]),
    "forged-flood": ("affine_forward", lambda told: told["kept"] > 50_000_000),
    "forged-arguments": ("affine_forward", lambda told: told["longest"] > 7_000_000),
    "returns-large": ("affine_forward", lambda told: told["longest"] > 7_000_000),
    "frame-random": ("affine_forward", lambda told: told["ended"] not in ("", "TimeoutError")),
    "frame-huge": ("affine_forward", lambda told: told["ended"] == "TimeoutError"),
    "frame-deep": ("affine_forward", lambda told: told["ended"] == "StackError"),
    "frame-balloon": ("affine_forward", lambda told: told["ended"] == "MemoryError"),
    "frame-dripping": ("affine_forward", lambda told: told["ended"] == "TimeoutError"),
    "frame-closed": ("affine_forward", lambda told: told["ended"] == "EOFError"),
    "frame-callback": ("affine_forward", lambda told: told["ended"] == "TypeError"),
    "callback-names": ("check_layer", lambda told: told["ended"] == "TypeError"),
    "callback-odd": ("check_layer", lambda told: told["ended"] == "TypeError"),
    "reads-pipe": (
        "affine_forward",
        lambda told: "the value that is expected next" in told["shown"],
    ),
    "visible-only": (
        "affine_forward",
        lambda told: "✗" not in told["shown"] and "(array([[0., 0., 0., 0.]" in told["shown"],
    ),
}
APART = {"points-odd", "leftovers-again"}  # has a test of its own; is the second half of another
CLAIMING = [*FORGE, *MESSAGES, *POSE, *READ]  # to be right, or to have seen what is


@dataclass(frozen=True)
class Came:
    """What came of a student: the points as a part of one, if the grader got so far, and all that was shown."""

    marks: float | None
    said: str


def cells(sample: Sample, assignment: Assignment, *unused: str) -> list[tuple[str, str]]:
    """The cells that a careless grader runs, by id: all code but of these kinds."""
    left_out = {cell.id for cell in assignment.cells if cell.kind in ("demo", *unused)}
    found = json.loads(sample.make(assignment))["cells"]
    return [
        (cell["id"], "".join(cell["source"]))
        for cell in found
        if cell["cell_type"] == "code" and cell["id"] not in left_out
    ]


def sources(sample: Sample, assignment: Assignment) -> list[str]:
    return [source for _, source in cells(sample, assignment, "check")]


@pytest.fixture(scope="module")
def naive(backprop: Assignment) -> dict[tuple[str, str], Came]:
    """All attacks, graded by the designs that they are said to fool; and an honest right and wrong answer, by all designs."""
    try:
        if why := refusal(Walls.NAMESPACES):
            pytest.skip(f"attacks that work are run in bubblewrap's namespaces only: {why}")
        here = [
            word for place in (str(PROJECT), sys.prefix) for word in ("--ro-bind", place, place)
        ]  # they may lie in /tmp
        command = [
            find_bwrap(),
            *CONFINED,
            *here,
            "--chdir",
            str(PROJECT),
            *BOUNDED,
            sys.executable,
            "-B",
            "-m",
            "autograder.tests.naive",
        ]
    except NoSandbox as problem:
        pytest.skip(str(problem))
    known = {sample.id: sample for sample in HOSTILE}
    tried = GAINS | {ident: design for ident, (design, _) in (SHOWS | BREAKS).items()}
    rows = [
        (ident, design, sources(known[ident], backprop) * (1 + (ident == "leftovers")))
        for ident, design in tried.items()
    ]
    rows += [
        (one.id, design, sources(one, backprop))
        for one in (perfect(), WITH_SLIPS)
        for design in DESIGNS
    ]
    environment = os.environ | {
        "OPENBLAS_NUM_THREADS": "1",
        "HOME": "/tmp",
        "MPLBACKEND": "agg",
        "IPYTHONDIR": "/tmp/ipython",
    }
    done = subprocess.run(
        command,
        input=json.dumps(rows),
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    results: list[list[Any]] = json.loads(done.stdout.splitlines()[-1])
    return {(student, design): Came(*came) for student, design, *came in results}


@pytest.mark.parametrize(
    "design", [one for one in DESIGNS if one not in ("company", "refusing", "told")]
)
def test_each_careless_design_tells_right_from_wrong_where_nobody_cheats(
    naive: dict[tuple[str, str], Came], design: str
) -> None:
    assert naive["perfect", design].marks == 1.0, naive["perfect", design].said[-500:]
    assert design in ("lines", "purity") or naive["wrong", design].marks == 0.0


def test_honest_company_does_no_harm(naive: dict[tuple[str, str], Came]) -> None:
    assert (
        naive["perfect", "company"].marks
        == naive["wrong", "company"].marks
        == naive["wrong", "refusing"].marks
        == 0.0
    )


@pytest.mark.parametrize("ident", GAINS)
def test_it_gains_points(naive: dict[tuple[str, str], Came], ident: str) -> None:
    came = naive[ident, GAINS[ident]]
    assert came.marks, came.said[-800:]


@pytest.mark.parametrize("ident", SHOWS)
def test_it_is_shown_what_it_should_not_see(naive: dict[tuple[str, str], Came], ident: str) -> None:
    design, told = SHOWS[ident]
    came = naive[ident, design]
    assert re.search(told, came.said), came.said[-800:]
    assert not any(re.search(told, naive[honest, design].said) for honest in ("perfect", "wrong"))


@pytest.mark.parametrize("ident", BREAKS)
def test_it_ends_the_grader(naive: dict[tuple[str, str], Came], ident: str) -> None:
    design, left = BREAKS[ident]
    assert naive[ident, design].marks == left
    assert naive["perfect", design].marks is not None


@pytest.fixture(scope="module")
def believed(backprop: Assignment) -> dict[str, dict[str, Any]]:
    """What the grader that believes every message made of each attack on the pipe, and of an honest answer to each function."""
    known = {sample.id: sample for sample in HOSTILE}
    rows = [
        (ident, cells(known[ident], backprop), function) for ident, (function, _) in FORGES.items()
    ]
    rows += [
        (function, cells(perfect(), backprop), function)
        for function in sorted({function for function, _ in FORGES.values()})
    ]
    processes.expect_proc()  # which the grader reads to bound its own memory
    command = [sys.executable, "-B", "-m", "autograder.tests.trusting_grader"]
    done = subprocess.run(
        command,
        input=json.dumps(rows),
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
        timeout=200,
    )
    if "NoSandbox" in done.stderr:
        pytest.skip(done.stderr.splitlines()[-1])
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("ident", FORGES)
def test_its_messages_are_believed(believed: dict[str, dict[str, Any]], ident: str) -> None:
    function, fooled = FORGES[ident]
    assert fooled(believed[ident]), {**believed[ident], "shown": believed[ident]["shown"][-500:]}
    assert not fooled(believed[function]), "an honest answer does the same"


def test_points_of_its_own_are_added_up(backprop: Assignment) -> None:
    """By a grader that takes points from the notebook that was handed in, as nbgrader would without its OverwriteCells."""
    odd = next(sample for sample in HOSTILE if sample.id == "points-odd")
    for sample, honest in ((perfect(), True), (odd, False)):
        metas = [
            cell["metadata"].get("nbgrader", {})
            for cell in json.loads(sample.make(backprop))["cells"]
        ]
        points = [
            meta["points"]
            for meta in metas
            if meta.get("grade") and isinstance(meta.get("points"), int | float)
        ]
        assert (0 < sum(points) <= 200) is honest


def test_every_claim_is_tried() -> None:
    """An attack that claims to be right or to have read something fools one of the designs, and says which."""
    tried = {*GAINS, *SHOWS, *BREAKS, *FORGES, *APART}
    assert {sample.id for sample in CLAIMING} <= tried
    assert tried <= {sample.id for sample in HOSTILE}


def test_what_they_take_the_place_of_is_there(backprop: Assignment) -> None:
    """An attack on a name that the sandbox's modules do not have any more would do nothing, and seem to be held off."""
    attacks = {
        sample.id: [
            one for one in sources(sample, backprop) if re.search(r"import .*\bsandbox\.", one)
        ]
        for sample in HOSTILE
    }
    taken = {
        ident: [one for source in found for one in _taken(source)]
        for ident, found in attacks.items()
        if found
    }
    assert len(taken) > 8
    for ident, places in taken.items():
        assert places, ident
        for module, name in places:
            attrgetter(name)(import_module(f"autograder.{module}"))


def _taken(source: str) -> Iterator[tuple[str, str]]:
    """The modules of the sandbox that an attack assigns to, each with the name there."""
    nodes = list(ast.walk(ast.parse(source)))
    named = {
        alias.asname: alias.name
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
        if "sandbox." in alias.name
    }
    for target in (
        target for node in nodes if isinstance(node, ast.Assign) for target in node.targets
    ):
        module, _, name = ast.unparse(target).partition(".")
        if module in named:
            yield named[module], name
