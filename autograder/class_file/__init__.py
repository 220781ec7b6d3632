"""What a class tells about itself: `class.toml` (times, late policy, groups) and `roster.csv` (who
is in it).
"""
