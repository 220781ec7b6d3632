"""Known mistakes and right variants of `ema`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("ema", replaces="ema")
def weights_swapped(y, beta, bias_correction=False):
    """The newest value has the weight beta in yours, the past has the rest. Beta says how much of the *past* is kept: at 0.9 the curve should be smooth."""
    if not 0 <= beta < 1:
        raise ValueError(f"beta is {beta}, expected a number in [0, 1)")
    smooth = np.empty(y.shape, y.dtype if y.dtype.kind == "f" else np.float64)
    v = 0.0
    for t, value in enumerate(y):
        v = (1 - beta) * v + beta * value
        smooth[t] = v / (1 - beta ** (t + 1)) if bias_correction else v
    return smooth


@mistake("ema", replaces="ema", change={"0.0": "y[0]"})
def starts_at_the_first_value():
    """Your average begins with the first value itself. It begins at zero; that the first values are then too small is what the correction is for."""


@mistake("ema", replaces="ema", change={"(1 - beta) * value": "value"})
def a_sum_that_forgets():
    """You add the new value whole, as momentum adds gradients. That is a sum that forgets: under a series of ones it would go to 1 / (1 - beta), not to 1."""


@mistake("ema", replaces="ema")
def correction_one_late(y, beta, bias_correction=False):
    """Your correction has the exponent t, which is 0 at the first value: there it divides by zero. Here t counts from 0; after how many values are you?"""
    if not 0 <= beta < 1:
        raise ValueError(f"beta is {beta}, expected a number in [0, 1)")
    smooth = np.empty(y.shape, y.dtype if y.dtype.kind == "f" else np.float64)
    v = 0.0
    for t, value in enumerate(y):
        v = beta * v + (1 - beta) * value
        with np.errstate(all="ignore"):
            smooth[t] = np.divide(v, 1 - beta**t) if bias_correction else v
    return smooth


@mistake("ema", replaces="ema")
def corrected_value_carried_on(y, beta, bias_correction=False):
    """You carry the corrected value on to the next step, where it is corrected once more. Keep the average as it comes; correct only what you return."""
    if not 0 <= beta < 1:
        raise ValueError(f"beta is {beta}, expected a number in [0, 1)")
    smooth = np.empty(y.shape, y.dtype if y.dtype.kind == "f" else np.float64)
    v = 0.0
    for t, value in enumerate(y):
        v = beta * v + (1 - beta) * value
        if bias_correction:
            v = v / (1 - beta ** (t + 1))
        smooth[t] = v
    return smooth


@mistake("ema", replaces="ema", change={"v / (1 - beta ** (t + 1)) if bias_correction else v": "v"})
def never_corrected():
    """You return the same with and without `bias_correction`. With it, the first value must come out whole."""


@mistake(
    "ema",
    replaces="ema",
    change={"v / (1 - beta ** (t + 1)) if bias_correction else v": "v / (1 - beta ** (t + 1))"},
)
def always_corrected():
    """You correct also when nobody asked for it: look at the default of `bias_correction`."""


@mistake("ema", replaces="ema", change={"beta ** (t + 1)": "beta ** (len(y))"})
def one_correction_for_all():
    """You divide every value by the last one's correction. Each t has its own."""


@mistake(
    "ema", replaces="ema", change={'y.dtype if y.dtype.kind == "f" else np.float64': "y.dtype"}
)
def integers_cut_off():
    """Averages of whole numbers are cut off to whole numbers: an array made like an integer y has its dtype."""


@mistake(
    "ema", replaces="ema", change={'y.dtype if y.dtype.kind == "f" else np.float64': "np.float64"}
)
def always_float64():
    """Your result is float64 whatever y is. float32 should stay float32: make the array with y's own dtype, if that is a float."""


@mistake("ema", replaces="ema")
def beta_not_looked_at(y, beta, bias_correction=False):
    """A beta of 1 or more, or below 0, gets through, and what comes out is no average. Refuse it with a ValueError that names it."""
    smooth = np.empty(y.shape, y.dtype if y.dtype.kind == "f" else np.float64)
    v = 0.0
    for t, value in enumerate(y):
        v = beta * v + (1 - beta) * value
        smooth[t] = v / (1 - beta ** (t + 1)) if bias_correction and beta != 1 else v
    return smooth


@mistake("ema", replaces="ema")
def smooths_the_last_axis(y, beta, bias_correction=False):
    """You walk along the last axis. Time is the first one; every other entry is a series of its own."""
    if not 0 <= beta < 1:
        raise ValueError(f"beta is {beta}, expected a number in [0, 1)")
    smooth = np.empty(y.shape, y.dtype if y.dtype.kind == "f" else np.float64)
    v = 0.0
    for t in range(y.shape[-1]):
        v = beta * v + (1 - beta) * y[..., t]
        smooth[..., t] = v / (1 - beta ** (t + 1)) if bias_correction else v
    return smooth


@mistake("ema", replaces="ema")
def writes_into_y(y, beta, bias_correction=False):
    """You write the averages into y itself. It belongs to the caller, who may still need it, and if it holds whole numbers the fractions are lost."""
    if not 0 <= beta < 1:
        raise ValueError(f"beta is {beta}, expected a number in [0, 1)")
    v = 0.0
    for t in range(len(y)):
        v = beta * v + (1 - beta) * y[t]
        y[t] = v / (1 - beta ** (t + 1)) if bias_correction else v
    return y


@mistake("ema", replaces="ema", change={"beta ** (t + 1)": "beta * (t + 1)"})
def correction_without_the_power():
    """Your correction has beta times the number of values, where the zero at the start has been *multiplied* by beta once for each: a power."""


@mistake("ema", replaces="ema")
def powers_divided_out(y, beta, bias_correction=False):
    """You divide by powers of beta and multiply them back in. In a long series they become too small for a float, and nothing is left but inf and nan."""
    if not 0 <= beta < 1:
        raise ValueError(f"beta is {beta}, expected a number in [0, 1)")
    y = y if y.dtype.kind == "f" else y.astype(float)
    if beta == 0:
        return y.copy()
    powers = (beta ** np.arange(len(y), dtype=float)).reshape(-1, *[1] * (y.ndim - 1))
    v = (1 - beta) * np.cumsum(y / powers, axis=0) * powers
    return (v / (1 - powers * beta) if bias_correction else v).astype(y.dtype)


@mistake("ema", replaces="ema")
def corrections_along_the_last_axis(y, beta, bias_correction=False):
    """For several series side by side your corrections run along the last axis, or do not fit at all. Time is the first axis: give the corrections a shape that broadcasts along it."""
    if not 0 <= beta < 1:
        raise ValueError(f"beta is {beta}, expected a number in [0, 1)")
    smooth = np.empty(y.shape, y.dtype if y.dtype.kind == "f" else np.float64)
    v = 0.0
    for t, value in enumerate(y):
        v = beta * v + (1 - beta) * value
        smooth[t] = v
    return (
        (smooth / (1 - beta ** np.arange(1, y.shape[-1] + 1))).astype(smooth.dtype)
        if bias_correction
        else smooth
    )


@variant("ema", replaces="ema")
def as_weighted_sums(y, beta, bias_correction=False):
    """All the weights at once, in a lower triangle, and one product."""
    if beta < 0 or beta >= 1:
        raise ValueError(f"beta = {beta} is not in [0, 1)")
    t = np.arange(len(y))
    weights = np.where(t[:, None] >= t, (1 - beta) * float(beta) ** np.abs(t[:, None] - t), 0.0)
    if bias_correction:
        weights /= weights.sum(axis=1, keepdims=True)
    smooth = np.einsum("ts,s...->t...", weights, y)
    return smooth.astype(y.dtype) if y.dtype.kind == "f" else smooth


@variant("ema", replaces="ema")
def a_list_of_steps(y, beta, bias_correction=False):
    """Moves towards each value by a part of the distance, and counts what is missing on the way."""
    if not (beta >= 0 and beta < 1):
        raise ValueError(f"got beta={beta}, want 0 <= beta < 1")
    y = np.array(y, dtype=np.result_type(y, np.float32) if y.dtype.kind == "f" else float)
    v, missing, found = np.zeros_like(y[0]), 1.0, []
    for value in y:
        v = v + (1 - beta) * (value - v)
        missing = missing * beta
        found.append(v / (1 - missing) if bias_correction else v)
    return np.stack(found).astype(y.dtype)


@variant("ema", replaces="ema")
def an_object_with_a_value(y, beta, bias_correction=False):
    """A small class that is fed value by value; all corrections at once, at the end."""
    if beta < 0 or beta >= 1:
        raise ValueError(f"beta = {beta}, expected 0 <= beta < 1")

    class Average:
        def __init__(self, shape):
            self.value = np.zeros(shape)

        def feed(self, new):
            self.value = self.value * beta + new * (1 - beta)
            return self.value

    average = Average(y.shape[1:])
    smooth = np.stack([average.feed(row) for row in y])
    if bias_correction:
        powers = np.float64(beta) ** np.arange(1, len(y) + 1)
        smooth = smooth / (1 - powers).reshape(-1, *[1] * (y.ndim - 1))
    return smooth.astype(y.dtype if y.dtype.kind == "f" else float)


@variant("ema", replaces="ema")
def in_place_on_a_copy(y, beta, bias_correction=False):
    """Weighs a copy and adds each row's past to it, in place; divides in place too."""
    if not (beta >= 0 and beta < 1):
        raise ValueError(f"no average with beta {beta}")
    smooth = np.array(
        y, dtype=np.promote_types(y.dtype, np.float32) if y.dtype.kind == "f" else np.float64
    )
    smooth *= 1 - beta
    for t in range(1, smooth.shape[0]):
        smooth[t] += beta * smooth[t - 1]
    if bias_correction:
        for t in range(smooth.shape[0]):
            smooth[t] /= 1 - beta ** (t + 1)
    return smooth
