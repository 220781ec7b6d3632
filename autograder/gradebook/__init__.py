"""nbgrader's gradebook: its one writer, and what is read from it."""
