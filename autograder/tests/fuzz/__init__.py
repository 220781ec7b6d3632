"""Inputs that nobody wrote, for everything in the trusted process that reads what a student made."""
