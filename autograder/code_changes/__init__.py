"""Small changes of right answers: what the checks are examined with, and what a mistake is located
by.
"""
