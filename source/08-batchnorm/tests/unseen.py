"""Wrong answers to 08, thought up without a look at the known mistakes."""

import numpy as np

from autograder.audit.unseen_answers import answer


@answer("batchnorm_forward", replaces="batchnorm_forward", hints=("old_statistics_forgotten",))
def momentum_is_ignored(x, gamma, beta, bn_param):
    """The running values are those of the last batch."""
    if x.ndim != 2 or gamma.shape != x.shape[1:] or beta.shape != x.shape[1:]:
        raise ValueError(f"{x.shape} {gamma.shape} {beta.shape}")
    mode, eps = bn_param["mode"], bn_param.get("eps", 1e-5)
    if mode == "train":
        mu, var = x.mean(0), x.var(0)
        bn_param["running_mean"], bn_param["running_var"] = mu, var
    elif mode == "test":
        mu = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
        var = bn_param.get("running_var", np.ones(x.shape[1], x.dtype))
    else:
        raise ValueError(f"mode {mode!r}")
    std = np.sqrt(var + eps)
    xh = (x - mu) / std
    return gamma * xh + beta, (xh, std, gamma, mode)


@answer("batchnorm_forward", replaces="batchnorm_forward", hints=("momentum_swapped",))
def momentum_of_the_new(x, gamma, beta, bn_param):
    """Momentum weighs the new value, as in PyTorch."""
    if x.ndim != 2 or gamma.shape != x.shape[1:] or beta.shape != x.shape[1:]:
        raise ValueError(f"{x.shape} {gamma.shape} {beta.shape}")
    mode, eps, m = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    rm = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    rv = bn_param.get("running_var", np.ones(x.shape[1], x.dtype))
    if mode == "train":
        mu, var = x.mean(0), x.var(0)
        bn_param["running_mean"] = (1 - m) * rm + m * mu
        bn_param["running_var"] = (1 - m) * rv + m * var
    elif mode == "test":
        mu, var = rm, rv
    else:
        raise ValueError(f"mode {mode!r}")
    std = np.sqrt(var + eps)
    xh = (x - mu) / std
    return gamma * xh + beta, (xh, std, gamma, mode)


@answer(
    "batchnorm_forward",
    replaces="batchnorm_forward",
    hints=("default_eps_of_1e_8", "batchnorm_forward: the settings that are used"),
)
def default_eps_is_smaller(x, gamma, beta, bn_param):
    """The default of eps is 1e-8."""
    if x.ndim != 2 or gamma.shape != x.shape[1:] or beta.shape != x.shape[1:]:
        raise ValueError(f"{x.shape} {gamma.shape} {beta.shape}")
    mode, eps, m = bn_param["mode"], bn_param.get("eps", 1e-8), bn_param.get("momentum", 0.9)
    rm = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    rv = bn_param.get("running_var", np.ones(x.shape[1], x.dtype))
    if mode == "train":
        mu, var = x.mean(0), x.var(0)
        bn_param["running_mean"] = m * rm + (1 - m) * mu
        bn_param["running_var"] = m * rv + (1 - m) * var
    elif mode == "test":
        mu, var = rm, rv
    else:
        raise ValueError(f"mode {mode!r}")
    std = np.sqrt(var + eps)
    xh = (x - mu) / std
    return gamma * xh + beta, (xh, std, gamma, mode)


@answer("batchnorm_forward", replaces="batchnorm_forward", hints=("eps_outside_the_root",))
def eps_beside_the_root(x, gamma, beta, bn_param):
    """eps is added to the standard deviation."""
    if x.ndim != 2 or gamma.shape != x.shape[1:] or beta.shape != x.shape[1:]:
        raise ValueError(f"{x.shape} {gamma.shape} {beta.shape}")
    mode, eps, m = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    rm = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    rv = bn_param.get("running_var", np.ones(x.shape[1], x.dtype))
    if mode == "train":
        mu, var = x.mean(0), x.var(0)
        bn_param["running_mean"] = m * rm + (1 - m) * mu
        bn_param["running_var"] = m * rv + (1 - m) * var
    elif mode == "test":
        mu, var = rm, rv
    else:
        raise ValueError(f"mode {mode!r}")
    std = np.sqrt(var) + eps
    xh = (x - mu) / std
    return gamma * xh + beta, (xh, std, gamma, mode)


@answer("batchnorm_forward", replaces="batchnorm_forward", hints=("batch_statistics_at_test",))
def batch_statistics_at_test(x, gamma, beta, bn_param):
    """Test mode takes the batch's statistics."""
    if x.ndim != 2 or gamma.shape != x.shape[1:] or beta.shape != x.shape[1:]:
        raise ValueError(f"{x.shape} {gamma.shape} {beta.shape}")
    mode, eps, m = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    if mode not in ("train", "test"):
        raise ValueError(f"mode {mode!r}")
    rm = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    rv = bn_param.get("running_var", np.ones(x.shape[1], x.dtype))
    mu, var = x.mean(0), x.var(0)
    if mode == "train":
        bn_param["running_mean"] = m * rm + (1 - m) * mu
        bn_param["running_var"] = m * rv + (1 - m) * var
    std = np.sqrt(var + eps)
    xh = (x - mu) / std
    return gamma * xh + beta, (xh, std, gamma, mode)


@answer("batchnorm_forward", replaces="batchnorm_forward", says=r"with a variance divided by N - 1")
def unbiased_variance(x, gamma, beta, bn_param):
    """The variance divides by N - 1."""
    if x.ndim != 2 or gamma.shape != x.shape[1:] or beta.shape != x.shape[1:]:
        raise ValueError(f"{x.shape} {gamma.shape} {beta.shape}")
    mode, eps, m = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    rm = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
    rv = bn_param.get("running_var", np.ones(x.shape[1], x.dtype))
    if mode == "train":
        mu = x.mean(0)
        var = ((x - mu) ** 2).sum(0) / max(len(x) - 1, 1)
        bn_param["running_mean"] = m * rm + (1 - m) * mu
        bn_param["running_var"] = m * rv + (1 - m) * var
    elif mode == "test":
        mu, var = rm, rv
    else:
        raise ValueError(f"mode {mode!r}")
    std = np.sqrt(var + eps)
    xh = (x - mu) / std
    return gamma * xh + beta, (xh, std, gamma, mode)


@answer("batchnorm_backward", replaces="batchnorm_backward", hints=("no_path_through_variance",))
def variance_path_forgotten(dout, cache):
    """The path through the variance is missing."""
    xh, std, gamma, mode = cache
    dxh = dout * gamma
    dx = dxh / std
    if mode == "train":
        dx = dx - dx.mean(0)
    return dx, (dout * xh).sum(0), dout.sum(0)


@answer("batchnorm_backward", replaces="batchnorm_backward", hints=("no_path_through_mean",))
def mean_path_forgotten(dout, cache):
    """The path through the mean is missing."""
    xh, std, gamma, mode = cache
    dxh = dout * gamma
    dx = dxh / std
    if mode == "train":
        dx = dx - xh * (dxh * xh).mean(0) / std
    return dx, (dout * xh).sum(0), dout.sum(0)


@answer(
    "batchnorm_backward",
    replaces="batchnorm_backward",
    says=r"Do running statistics depend on this batch",
)
def test_mode_as_training(dout, cache):
    """In test mode, mean and variance are taken to depend on x."""
    xh, std, gamma, mode = cache
    dxh = dout * gamma
    dx = (dxh - dxh.mean(0) - xh * (dxh * xh).mean(0)) / std
    return dx, (dout * xh).sum(0), dout.sum(0)


@answer("batchnorm_backward", replaces="batchnorm_backward", hints=("gamma_left_out",))
def gamma_forgotten(dout, cache):
    """dx lacks gamma."""
    xh, std, gamma, mode = cache
    dx = dout / std
    if mode == "train":
        dx = (dout - dout.mean(0) - xh * (dout * xh).mean(0)) / std
    return dx, (dout * xh).sum(0), dout.sum(0)


@answer(
    "batchnorm_backward_alt",
    replaces="batchnorm_backward_alt",
    hints=("batchnorm_backward_alt: the three terms of the closed form",),
)
def closed_form_without_n(dout, cache):
    """N is missing before dout."""
    xh, std, gamma, _ = cache
    N = dout.shape[0]
    dg, db = (dout * xh).sum(0), dout.sum(0)
    return gamma / (N * std) * (dout - db - xh * dg), dg, db


@answer(
    "batchnorm_backward_alt",
    replaces="batchnorm_backward_alt",
    says=r"dgamma` is what it would be if it were a mean over the batch",
)
def gammas_gradient_a_mean(dout, cache):
    """dgamma and dbeta are averaged."""
    xh, std, gamma, _ = cache
    N = dout.shape[0]
    dg, db = (dout * xh).sum(0), dout.sum(0)
    return gamma / (N * std) * (N * dout - db - xh * dg), dg / N, db / N


@answer(
    "batchnorm_net",
    replaces="fold_batchnorm",
    hints=("fold_batchnorm: the factor by which the layer is stretched",),
)
def fold_without_the_root(w, b, gamma, beta, bn_param):
    """Divided by the variance, not by its root."""
    s = gamma / (bn_param["running_var"] + bn_param.get("eps", 1e-5))
    return w * s, (b - bn_param["running_mean"]) * s + beta


@answer("batchnorm_net", replaces="fold_batchnorm", hints=("folded_mean_not_scaled",))
def fold_mean_not_scaled(w, b, gamma, beta, bn_param):
    """The running mean is subtracted without the scale."""
    s = gamma / np.sqrt(bn_param["running_var"] + bn_param.get("eps", 1e-5))
    return w * s, b * s - bn_param["running_mean"] + beta


@answer("batchnorm_net", replaces=("bn_net_loss",), hints=("always_training",))
def always_in_training():
    """The mode is not passed on: the layers always train."""
    right = bn_net_loss

    def loss(params, bn_params, x, y, mode, norm_forward, norm_backward):
        return right(params, bn_params, x, y, "train", norm_forward, norm_backward)

    return loss


@answer("batchnorm_net", replaces="bn_net_loss", hints=("relu_before_batch_norm",))
def norm_after_the_relu(params, bn_params, x, y, mode, norm_forward, norm_backward):
    """Batch norm stands after the ReLU."""
    L = len(bn_params)
    h, caches = x, []
    for k in range(1, L + 1):
        bn_params[k - 1]["mode"] = mode
        z, c1 = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
        r, c2 = relu_forward(z)
        h, c3 = norm_forward(r, params[f"gamma{k}"], params[f"beta{k}"], bn_params[k - 1])
        caches.append((c1, c2, c3))
    s, c = affine_forward(h, params[f"w{L + 1}"], params[f"b{L + 1}"])
    if y is None:
        return s
    loss, d = softmax_loss(s, y)
    g = {}
    d, g[f"w{L + 1}"], g[f"b{L + 1}"] = affine_backward(d, c)
    for k in range(L, 0, -1):
        c1, c2, c3 = caches[k - 1]
        d, g[f"gamma{k}"], g[f"beta{k}"] = norm_backward(d, c3)
        d, g[f"w{k}"], g[f"b{k}"] = affine_backward(relu_backward(d, c2), c1)
    return loss, g


@answer("batchnorm_sweep", replaces=("to_torch",), hints=("momentum_not_turned_round",))
def momentum_as_it_is():
    """The momentum is not turned round."""
    right = to_torch

    def convert(bn_param, n, steps):
        out = right(bn_param, n, steps)
        out["momentum"] = bn_param.get("momentum", 0.9)
        return out

    return convert


@answer("batchnorm_sweep", replaces=("to_torch",), hints=("the_one_is_scaled_too",))
def start_also_corrected():
    """The 1 that the variance began with is multiplied by n/(n-1) too."""
    right = to_torch

    def convert(bn_param, n, steps):
        out = right(bn_param, n, steps)
        out["running_var"] = bn_param["running_var"] * n / (n - 1)
        return out

    return convert


@answer("batchnorm_sweep", replaces="batch_noise", hints=("drawn_with_repetition",))
def batches_with_replacement(x, sizes, trials, rng):
    """A batch may hold an entry twice."""
    noise, ratio = [], []
    for B in sizes:
        if B < 1 or len(x) < B:
            raise ValueError(f"size {B}")
        b = rng.choice(x, (trials, B))
        noise.append(b.mean(1).std() / x.std())
        ratio.append(b.var(1).mean() / x.var())
    return np.array(noise), np.array(ratio)


@answer("batchnorm_sweep", replaces="batch_noise", says=r"variance")
def std_in_place_of_variance(x, sizes, trials, rng):
    """The second number is a ratio of standard deviations."""
    noise, ratio = [], []
    for B in sizes:
        if B < 1 or len(x) < B:
            raise ValueError(f"size {B}")
        b = np.array([rng.permutation(x)[:B] for _ in range(trials)])
        noise.append(b.mean(1).std() / x.std())
        ratio.append(b.std(1).mean() / x.std())
    return np.array(noise), np.array(ratio)


@answer("batchnorm_sweep", replaces="batch_noise", says=r"mean over three")
def median_of_variances(x, sizes, trials, rng):
    """The second number is a median of variances, where a mean is asked for."""
    noise, ratio = [], []
    for B in sizes:
        if B < 1 or len(x) < B:
            raise ValueError(f"size {B}")
        b = np.array([rng.permutation(x)[:B] for _ in range(trials)])
        noise.append(b.mean(1).std() / x.std())
        ratio.append(np.median(b.var(1)) / x.var())
    return np.array(noise), np.array(ratio)
