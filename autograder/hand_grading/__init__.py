"""A page for people who grade written answers: one answer at a time, its rubric beside it."""
