"""Known mistakes and right variants of `curvature`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake(
    "curvature",
    replaces="describe_point",
    change={
        "np.linalg.eigvalsh(hessian.astype(np.float64))": "np.diag(hessian).astype(np.float64)"
    },
)
def entries_of_the_diagonal():
    """You read the curvatures from the diagonal of the Hessian. They are its eigenvalues, and these are on the diagonal only if all other entries are zero."""


@mistake(
    "curvature",
    replaces="describe_point",
    change={
        "np.linalg.eigvalsh(hessian.astype(np.float64))": "np.linalg.svd(hessian.astype(np.float64), compute_uv=False)"
    },
)
def singular_values_have_no_sign():
    """You use singular values. They are never negative, so a saddle point and a maximum look like a minimum. Eigenvalues keep the sign."""


@mistake(
    "curvature",
    replaces="describe_point",
    change={"sizes.max() / sizes.min()": "curvatures.max() / curvatures.min()"},
)
def condition_with_signs():
    """Your condition number divides curvatures with their signs. It compares their sizes."""


@mistake(
    "curvature",
    replaces="describe_point",
    change={"sizes.max() / sizes.min()": "sizes.min() / sizes.max()"},
)
def condition_upside_down():
    """Your condition number is upside down: the largest size is divided by the smallest, so that it is at least 1."""


@mistake("curvature", replaces="describe_point", change={"2 / float": "1 / float"})
def limit_where_one_step_arrives():
    """Your limit is the learning rate with which one step arrives. Up to twice that rate, the path still comes closer, jumping from side to side."""


@mistake(
    "curvature",
    replaces="describe_point",
    change={"2 / float(curvatures.max())": "2 / float(sizes.max())"},
)
def downward_curvature_limits_the_rate():
    """Your limit comes from the largest size of a curvature, also if it belongs to a direction that curves downwards. Only upward directions limit the learning rate."""


@mistake(
    "curvature",
    replaces="describe_point",
    change={"2 / float(curvatures.max())": "2 / float(curvatures[up].min())"},
)
def limit_of_the_flattest_direction():
    """Your limit comes from the flattest direction. The steepest direction is the first in which a step overshoots too far."""


@mistake(
    "curvature",
    replaces="describe_point",
    change={"zero = sizes <= 1e-9 * sizes.max()": "zero = sizes == 0"},
)
def rounding_is_not_zero():
    """A curvature of zero is rarely exactly 0 after rounding. Compare its size with the largest one, as the docstring says."""


@mistake(
    "curvature",
    replaces="describe_point",
    change={"if up.any() and down.any():": "if up.any() and down.any() and not zero.any():"},
)
def zero_hides_the_saddle():
    """You call a point flat as soon as a curvature is zero. With one curvature > 0 and one < 0 it is a saddle point, whatever the others are."""


@mistake(
    "curvature",
    replaces="long_run_factor",
    change={
        "np.maximum(np.abs(b + root), np.abs(b - root))": "np.minimum(np.abs(b + root), np.abs(b - root))"
    },
)
def smaller_root():
    """You take the root of the smaller size. In the long run the larger one wins, because its powers outlast the others."""


@mistake(
    "curvature",
    replaces="long_run_factor",
    change={"np.maximum(np.abs(b + root), np.abs(b - root))": "np.abs(b + root)"},
)
def one_of_the_two_roots():
    """You look at one of the two roots only. Where the path jumps from side to side, the other one is larger in size."""


@mistake(
    "curvature",
    replaces="long_run_factor",
    change={"np.sqrt(b * b - 4 * momentum + 0j)": "np.sqrt(np.maximum(b * b - 4 * momentum, 0))"},
)
def no_complex_roots():
    """You set a negative number under the root to zero. The roots are complex there, and both have the size of the root of the momentum."""


@mistake(
    "curvature",
    replaces="long_run_factor",
    change={"b = 1 + momentum - learning_rate": "b = 1 - learning_rate"},
)
def momentum_missing_in_the_middle():
    """The middle coefficient of your quadratic equation has no momentum in it. It is 1 + rho - alpha lambda."""


@mistake("curvature", replaces="long_run_factor", change={".max() / 2": ".mean() / 2"})
def mean_over_the_directions():
    """You average the factors of the directions. In the long run the slowest direction is all that is left."""


@mistake("curvature", replaces="long_run_factor", change={".max() / 2": ".min() / 2"})
def fastest_direction():
    """You take the factor of the fastest direction. In the long run the slowest direction is all that is left."""


@mistake(
    "curvature",
    replaces="long_run_factor",
    change={"not 0 <= momentum < 1": "not 0 <= momentum <= 1"},
)
def momentum_of_one_accepted():
    """You accept a momentum of 1. Nothing is ever forgotten then: it should raise a ValueError."""


@variant("curvature", replaces=("describe_point", "long_run_factor"))
def general_eigenvalues_and_a_matrix():
    """Eigenvalues of a general matrix, counts of signs; the factor from the matrix that makes one step."""

    def describe_point(hessian):
        if len(hessian.shape) != 2 or len(set(hessian.shape)) != 1:
            raise ValueError(f"not square: {hessian.shape}")
        values = np.real(np.linalg.eigvals(np.array(hessian, dtype=float)))
        tiny = 1e-9 * max(abs(values))
        positive, negative = sum(values > tiny), sum(values < -tiny)
        rest = len(values) - positive - negative
        if positive and negative:
            kind = "saddle"
        elif rest:
            kind = "flat"
        else:
            kind = ["maximum", "minimum"][bool(positive)]
        condition = float("inf") if rest else max(abs(values)) / min(abs(values))
        return kind, condition, 2 / max(values) if positive else float("inf")

    def long_run_factor(curvatures, learning_rate, momentum=0.0):
        if learning_rate <= 0 or momentum < 0 or momentum >= 1:
            raise ValueError(f"learning rate {learning_rate}, momentum {momentum}")
        largest = 0.0
        for curvature in np.array(curvatures, dtype=float):
            step = np.array([[1 + momentum - learning_rate * curvature, -momentum], [1.0, 0.0]])
            largest = max(largest, np.abs(np.linalg.eigvals(step)).max())
        return largest

    return describe_point, long_run_factor


@variant("curvature", replaces="long_run_factor")
def three_cases(curvatures, learning_rate, momentum=0.0):
    """Real and complex roots apart, with the product of the roots, which is the momentum."""
    if not learning_rate > 0:
        raise ValueError(f"{learning_rate} is no learning rate")
    if not (momentum >= 0 and momentum < 1):
        raise ValueError(f"{momentum} is no momentum")
    half = np.abs(1 + momentum - learning_rate * np.asarray(curvatures, dtype=np.float64)) / 2
    below = half**2 - momentum
    real = half + np.sqrt(np.where(below > 0, below, 0))
    return float(np.where(below < 0, np.sqrt(momentum), real).max())


@variant("curvature", replaces="describe_point")
def sorted_eigenvalues(hessian):
    """The first and the last of the sorted eigenvalues decide."""
    if hessian.ndim != 2:
        raise ValueError(f"shape {hessian.shape}")
    rows, columns = hessian.shape
    if rows != columns:
        raise ValueError(f"shape {hessian.shape}: {rows} rows, but {columns} columns")
    values = np.linalg.eigvalsh(hessian * 1.0)
    sizes = np.sort(np.abs(values))
    values = np.where(np.abs(values) <= 1e-9 * sizes[-1], 0.0, values)
    low, high = values[0], values[-1]
    flat = bool((values == 0).any())
    if low < 0 < high:
        kind = "saddle"
    elif flat:
        kind = "flat"
    else:
        kind = "minimum" if low > 0 else "maximum"
    return (
        kind,
        np.inf if flat else np.float64(sizes[-1]) / np.float64(sizes[0]),
        2.0 / np.float64(high) if high > 0 else np.inf,
    )


@variant("curvature", replaces="long_run_factor")
def by_polynomial_roots(curvatures, learning_rate, momentum=0.0):
    """The roots by np.roots, direction by direction."""
    if not learning_rate > 0:
        raise ValueError(f"learning_rate={learning_rate}")
    if not 0 <= momentum < 1:
        raise ValueError(f"momentum={momentum}")
    sizes = [
        np.abs(np.roots([1.0, -(1 + momentum - learning_rate * float(one)), momentum])).max()
        for one in curvatures
    ]
    return float(max(sizes))
