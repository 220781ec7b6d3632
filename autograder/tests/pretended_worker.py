"""A worker that grades nothing: it takes some time, and tells a result that stands in the notebook.
Its fingerprint names the walls that are demanded.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from base64 import b64decode, b64encode
from queue import SimpleQueue

from autograder.core.results import DEMANDED
from autograder.service.frames import as_frame, read_frame

TOOK = 0.05  # s


def main() -> None:
    frames: SimpleQueue[dict] = SimpleQueue()

    def listen() -> None:
        while (frame := read_frame(sys.stdin.buffer)) is not None:
            frames.put(frame)
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        asked = frames.get()
        told = json.loads(b64decode(asked["content"])) if "content" in asked else {}
        if told.get("dies") and (asked["hurried"] or told["dies"] == "always"):
            os._exit(1)
        time.sleep(told.get("takes", TOOK))
        nothing = b64encode(b"").decode()
        answer = {
            "fingerprint": f"p{os.environ.get(DEMANDED, '')}",
            "score": 1.0,
            "most": 2.0,
            "seconds": TOOK,
            "marks": nothing,
            "notebook": nothing,
            "free": False,
        }
        limited = bool(told.get("endless")) and asked["hurried"]
        fault = {"error": "GraderFault: so it is"} if told.get("fails") else {}
        stale = {"stale": True, "last": True} if told.get("stale") else {}
        sys.stdout.buffer.write(
            as_frame(answer | {"limited": limited, "faulty": False, "last": False} | fault | stale)
        )
        sys.stdout.buffer.flush()
        if stale:
            return


if __name__ == "__main__":
    main()
