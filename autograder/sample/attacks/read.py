"""Attacks that look for the checks and the expected values: in history, sources, environment, the
pipe, and what others left.
"""

from __future__ import annotations

from .attack import answer, beside, managing, own_cell

LEFTOVERS = """
import os
from pathlib import Path
found = []
for folder in ("/tmp", "/tmp/work", "/dev/shm", "/var/tmp", "/run/user", "/tmp/ipython"):
    try: found += [name for name in os.listdir(folder) if name.startswith("left")]
    except OSError: pass
found += [name for name in ("left_here",) if hasattr(np, name) or name in os.environ or name in get_ipython().user_ns]
print("found:", found)
for folder in ("/tmp", "/tmp/work", "/dev/shm", "/var/tmp", "/run/user", "/tmp/ipython"):
    try: Path(folder, "left-for-the-next").write_text("the answers")
    except OSError: pass
np.left_here = left_here = True
os.environ["left_here"] = "yes"
print("left:", [name for name in os.listdir("/tmp/work") if name.startswith("left")])
"""

# the two that look for leftovers stand two apart, so that the same one of two workers grades them
READ = [
    own_cell(
        "leftovers",
        "Looks for what a former submission left, and leaves something for the next one.",
        LEFTOVERS,
        "any",
        shows="found: []",
    ),
    managing(
        "reads-history",
        "Looks for checks and solutions in the shell's history, in what was shown, and in "
        "the sources of what has run.",
        """
        import glob, inspect, linecache
        shell = get_ipython()
        words = ("compare.close", "reference.affine", "@check(", "autograder.checking")

        def look(texts):
            return [text for text in map(str, texts) if any(word in text for word in words)] or "denied"

        own = "words = "  # this cell itself holds the words
        user_ns = shell.user_ns
        tries("In and Out", lambda: look(text for text in [*user_ns.get("In", []), *user_ns.get("Out", {}).values()] if own not in text))
        tries("names", lambda: look(value for name, value in list(user_ns.items()) if isinstance(value, str) and own not in value))
        tries("history", lambda: look(row for row in shell.history_manager.get_range() if own not in str(row)))
        tries("history file", lambda: open(shell.history_manager.hist_file).read())
        tries("linecache", lambda: look("".join(entry[2]) for entry in list(linecache.cache.values()) if len(entry) > 2 and own not in "".join(entry[2])))
        tries("sources", lambda: look(inspect.getsource(value) for value in list(user_ns.values())[:60] if inspect.isfunction(value) and value is not look))
        tries("notebooks", lambda: glob.glob("/*/*.ipynb") + glob.glob("/course/**/*.ipynb", recursive=True) or "denied")
        tries("checks", lambda: glob.glob("/grader/**/test_affine.py", recursive=True) + glob.glob("/course/**/test_affine.py", recursive=True) or "denied")
        """,
    ),
    own_cell(
        "leftovers-again",
        "The same once more: it runs in the sandbox in which the other one ran.",
        LEFTOVERS,
        "any",
        shows="found: []",
    ),
    managing(
        "reads-environment",
        "Looks for names, tokens and the course's place in the environment, the command line "
        "and the identity of the machine.",
        """
        import getpass, os, platform, pwd, socket, sys
        known = {"PATH", "HOME", "LANG", "TERM", "MPLCONFIGDIR", "MPLBACKEND", "IPYTHONDIR", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS",
                 "MKL_NUM_THREADS", "PWD", "LC_CTYPE", "KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK", "JPY_PARENT_PID", "JOBLIB_MULTIPROCESSING"}
        tries("environment", lambda: sorted(set(os.environ) - known) or "denied")
        tries("arguments", lambda: [part for part in sys.argv if "autograder" in part or "submitted" in part] or "denied")
        tries("host", lambda: platform.node() if platform.node() != "sandbox" else "denied")
        tries("people", lambda: [one.pw_name for one in pwd.getpwall()] or "denied")
        tries("parent", lambda: os.readlink("/proc/self/cwd"))
        tries("terminal", lambda: os.ttyname(0))
        tries("other descriptors", lambda: [n for n in range(3, 4096) if n != 3 and os.readlink(f"/proc/self/fd/{n}")] or "denied")
        """,
    ),
    answer(
        "reads-pipe",
        "Looks into the pipe and what was read from it ahead, by a function that is being "
        "checked, for what the grader will send next.",
        """
        import gc, socket
        def peek():
            found = []
            for one in gc.get_objects():
                if type(one).__name__ == "Channel": found.append(bytes(one._buffer))
                if isinstance(one, socket.socket) and one.fileno() >= 0:
                    one.setblocking(False)
                    try: found.append(one.recv(1 << 20, socket.MSG_PEEK))
                    except OSError: pass
                    one.setblocking(True)
            return found


        def affine_forward(x, w, b):
            return np.frombuffer(b"".join(peek()).ljust(8, b"0")[:8]), peek()
        def affine_backward(dout, cache): return cache, cache, cache
        """,
    ),
    beside(
        "visible-only",
        "Answers rightly where the visible check asks, and sees by the frames around it that "
        "it is not asking.",
        """
        import inspect
        def callers(frame):
            while frame:
                yield frame.f_code.co_filename
                frame = frame.f_back
        def posing(right, otherwise):
            def answering(*args):
                seen = any("affine-check" in name for name in callers(inspect.currentframe()))  # the visible check's own cell
                return (right if seen else otherwise)(*args)
            return answering
        affine_forward = posing(affine_forward, lambda x, w, b: (np.zeros((len(x), len(b))), (x, w)))
        affine_backward = posing(affine_backward, lambda dout, cache: tuple(np.zeros(v.shape) for v in cache) + (np.zeros(dout.shape[1]),))
        """,
        scores={"affine": 0.0},
    ),
]
