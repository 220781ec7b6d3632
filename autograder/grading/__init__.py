"""The way of a submission, from a notebook's bytes to its marks; `pipeline` does the steps in
turn.
"""
