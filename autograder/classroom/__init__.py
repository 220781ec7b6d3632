"""A whole class: who is left to grade, and what is written of it.

`submissions` reads the folders; `plan` says whose result does not stand any more, by the `cache`
and the `gradebook`; `workers` grade those; `run` writes gradebook, notebooks and pages as `results`
come in, and `comparison` only shows them.
"""
