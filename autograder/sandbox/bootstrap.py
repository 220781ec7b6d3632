"""Where the sandbox's Python starts: puts the folders that it was told of on the path and hands
over.
"""

import json
import sys

control, settings = int(sys.argv[1]), json.loads(sys.argv[2])
sys.argv[:] = ["bootstrap.py"]  # where things lie is no business of a submission
sys.path[:0] = settings["path"]
# here Python finds the machine's own folders, and what is installed from the course's
if settings["walls"] == "bare":
    from sandbox.import_path import restrict_imports

    restrict_imports(settings)
if settings["walls"] == "namespaces":
    from sandbox.pid_namespaces import move_where_needed

    move_where_needed(control)
from sandbox.zygote import main  # noqa: E402  the path must be set first

main(control, settings)
