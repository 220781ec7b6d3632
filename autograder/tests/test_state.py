"""Code that could answer by what came before is told from code that cannot; in doubt, it could."""

from __future__ import annotations

import pytest

from autograder.grading.diagnosis.stateful_functions import may_remember

REMEMBERS = [
    "calls = []\ndef f(x):\n    calls.append(x)\n    return len(calls)",
    "def f(x, seen={}):\n    return seen.setdefault(x, len(seen))",
    "n = 0\ndef f(x):\n    global n\n    n += 1\n    return n",
    "def f(x):\n    f.last = x\n    return x",
    "def f(x):\n    np.answer = x",
    "def f(x):\n    del shared['x']",
    "from functools import cache\n@cache\ndef f(x):\n    return x",
    "class Net:\n    calls = []\n    def f(self, x):\n        self.calls.append(x)",
    "_plain = wrapped(f)\ndef f(x):\n    return _plain(x)",
    "f = lambda x, seen=[]: seen",
    "def f(x):\n    g = lambda y, seen=[]: seen\n    return g(x)",
    "for k in range(3):\n    pass",
    "def f(x:\n",
]
CANNOT = [
    '"""Words."""\nimport numpy as np\nEPS = -1e-7\nSHAPE = (2, 3)\nplain = f\n',
    "def f(x, eps=1e-7, *, axis=None):\n    x = x.copy()\n    x[0] = 1\n    out = {}\n    out['x'] = x\n    return out",
    "def f(x, cache):\n    cache['x'] = x\n    return x",
    "class Net:\n    depth = 2\n    def __init__(self, w):\n        self.w = w",
    "def f(x):\n    def g(y):\n        return y + x\n    return [g(y) for y in x]",
]


@pytest.mark.parametrize("source", REMEMBERS)
def test_what_could_remember(source: str) -> None:
    assert may_remember(source)


@pytest.mark.parametrize("source", CANNOT)
def test_what_cannot(source: str) -> None:
    assert not may_remember(source)
