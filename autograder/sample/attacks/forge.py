"""Attacks that claim to be right: by patched libraries, by objects that equal everything, by forged messages."""

from __future__ import annotations

import math

from ...assignment import Assignment
from ..entry import Sample, as_bytes, reference
from .attack import WRONG, answer, beside, own_cell

CHANNEL = """
import gc, struct
from sandbox.channel import Channel
channel = next(one for one in gc.get_objects() if isinstance(one, Channel) and one.sock.fileno() >= 0)
"""
CLAIM = "{'op': 'done', 'score': 100.0, 'outcome': 'right', 'results': [{'value': True, 'score': 25.0}], 'questions': {'affine': 20.0}}"
LOOPS = "    return mlp_backprop_loops(params, X, Y, g, dg)\n"
ALL = {"circuit": 0.0, "mlp_backprop": 0.0, "affine": 0.0, "numeric_gradient": 0.0, "check_layer": 0.0}
LATER = {question: 0.0 for question in ALL if question != "circuit"}  # what stands below the attack
ONLY_LINES = {"mlp_backprop": 23.0}  # all but the check that counts them


def _odd_points(assignment: Assignment) -> bytes:
    notebook = assignment.notebook(reference(assignment) | {"affine": WRONG})
    for number, cell in enumerate(notebook["cells"]):
        known = cell["metadata"].get("nbgrader", {})
        if known:
            known |= {"points": (math.nan, math.inf, -1000, 1e308, "100", [20], None)[number % 7], "grade": True, "schema_version": -number}
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
        "A wrong answer, points of every odd kind in the metadata, and a result that is there already.",
        _odd_points,
        {"affine": 0.0},
    ),
    # -- beside the checks, if they were there ---------------------------------------------------------------------------
    answer(
        "patched-testing",
        "Makes the assertions of NumPy hold for everything.",
        "for name in dir(np.testing):\n    if name.startswith('assert'): setattr(np.testing, name, lambda *a, **k: None)\n" + WRONG,
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
        "for module in (utils, utils.verdicts, importlib.import_module('utils.difference')): module.difference = lambda *a, **k: None\n"
        + WRONG,
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
        scores={"affine": 0.0} | ONLY_LINES,
    ),
    # -- inside the sandbox's own modules --------------------------------------------------------------------------------
    own_cell(
        "patched-msgpack",
        "Makes every message a claim of success: its own answers are lost with it.",
        f"import msgpack\nframe = msgpack.packb({CLAIM})\nmsgpack.packb = lambda *a, **k: frame",
        "any",
        scores=ALL,
    ),
    answer(
        "patched-server",
        "Has the server say that nothing was changed, nothing warned, and that one line ran.",
        """
        import sandbox.serve as serve, sandbox.observe as observe
        old = serve.Server._one
        def one(self, *a, **k): return {**old(self, *a, **k), "lines": 1, "warnings": [], "touched_random": False}
        serve.Server._one = one
        serve.encode = lambda value, *a, **k: 0.0
        """
        + "        ".join(("\n" + WRONG).splitlines(keepends=True)),
        "any",
        scores=ALL,
    ),
    beside(
        "forged-cache",
        "Has the server give a number where a pair with a cache is expected.",
        "import sandbox.serve as serve\nserve.Server._encode_value = lambda self, value, keep, last: 5",
        "any",
        scores=ALL,
    ),
    own_cell(
        "forged-limit",
        "Reports a limit of an impossible type.",
        "import sandbox.serve as s\nold = s.run_cell\ns.run_cell = lambda *a: {**old(*a), 'limit': [1]}",
        scores=ONLY_LINES,
    ),
    own_cell(
        "forged-outputs",
        "Reports outputs, errors and counts of impossible types.",
        """
        import sandbox.serve as s
        odd = [None, 3, [], {}, {"kind": []}, {"kind": "stream", "name": {}, "text": 5}, {"kind": "display_data", "data": [1]},
               {"kind": "execute_result", "data": {"text/plain": 1, "image/png": "no base64", "text/html": "<script>"}}]
        s.run_cell = lambda *a: {"outputs": odd, "error": {"name": 3, "value": [], "traceback": [1, None]}, "failed": "yes", "limit": "none"}
        """,
        "any",
        scores=LATER,
    ),
    own_cell(
        "forged-flood",
        "Reports seven megabytes of outputs for every cell.",
        """
        import sandbox.serve as s
        old = s.run_cell
        flood = [{"kind": "stream", "name": ("stdout", "stderr")[i % 2], "text": "x" * 199_000} for i in range(36)]
        s.run_cell = lambda *a: {**old(*a), "outputs": flood}
        """,
        "any",
    ),
    beside(
        "forged-arguments",
        "Adds seven megabytes to the arguments that every call is said to have left.",
        """
        import sandbox.serve as s
        old = s.Server._encode_arguments
        s.Server._encode_arguments = lambda self, a: old(self, [[*a[0], np.zeros(950_000)], a[1]])
        """,
        "any",
    ),
    own_cell(
        "forged-errors",
        "Reports errors of impossible types, with escape sequences and markup in them.",
        """
        import sandbox.serve as s
        told = {"kind": "raised", "type": "\\x1b[31m<script>", "message": "\\x1b]0;title\\x07\\x9b31m [bold]<script>alert(1)</script>", "cell": [], "line": {}}
        s.Server._one = lambda self, *a: {"error": told}
        """,
        scores=ALL,
    ),
    # -- on the pipe itself ----------------------------------------------------------------------------------------------
    own_cell(
        "frame-claiming",
        "Writes a message that claims success into the pipe: from there on, every answer comes one too late.",
        CHANNEL + f"channel.send({CLAIM})",
        "any",
        scores=ALL,
    ),
    own_cell(
        "frame-random",
        "Writes random bytes into the pipe.",
        CHANNEL + "import os; channel.sock.sendall(b'\\x00\\x00\\x10\\x00' + os.urandom(4096))",
        "forged OWN",
        scores=ONLY_LINES,
    ),
    own_cell(
        "frame-huge",
        "Announces a message of four gigabytes.",
        CHANNEL + "channel.sock.sendall(b'\\xff' * 8)",
        "forged OWN",
        scores=ONLY_LINES,
    ),
    own_cell(
        "frame-deep",
        "A message nested 60,000 deep.",
        CHANNEL + "channel.sock.sendall(struct.pack('!I', 60001) + b'\\x91' * 60000 + b'\\xc0')",
        "forged OWN",
        scores=ONLY_LINES,
    ),
    own_cell(
        "frame-balloon",
        "A message of seven megabytes that would become half a gigabyte of empty dicts.",
        CHANNEL
        + "part = b'\\xdc' + struct.pack('>H', 65000) + b'\\x80' * 65000\nbody = b'\\x81\\xa1x\\xdc' + struct.pack('>H', 110) + part * 110\n"
        + "channel.sock.sendall(struct.pack('!I', len(body)) + body)",
        "forged OWN",
        scores=ONLY_LINES,
    ),
    own_cell(
        "frame-dripping",
        "A message that comes byte by byte, for ever.",
        CHANNEL
        + "import time\nchannel.sock.sendall(b'\\x00\\x10\\x00\\x00')\nwhile True:\n    channel.sock.sendall(b'x')\n    try: time.sleep(0.05)\n    except BaseException: pass",
        "limit OWN",
        scores=ONLY_LINES,
    ),
    own_cell("frame-closed", "Closes the pipe.", CHANNEL + "channel.sock.close()", "died OWN", scores=ONLY_LINES),
    own_cell(
        "frame-callback",
        "Calls a function of the grader where there is none.",
        CHANNEL + "channel.send({'op': 'callback', 'function': 0, 'arguments': None})",
        "forged OWN",
        scores=ONLY_LINES,
    ),
    answer(
        "callback-odd",
        "Calls a function of the grader with everything but what it takes.",
        """
        def check_layer(forward, backward, x, rng):
            broken = np.random.Generator(np.random.MT19937(1))
            state = broken.bit_generator.state
            state["state"]["pos"] = 2**30
            broken.bit_generator.state = state
            for odd in (None, "x", b"x", 10**300, -(10**300), float("nan"), [[1]], {"a": 1}, {(1, 2): 3}, 1j, broken, (), np.zeros((0, 3)), np.zeros((1,) * 30), True):
                for args, kwargs in ((odd,), {}), ((odd, odd), {}), ((), {"x": odd}), ((odd,) * 5, {"out": odd}):
                    for function in (forward, backward):
                        try: function(*args, **kwargs)
                        except Exception: pass
            return "neither"
        """,
        cell="check_layer",
    ),
    # -- more lines than are counted --------------------------------------------------------------------------------------
    answer(
        "lines-untraced",
        "Switches off the counting of lines, and then loops.",
        "def mlp_backprop(params, X, Y, g, dg):\n    import sys\n    sys.settrace(None)\n" + LOOPS,
        cell="mlp_backprop-vectorised",
        scores=ONLY_LINES,
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
        scores=ONLY_LINES,
    ),
]
