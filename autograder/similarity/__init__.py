"""Answers of a class that are alike."""
