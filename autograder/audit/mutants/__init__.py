"""Mutants of the reference solutions: does a hidden check notice each small change of a right
answer?
"""
