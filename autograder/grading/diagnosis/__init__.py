"""What a student's answers are compared with: known mistakes, and small changes of the
reference.
"""
