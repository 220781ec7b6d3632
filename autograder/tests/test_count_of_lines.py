"""A loop over the examples is seen by the count of lines, however it is written; what needs no loop raises no alarm."""

from __future__ import annotations

import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.checking import rules
from autograder.checking.remote import RemoteTransport
from autograder.checking.student import Student
from autograder.core.course import Course
from autograder.core.errors import CheckFailed, NoSandbox
from autograder.core.limits import Limits
from autograder.grading.screening.suspicious_names import reaches
from autograder.sandbox import observe
from autograder.sandbox.client import Sandbox

from .test_walls import SLOT, change_inside

LOOPS = {
    "statement": "def f(x, w):\n    out = []\n    for row in x: out.append(row @ w)\n    return np.array(out)",
    "comprehension": "def f(x, w): return np.array([row @ w for row in x])",
    "generator": "def f(x, w): return np.array(list(row @ w for row in x))",
    "recursion": "def f(x, w): return np.concatenate([[x[0] @ w], f(x[1:], w)]) if len(x) else np.zeros((0, w.shape[1]))",
    "map": "import itertools as i\ndef f(x, w): return np.array(list(map(np.dot, x, i.repeat(w))))",
    "map, in one call": "import itertools as i\ndef f(x, w): return np.array([*map(np.ndarray.dot, x, i.repeat(w))])",
    "map, taken before": "m = map\nfrom itertools import repeat\ndef f(x, w): return np.stack(list(m(np.dot, x, repeat(w))))",
    "starmap": "from itertools import repeat, starmap\ndef f(x, w): return np.array(list(starmap(np.dot, zip(x, repeat(w)))))",
    "accumulate": "from itertools import accumulate, chain\nimport operator\ndef f(x, w): list(accumulate(x, operator.add)); return x @ w",
    "filter": "def f(x, w): list(filter(np.any, x)); return x @ w",
    "reduce": "import functools, operator\ndef f(x, w): functools.reduce(operator.add, x); return x @ w",
    "vectorize": "def f(x, w): np.vectorize(abs)(x[:, 0]); return x @ w",
    "frompyfunc": "def f(x, w): np.frompyfunc(abs, 1, 1)(x[:, 0]); return x @ w",
    "along an axis": "def f(x, w): return np.apply_along_axis(np.dot, 1, x, w)",
    "fromiter": "import operator\ndef f(x, w): np.fromiter(map(operator.itemgetter(0), x), float); return x @ w",
    "sorted key": "def f(x, w): sorted(x.tolist(), key=lambda row: row[0]); return x @ w",
    "compiled": "scope = {'np': np}\nexec(compile('def f(x, w): return np.array([row @ w for row in x])', 'any', 'exec'), scope)\nf = scope['f']",
    "a database": "import sqlite3\ndef f(x, w):\n    db = sqlite3.connect(':memory:'); db.create_function('g', 1, lambda n: 0.0)\n"
    "    db.execute('create table t (n)'); db.executemany('insert into t values (?)', [(1,)] * len(x)); db.execute('select g(n) from t').fetchall()\n    return x @ w",
}
LOWEST = """
import _thread
def f(x, w):
    out, done = [], _thread.allocate_lock()
    done.acquire()
    def work(): out.append([row @ w for row in x]); done.release()
    _thread.start_new_thread(work, ()); done.acquire()
    return np.array(out[0])
"""
POSING = {
    "compiled as a library's": """
        import textwrap
        scope = vars(textwrap)
        exec(compile("import numpy as np\\ndef _f(x, w): return np.array([row @ w for row in x])", textwrap.__file__, "exec"), scope)
        def f(x, w): return textwrap._f(x, w)
        """,
    "by the module code": """
        import code, textwrap
        code.InteractiveInterpreter(vars(textwrap)).runsource(
            "import numpy as np\\ndef _f(x, w): return np.array([row @ w for row in x])", textwrap.__file__, "exec")
        def f(x, w): return textwrap._f(x, w)
        """,
    "renamed": """
        import textwrap, types
        def g(x, w): return numpy.array([row @ w for row in x])
        textwrap.numpy = np
        textwrap._f = types.FunctionType(g.__code__.replace(co_filename=textwrap.__file__), vars(textwrap))
        def f(x, w): return textwrap._f(x, w)
        """,
    "from bytes": """
        import marshal, textwrap, types
        g = lambda x, w: [row @ w for row in x]
        h = types.FunctionType(marshal.loads(marshal.dumps(g.__code__)), vars(textwrap))
        def f(x, w): h(x, w); return x @ w
        """,
    "a thread of its own": """
        import threading
        def f(x, w):
            out, busy = [], np.ones((300, 300))
            thread = threading.Thread(target=lambda: out.append([row @ w for row in x])); thread.start(); busy @ busy; thread.join()
            return np.array(out[0])
        """,
    "a thread for a moment": """
        import threading
        def f(x, w):
            out = []
            thread = threading.Thread(target=lambda: out.append([row @ w for row in x])); thread.start(); thread.join()
            return np.array(out[0])
        """,
    "a thread by its lowest name": LOWEST,
    "a thread of a pool": """
        from concurrent.futures import ThreadPoolExecutor
        def f(x, w):
            with ThreadPoolExecutor(1) as pool: return np.array(pool.submit(lambda: [row @ w for row in x]).result())
        """,
    "the module of threads, imported anew": f"import sys\ndel sys.modules['_thread']\n{LOWEST}",
    "a thread that waits": """
        import queue, threading
        todo, done = queue.Queue(), queue.Queue()
        def work():
            while True:
                x, w = todo.get(); done.put([row @ w for _ in range(200) for row in x][-len(x):])
        threading.Thread(target=work, daemon=True).start()
        def f(x, w):
            todo.put((x, w)); np.ones((300, 300)) @ np.ones((300, 300)); return np.array(done.get())
        """,
}
HONEST = {
    "one product": "def f(x, w): return x @ w",
    "map over what is not the examples": "def f(x, w): return sum(map(np.dot, [x] * 3, [w] * 3)) / 3",
    "einsum": "def f(x, w): return np.einsum('nd,dm->nm', x, w)",
    "helpers of NumPy": "def f(x, w): x = np.vstack(list(map(np.atleast_2d, (x, x))))[: len(x)]; return np.tensordot(x, w, 1)",
    "along the other axis": "def f(x, w): np.apply_along_axis(np.sum, 0, x); return x @ w",
    "classes of data": "import dataclasses, collections\n@dataclasses.dataclass(slots=True)\nclass A:\n    x: int\nB = collections.namedtuple('B', 'y')\n"
    "def f(x, w): A(1), B(2); return x @ w",
    "imports of its own": "def f(x, w):\n    import wave, colorsys, cmd, sched\n    return x @ w",
    "reduce over layers": "from functools import reduce\ndef f(x, w): return reduce(np.dot, [x, w, np.eye(w.shape[1])])",
    "an error whose traceback was shown": "try:\n    np.stack([])\nexcept ValueError:\n    get_ipython().showtraceback()\n"
    "    get_ipython().raised.clear()\ndef f(x, w): return x @ w",
    "awaits": "import asyncio, types\n@types.coroutine\ndef g(): yield\ndef f(x, w): return x @ w",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Limits(), Course().utils, SLOT) as made:
        try:
            made.open().close()
        except NoSandbox as problem:
            pytest.skip(str(problem))
        yield made


def vectorised(sandbox: Sandbox, source: str) -> None:
    rng = np.random.default_rng(3)

    def arguments(size: int) -> tuple[Any, ...]:
        return rng.normal(size=(size, 4)), rng.normal(size=(4, 2))

    with sandbox.open() as session:
        reply = session.request(
            {"op": "cell", "cell": "x", "source": "import numpy as np\n" + textwrap.dedent(source)},
            10.0,
        )
        assert not reply["error"], reply["error"]
        student = Student(RemoteTransport(lambda: session, source))
        x, w = arguments(5)
        assert np.allclose(np.array(student.f(x, w), float), x @ w)
        rules.vectorised(student, "f", arguments)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_loop_is_counted(sandbox: Sandbox, loop: str) -> None:
    with pytest.raises(CheckFailed, match=r"runs \d+ lines|examples"):
        vectorised(sandbox, LOOPS[loop])


@pytest.mark.parametrize("way", POSING)
def test_what_is_not_counted_is_not_believed(sandbox: Sandbox, way: str) -> None:
    with pytest.raises(CheckFailed, match="cannot be counted"):
        vectorised(sandbox, POSING[way])


@pytest.mark.parametrize("way", HONEST)
def test_what_loops_over_nothing_raises_no_alarm(sandbox: Sandbox, way: str) -> None:
    vectorised(sandbox, HONEST[way])


def test_what_the_zygote_did_is_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The warm process notices from before it forks, and a submission's count begins at zero."""
    noticing = ("    loops.watch()\n", "    loops.watch()\n    loops.posing += 1\n")
    change_inside(tmp_path, monkeypatch, "zygote.py", noticing)
    with Sandbox(Limits(), Course().utils, SLOT) as changed:
        vectorised(changed, HONEST["one product"])


@pytest.mark.parametrize("way", set(POSING) - {"renamed"})
def test_staff_are_told_of_what_no_answer_needs(way: str) -> None:
    assert reaches(textwrap.dedent(POSING[way]))


@pytest.mark.parametrize(
    ("threads", "elsewhere"), [((1, 1), False), ((2, 2), True), ((1, 2), True), ((2, 1), True)]
)
def test_a_clock_that_jumps_is_no_other_thread(
    monkeypatch: pytest.MonkeyPatch, threads: tuple[int, int], elsewhere: bool
) -> None:
    """A process's time advances by ticks while the kernel counts it down: where there is one thread, the rest is its own."""
    clock, counted = iter([(0.0, 0.0), (0.0, 0.01)]), iter(threads)
    monkeypatch.setattr(observe, "_work", lambda: next(clock))
    monkeypatch.setattr(observe, "_threads", lambda: next(counted, threads[-1]))
    with observe.LineCount(True) as count:
        pass
    assert count.elsewhere is elsewhere


def test_a_thread_that_waits_is_counted() -> None:
    ready, done = threading.Event(), threading.Event()
    before = observe._threads()
    thread = threading.Thread(target=lambda: (ready.set(), done.wait()))
    thread.start()
    ready.wait()
    during = observe._threads()
    done.set()
    thread.join()
    assert (during, observe._threads()) == (before + 1, before)
