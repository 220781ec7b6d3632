"""What nbgrader's own commands and formgrader run in place of theirs."""
