"""Attacks that use up time, memory, processes, disk or output."""

from __future__ import annotations

from .attack import answer, managing, own_cell

FUNCTION = "def affine_forward(x, w, b):\n    {}\n\n\ndef affine_backward(dout, cache):\n    return dout, dout, dout\n"
SWALLOWING = (
    "while True:\n        try:\n            while True: pass\n        except BaseException: pass"
)

EXHAUST = [
    own_cell("loop-in-cell", "An endless loop in a cell.", "while True: pass", "limit OWN"),
    own_cell(
        "sleep-in-cell", "A cell that never wakes.", "import time; time.sleep(1e6)", "limit OWN"
    ),
    own_cell(
        "loop-in-cell-swallowing",
        "An endless loop in a cell that swallows every exception.",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "limit OWN",
    ),
    own_cell(
        "loop-in-c",
        "A loop inside C, where no signal is looked at.",
        "sum(range(10**14))",
        "limit OWN",
    ),
    answer(
        "loop-in-function",
        "An endless loop in a function.",
        FUNCTION.format("while True: pass"),
        "limit affine, limit affine-check",
    ),
    answer(
        "loop-in-function-swallowing",
        "An endless loop in a function that swallows every exception.",
        FUNCTION.format(SWALLOWING),
        "limit affine, limit affine-check",
    ),
    answer(
        "recursion",
        "A function that calls itself for ever.",
        FUNCTION.format("return affine_forward(x, w, b)"),
    ),
    own_cell(
        "memory-list",
        "A list that grows for ever.",
        "hoard = []\nwhile True: hoard.append(np.empty(10**7))",
        "raised OWN",
    ),
    own_cell("memory-numpy", "Arrays of ten gigabytes.", "np.ones(10**10 // 8)", "raised OWN"),
    own_cell(
        "memory-mmap",
        "Sixteen gigabytes mapped.",
        "import mmap; mmap.mmap(-1, 1 << 34)",
        "raised OWN",
    ),
    answer(
        "memory-in-function",
        "A function that needs more memory than there is.",
        FUNCTION.format("hoard = []\n    while True: hoard.append(np.zeros(10**7))"),
    ),
    managing(
        "fork-bomb",
        "Processes that fork, start programs, or become daemons.",
        """
        import ctypes, multiprocessing, subprocess
        libc = ctypes.CDLL(None, use_errno=True)

        def daemon():
            if os.fork() == 0:
                os.setsid()
                while True: os.fork()

        import os
        tries("fork", daemon)
        tries("vfork", lambda: "denied" if libc.syscall(58) < 0 else None)
        tries("clone", lambda: "denied" if libc.syscall(56, 17, 0, 0, 0, 0) < 0 else os._exit(0) if os.getpid() != 1 else None)
        tries("clone3", lambda: "denied" if libc.syscall(435, 0, 0) < 0 else None)
        tries("exec", lambda: os.execv("/bin/true", ["true"]))
        tries("spawn", lambda: os.posix_spawn("/bin/true", ["true"], {}))
        tries("subprocess", lambda: subprocess.run(["true"]))
        tries("system", lambda: "denied" if os.system("true") != 0 else None)
        tries("multiprocessing", lambda: multiprocessing.Process(target=int).start())
        """,
    ),
    own_cell(
        "thread-bomb",
        "As many threads as can be had, all sleeping on.",
        """
        import threading, time
        count = 0
        try:
            for _ in range(10_000):
                threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()
                count += 1
        except RuntimeError:
            print("bounded:", count < 100)
        """,
        shows="bounded: True",
    ),
    own_cell(
        "source-bomb",
        "A cell whose text alone takes a parser to its end.",
        "x = " + "-" * 100_000 + "1",
        "any",
    ),
    own_cell(
        "exit-in-cell", "Ends its own process in a cell.", "import os; os._exit(0)", "died OWN"
    ),
    own_cell(
        "sys-exit-in-cell", "Raises SystemExit in a cell.", "import sys; sys.exit(0)", "raised OWN"
    ),
    own_cell(
        "segfault-in-cell", "Crashes Python.", "import ctypes; ctypes.string_at(0)", "died OWN"
    ),
    own_cell("abort-in-cell", "Aborts Python.", "import os; os.abort()", "died OWN"),
    answer(
        "exit-in-function",
        "Ends its own process in a function.",
        FUNCTION.format("import os; os._exit(0)"),
        "died affine, died affine-check",
    ),
    answer(
        "sys-exit-in-function",
        "Raises SystemExit in a function.",
        FUNCTION.format("raise SystemExit(0)"),
    ),
    answer(
        "segfault-in-function",
        "Crashes Python in a function.",
        FUNCTION.format("import ctypes; ctypes.string_at(0)"),
        "died affine, died affine-check",
    ),
    own_cell(
        "output-lines",
        "A gigabyte of lines.",
        "for _ in range(10**7): print('x' * 100)",
        "limit OWN",
    ),
    own_cell(
        "output-one-line",
        "A gigabyte without a newline.",
        "import sys\nfor _ in range(10**3): sys.stdout.write('x' * 10**6)",
        "limit OWN",
    ),
    own_cell(
        "output-swallowing",
        "More output than allowed, and the exception swallowed.",
        "for _ in range(2000):\n    try: print('x' * 10**5)\n    except BaseException: pass",
    ),
    own_cell(
        "output-everywhere",
        "As much output as one cell may show, from 25 cells.",
        "for _ in range(39): print('x' * 9_999)",
        "output extra-circuit-check-20",
        times=25,
    ),
    own_cell(
        "output-surrogate",
        "Prints half a character.",
        "print(chr(0xD83D), 'printed')",
        shows="printed",
    ),
    own_cell(
        "fill-disk",
        "Fills /tmp and /dev/shm.",
        """
        def fill(folder):
            written = 0
            try:
                for number in range(1000):
                    with open(f"{folder}/{number}", "wb", buffering=0) as file:
                        written += file.write(bytes(10**6))
            except OSError:
                pass
            return written

        print("bounded:", fill("/tmp") < 10**8, fill("/dev/shm") < 10**8)
        """,
        shows="bounded: True True",
    ),
    own_cell(
        "million-files",
        "A million files.",
        """
        count = 0
        try:
            for count in range(10**6): open(f"/tmp/work/{count}", "w").close()
        except OSError:
            print("bounded:", count < 10**4)
        """,
        shows="bounded: True",
    ),
    answer(
        "returns-huge-array",
        "Returns an array larger than a message may be.",
        FUNCTION.format("return np.zeros(6 * 10**6), None"),
    ),
    answer(
        "returns-deep-list",
        "Returns a list nested 100,000 deep.",
        FUNCTION.format("v = []\n    for _ in range(10**5): v = [v]\n    return v, v"),
    ),
    answer(
        "returns-wide-list",
        "Returns a list of a million numbers.",
        FUNCTION.format("return list(range(10**6)), None"),
        "forged affine",
    ),
    answer(
        "returns-itself",
        "Returns a list that holds itself.",
        FUNCTION.format("v = []\n    v.append(v)\n    return v, v"),
    ),
    answer(
        "returns-generator",
        "Returns a generator without an end.",
        FUNCTION.format("while True: yield 1.0"),
    ),
    answer(
        "callback-without-end",
        "Calls the function that it was given for ever.",
        "def check_layer(forward, backward, x, rng):\n    while True: forward(x)\n",
        "limit check_layer, limit check_layer-check",
        cell="check_layer",
    ),
    answer(
        "callback-balloon",
        "Has the grader itself make an enormous array, by the arguments of a function that "
        "it was given.",
        """
        def check_layer(forward, backward, x, rng):
            n = 20_000
            for dout, cache in (np.ones((n, 1)), np.full((1, n), 0.5)), (np.ones((1, n)), np.ones((n, 1))):
                try: backward(dout, cache)
                except Exception: pass
            return "neither"
        """,
        "",
        cell="check_layer",
    ),
    answer(
        "callback-repeated",
        "Has the grader multiply a text by two thousand million.",
        """
        def check_layer(forward, backward, x, rng):
            try: backward("x", 2_000_000_000)
            except Exception: pass
            return "neither"
        """,
        "",
        cell="check_layer",
    ),
    answer(
        "callback-hoard",
        "Has the grader note what one of its functions sees: arrays of texts, all of which "
        "are as wide as the longest.",
        """
        def numeric_gradient(f, x, df=None, h=1e-5):
            for _ in range(2 if np.shape(x) == (3, 4) and df is None else 0):
                try: f(["x" * 7000, *[""] * 8000])
                except Exception: pass
            return np.zeros_like(x)


        def rel_error(a, b): return "none"
        """,
        "any",
        cell="numeric_gradient",
    ),
    answer(
        "colliding-keys",
        "Returns a dict whose keys have one and the same hash, so that each is compared with "
        "all others.",
        FUNCTION.format("return flood, None")
        + "flood = {k * (2**61 - 1): None for k in range(10, 6_000)}\n",
    ),
    answer(
        "half-characters",
        "Warns, raises and returns text that cannot cross: its process must not end by that.",
        """
        import warnings
        half = chr(0xD83D)
        def affine_forward(x, w, b):
            warnings.warn(half)
            if len(x) % 2: raise ValueError(half)
            return half, 10**5000
        def affine_backward(dout, cache): return {half: 1}, {10**5000: 1}
        """,
    ),
]
