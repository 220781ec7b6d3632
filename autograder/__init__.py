"""Grades notebooks by hidden checks that student code cannot reach.

A submission goes through `grading`: it is repaired and executed in the `sandbox`; `checking` runs
the hidden checks. `workers` do so for many, `cache` keeps results, `classroom` looks after a whole
class, `gradebook` and `feedback` write. `collect` takes uploads in, `publish` makes hand-outs,
`class_report` and `similarity` are for staff, `authoring` and `audit` for authors. Commands are in
`cli`.
"""

import sys

# nbgrader imports jsonschema, which builds a parser of RFC 3987 when it is imported: half of
# nbgrader's start. Without that package jsonschema leaves only the format "iri" unchecked, which no
# notebook has. Set before anything imports it.
# None is how Python marks a module as missing.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
