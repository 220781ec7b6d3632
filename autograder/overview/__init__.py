"""A page on a whole class for those who teach it: `autograder report NN-name`.

`gathered` reads what grading has left behind; `items`, `steps`, `alike` and `notable` make figures of it; `pictures` draws, and
`page` writes. What a single student reads comes from `autograder/report.py` and `autograder/feedback.py`, and not from here.
"""
