"""What authors edit, made into notebooks: `autograder build`."""
