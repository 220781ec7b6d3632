"""What a cell showed names no folder of the machine that graded it."""

from __future__ import annotations

import linecache
import os
import sys
import time
import traceback
from pathlib import Path

import numpy as np
import pytest

from autograder.core.known_paths import known_paths
from autograder.grading.execute import _outputs

WALLS = "/tmp/autograder-walls-x7_a1"
LIBRARY = "lib/python3.11/site-packages/numpy/linalg/_linalg.py"


@pytest.mark.parametrize(
    ("shown", "known"),
    [
        (f"File /venv/{LIBRARY}:875, in cholesky", "File numpy/linalg/_linalg.py:875, in cholesky"),
        (f'File "/opt/a-b/{LIBRARY}", line 4', 'File "numpy/linalg/_linalg.py", line 4'),
        (f"~/.venv/{LIBRARY}:3: RuntimeWarning", "numpy/linalg/_linalg.py:3: RuntimeWarning"),
        (f"('{sys.prefix}/{LIBRARY}',)", "('numpy/linalg/_linalg.py',)"),
        ("/usr/lib/python3/dist-packages/matplotlib/text.py:1", "matplotlib/text.py:1"),
        ("/usr/lib64/python3.13/warnings.py:1: x", "warnings.py:1: x"),
        (f"{sys.base_prefix}/lib/python3.12/json/decoder.py", "json/decoder.py"),
        (f"{WALLS}/shown/course/utils/data.py:7", "utils/data.py:7"),
        ("/course/utils/data.py:7", "utils/data.py:7"),
        (f"No such file: '{WALLS}/box/work/a.csv'", "No such file: 'a.csv'"),
        ("/tmp/work/a.csv and /tmp/work and /submission/work/", "a.csv and . and ./"),
        (f"{WALLS}/shown/grader/sandbox/shell.py", "…/sandbox/shell.py"),
        ("/grader/sandbox/shell.py:244", "…/sandbox/shell.py:244"),
        (f"<{WALLS}/mpl/matplotlibrc>", "<…/mpl/matplotlibrc>"),
        (f"PATH={sys.prefix}/bin", "PATH=…/bin"),
        (f"{os.path.expanduser('~')}/class/submitted", "…/class/submitted"),
    ],
)
def test_a_path_is_shown_as_a_student_knows_it(shown: str, known: str) -> None:
    assert known_paths(shown) == known


@pytest.mark.parametrize(
    "text",
    [
        "1/2 and a / b, x/N",
        "data/digits.npz",
        "/" + "home/ada/digits.npz",
        "the course/utils folder, /course/notes",
        "https://numpy.org/doc/lib/x.html",
        "/tmp/workshop/a.csv",
        "dx/dw at lib/python3.11/x",
    ],
)
def test_what_a_student_wrote_stays(text: str) -> None:
    assert known_paths(text) == text


def test_real_tracebacks_and_warnings_name_no_folder_of_this_machine() -> None:
    linecache.checkcache()
    try:
        np.linalg.inv(np.zeros((2, 2)))
    except np.linalg.LinAlgError:
        shown = known_paths(traceback.format_exc())
    assert 'File "numpy/linalg/_linalg.py", line' in shown
    assert known_paths(np.__file__) == "numpy/__init__.py"
    assert known_paths(traceback.__file__) == "traceback.py"
    root = str(Path(np.__file__).parents[1])
    reply = {
        "outputs": [
            {
                "kind": "stream",
                "name": "stderr",
                "text": f"{root}/numpy/x.py:1: UserWarning: odd\n",
            },
            {"kind": "execute_result", "data": {"text/plain": f"'{root}/numpy'"}},
        ],
        "error": {
            "name": "OSError",
            "value": f"no {root}/a/b",
            "traceback": [f"File {root}/a/b.py:3"],
        },
    }
    stream, result, error = _outputs(reply, 1)
    assert stream["text"] == "numpy/x.py:1: UserWarning: odd\n"
    assert result["data"] == {"text/plain": "'numpy'"}
    assert (error["evalue"], error["traceback"]) == ("no a/b", ["File a/b.py:3"])


@pytest.mark.parametrize("part", ["/", "-/", "/a", "~/", "/lib", " /a", "/course", "/tmp/work"])
def test_what_is_long_is_read_in_a_moment(part: str) -> None:
    text = part * (400_000 // len(part))
    before = time.process_time()
    known_paths(text)
    assert time.process_time() - before < 5  # a quadratic reading would take minutes
