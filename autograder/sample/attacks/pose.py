"""Attacks that pass for right answers: lazy objects, shapes that broadcast, changed arguments,
guessed random numbers, lost measurements.
"""

from __future__ import annotations

from .attack import answer, beside, own_cell
from .forge import LOOPS, ONLY_LINES

COUNTED = "mlp_backprop-vectorised"
HEAD = "def mlp_backprop(params, X, Y, g, dg):\n"
SUMMED = "import inspect\nspace = dict(globals())\n"

POSE = [
    answer(
        "lazy-objects",
        "Returns objects that would compute their value when they are looked at, from what "
        "they are compared with.",
        """
        class Lazy:
            def __array__(self, dtype=None, copy=None): raise RuntimeError("not yet")
            def __float__(self): return 0.0
            def __sub__(self, other): return other * 0
            __rsub__ = __sub__
            def __abs__(self): return 0.0
            def __le__(self, other): return True
            def __eq__(self, other): return True
            __hash__ = None
            def __getattr__(self, name): return Lazy()
            def __iter__(self): return iter((Lazy(), Lazy(), Lazy()))
            def __getitem__(self, key): return Lazy()
            def __bool__(self): return True


        def affine_forward(x, w, b): return Lazy(), Lazy()
        def affine_backward(dout, cache): return Lazy(), Lazy(), Lazy()
        """,
    ),
    answer(
        "broadcast-tricks",
        "Returns arrays of one entry, of no entry, and masked ones, against which any "
        "comparison might hold.",
        """
        def affine_forward(x, w, b): return np.ma.masked_all((len(x), len(b))) if len(x) % 2 else np.zeros((0, len(b))), x
        def affine_backward(dout, cache): return np.zeros((1, 1, 1)), np.ma.masked, np.empty((0,))
        """,
        "any",
    ),
    answer(
        "mutated-arguments",
        "Writes zeros into its arguments, so that what is computed from them afterwards "
        "agrees with its answer of zero.",
        """
        def affine_forward(x, w, b):
            for array in (x, w, b): array.setflags(write=True); array[...] = 0
            return np.zeros((len(x), len(b))), (x, w, b)


        def affine_backward(dout, cache):
            dout.setflags(write=True)
            dout[...] = 0
            x, w, b = cache
            return np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
        """,
    ),
    answer(
        "predicted-random",
        "Looks for the seed from which the inputs were drawn, to know what comes next.",
        """
        def seed_of(x):
            for seed in range(300):
                for draw in (np.random.default_rng(seed).normal, np.random.RandomState(seed).normal):
                    if np.array_equal(draw(size=x.shape), x): return seed
            raise LookupError("no seed")


        def affine_forward(x, w, b): return seed_of(x), None
        def affine_backward(dout, cache): return (seed_of(dout),) * 3
        """,
    ),
    answer(
        "gradient-of-nothing",
        "Gives nan for everything, forwards and backwards, so that the one agrees with the other.",
        """
        def affine_forward(x, w, b): return np.full((len(x), len(b)), np.nan), (x, w, b)
        def affine_backward(dout, cache): return tuple(np.full(part.shape, np.nan) for part in cache)
        """,
    ),
    answer(
        "refuses-everything",
        "Raises a ValueError whatever it is given, which names all that it was given.",
        """
        def affine_forward(x, w, b): raise ValueError(f"{x.shape} {w.shape} {b.shape} {x} {w} {b} expected shape")
        def affine_backward(dout, cache): raise ValueError(f"{dout.shape} expected shape")
        """,
    ),
    answer(
        "returns-large",
        "Returns the most that may cross, at every call.",
        "def affine_forward(x, w, b): return np.ones(900_000), None\ndef "
        "affine_backward(dout, cache): return (np.ones(300_000),) * 3\n",
    ),
    answer(
        "raises-quotes",
        "Raises an exception whose message is nothing but quotation marks, for the grader to "
        "puzzle over.",
        "def affine_forward(x, w, b): raise ValueError(\"'\" * 5000 + '\"' * 5000)\ndef "
        "affine_backward(dout, cache): raise ValueError('9' * 10**6 + '_,' * 10**5)\n",
    ),
    own_cell(
        "import-hooks",
        "Hooks into every import that is still to come, to put something else in its place.",
        """
        import importlib.abc, importlib.machinery, sys
        class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
            def find_spec(self, name, path=None, target=None):
                return importlib.machinery.ModuleSpec(name, self) if name.split(".")[0] in ("autograder", "pytest", "utils", "numpy") else None
            def exec_module(self, module): module.__getattr__ = lambda name: lambda *a, **k: True
        sys.meta_path.insert(0, Finder())
        sys.path_hooks.insert(0, lambda path: Finder())
        sys.path_importer_cache.clear()
        for name in [name for name in sys.modules if name.startswith(("numpy.testing", "utils."))]: del sys.modules[name]
        """,
        "any",
        scores=ONLY_LINES,
    ),
    own_cell(
        "kernel-messages",
        "Sends results and marks as a kernel would, by every way that a shell has of showing "
        "something.",
        """
        import json, sys
        from IPython.display import display, publish_display_data
        shell = get_ipython()
        marks = [20.0, -5, 1e9, float("nan"), "20.0", True]
        for mark in marks:
            display(mark)
            publish_display_data({"text/plain": repr(mark)}, {"nbgrader": {"score": mark, "max_score": mark, "grade": True}})
            shell.displayhook(mark)
            print(json.dumps({"msg_type": "execute_result", "content": {"data": {"text/plain": repr(mark)}, "score": str(mark)}}))
        for send in (lambda: shell.kernel.session.send(None, "execute_reply", {"status": "ok"}), lambda: shell.payload_manager.write_payload({"source": "set_next_input", "text": "20.0"}),
                     lambda: shell.set_next_input("20.0", replace=True)):
            try: send()
            except Exception as error: print(type(error).__name__)
        20.0
        """,
        "any",
    ),
    beside(
        "arguments-hidden",
        "Writes over its argument, and puts something into another one that cannot be sent "
        "back, to hide that.",
        """
        def hiding(right):
            def mlp_backprop(params, X, Y, g, dg):
                result = right(list(params), X.copy(), Y, g, dg)
                if X.flags.writeable: X[...] = 0
                params.append(np.array([object()]))
                return result
            return mlp_backprop
        mlp_backprop = hiding(mlp_backprop)
        """,
        cell=COUNTED,
        scores={"mlp_backprop": 23.0},
    ),
    # -- more lines than are counted ---------------------------------------------------------------
    answer(
        "lines-renamed",
        "Switches off the counting of lines under another name, loops, and switches it on again.",
        HEAD + "    import sys\n    switch = getattr(sys, 'set' + 'trace'); before = "
        "sys.gettrace(); switch(None)\n"
        "    result = mlp_backprop_loops(params, X, Y, g, dg)\n    switch(before)\n    "
        "return result\n",
        cell=COUNTED,
        findings="any",
        scores=ONLY_LINES,
    ),
    answer(
        "lines-in-a-thread",
        "Has another thread do the loops, whose lines are not counted.",
        "from concurrent.futures import ThreadPoolExecutor\nworker = ThreadPoolExecutor(1)\n"
        + HEAD
        + "    return worker.submit(mlp_backprop_loops, params, X, Y, g, dg).result()\n",
        cell=COUNTED,
        scores=ONLY_LINES,
    ),
    answer(
        "lines-frozen",
        "Loops in code that passes for a part of Python itself.",
        SUMMED
        + "exec(compile(inspect.getsource(mlp_backprop_loops), '<frozen importlib>', 'exec'), "
        "space)\n" + HEAD + "    return space['mlp_backprop_loops'](params, X, Y, g, dg)\n",
        cell=COUNTED,
        findings="any",
        scores=ONLY_LINES,
    ),
    answer(
        "lines-forged",
        "Has the server say that one line ran, and loops.",
        "import sandbox.server as server\nserver_one = "
        "server.Server._one\nserver.Server._one = lambda self, *a, **k: {**server_one(self, "
        "*a, **k), 'lines': 1}\n" + HEAD + LOOPS,
        cell=COUNTED,
        findings="any",
        scores=ONLY_LINES,
    ),
]
