"""The graders, examined: known mistakes and right variants, mutants of the reference solutions,
many seeds: `autograder audit`.
"""
