"""What every part may use and what uses none of them: the course, its assignments, results, limits,
errors, files, text.
"""
