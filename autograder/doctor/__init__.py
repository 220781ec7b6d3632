"""Whether this machine, and this course folder, can grade: `autograder doctor`."""
