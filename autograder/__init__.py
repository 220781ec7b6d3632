"""The way of a submission: `repair`, `execute` in the `sandbox`, `checks` by `checking`, `diagnose`, `report`; `grade` does these in turn.

`record` writes to nbgrader's gradebook, `feedback` the student's page; `classroom` looks after a whole class. `collect` takes uploads
in, `overview` shows staff how a class did. `authoring` builds notebooks, `mistakes` reads known mistakes and right variants, `examine`
tries the checks on them, and `doctor` looks at the machine.
"""

import sys

# nbgrader imports jsonschema, which builds a parser of RFC 3987 when it is imported: half of nbgrader's start. Without
# that package jsonschema leaves only the format "iri" unchecked, which no notebook has. Set before anything imports it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None is how Python marks a module as missing
