"""Submissions that attack the grader.

Each module holds the attacks of one kind; what each must come to stands with it.
"""
