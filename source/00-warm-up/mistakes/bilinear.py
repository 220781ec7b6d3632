"""What goes wrong, and what else goes right, in `bilinear`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("bilinear", replaces="bilinear", change={"->n": "->"})
def sums_over_the_pairs():
    """You sum over the pairs as well, and return one number. Keep n after the arrow."""


@mistake(
    "bilinear", replaces="bilinear", change={'np.einsum("nd,de,ne->n", x, w, y)': "x @ w @ y.T"}
)
def every_row_with_every_row():
    """Your result holds a score for every row of `x` with every row of `y`. Only rows with the same n form a pair."""


@mistake(
    "bilinear",
    replaces="bilinear",
    change={'np.einsum("nd,de,ne->n", x, w, y)': 'np.einsum("nd,de->n", x, w)'},
)
def leaves_out_y():
    """Your scores do not depend on `y`. Multiply by `y` before you sum over e."""


@mistake(
    "bilinear",
    replaces="bilinear",
    change={'np.einsum("nd,de,ne->n", x, w, y)': 'np.einsum("nd,ne->n", x, y)'},
)
def leaves_out_w():
    """Your scores do not depend on `w`, although it stands between `x` and `y`."""


@mistake(
    "bilinear",
    replaces="bilinear",
    change={'np.einsum("nd,de,ne->n", x, w, y)': 'np.einsum("nd,de,ne->ne", x, w, y)'},
)
def keeps_the_second_index():
    """Your result has the shape of `y`: the sum over e is missing."""


@mistake("bilinear", replaces="bilinear")
def in_a_loop(x, w, y):
    """You loop over the pairs in Python. Name the axes, and let `einsum` do all pairs at once."""
    scores = np.zeros(len(x), np.result_type(x, w, y))
    for n in range(len(x)):
        scores[n] = x[n] @ w @ y[n]
    return scores


@variant("bilinear", replaces="bilinear")
def by_a_product(x, w, y):
    """Multiplies two matrices, and sums along the rows."""
    return (x @ w * y).sum(axis=1)


@variant("bilinear", replaces="bilinear")
def by_the_other_product(x, w, y):
    """Begins with the other matrix."""
    return np.sum(x * np.dot(y, w.T), axis=-1)


@variant("bilinear", replaces="bilinear")
def by_the_diagonal(x, w, y):
    """Computes all pairs and keeps the diagonal."""
    return np.diag(x @ w @ y.T).copy()


@variant("bilinear", replaces="bilinear")
def by_broadcasting(x, w, y):
    """Multiplies everything by broadcasting, and sums over two axes."""
    return (x[:, :, None] * w * y[:, None, :]).sum(axis=(1, 2))


@variant("bilinear", replaces="bilinear")
def by_a_stack_of_products(x, w, y):
    """Takes each row as a matrix of one row."""
    return (x[:, None, :] @ w @ y[:, :, None])[:, 0, 0]
