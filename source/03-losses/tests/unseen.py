"""Wrong answers to 03, thought up without a look at the known mistakes."""

import numpy as np

from autograder.audit.unseen_answers import answer


@answer("regression_losses", replaces="mse_loss", hints=("half_of_the_squares",))
def half_of_the_square(pred, target):
    """1/(2n) in place of 1/n."""
    r = residuals(pred, target)
    n = r.size
    return (r * r).sum() / (2 * n), r / n


@answer(
    "regression_losses",
    replaces="mse_loss",
    hints=("mean_over_rows_only", "mean_over_examples_only"),
)
def divided_by_rows(pred, target):
    """Divides by the number of rows, not of entries."""
    r = residuals(pred, target)
    n = r.shape[0] if r.ndim else 1
    return (r**2).sum() / n, 2 * r / n


@answer("regression_losses", replaces="mse_loss", hints=("gradient_without_the_mean",))
def gradient_not_averaged(pred, target):
    """The gradient lacks the 1/n."""
    r = residuals(pred, target)
    return np.average(r**2), 2 * r


@answer("regression_losses", replaces="mae_loss", hints=("corner_takes_a_side",))
def slope_one_where_met(pred, target):
    """The gradient at zero is 1/n."""
    r = residuals(pred, target)
    return np.abs(r).mean(), np.where(r >= 0, 1.0, -1.0).astype(r.dtype) / r.size


@answer("regression_losses", replaces="l2_distance", hints=("distance_without_its_root",))
def distance_squared(pred, target):
    """The root is forgotten."""
    r = residuals(pred, target)
    return np.sum(r**2), 2 * r


@answer("regression_losses", replaces="l2_distance", hints=("distance_zero_by_zero",))
def nan_when_equal(pred, target):
    """0/0 where the two are equal."""
    r = residuals(pred, target)
    d = np.linalg.norm(r)
    return d, r / d


@answer(
    "softmax_loss",
    replaces="softmax_loss",
    hints=("softmax_loss: what you do to the logits before the exponential",),
)
def without_the_shift(x, y):
    """Log form, but the maximum is not subtracted: overflows."""
    if x.dtype.kind != "f":
        x = x.astype(float)
    N, C = x.shape
    if y.shape == (N,):
        if y.dtype.kind not in "iu":
            raise ValueError(f"{y.shape} {y.dtype}")
        if ((y < 0) | (y >= C)).any():
            raise ValueError(f"label {y[(y < 0) | (y >= C)][0]}")
        t = np.eye(C)[y].astype(x.dtype)
    elif y.shape == (N, C):
        t = y.astype(x.dtype)
    else:
        raise ValueError(f"{y.shape} {x.shape} {(N,)} {(N, C)}")
    logp = x - np.log(np.sum(np.exp(x), axis=1, keepdims=True))
    return -(t * logp).sum() / N, (np.exp(logp) - t) / N


@answer("softmax_loss", replaces="softmax_loss", hints=("loss_is_a_sum",))
def summed_not_averaged(x, y):
    """Loss and gradient are sums over the batch."""
    if x.dtype.kind != "f":
        x = x.astype(float)
    N, C = x.shape
    if y.shape == (N,):
        if y.dtype.kind not in "iu":
            raise ValueError(f"{y.shape} {y.dtype}")
        if ((y < 0) | (y >= C)).any():
            raise ValueError(f"label {y[(y < 0) | (y >= C)][0]}")
        t = np.eye(C)[y].astype(x.dtype)
    elif y.shape == (N, C):
        t = y.astype(x.dtype)
    else:
        raise ValueError(f"{y.shape} {x.shape} {(N,)} {(N, C)}")
    s = x - x.max(1)[:, None]
    logp = s - np.log(np.sum(np.exp(s), axis=1, keepdims=True))
    return -(t * logp).sum(), np.exp(logp) - t


@answer("softmax_loss", replaces="softmax_loss")
def a_little_in_the_log(x, y):
    """log(p + 1e-8): wrong where p is tiny."""
    if x.dtype.kind != "f":
        x = x.astype(float)
    N, C = x.shape
    if y.shape == (N,):
        if y.dtype.kind not in "iu":
            raise ValueError(f"{y.shape} {y.dtype}")
        if ((y < 0) | (y >= C)).any():
            raise ValueError(f"label {y[(y < 0) | (y >= C)][0]}")
        t = np.eye(C)[y].astype(x.dtype)
    elif y.shape == (N, C):
        t = y.astype(x.dtype)
    else:
        raise ValueError(f"{y.shape} {x.shape} {(N,)} {(N, C)}")
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.sum(t * np.log(p + 1e-8)) / N, (p - t) / N


@answer("softmax_loss", replaces="softmax_loss", hints=("one_softmax_for_the_whole_batch",))
def one_normaliser_for_the_batch(x, y):
    """The exponentials are divided by the sum of the whole batch."""
    if x.dtype.kind != "f":
        x = x.astype(float)
    N, C = x.shape
    if y.shape == (N,):
        if y.dtype.kind not in "iu":
            raise ValueError(f"{y.shape} {y.dtype}")
        if ((y < 0) | (y >= C)).any():
            raise ValueError(f"label {y[(y < 0) | (y >= C)][0]}")
        t = np.eye(C)[y].astype(x.dtype)
    elif y.shape == (N, C):
        t = y.astype(x.dtype)
    else:
        raise ValueError(f"{y.shape} {x.shape} {(N,)} {(N, C)}")
    s = x - x.max()
    logp = s - np.log(np.exp(s).sum())
    return -np.sum(t * logp) / N, (np.exp(logp) - t) / N


@answer("bce_with_logits", replaces="bce_with_logits", hints=("by_way_of_the_probability",))
def naive_log_of_sigmoid(h, y):
    """Logs of the sigmoid itself: infinite and nan for large logits."""
    if h.shape != y.shape:
        raise ValueError(f"{h.shape} and {y.shape}")
    if not ((y >= 0) & (y <= 1)).all():
        raise ValueError(f"{y[~((y >= 0) & (y <= 1))][0]}")
    if h.dtype.kind != "f":
        h = h.astype(float)
    y = y.astype(h.dtype)
    s = 1 / (1 + np.exp(-h))
    return np.mean(-y * np.log(s) - (1 - y) * np.log(1 - s)), (s - y) / h.size


@answer("bce_with_logits", replaces="bce_with_logits", hints=("sigmoid_s_slope_once_more",))
def gradient_with_the_sigmoids_slope(h, y):
    """(s - y) s (1 - s): the slope of the sigmoid is multiplied once too often."""
    if h.shape != y.shape:
        raise ValueError(f"{h.shape} and {y.shape}")
    if not ((y >= 0) & (y <= 1)).all():
        raise ValueError(f"{y[~((y >= 0) & (y <= 1))][0]}")
    if h.dtype.kind != "f":
        h = h.astype(float)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    s = np.where(h >= 0, 1, e) / (1 + e)
    return np.mean(np.maximum(h, 0) - h * y + np.log1p(e)), (s - y) * s * (1 - s) / h.size


def _robust(change):
    return change


@answer("robust_loss", replaces=("robust_loss",), hints=("huber_jumps",))
def huber_without_its_offset():
    """Huber's straight part is xi |x|: it jumps at xi."""
    right = robust_loss

    def robust(x, kind, xi=1.0, p=1.5):
        rho, psi, omega = right(x, kind, xi, p)
        if kind == "huber":
            a = np.abs(np.asarray(x, rho.dtype))
            rho = np.where(a <= xi, a * a / 2, xi * a).astype(rho.dtype)
        return rho, psi, omega

    return robust


@answer("robust_loss", replaces=("robust_loss",), hints=("tukey_turns_up_again",))
def tukey_goes_on():
    """Tukey's loss is not constant beyond xi."""
    right = robust_loss

    def robust(x, kind, xi=1.0, p=1.5):
        rho, psi, omega = right(x, kind, xi, p)
        if kind == "tukey":
            x = np.asarray(x, rho.dtype)
            g = 1 - (x / xi) ** 2
            rho, psi = xi**2 / 6 * (1 - g**3), x * g * g
            omega = g * g
        return rho, psi, omega

    return robust


@answer("robust_loss", replaces=("robust_loss",), hints=("robust_loss: the row of cauchy",))
def cauchy_without_the_scale_squared():
    """Cauchy's rho is log(1 + u²)/2: xi² is forgotten."""
    right = robust_loss

    def robust(x, kind, xi=1.0, p=1.5):
        rho, psi, omega = right(x, kind, xi, p)
        if kind == "cauchy":
            u = np.asarray(x, rho.dtype) / xi
            rho = np.log(1 + u * u) / 2
        return rho, psi, omega

    return robust


@answer("logreg", replaces="logreg_fit", hints=("mean_taken_twice",))
def gradient_divided_once_more(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """The gradient is divided by the batch's size again."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"{X.shape} {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch {batch}")
    loss_fn = loss_fn or bce_with_logits
    X = X if X.dtype.kind == "f" else X.astype(float)
    w, b, losses = np.zeros(X.shape[1], X.dtype), X.dtype.type(0), []
    for _ in range(steps):
        idx = np.arange(len(X)) if batch is None else rng.permutation(len(X))[:batch]
        loss, dh = loss_fn(X[idx] @ w + b, y[idx])
        losses.append(loss)
        w = w - lr * X[idx].T @ dh / len(idx)
        b = b - lr * dh.sum() / len(idx)
    return w, b, np.array(losses, X.dtype)


@answer("logreg", replaces="logreg_fit", hints=("loss_after_the_update",))
def bias_first_then_weights_with_new_b(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """The loss that is kept is the one after the step."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"{X.shape} {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch {batch}")
    loss_fn = loss_fn or bce_with_logits
    X = X if X.dtype.kind == "f" else X.astype(float)
    w, b, losses = np.zeros(X.shape[1], X.dtype), X.dtype.type(0), []
    for _ in range(steps):
        idx = np.arange(len(X)) if batch is None else rng.choice(len(X), batch, replace=False)
        loss, dh = loss_fn(X[idx] @ w + b, y[idx])
        w = w - lr * X[idx].T @ dh
        b = b - lr * dh.sum()
        losses.append(loss_fn(X[idx] @ w + b, y[idx])[0])
    return w, b, np.array(losses, X.dtype)


@answer("logreg", replaces="irls_line")
def weights_without_their_cap(x, y, weight, steps):
    """Infinite weights are not capped."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"{x.shape} {y.shape}")
    o = np.ones(len(x))
    for k in range(steps + 1):
        if k:
            o = weight(y - (s * x + c))
        if len(np.unique(x[o > 0])) < 2:
            raise ValueError("fewer than two x")
        mx, my = np.average(x, weights=o), np.average(y, weights=o)
        s = np.sum(o * (x - mx) * (y - my)) / np.sum(o * (x - mx) ** 2)
        c = my - s * mx
    return s, c
