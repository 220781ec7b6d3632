"""What the notebooks share: try a cell, check it, compare arrays, show a figure."""

from utils.difference import difference
from utils.plotting import show
from utils.verdicts import attempt, check

__all__ = ["attempt", "check", "difference", "show"]
