"""`make bench`: submissions a minute, beside stock nbgrader and beside the floor, all measured in
turn in one run.
"""
