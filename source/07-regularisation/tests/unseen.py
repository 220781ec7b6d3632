"""Wrong answers to 07, thought up without a look at the known mistakes."""

import numpy as np

from autograder.audit.unseen_answers import answer


def _same(x):
    return x


@answer("penalties", replaces="l2_loss", hints=("l2_without_the_half",))
def half_forgotten(w, reg):
    """The half is missing in loss and gradient."""
    if not reg >= 0:
        raise ValueError(f"reg {reg}")
    return reg * (w**2).sum(), 2 * reg * w


@answer("penalties", replaces="l2_loss", hints=("l2_gradient_twice_too_large",))
def gradient_with_a_two(w, reg):
    """The gradient is 2 reg w, though the loss has the half."""
    if not reg >= 0:
        raise ValueError(f"reg {reg}")
    return reg / 2 * (w**2).sum(), 2 * reg * w


@answer(
    "penalties",
    replaces="l1_loss",
    hints=("l1_gradient_without_reg",),
    beside=("l1_loss: the gradient of the penalty",),
)
def price_missing_in_the_gradient(w, reg):
    """reg is missing in the gradient."""
    if not reg >= 0:
        raise ValueError(f"reg {reg}")
    return reg * np.abs(w).sum(), np.sign(w)


@answer("penalties", replaces="decoupled_decay", hints=("decay_without_the_learning_rate",))
def rate_left_out(w, learning_rate, decay):
    """The learning rate is left out."""
    if learning_rate < 0 or decay < 0:
        raise ValueError(f"{learning_rate} {decay}")
    return w * (1 - decay)


@answer("penalties", replaces="step_with_decay", hints=("both_kinds_are_l2",))
def both_alike(rule, w, dw, config, decay, kind):
    """Decoupled decay goes through the gradient like L2."""
    if kind not in ("l2", "decoupled") or decay < 0:
        raise ValueError(f"{kind} {decay}")
    return rule(w, dw + decay * w, config)


@answer("dropout", replaces="dropout_forward", hints=("never_rescaled",))
def not_scaled_up(x, dropout_param):
    """No division by keep_prob in training."""
    p, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < p <= 1 or mode not in ("train", "test"):
        raise ValueError(f"{p} {mode!r}")
    if x.dtype.kind != "f":
        x = x.astype(float)
    if mode == "test":
        return x, None
    m = (dropout_param["rng"].random(x.shape) < p).astype(x.dtype)
    return x * m, m


@answer("dropout", replaces="dropout_forward", hints=("keep_and_drop_swapped",))
def keep_and_drop_exchanged(x, dropout_param):
    """keep_prob is taken for the probability to drop."""
    p, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < p <= 1 or mode not in ("train", "test"):
        raise ValueError(f"{p} {mode!r}")
    if x.dtype.kind != "f":
        x = x.astype(float)
    if mode == "test":
        return x, None
    m = (dropout_param["rng"].random(x.shape) > p) / x.dtype.type(p)
    return x * m, m


@answer("dropout", replaces=("dropout_forward", "dropout_backward"), hints=("scaled_at_test",))
def old_dropout():
    """Not scaled in training, and multiplied by keep_prob at test time."""

    def dropout_forward(x, dropout_param):
        p, mode = dropout_param["keep_prob"], dropout_param["mode"]
        if not 0 < p <= 1 or mode not in ("train", "test"):
            raise ValueError(f"{p} {mode!r}")
        if x.dtype.kind != "f":
            x = x.astype(float)
        if mode == "test":
            return x * x.dtype.type(p), x.dtype.type(p)
        m = (dropout_param["rng"].random(x.shape) < p).astype(x.dtype)
        return x * m, m

    def dropout_backward(dout, cache):
        return dout * cache

    return dropout_forward, dropout_backward


@answer("dropout", replaces="dropout_forward", hints=("one_mask_for_the_batch",))
def whole_columns(x, dropout_param):
    """One mask for all examples."""
    p, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < p <= 1 or mode not in ("train", "test"):
        raise ValueError(f"{p} {mode!r}")
    if x.dtype.kind != "f":
        x = x.astype(float)
    if mode == "test":
        return x, None
    m = np.broadcast_to((dropout_param["rng"].random(x.shape[1:]) < p) / x.dtype.type(p), x.shape)
    return x * m, m


@answer("dropout", replaces="dropout_backward", hints=("gradient_ignores_the_mask",))
def backward_without_a_mask(dout, cache):
    """The gradient passes as if nothing was dropped."""
    return dout


@answer("dropconnect", replaces="dropconnect_backward", hints=("dropped_weights_learn",))
def dw_without_the_mask(dout, cache):
    """dw is not masked."""
    x, w, mask = cache
    return dout @ (mask * w).T, x.T @ dout, dout.sum(0)


@answer("dropconnect", replaces="dropconnect_backward", hints=("dx_through_all_weights",))
def dx_with_all_weights(dout, cache):
    """dx goes through weights that were dropped."""
    x, w, mask = cache
    return dout @ w.T, x.T @ dout * mask, dout.sum(0)


@answer("dropconnect", replaces="dropconnect_forward", hints=("units_dropped_instead",))
def units_are_dropped(x, w, b, param):
    """Entries of x are dropped, not weights."""
    p, mode = param["keep_prob"], param["mode"]
    if not 0 < p <= 1 or mode not in ("train", "test"):
        raise ValueError(f"{p} {mode!r}")
    m = np.ones_like(w)
    if mode == "train":
        keep = (param["rng"].random((w.shape[0], 1)) < p) / w.dtype.type(p)
        m = m * keep
    return x @ (w * m) + b, (x, w, m)


@answer("dropconnect", replaces="dropconnect_forward", hints=("weights_never_rescaled",))
def weights_not_scaled(x, w, b, param):
    """Kept weights are not divided by keep_prob."""
    p, mode = param["keep_prob"], param["mode"]
    if not 0 < p <= 1 or mode not in ("train", "test"):
        raise ValueError(f"{p} {mode!r}")
    m = np.ones_like(w)
    if mode == "train":
        m = (param["rng"].random(w.shape) < p).astype(w.dtype)
    return x @ (w * m) + b, (x, w, m)


@answer("bias_variance", replaces="bias_variance", hints=("divided_by_one_less",))
def variance_unbiased(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """The variance divides by n_sets - 1."""
    if n_sets < 1 or sigma < 0:
        raise ValueError(f"{n_sets} {sigma}")
    ps = []
    for _ in range(n_sets):
        x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
        ps.append(fit(x, truth(x) + rng.normal(0, 1, n_train) * sigma, x_grid))
    ps = np.array(ps)
    return (
        (ps.mean(0) - truth(x_grid)) ** 2,
        ps.var(0, ddof=1) if n_sets > 1 else 0 * ps[0],
        sigma**2,
    )


@answer("bias_variance", replaces="bias_variance", hints=("squared_before_averaging",))
def bias_squared_before_the_mean(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """bias2 is the mean squared error."""
    if n_sets < 1 or sigma < 0:
        raise ValueError(f"{n_sets} {sigma}")
    ps = []
    for _ in range(n_sets):
        x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
        ps.append(fit(x, truth(x) + rng.normal(0, 1, n_train) * sigma, x_grid))
    ps = np.array(ps)
    return ((ps - truth(x_grid)) ** 2).mean(0), ps.var(0), sigma**2


@answer("bias_variance", replaces="bias_variance", hints=("noise_is_sigma",))
def noise_is_sigma(fit, x_grid, n_sets, rng, truth, sigma, n_train=20):
    """The noise is sigma, not sigma²."""
    if n_sets < 1 or sigma < 0:
        raise ValueError(f"{n_sets} {sigma}")
    ps = []
    for _ in range(n_sets):
        x = rng.uniform(x_grid.min(), x_grid.max(), n_train)
        ps.append(fit(x, truth(x) + rng.normal(0, 1, n_train) * sigma, x_grid))
    ps = np.array(ps)
    return (ps.mean(0) - truth(x_grid)) ** 2, ps.var(0), sigma


@answer("bias_variance", replaces="choose_penalty", hints=("chosen_by_the_test_set",))
def chosen_by_test(penalties, learn, error, train, dev, test):
    """The test set chooses."""
    if len(penalties) == 0:
        raise ValueError("no penalties")
    models = [learn(train[0], train[1], p) for p in penalties]
    dev_errors = np.array([error(m, *dev) for m in models])
    test_errors = [error(m, *test) for m in models]
    i = int(np.argmin(test_errors))
    return penalties[i], dev_errors, test_errors[i]
