"""Attacks that outlast their cell: hooks, threads, signals, poisoned modules, and exceptions with a
life of their own.
"""

from __future__ import annotations

from .attack import WRONG, answer, beside, own_cell
from .exhaust import FUNCTION
from .forge import UNCOUNTED

LINGER = [
    answer(
        "cell-hooks",
        "Has IPython change every later cell, the checks among them, so that it shows full marks.",
        """
        import ast
        class Full(ast.NodeTransformer):
            def visit_Module(self, node):
                return node if any(isinstance(one, (ast.FunctionDef, ast.Import)) for one in node.body) else ast.parse("20.0")
        shell = get_ipython()
        shell.ast_transformers.append(Full())
        shell.input_transformers_post.append(lambda lines: lines)
        for event in ("pre_run_cell", "post_run_cell", "pre_execute", "post_execute"):
            shell.events.register(event, lambda *a: print(20.0))
        """
        + "        ".join(("\n" + WRONG).splitlines(keepends=True)),
    ),
    own_cell(
        "alarms-ignored",
        "Ignores all signals, and then loops.",
        """
        import signal
        for number in range(1, 65):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        while True: pass
        """,
        "limit OWN",
    ),
    own_cell(
        "alarms-blocked",
        "Blocks all signals, and then loops.",
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass",
        "limit OWN",
    ),
    beside(
        "alarms-taken-out",
        "Takes the time limit out of the server, and then loops in a function.",
        "import contextlib, sandbox.alarm as alarm\nalarm.Alarm.limit = lambda *a: "
        "contextlib.nullcontext()\n" + FUNCTION.format("while True: pass"),
        "limit affine-check, limit affine",
        scores={"affine": 0.0} | UNCOUNTED,
    ),
    own_cell(
        "background-thread",
        "A thread that goes on, printing and patching, after its cell has ended.",
        """
        import threading, time
        def meddle():
            while True:
                print("still here")
                np.allclose = np.array_equal = lambda *a, **k: True
                time.sleep(0.01)
        threading.Thread(target=meddle, daemon=True).start()
        """,
    ),
    own_cell(
        "exit-hooks",
        "Hooks for the end of the process.",
        "import atexit, signal, sys\natexit.register(print, 100.0)\nsys.excepthook = lambda "
        "*a: print(100.0)\nsignal.signal(signal.SIGTERM, lambda *a: None)",
    ),
    own_cell(
        "trace-hooks",
        "Traces every call.",
        "import sys, threading\nthreading.settrace(lambda *a: None)\nsys.settrace(lambda *a: "
        "None)\nsys.setprofile(lambda *a: None)",
        scores=UNCOUNTED,
    ),
    own_cell(
        "poisoned-modules",
        "Puts something else in the place of modules.",
        """
        import sys, types
        for name in ("numpy", "numpy.testing", "json", "pytest", "autograder", "autograder.checking", "utils.difference", "socket", "struct"):
            sys.modules[name] = types.ModuleType(name)
        sys.path[:] = []
        """,
        scores=UNCOUNTED,
    ),
    own_cell(
        "poisoned-environment",
        "Changes folder, environment, warnings and floating-point errors.",
        "import os, warnings\nos.chdir('/tmp')\nos.environ.clear()\nwarnings.simplefilter('error')\nnp.seterr(all='raise')\nnp.set_printoptions(precision=1)\nimport locale",
    ),
    answer(
        "exception-that-loops",
        "Raises an exception whose message never ends.",
        "class Odd(Exception):\n    def __str__(self):\n        while True: pass\n\n\n"
        + FUNCTION.format("raise Odd"),
        "limit affine, limit affine-check",
    ),
    answer(
        "exception-that-exits",
        "Raises an exception whose message ends the process, and that has no plain name.",
        """
        class Name(type):
            __name__ = property(lambda cls: 5)
        class Odd(Exception, metaclass=Name):
            def __str__(self): raise SystemExit
        """
        + "        ".join(("\n\n" + FUNCTION.format("raise Odd")).splitlines(keepends=True)),
        "died affine",
    ),
    answer(
        "exception-that-tells",
        "Raises an exception that names the hidden inputs.",
        FUNCTION.format(
            "raise ValueError(f'HIDDEN {x.ravel()[0]!r} {x.ravel()[0]:.3f} "
            "{str(w.ravel()[0])!r} \\x1b[31m \\x9b31m')"
        ),
    ),
    beside(
        "lent-functions",
        "Puts something easier in the place of a given function with which a hidden check "
        "tries an answer that is wrong.",
        """
        import inspect
        exec(inspect.getsource(numeric_gradient).replace("np.array(f(", "np.asarray(f("))
        def flipped_view(): return None, lambda v: v[:, ::-1].copy()
        """,
        cell="check_layer",
        scores={"numeric_gradient": 17.0} | UNCOUNTED,
    ),
    own_cell(
        "markup",
        "Shows scripts, markup and terminal escapes.",
        """
        from IPython.display import HTML, Javascript, Markdown, display
        for kind in (HTML, Markdown, Javascript): display(kind("<script>alert(1)</script>"))
        display({"text/html": "<script>alert(2)</script>", "text/plain": "<script>alert(3)</script>"}, raw=True)
        print("\\x1b[2J\\x1b]0;owned\\x07\\x9b31m\\u202e <img src=x onerror=alert(4)> [bold red]shown[/]")
        """,
        shows="shown",
    ),
]
