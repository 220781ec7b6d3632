"""Commands and imports that only set something up cost nothing; what is missing costs only the function that needs it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from autograder.core.assignment import Assignment, load_assignment
from autograder.core.course import Course
from autograder.core.results import CheckResult, Graded, Outcome, Submission
from autograder.grading.pipeline import Grader
from autograder.sample.sample import as_bytes

NAME, SEED = "05-optimizers", 5
FIRST_LINES = (
    "%matplotlib inline", "%matplotlib notebook", "%pylab", "%pip install tqdm", "%conda install pandas", "!pip install -q torch\n!ls -l",
    "%load_ext autoreload\n%autoreload 2", "%load_ext nb_black", "%config InlineBackend.figure_format = 'retina'", "%%time", "%%timeit -n 3",
    "# mine\n\n%%capture shown\n%%time", "%%memit", "%time x = 3", "%timeit -n 10 3 + 4", "np.dot?", "?np.dot", "files = !ls",
    'get_ipython().run_line_magic("matplotlib", "inline")', 'get_ipython().magic("matplotlib inline")', "get_ipython().system('pip install x')",
    "%tensorflow_version 2.x", "%reset -f", "%cd nowhere", "%run nowhere.py", "if True:\n    %matplotlib inline",
    "import tqdm", "import pandas as pd\npd.set_option('display.width', 200)", "import seaborn as sns; sns.set_theme()",
    "import torch, os\ntorch.manual_seed(0)\nd = 'cuda' if torch.cuda.is_available() else 'cpu'", "from google.colab import drive\ndrive.mount('/x')",
    "from json.nowhere import x as y, z", "import scipy.nowhere", "from numpy import nowhere", "from my_helpers import *", "from . import helpers",
    "from tqdm.auto import tqdm, trange\nfor i in tqdm(range(3)):\n    pass\nassert list(trange(2)) == [0, 1]",
    "import torch, torch.nn as nn\nclass Net(nn.Module):\n    pass\n@torch.no_grad()\ndef g():\n    return 3",
    "from numba import njit\n@njit\ndef g():\n    return 3\nassert g() == 3", "try:\n    import theano\nexcept ImportError:\n    theano = None\nassert theano is None",
    "import pandas as pd\nrates = pd.DataFrame([1]) * 2\nfor row in rates:\n    print(row)",
)  # fmt: skip
LOOPS = {
    "sgd": "import tqdm\ndef sgd(w, dw, config):\n    for _ in tqdm.tqdm(range(1)):\n        return REAL(w, dw, config)",
    "inside": "def sgd(w, dw, config):\n    from tqdm.notebook import tqdm\n    with tqdm(total=1) as bar:\n        bar.update(1)\n        return REAL(w, dw, config)",
}


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return load_assignment(Course(), NAME)


def graded(
    assignment: Assignment, submissions: Mapping[str, Mapping[str, str]]
) -> dict[str, Graded]:
    """The results of right notebooks in which some cells have other sources."""
    with Grader(Course(), NAME) as grader:
        found = grader.grade(
            [
                Submission(name, as_bytes(assignment.solved(dict(other))))
                for name, other in submissions.items()
            ],
            SEED,
        )
    return {one.student: one for one in found}


def lines_by_submission(assignment: Assignment) -> dict[str, dict[str, str]]:
    """Each first line in one answer cell, all of a notebook's cells with one."""
    cells = [cell for cell in assignment.cells if cell.kind == "solution"]
    parts = [FIRST_LINES[at : at + len(cells)] for at in range(0, len(FIRST_LINES), len(cells))]
    return {
        str(at): {
            cell.id: f"{line}\n{cell.source}" for cell, line in zip(cells, part, strict=False)
        }
        for at, part in enumerate(parts)
    }


@pytest.mark.slow
def test_what_sets_up_costs_nothing(assignment: Assignment) -> None:
    submissions = lines_by_submission(assignment)
    for name, one in graded(assignment, submissions).items():
        wrong = {
            question.id: submissions[name][question.id].split("\n")[0]
            for question in one.questions
            if question.outcome is not Outcome.RIGHT
        }
        assert not wrong


def test_a_progress_bar_costs_nothing(assignment: Assignment) -> None:
    real = assignment.by_id["sgd_momentum"].source
    changed = {
        name: {"sgd_momentum": f"{real}\n\nREAL = sgd\n\n{code}\n"} for name, code in LOOPS.items()
    }
    assert {
        name: one.outcome for name, one in graded(assignment, changed).items()
    } == dict.fromkeys(LOOPS, Outcome.RIGHT)


def failed(one: Graded) -> list[CheckResult]:
    return [
        check
        for question in one.questions
        for check in question.checks
        if check.outcome is not Outcome.RIGHT
    ]


def test_what_is_missing_is_said_and_costs_only_what_needs_it(assignment: Assignment) -> None:
    source = assignment.by_id["sgd_momentum"].source
    used = (
        f"import theano\n{source}\n\ndef sgd(w, dw, config):\n    return theano.shared(w), config\n"
    )
    broken = f"import theano\n1 / 0\n{source}"
    found = graded(assignment, {"used": {"sgd_momentum": used}, "broken": {"sgd_momentum": broken}})
    said = [finding.message for finding in found["used"].findings if finding.kind == "missing"]
    assert len(said) == 1
    assert "`theano`" in said[0]
    lost = failed(found["used"])
    assert lost
    assert all("ModuleNotFoundError" in check.reason for check in lost)
    assert {
        question.outcome for question in found["used"].questions if question.id != "sgd_momentum"
    } == {Outcome.RIGHT}
    assert (
        next(
            question.score
            for question in found["broken"].questions
            if question.id == "sgd_momentum"
        )
        == 0
    )  # a real error costs what it cost
