"""What the notebooks share: try a cell, check it, compare arrays, show a figure."""

from utils.difference import difference
from utils.plotting import show
from utils.summary import Checks
from utils.verdicts import attempt, check

__all__ = ["Checks", "attempt", "check", "difference", "show"]
