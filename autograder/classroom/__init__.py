"""A whole class: who is left to grade, the workers that grade it, and what is written of it.

`handed_in` reads the folders; `survey` says whose result does not stand any more, by `keys`, `cache` and `standing`; `pool` or
`cluster` grades those; `marking` writes gradebook, notebooks and pages as `results` come in, and `comparison` only shows them.
"""
