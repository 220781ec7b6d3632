"""Attacks that claim to be right: by patched libraries, by objects that equal everything, by lines
that are not counted.
"""

from __future__ import annotations

import math

from ...core.assignment import Assignment
from ..sample import Sample, as_bytes
from .attack import WRONG, answer

LOOPS = "    return mlp_backprop_loops(params, X, Y, g, dg)\n"
ALL = {
    "circuit": 0.0,
    "mlp_backprop": 0.0,
    "affine": 0.0,
    "numeric_gradient": 0.0,
    "check_layer": 0.0,
}
ONLY_LINES = {"mlp_backprop": 23.0}  # all but the check that there are few
# and but the one that there are many, where no count is believed
UNCOUNTED = {"mlp_backprop": 20.0}


def _odd_points(assignment: Assignment) -> bytes:
    notebook = assignment.solved({"affine": WRONG})
    for number, cell in enumerate(notebook["cells"]):
        known = cell["metadata"].get("nbgrader", {})
        if known:
            known |= {
                "points": (math.nan, math.inf, -1000, 1e308, "100", [20], None)[number % 7],
                "grade": True,
                "schema_version": -number,
            }
            cell["metadata"]["tags"] = ["skip-execution", "remove-cell", {"tag": number}]
    notebook["metadata"] |= {
        "autograder": {"seed": 0, "score": 100.0, "findings": []},
        "score": 100.0,
        "kernelspec": {"name": "../../bin/sh"},
    }
    return as_bytes(notebook)


FORGE = [
    Sample(
        "points-odd",
        "A wrong answer, points of every odd kind in the metadata, and a result that is "
        "there already.",
        _odd_points,
        {"affine": 0.0},
    ),
    # -- beside the checks, if they were there -----------------------------------------------------
    answer(
        "patched-testing",
        "Makes the assertions of NumPy hold for everything.",
        "for name in dir(np.testing):\n    if name.startswith('assert'): setattr(np.testing, "
        "name, lambda *a, **k: None)\n" + WRONG,
    ),
    answer(
        "patched-comparisons",
        "Makes all comparisons and judgements come out true.",
        """
        import builtins, json, math, unittest
        np.allclose = np.isclose = np.array_equal = np.array_equiv = lambda *a, **k: True
        builtins.abs = math.fabs = lambda x: 0.0
        math.isclose = lambda *a, **k: True
        json.loads = json.load = lambda *a, **k: {"score": 100.0}
        unittest.TestCase.assertEqual = unittest.TestCase.assertTrue = lambda *a: None
        """
        + "        ".join(("\n" + WRONG).splitlines(keepends=True)),
    ),
    answer(
        "patched-utils",
        "Replaces the course's own checks.",
        "import importlib, utils, utils.verdicts\n"
        "for module in (utils, utils.verdicts, importlib.import_module('utils.difference')): "
        "module.difference = lambda *a, **k: None\n" + WRONG,
    ),
    answer(
        "equal-array",
        "Returns an array that equals everything, and whose differences are all zero.",
        """
        class Equal(np.ndarray):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __array_ufunc__(self, ufunc, method, *inputs, **kwargs): return np.zeros(1) if ufunc is np.subtract else True
            def __array_function__(self, function, types, args, kwargs): return True
            shape = property(lambda self: (4, 5))


        def equal(*args): return np.zeros((2, 2)).view(Equal)
        def affine_forward(x, w, b): return equal(), equal()
        def affine_backward(dout, cache): return equal(), equal(), equal()
        """,
        "forged affine",
    ),
    answer(
        "equal-object",
        "Returns an object that equals everything and is any class.",
        """
        class Equal:
            def __eq__(self, other): return True
            def __getattr__(self, name): return self
            def __call__(self, *a, **k): return self
            def __iter__(self): return iter([self, self, self])
            def __len__(self): return 3
            __hash__ = None
            __class__ = property(lambda self: np.ndarray)


        def affine_forward(x, w, b): return Equal(), Equal()
        def affine_backward(dout, cache): return Equal(), Equal(), Equal()
        """,
    ),
    answer(
        "equal-numbers",
        "Returns numbers and strings of classes that equal everything.",
        """
        class F(float):
            def __eq__(self, other): return True
            def __sub__(self, other): return 0.0
            __rsub__ = __sub__
        class S(str):
            def __eq__(self, other): return True
            __hash__ = str.__hash__
        class T(tuple):
            def __getitem__(self, i): return 0
            def __eq__(self, other): return True


        def affine_forward(x, w, b): return F(3), S("cache")
        def affine_backward(dout, cache): return T((F(1), F(2), S("x")))
        """,
    ),
    answer(
        "nan-claims",
        "Shows numbers that nbgrader would take for marks, and returns nan and infinity.",
        """
        from IPython.display import display
        def affine_forward(x, w, b): return np.full((len(x), w.shape[1]), np.nan), np.inf
        def affine_backward(dout, cache): return np.nan, np.inf, -np.inf
        print(20.0); display(20.0); display(float("nan")); display(np.float64(20))
        20.0
        """,
    ),
    answer(
        "reads-frames",
        "Looks for the expected values in all frames, objects and modules, and returns them.",
        """
        import gc, sys
        def expected(*args):
            frame = sys._getframe()
            while frame is not None:
                for scope in (frame.f_locals, frame.f_globals):
                    for name in ("want", "expected", "reference", "dx", "answer", "solution"):
                        if name in scope and hasattr(scope[name], "shape"): return scope[name]
                frame = frame.f_back
            found = [name for name in sys.modules if name.startswith(("autograder", "pytest", "_pytest", "nbgrader"))]
            found += [one for one in gc.get_objects() if type(one).__name__ in ("Student", "CheckSpec", "Entry", "Assignment")]
            return found


        def affine_forward(x, w, b): return expected(), expected()
        def affine_backward(dout, cache): return expected(), expected(), expected()
        """,
        scores={"affine": 0.0} | UNCOUNTED,
    ),
    # -- more lines than are counted ---------------------------------------------------------------
    answer(
        "lines-untraced",
        "Switches off the counting of lines, and then loops.",
        "def mlp_backprop(params, X, Y, g, dg):\n    import sys\n    sys.settrace(None)\n" + LOOPS,
        cell="mlp_backprop-vectorised",
        scores=UNCOUNTED,
    ),
    answer(
        "lines-elsewhere",
        "Loops in code that does not look like a cell's.",
        """
        import inspect
        space = dict(globals())
        exec(compile(In_loops if (In_loops := inspect.getsource(mlp_backprop_loops)) else "", "/usr/lib/elsewhere.py", "exec"), space)
        def mlp_backprop(params, X, Y, g, dg): return space["mlp_backprop_loops"](params, X, Y, g, dg)
        """,
        cell="mlp_backprop-vectorised",
        scores=UNCOUNTED,
    ),
]
