"""The command line: what is typed, and what is printed."""

from .parser import main

__all__ = ["main"]
