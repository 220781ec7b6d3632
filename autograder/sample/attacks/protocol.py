"""Attacks on what crosses from the sandbox: its server, or the pipe itself, is made to say
what is not so.
"""

from __future__ import annotations

from ..sample import Sample
from .attack import WRONG, answer, beside, own_cell
from .forge import ALL, UNCOUNTED

CHANNEL = """
import gc, struct
from sandbox.channel import Channel
channel = next(one for one in gc.get_objects() if isinstance(one, Channel) and one.sock.fileno() >= 0)
"""
CLAIM = "{'op': 'done', 'score': 100.0, 'outcome': 'right', 'results': [{'value': True, 'score': 25.0}], 'questions': {'affine': 20.0}}"
LATER = {question: 0.0 for question in ALL if question != "circuit"}  # what stands below the attack

MESSAGES: list[Sample] = [
    # -- inside the sandbox's own modules ----------------------------------------------------------
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
        import sandbox.server as server, sandbox.observe as observe
        old = server.Server._one
        def one(self, *a, **k): return {**old(self, *a, **k), "lines": 1, "warnings": [], "touched_random": False}
        server.Server._one = one
        server.encode = lambda value, *a, **k: 0.0
        """
        + "        ".join(("\n" + WRONG).splitlines(keepends=True)),
        "any",
        scores=ALL,
    ),
    beside(
        "forged-cache",
        "Has the server give a number where a pair with a cache is expected.",
        "import sandbox.server as server\nserver.Server._encode_value = lambda self, value, "
        "keep, last: 5",
        "any",
        scores=ALL,
    ),
    own_cell(
        "forged-limit",
        "Reports a limit of an impossible type.",
        "import sandbox.server as s\nold = s.run_cell\ns.run_cell = lambda *a: {**old(*a), "
        "'limit': [1]}",
        scores=UNCOUNTED,
    ),
    own_cell(
        "forged-outputs",
        "Reports outputs, errors and counts of impossible types.",
        """
        import sandbox.server as s
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
        import sandbox.server as s
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
        import sandbox.server as s
        old = s.Server._encode_arguments
        s.Server._encode_arguments = lambda self, a: old(self, [[*a[0], np.zeros(950_000)], a[1]])
        """,
        "any",
    ),
    own_cell(
        "forged-errors",
        "Reports errors of impossible types, with escape sequences and markup in them.",
        """
        import sandbox.server as s
        told = {"kind": "raised", "type": "\\x1b[31m<script>", "message": "\\x1b]0;title\\x07\\x9b31m [bold]<script>alert(1)</script>", "cell": [], "line": {}}
        s.Server._one = lambda self, *a: {"error": told}
        """,
        scores=ALL,
    ),
    # -- on the pipe itself ------------------------------------------------------------------------
    own_cell(
        "frame-claiming",
        "Writes a message that claims success into the pipe: from there on, every answer "
        "comes one too late.",
        CHANNEL + f"channel.send({CLAIM})",
        "any",
        scores=ALL,
    ),
    own_cell(
        "frame-random",
        "Writes random bytes into the pipe.",
        CHANNEL + "import os; channel.sock.sendall(b'\\x00\\x00\\x10\\x00' + os.urandom(4096))",
        "forged OWN",
        scores=UNCOUNTED,
    ),
    own_cell(
        "frame-huge",
        "Announces a message of four gigabytes.",
        CHANNEL + "channel.sock.sendall(b'\\xff' * 8)",
        "forged OWN",
        scores=UNCOUNTED,
    ),
    own_cell(
        "frame-deep",
        "A message nested 60,000 deep.",
        CHANNEL + "channel.sock.sendall(struct.pack('!I', 60001) + b'\\x91' * 60000 + b'\\xc0')",
        "forged OWN",
        scores=UNCOUNTED,
    ),
    own_cell(
        "frame-balloon",
        "A message of seven megabytes that would become half a gigabyte of empty dicts.",
        CHANNEL + "part = b'\\xdc' + struct.pack('>H', 65000) + b'\\x80' * 65000\nbody = "
        "b'\\x81\\xa1x\\xdc' + struct.pack('>H', 110) + part * 110\n"
        + "channel.sock.sendall(struct.pack('!I', len(body)) + body)",
        "forged OWN",
        scores=UNCOUNTED,
    ),
    own_cell(
        "frame-dripping",
        "A message that comes byte by byte, for ever.",
        CHANNEL + "import time\nchannel.sock.sendall(b'\\x00\\x10\\x00\\x00')\nwhile True:\n    "
        "channel.sock.sendall(b'x')\n    try: time.sleep(0.05)\n    except BaseException: pass",
        "limit OWN",
        scores=UNCOUNTED,
    ),
    own_cell(
        "frame-closed",
        "Closes the pipe.",
        CHANNEL + "channel.sock.close()",
        "died OWN",
        scores=UNCOUNTED,
    ),
    own_cell(
        "frame-callback",
        "Calls a function of the grader where there is none.",
        CHANNEL + "channel.send({'op': 'callback', 'function': 0, 'arguments': None})",
        "forged OWN",
        scores=UNCOUNTED,
    ),
    answer(
        "callback-names",
        "Tells right layers from wrong ones by what their functions call themselves, and by "
        "the names of their parameters.",
        """
        def told(backward, out):
            said = ""
            for args, kwargs in ((), {}), ((1,), {"sv": out}), ((1, out), {"index": (0, 0), "part": 0.0}), ((1, out), {"change": 0}):
                try: backward(*args, **kwargs)
                except Exception as error: said += str(error)
                else: said += "taken "
            return said


        def check_layer(forward, backward, x, rng):
            said = told(backward, forward(x)[1])
            return ("sigmoid_back" in said or "softmax_back" in said) and "taken" not in said
        """,
        cell="check_layer",
    ),
    answer(
        "callback-odd",
        "Calls a function of the grader with everything but what it takes.",
        """
        def check_layer(forward, backward, x, rng):
            broken = np.random.Generator(np.random.MT19937(1))
            state = broken.bit_generator.state
            state["state"]["pos"] = 2**30
            try: broken.bit_generator.state = state
            except ValueError: pass
            for odd in (None, "x", b"x", 10**300, -(10**300), float("nan"), [[1]], {"a": 1}, {(1, 2): 3}, 1j, broken, (), np.zeros((0, 3)), np.zeros((1,) * 30), True):
                for args, kwargs in ((odd,), {}), ((odd, odd), {}), ((), {"x": odd}), ((odd,) * 5, {"out": odd}):
                    for function in (forward, backward):
                        try: function(*args, **kwargs)
                        except Exception: pass
            return "neither"
        """,
        cell="check_layer",
    ),
]
