"""A page on a whole class for those who teach it: `autograder report NN-name`; and the leaderboard.

`gradebook.class_results` reads what grading has left behind; `item_analysis`, `mistake_counts`,
`watch_list` and `similarity` make figures of it; `plots` draws, and `page` writes. What a single
student reads comes from `feedback`, and not from here.
"""
