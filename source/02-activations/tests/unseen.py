"""Wrong answers to 02, thought up without a look at the known mistakes."""

import numpy as np

from autograder.audit.unseen_answers import answer


@answer("sigmoid_tanh", replaces="sigmoid_forward", hints=("sigmoid_overflows",))
def textbook_sigmoid(x):
    """1 / (1 + exp(-x)) overflows for very negative x."""
    s = 1 / (1 + np.exp(-x))
    return s, s


@answer("sigmoid_tanh", replaces="sigmoid_backward", hints=("sigmoid_of_the_output_once_more",))
def slope_at_x_of_out(dout, cache):
    """The derivative's formula is applied to sigmoid(out): squashed twice."""
    s = 1 / (1 + np.exp(-cache))
    return dout * s * (1 - s)


@answer("sigmoid_tanh", replaces="sigmoid_backward", hints=("sigmoid_slope_without_dout",))
def upstream_forgotten(dout, cache):
    """dout is not multiplied."""
    return cache * (1 - cache)


@answer("sigmoid_tanh", replaces="tanh_forward", hints=("tanh_overflows",))
def tanh_by_formula(x):
    """exp(2x) overflows: nan for large x."""
    t = (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1)
    return t, t


@answer("sigmoid_tanh", replaces="tanh_backward", hints=("tanh_slope_not_squared",))
def tanh_slope_not_squared(dout, cache):
    """1 - out in place of 1 - out²."""
    return dout * (1 - cache)


@answer("relu_family", replaces="relu_backward", hints=("relu_passes_at_zero",))
def slope_one_at_zero(dout, cache):
    """The slope at 0 is 1."""
    dx = np.array(dout)
    dx[cache < 0] = 0
    return dx


@answer("relu_family", replaces="relu_backward", hints=("relu_of_dout",))
def mask_from_dout(dout, cache):
    """The mask is taken from dout, not from x."""
    return np.maximum(dout, 0)


@answer("relu_family", replaces="leaky_relu_forward", hints=("leaky_as_a_maximum",))
def maximum_of_both(x, slope=0.01):
    """max(x, slope x): wrong for a slope above 1."""
    return np.maximum(x, slope * x), (x, slope)


@answer("relu_family", replaces="leaky_relu_backward", hints=("leaky_slope_is_a_fixed_number",))
def slope_is_a_constant(dout, cache):
    """The slope is 0.01, whatever was asked for."""
    x, _ = cache
    return dout * np.where(x > 0, 1, 0.01)


@answer("relu_family", replaces=("elu_forward", "elu_backward"), hints=("elu_slope_without_alpha",))
def alpha_only_in_the_forward():
    """The backward pass forgets alpha."""

    def elu_forward(x, alpha=1.0):
        out = np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1))
        return out, x

    def elu_backward(dout, cache):
        return dout * np.where(cache > 0, 1, np.exp(np.minimum(cache, 0)))

    return elu_forward, elu_backward


@answer(
    "relu_family",
    replaces="elu_forward",
    hints=("elu_forward_without_alpha",),
    beside=("elu_forward: the output on the two sides",),
)
def alpha_is_missing(x, alpha=1.0):
    """The forward pass forgets alpha."""
    out = np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)
    return out, (x, out, alpha)


@answer("prelu", replaces="prelu_backward", hints=("da_is_summed_over_everything",))
def da_summed_over_everything(dout, cache):
    """da is one number also where a has one entry a channel."""
    x, a = cache
    dx = np.where(x > 0, dout, a * dout)
    return dx, np.sum(np.where(x > 0, 0, x) * dout)


@answer(
    "prelu",
    replaces="prelu_backward",
    hints=("prelu_backward: what each entry contributes to the gradient of a",),
)
def da_without_x(dout, cache):
    """da counts dout, not x dout."""
    x, a = cache
    neg = x <= 0
    da = (neg * dout).sum(axis=tuple(range(x.ndim - 1))) if np.ndim(a) else (neg * dout).sum()
    return dout * np.where(neg, a, 1), da


@answer("prelu", replaces="prelu_backward", hints=("da_is_a_mean",))
def da_is_a_mean(dout, cache):
    """da is averaged over the batch."""
    x, a = cache
    neg = np.where(x > 0, 0, x * dout)
    axes = tuple(range(x.ndim - np.ndim(a)))
    return np.where(x > 0, dout, a * dout), neg.mean(axis=axes)


@answer("maxout", replaces="maxout_backward", hints=("all_pieces_get_the_gradient",))
def all_pieces_learn(dout, cache):
    """The gradient goes to every piece, not to the winner alone."""
    x, w, _ = cache
    dz = np.broadcast_to(dout, (len(w), *dout.shape))
    dx = sum(dz[k] @ w[k].T for k in range(len(w)))
    return dx, np.stack([x.T @ dz[k] for k in range(len(w))]), dz.sum(axis=1)


@answer("maxout", replaces="maxout_forward", hints=("biases_do_not_compete",))
def bias_after_the_max(x, w, b):
    """The bias is added after the maximum was taken."""
    if w.ndim != 3 or w.shape[1] != x.shape[1]:
        raise ValueError(f"w {w.shape}, expected (K, {x.shape[1]}, M)")
    if b.shape != (w.shape[0], w.shape[2]):
        raise ValueError(f"b {b.shape}, expected {(w.shape[0], w.shape[2])}")
    z = np.einsum("nd,kdm->knm", x, w)
    win = z.argmax(axis=0)
    out = z.max(axis=0) + np.take_along_axis(b, win, axis=0)
    return out, (x, w, win)


@answer(
    "maxout",
    replaces=("maxout_forward", "maxout_backward"),
    hints=("all_that_tie_get_the_gradient",),
)
def ties_count_for_both():
    """At a tie, all pieces that are largest get the gradient."""

    def maxout_forward(x, w, b):
        if w.ndim != 3 or w.shape[1] != x.shape[1]:
            raise ValueError(f"w {w.shape}, expected (K, {x.shape[1]}, M)")
        if b.shape != (w.shape[0], w.shape[2]):
            raise ValueError(f"b {b.shape}, expected {(w.shape[0], w.shape[2])}")
        x = x.astype(np.result_type(np.float32, x, w, b))
        z = np.einsum("nd,kdm->knm", x, w) + b[:, None]
        return z.max(axis=0), (x, w, z)

    def maxout_backward(dout, cache):
        x, w, z = cache
        mask = z == z.max(axis=0)
        dz = mask * dout
        return np.einsum("knm,kdm->nd", dz, w), np.einsum("nd,knm->kdm", x, dz), dz.sum(1)

    return maxout_forward, maxout_backward


@answer("saturation", replaces="dead_fraction", hints=("zeros_instead_of_units",))
def zeros_are_counted(acts):
    """The share of zero entries, not of units that are zero throughout."""
    if acts.ndim != 2 or acts.size == 0:
        raise ValueError(f"acts {acts.shape}")
    return float((acts == 0).sum() / acts.size)


@answer("saturation", replaces="dead_fraction", hints=("examples_instead_of_units",))
def dead_examples(acts):
    """Examples are looked at in place of units: the wrong axis."""
    if acts.ndim != 2 or acts.size == 0:
        raise ValueError(f"acts {acts.shape}")
    dead = 0
    for row in acts:
        dead += not np.any(row)
    return dead / len(acts)
